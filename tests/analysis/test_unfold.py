# SPDX-License-Identifier: Apache-2.0
"""Unfolding: what a formula says of a request is what the engine does with it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.analysis import unfold
from helm_logic.analysis.boxes import Box
from helm_logic.analysis.formula import And, Formula, Literal, Not, Or
from helm_logic.analysis.observe import observe
from helm_logic.analysis.scope import study_of
from helm_logic.analysis.study import Study
from helm_logic.engine import Engine
from tests.analysis.programs import World, fires, loaded, rule_texts, worlds


def _holds(study: Study, formula: Formula, point: Box) -> bool:
    match formula:
        case Literal(test):
            number = study.number_of(test)
            assert number is not None
            return number in point and bool(point[number] & study.features[number].masks[test])
        case Not(part):
            return not _holds(study, part, point)
        case And(parts):
            return all(_holds(study, part, point) for part in parts)
        case Or(parts):
            return any(_holds(study, part, point) for part in parts)


@settings(max_examples=25)
@given(rule_texts(), st.lists(worlds(), min_size=8, max_size=8))
def test_a_formula_holds_exactly_where_the_engine_fires_the_rule(
    text: str, requests: list[World]
) -> None:
    """For every rule, helpers included, at every request drawn; and so do the boxes made of it.

    Boxes may ask for a comparison with an absent value either way: it has no class.
    """
    rule_set = loaded(text)
    study = study_of(rule_set)
    engine = Engine(rule_set.program)
    for facts in requests:
        found = engine.evaluate(facts)
        point, _ = observe(study.features, study.unfolder.counts, found.rows)
        for rule_id, formula in study._formulas.items():
            fired = fires(rule_set, found, rule_id)
            assert _holds(study, formula, point) == fired, (rule_id, facts)
            boxes = study.boxes(rule_id)
            inside = any(all(point.get(n, mask) & mask for n, mask in box.items()) for box in boxes)
            assert inside == fired, (rule_id, facts)


def test_what_is_not_unfolded_is_a_fact_for_each_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """A helper with too many ways may hold of one value and not of another: no rule is dead."""
    monkeypatch.setattr(unfold, "_MOST_WAYS", 3)
    text = """
    #input level: int 0..9 from context.level.
    near(N) :- step(N, M), level(M).
    near(N) :- step(M, N), level(M).
    over(N) :- near(M), near(K), N <= M, K <= N, bound(N).
    bound(3). bound(5). step(1, 2). step(2, 3).
    deny(between) :- over(3), not over(5).
    """
    rule_set = loaded(text)
    study = study_of(rule_set)
    assert study.extent("deny/1") == "some"
    assert "over/1" in study.unfolder.unsupported
