# SPDX-License-Identifier: Apache-2.0
"""Changes of rule sets of the corpus: the moves that are reported are those that points make."""

from __future__ import annotations

from random import Random

import attrs
import pytest

from helm_logic.analysis.compare import compare
from tests.analysis.corpus.compare import judge
from tests.analysis.corpus.generate import Corpus
from tests.analysis.corpus.samples import loaded, untamed, without
from tests.analysis.corpus.space import OutOfReach

EACH = 10


@pytest.mark.parametrize("block", range(4))
def test_moves_are_those_of_the_points(block: int) -> None:
    """By brute force over both versions, the same verdicts become the same other ones."""
    for seed in range(block * EACH, (block + 1) * EACH):
        corpus = untamed(seed)
        old, new = loaded(corpus), loaded(_changed(corpus, seed))
        try:
            due = judge(old).moves(new)
        except OutOfReach:
            continue
        change = compare(old, new)
        assert {
            (move.before.value.lower(), move.after.value.lower())
            for move in change.moves
            if move.boxes and move.before is not move.after
        } == due, seed
        assert change.no_effect == (not due)


def _changed(corpus: Corpus, seed: int) -> Corpus:
    """Return *corpus* with a rule gone, or giving another verdict."""
    rng = Random(seed)  # noqa: S311
    rules = [each for each in loaded(corpus).program.rules if each.id.startswith("c_")]
    rule = rng.choice(rules)
    if rng.random() < 0.5:
        return without(corpus, rule.id)
    was = rule.head.predicate
    becomes = "deny" if was == "allow" else "allow"
    text = corpus.text.replace(f"\n{was}({rule.id})", f"\n{becomes}({rule.id})")
    return attrs.evolve(corpus, text=text)
