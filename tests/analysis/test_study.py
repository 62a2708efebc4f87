# SPDX-License-Identifier: Apache-2.0
"""The study: what is said not to happen, against requests that do happen."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.analysis.boxes import Box
from helm_logic.analysis.inquiry import Inquiry
from helm_logic.analysis.lint import _stages, lint
from helm_logic.analysis.observe import observe
from helm_logic.analysis.scope import study_of
from helm_logic.engine import Engine
from tests.analysis.programs import HEADER, World, loaded, rule_texts, worlds


def test_a_count_is_for_each_value_that_the_rest_of_a_body_gives() -> None:
    """One team may have few members while all teams together have many."""
    text = """
        allow(few) :- member(T, "user:ann"), count{P : member(T, P)} < 2.
        deny(many) :- count{P : member(T, P)} >= 2.
        escalate(none) :- count{P : member(T, P)} < 2.
    """
    study = study_of(loaded(HEADER + text))

    assert study.relation("allow/1", "deny/1") == "overlap"
    assert study.relation("deny/1", "escalate/1") == "disjoint"


def _surely_in(point: Box, box: Box) -> bool:
    """Say whether *point* lies in *box*, whatever the classes are that it leaves open."""
    return all(not point.get(n, -1) & ~mask for n, mask in box.items())


def _perhaps_in(point: Box, box: Box) -> bool:
    return all(point.get(n, -1) & mask for n, mask in box.items())


@settings(max_examples=10)
@given(rule_texts(), st.lists(worlds(), min_size=12, max_size=12))
def test_what_happens_is_never_said_to_be_impossible(text: str, requests: list[World]) -> None:
    """After all checks of a rule set, no lemma and no proof excludes what was evaluated."""
    rule_set = loaded(text)
    inquiry = Inquiry(study_of(rule_set))
    for _ in _stages(inquiry, None):
        pass
    study, engine = inquiry.study, Engine(rule_set.program)
    lemmas = [each.box for each in study.impossible]
    for facts in requests:
        found = engine.evaluate(facts)
        point, _ = observe(study.features, study.unfolder.counts, found.rows)
        assert not any(_surely_in(point, each) for each in lemmas), facts
        for claimed in inquiry.claimed:
            union = [*(box for _, box in claimed.covering), *lemmas]
            assert not _surely_in(point, claimed.box) or any(
                _perhaps_in(point, each) for each in union
            ), (claimed.about, facts)


@pytest.mark.parametrize(
    "body",
    [
        "resource(R), target(R)",
        'subject(S), owner(S), matches("user:ann/*", S)',
        "target(T), resource(T), resource_type(K), T != K",
        "not more, not less",
    ],
)
def test_a_body_that_some_request_satisfies_is_not_dead(body: str) -> None:
    """Texts of different shapes may be one; what is absent compares as nothing."""
    text = f"""{HEADER}
    more :- amount(A), limit(L), A >= L.
    less :- amount(A), limit(L), A <= L.
    deny(d) :- {body}.
    """
    assert "HL101" not in {finding.code for finding in lint(loaded(text)).findings}


@pytest.mark.parametrize(
    "body",
    [
        "amount(N), limit(L), N < L, L < N",
        "amount(N), limit(L), 2 * N = 2 * L + 1",
        "amount(N), limit(L), N < L, L < 5, N > 3",
        'owner(O), subject(O), O = "user:ann", subject("user:bob")',
        'env("dev"), not env(_)',
        'count{P : member("core", P)} < 0',
    ],
)
def test_a_body_that_no_request_satisfies_is_dead(body: str) -> None:
    """By comparisons of attributes, of integers and of texts."""
    codes = {finding.code for finding in lint(loaded(f"{HEADER}deny(d) :- {body}.")).findings}
    assert "HL101" in codes
