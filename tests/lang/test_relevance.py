# SPDX-License-Identifier: Apache-2.0
"""Relevance: what a missing input can change is named, and nothing else need be."""

from __future__ import annotations

import pytest
from hypothesis import event, given, note, settings

from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row
from tests.kernel.naive import model_of
from tests.lang.policies import Request, names, policies, requests
from tests.lang.texts import PRELUDE, codes, rule_set, rules_of


def _program(text: str) -> Program:
    return rule_set(text, prelude=PRELUDE).program


@given(policies(), requests())
@settings(max_examples=100)
def test_where_nothing_is_relevant_no_missing_value_changes_the_verdict(
    text: str, request: Request
) -> None:
    """The theorem: no `relevant` fact, then every way to fill the gaps gives the same verdict."""
    note(text)
    program = _program(text)
    model = model_of(program, request.given())
    event("relevant" if model["relevant"] else "irrelevant")
    if not model["relevant"]:
        for filled in request.completions():
            assert model_of(program, filled)["verdict"] == model["verdict"], filled
