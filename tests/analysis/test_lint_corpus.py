# SPDX-License-Identifier: Apache-2.0
"""Lint over the corpus: what is planted is found, all of it and nothing else, under every code."""

from __future__ import annotations

import os
from collections import Counter

import attrs
import pytest

from helm_logic.analysis.compare import compare
from helm_logic.analysis.finding import PROVED, REPLAYED, Finding
from helm_logic.analysis.lint import lint
from helm_logic.lang import load
from helm_logic.policy.cases import CaseRunner
from helm_logic.policy.folder import prelude
from tests.analysis.corpus.compare import differences, judge
from tests.analysis.corpus.expected import Expected, Key, found, wanted
from tests.analysis.corpus.generate import Corpus
from tests.analysis.corpus.plants import ALL
from tests.analysis.corpus.samples import (
    clean,
    loaded,
    plain,
    rechristened,
    shuffled,
    untamed,
    without,
)
from tests.analysis.corpus.space import OutOfReach

# `make corpus` asks for 500, which `.ci/run` does; here are those that fit beside everything else.
SETS, BLOCK = int(os.environ.get("CORPUS_SETS", "25")), 25
JUDGED, TRIED = 15, 16
CODES = (
    "HL101", "HL102", "HL103", "HL104", "HL105", "HL106", "HL107", "HL108", "HL109", "HL110",
    "HL111", "HL401", "HL402", "HL901",
)  # fmt: skip


def findings(corpus: Corpus) -> tuple[Finding, ...]:
    """Return what lint finds in *corpus*."""
    return lint(loaded(corpus)).findings


def keys(corpus: Corpus, *, double_check: bool = False) -> Counter[Key]:
    """Return what is compared of its findings; to *double_check* is to have z3 agree, or HL902."""
    rule_set = loaded(corpus)
    return found(lint(rule_set, double_check=double_check).findings, rule_set, corpus.expected)


@pytest.mark.parametrize("block", range(SETS // BLOCK))
def test_precision_and_recall_are_one(block: int) -> None:
    """In every rule set, for every code: everything that was planted is found, and only that.

    In every eighth of them z3 is asked everything again, and says the same.
    """
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        corpus = plain(seed)
        assert keys(corpus, double_check=seed % 8 == 0) == wanted(corpus.expected), seed


def test_no_kind_of_defect_is_left_out() -> None:
    """Over 500 of them, each kind and each code is planted often enough to mean something."""
    sets = [plain(seed) for seed in range(500)]
    kinds = Counter(kind for each in sets for kind in each.planted)
    codes = Counter(each.code for corpus in sets for each in corpus.expected)
    assert min(kinds[name] for name in (*ALL, "always", "never")) >= 25
    assert set(codes) == set(CODES)
    assert min(codes.values()) >= 25


def test_clean_rule_sets_have_empty_reports() -> None:
    """No error, no warning and no info about a partition, and no note of the rule language."""
    for seed in range(20):
        corpus = clean(seed)
        assert findings(corpus) == ()


@pytest.mark.parametrize("block", range(max(2, SETS // TRIED)))
def test_lint_agrees_with_the_oracle(block: int) -> None:
    """In rule sets without a plan, lint finds what is due by brute force, and only that.

    In every fifth of them z3 is asked everything again, and says the same.
    """
    judged = 0
    for seed in range(block * TRIED, (block + 1) * TRIED):
        rule_set = loaded(untamed(seed))
        try:
            oracle = judge(rule_set)
        except OutOfReach:
            continue
        judged += 1
        report = lint(rule_set, double_check=seed % 5 == 0)
        assert list(differences(oracle, report.findings)) == [], seed
    assert judged >= JUDGED


def test_deleting_what_has_no_effect_has_no_effect() -> None:
    """Without a rule that is reported dead or redundant, no verdict is another one: proved."""
    deleted = 0
    for seed in range(30):
        corpus = plain(seed)
        rules = [_spare(each) for each in corpus.expected if each.code in ("HL101", "HL103")]
        old = loaded(corpus) if rules else None
        for rule in rules:
            assert old is not None
            assert compare(old, loaded(without(corpus, rule))).no_effect, (seed, rule)
            deleted += 1
    assert deleted >= 10


def test_deleting_what_has_an_effect_has_one() -> None:
    """Without a rule of a clean rule set some request falls into a gap, or from it."""
    for seed in range(8):
        corpus = clean(seed)
        old = loaded(corpus)
        rule = next(r.id for r in old.program.rules if r.head.predicate == "allow")
        change = compare(old, loaded(without(corpus, rule)))
        assert not change.no_effect


def _spare(expected: Expected) -> str:
    return expected.about or expected.rules[0]


def test_order_does_not_matter() -> None:
    """Statements in another order give the same findings about the same rules."""
    for seed in range(12):
        corpus = plain(seed)
        assert keys(corpus) == keys(shuffled(corpus, seed)), seed


def test_names_do_not_matter() -> None:
    """Other names for inputs, predicates and values give the same findings, by those names."""
    for seed in range(12):
        corpus = rechristened(plain(seed), seed)
        assert keys(corpus) == wanted(corpus.expected), seed


def test_every_finding_has_its_evidence() -> None:
    """What says "there is a request" has a witness that the engine confirms; the rest is proved."""
    witnessed = 0
    for seed in range(16):
        corpus = plain(seed)
        reported = findings(corpus)
        runner = CaseRunner(load(corpus.source, corpus.resolve, prelude=prelude()))
        for each in reported:
            if each.witness is None:
                assert each.confidence == PROVED or each.code in ("HL111", "HL901"), each
                continue
            assert each.confidence == REPLAYED, each
            assert runner.run(each.witness).faults == (), each
            witnessed += 1
    assert witnessed >= 10


def test_the_witness_of_a_gap_is_a_request_that_the_missing_rules_decided() -> None:
    """With the rules back that were taken away, one of them decides the witness."""
    tried = 0
    for seed in range(60):
        corpus = plain(seed)
        gaps = [each for each in corpus.expected if each.code == "HL108"]
        for gap in gaps[: tried < 5]:
            (finding,) = [each for each in findings(corpus) if each.code == "HL108"]
            assert finding.witness is not None
            restored = _restored(corpus, gap)
            runner = CaseRunner(load(restored.source, restored.resolve, prelude=prelude()))
            decided = runner.run(finding.witness).rules
            assert any(f'@id("{rule}")' in text for rule in decided for text in gap.removed)
            tried += 1
    assert tried >= 5


def _restored(corpus: Corpus, gap: Expected) -> Corpus:
    whole = "\n\n".join((corpus.text, *corpus.files.values()))
    lost = [text for text in dict.fromkeys(gap.removed) if text not in whole]
    return attrs.evolve(corpus, text="\n\n".join((corpus.text, *lost)))
