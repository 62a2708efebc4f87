# SPDX-License-Identifier: Apache-2.0
"""Boxes, z3 and brute force: three voices that say the same of every question."""

from __future__ import annotations

from itertools import product

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.analysis import second_opinion
from helm_logic.analysis.boxes import Box
from helm_logic.analysis.cover import Cover, cover
from helm_logic.analysis.domain import Question
from helm_logic.analysis.inquiry import Inquiry
from helm_logic.analysis.lint import _stages, lint
from helm_logic.analysis.scope import study_of
from helm_logic.analysis.second_opinion import ask, disagreements
from helm_logic.analysis.solver import Unknown
from helm_logic.analysis.study import Study
from tests.analysis.certified import TEXT
from tests.analysis.programs import loaded, rule_texts

_TEXT = """
#input env  : {"dev", "test", "prod"}  from context.env.
#input size : int                      from context.size.
#input tag  : string                   from context.tag  optional.
#relation held(name: string).
deny(a) :- env("dev"), size(N), N < 3.
deny(b) :- env("test"), tag("x"), held("y").
deny(c) :- size(N), N > 7, tag(T), matches("x/*", T), held("z").
"""
STUDY: Study = study_of(loaded(_TEXT))
_NAMED = [
    number
    for number, each in enumerate(STUDY.features)
    if len(each.classes) > 1 and getattr(each.source, "name", "") != "action"
]


@st.composite
def _boxes(draw: st.DrawFn) -> dict[int, int]:
    chosen = draw(st.sets(st.sampled_from(_NAMED)))
    return {n: draw(st.integers(1, STUDY.space.full(n) - 1)) for n in sorted(chosen)}


def _is_inside(box: Box, covering: list[dict[int, int]]) -> bool:
    """Ask every point: one class for each feature."""
    sizes = [range(STUDY.space.sizes[number]) for number in _NAMED]
    for point in product(*sizes):
        at = dict(zip(_NAMED, point, strict=True))
        if all(mask >> at[n] & 1 for n, mask in box.items()) and not any(
            all(mask >> at[n] & 1 for n, mask in each.items()) for each in covering
        ):
            return False
    return True


@settings(max_examples=25)
@given(st.lists(st.tuples(_boxes(), st.lists(_boxes(), max_size=5)), min_size=8, max_size=8))
def test_covers_z3_and_brute_force_agree(asked: list[tuple[Box, list[dict[int, int]]]]) -> None:
    """Whether a box lies inside a union; where it does not, the box outside is outside for all."""
    questions, wanted = [], []
    for box, covering in asked:
        found = cover(STUDY.space, box, covering)
        inside = isinstance(found, Cover)
        assert inside == _is_inside(box, covering)
        questions.append(Question(box, tuple(covering), None))
        wanted.append(inside)
        if not isinstance(found, Cover):
            assert not any(_is_inside(found, [each]) for each in covering)
            questions.append(Question(box, tuple(covering), found))
            wanted.append(False)
    assert ask(STUDY, questions) == wanted


@settings(max_examples=10)
@given(rule_texts())
def test_z3_agrees_with_every_answer_of_a_run(text: str) -> None:
    """With comparisons of integers and texts, assumed facts and absent values."""
    inquiry = Inquiry(study_of(loaded(text)))
    inquiry.study.questions = []
    for _ in _stages(inquiry, None):
        pass
    assert [*disagreements(inquiry)] == []


def test_what_was_answered_wrongly_is_found() -> None:
    """Each answer turned round is HL902, whichever way it was wrong."""
    inquiry = Inquiry(study_of(loaded(TEXT)))
    inquiry.study.questions = []
    for _ in _stages(inquiry, None):
        pass
    asked = inquiry.study.questions
    assert {each.outside is None for each in asked} == {True, False}
    lies = [
        attrs.evolve(each, outside=each.box if each.outside is None else None) for each in asked
    ]
    inquiry.study.questions = lies
    found = [*disagreements(inquiry)]
    assert {each.code for each in found} == {"HL902"}
    assert len(found) > len(lies) / 2  # a question that was asked twice is asked once


def test_a_question_that_is_not_answered_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A timeout is HL903, and never agreement."""
    inquiry = Inquiry(study_of(loaded(TEXT)))
    inquiry.study.questions = [Question({}, (), {}), Question({0: 1}, ({0: 1},), None)]
    monkeypatch.setattr(
        second_opinion,
        "possible_each",
        lambda _facts, asked, _ms: [Unknown("timeout") for _ in asked],
    )
    found = [*disagreements(inquiry)]
    assert [each.code for each in found] == ["HL903", "HL903"]
    assert all(each.severity == "error" and "timeout" in each.message for each in found)


def test_lint_asks_twice_if_told_to() -> None:
    """And says the same as when it asks once."""
    rule_set = loaded(TEXT)
    once, twice = lint(rule_set), lint(rule_set, double_check=True)
    assert once.findings == twice.findings
