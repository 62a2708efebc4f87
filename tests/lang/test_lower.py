# SPDX-License-Identifier: Apache-2.0
"""Lowering: rule text means the same before and after, and its parts look as they should."""

from __future__ import annotations

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from helm_logic.kernel.program import Program
from helm_logic.lang import Source, parse, rule_text, tree
from tests.kernel.naive import model_of
from tests.kernel.notation import program as kernel_program
from tests.lang import reading
from tests.lang.texts import PRELUDE, rule_set, rules_of
from tests.strategies import GIVEN, facts_for, rule_texts


def _clauses(text: str) -> list[tree.Clause]:
    parsed, _ = parse(Source("main.dl", text))
    return [each for each in parsed.statements if isinstance(each, tree.Clause)]


def _bodies(program: Program) -> list[tuple[object, object]]:
    return [(rule.head, rule.body) for rule in program.rules]


@given(rule_texts(), facts_for(GIVEN))
@settings(max_examples=200)
def test_a_lowered_program_has_the_model_that_its_text_means(text: str, facts) -> None:
    """Projections, counts, equations and orders of joins change nothing: two readings agree."""
    note(text)
    program = rule_set(text).program
    derived = {each.name for each in program.predicates if not each.given and "/" not in each.name}

    lowered = model_of(program, facts)
    read = reading.model(_clauses(text), program.strata, facts)

    assert {name: set(lowered[name]) for name in derived} == {
        name: read.get(name, set()) for name in derived
    }
