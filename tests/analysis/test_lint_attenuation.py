# SPDX-License-Identifier: Apache-2.0
"""Chains of the corpus: every planted bug is found, and no rule is blamed besides."""

from __future__ import annotations

from collections import Counter

import pytest

from helm_logic.analysis.chains.attenuation import findings
from helm_logic.analysis.finding import PROVED, REPLAYED
from tests.analysis.chains.planted import attenuation_of
from tests.analysis.corpus.chains import CODES, delegation
from tests.analysis.corpus.samples import loaded


@pytest.mark.parametrize("seed", range(3))
def test_rules_that_narrow_are_proved(seed: int) -> None:
    """Along chains of any length nothing grows, in every respect that columns name."""
    rule_set = loaded(delegation(seed, rules=4 + 2 * seed, predicates=1 + seed))
    attenuation = attenuation_of(rule_set)
    assert findings(attenuation, rule_set) == ()
    assert {each.status for each in attenuation.results} == {PROVED}


@pytest.mark.parametrize(("seed", "code"), [*enumerate(CODES)])
def test_a_planted_bug_is_found_with_its_chain(seed: int, code: str) -> None:
    """The rule that lets something grow is named, with a chain that the engine derives."""
    corpus = delegation(seed, rules=6, predicates=1 + seed % 2, bugs=(code,))
    rule_set = loaded(corpus)
    found = findings(attenuation_of(rule_set), rule_set)
    wanted = Counter((each.code, each.severity, each.about) for each in corpus.expected)
    assert Counter((each.code, each.severity, each.rules[0]) for each in found) == wanted
    assert {each.confidence for each in found} == {REPLAYED}


def test_bugs_do_not_hide_each_other() -> None:
    """Of two bugs in one rule set both are found."""
    for seed, bugs in enumerate((("HL201", "HL202"), ("HL204", "HL207"))):
        corpus = delegation(seed, rules=6, bugs=bugs)
        rule_set = loaded(corpus)
        attenuation = attenuation_of(rule_set)
        wanted = {(each.code, each.about) for each in corpus.expected}
        assert {(f.code, f.rules[0]) for f in findings(attenuation, rule_set)} == wanted
