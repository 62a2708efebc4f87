# SPDX-License-Identifier: Apache-2.0
"""The corpus before any analysis sees it: what is planted is there, by the word of the oracle."""

from __future__ import annotations

from collections import Counter

import pytest

from helm_logic.policy.cases import CaseRunner
from tests.analysis.corpus.compare import judge
from tests.analysis.corpus.generate import Corpus, generate
from tests.analysis.corpus.oracle import Judged, Oracle
from tests.analysis.corpus.plants import ALL
from tests.analysis.corpus.samples import (
    MEDIUM,
    TINY,
    clean,
    loaded,
    plain,
    rechristened,
    shuffled,
    untamed,
)
from tests.analysis.corpus.space import OutOfReach

# Not about points: a grant is permanent by what it rests on, a construct unsupported by its kind.
_ASIDE = frozenset({"HL111", "HL901"})


def test_one_seed_is_one_rule_set() -> None:
    """The same seed gives the same text, another seed another one."""
    assert plain(7) == plain(7)
    assert untamed(7) == untamed(7)
    assert len({plain(seed).text for seed in range(20)}) == 20


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_kind_of_defect_is_planted(name: str) -> None:
    """Where there is room, each kind is planted as often as it is asked for."""
    planted = [generate(seed, MEDIUM, {name: 1}).planted.get(name, 0) for seed in range(12)]
    assert sum(planted) >= 9


def test_rules_read_well() -> None:
    """No rule set of the corpus makes the reader of the rule language warn of anything."""
    for corpus in (*map(clean, range(6)), *map(plain, range(12))):
        files = ("main.dl", *(f"{name}.dl" for name in corpus.files))
        warned = [w for w in loaded(corpus).warnings if w.span.source.name in files]
        assert warned == []


@pytest.mark.parametrize("block", range(2))
def test_what_is_planted_is_due_and_nothing_else(block: int) -> None:
    """By brute force the oracle finds exactly what the generator says it planted."""
    judged = 0
    for seed in range(block * 14, (block + 1) * 14):
        corpus = plain(seed, TINY)
        try:
            oracle = judge(loaded(corpus))
        except OutOfReach:
            continue
        judged += 1
        due = [each for each in corpus.expected if each.code not in _ASIDE]
        gaps = [each for each in due if each.code == "HL108"]
        assert len(oracle.gaps()) == len(gaps)
        wanted = Counter(
            (each.code, each.severity, each.about or frozenset(each.rules))
            for each in due
            if each not in gaps
        )
        assert Counter(map(_key, oracle.judged())) == wanted, seed
        for each in due:
            _require_cover(oracle, each.code, each.about, each.rules)
    assert judged >= 10


def _key(judged: Judged) -> tuple[str, str, str | frozenset[str]]:
    alike = len(judged.about) != 1
    about = frozenset(judged.about) if alike else judged.about[0]
    return judged.code, judged.severity, about


def _require_cover(oracle: Oracle, code: str, about: str, rules: tuple[str, ...]) -> None:
    """Require that the rules to be named as covering do cover, and that none could be spared."""
    if code in ("HL103", "HL104") and about:
        others = [rule for rule in rules if rule != about]
        assert oracle.covers(about, others)
        for spared in others:
            assert not oracle.covers(about, [rule for rule in others if rule != spared])


def test_order_and_names_matter_to_no_request() -> None:
    """Shuffled and renamed, a rule set has the same findings due."""
    for seed in range(4):
        corpus = untamed(seed)
        for other in (shuffled(corpus, seed), rechristened(corpus, seed)):
            assert other.text != corpus.text
            one, two = (Counter(_codes(each)) for each in (corpus, other))
            assert one == two


def _codes(corpus: Corpus) -> list[str]:
    return [each.code for each in judge(loaded(corpus)).judged()]


def test_a_case_runner_takes_them() -> None:
    """They are policies like any others: the production engine compiles them."""
    for seed in range(3):
        CaseRunner(loaded(plain(seed)))
