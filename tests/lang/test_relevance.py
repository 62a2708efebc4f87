# SPDX-License-Identifier: Apache-2.0
"""Relevance: what a missing input can change is named, and nothing else need be."""

from __future__ import annotations

import pytest
from hypothesis import event, given, note, settings

from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row
from tests.kernel.naive import model_of
from tests.lang.policies import INPUTS, Request, names, policies, requests
from tests.lang.texts import PRELUDE, codes, rule_set, rules_of
from tests.strategies import HEADER


def _program(text: str) -> Program:
    return rule_set(text, prelude=PRELUDE).program


@given(policies(), requests())
@settings(max_examples=60)
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


@pytest.mark.parametrize(
    ("rules", "facts", "missing", "relevant"),
    [
        # An input that a ground literal asks for: it matters iff the other literals hold.
        ('deny(x) :- e(1), env("a").', {"e": [(1,)]}, "env", "env"),
        ('deny(x) :- e(1), env("a").', {}, "env", ""),
        ('deny(x) :- e(1), not env("a").', {"e": [(1,)]}, "env", "env"),
        # Two of them: a present one must have the value, a missing one may have it.
        ('deny(x) :- env("a"), flag(true).', {"flag": [("b:true",)]}, "env", "env"),
        ('deny(x) :- env("a"), flag(true).', {"flag": [("b:false",)]}, "env", ""),
        ('deny(x) :- env("a"), flag(true).', {}, "env flag", "env flag"),
        ('deny(x) :- env("a"), not flag(true).', {}, "env flag", "env flag"),
        # A value that is bound to a variable: what needs it is dropped, the rest must hold.
        ("deny(x) :- size(N), e(M), N < M.", {"e": [(0,)]}, "size", "size"),
        ("deny(x) :- size(N), e(M), N < M.", {}, "size", ""),
        ("deny(x) :- size(N), L = N + 1, not e(L), g(_).", {"g": [("s:a",)]}, "size", "size"),
        ("deny(x) :- size(N), e(N).", {}, "size", ""),
        ("deny(x) :- size(N), e(N).", {"e": [(2,)]}, "size", "size"),
        ("deny(x) :- size(N), mode(N).", {"size": [(1,)]}, "", ""),
        ("deny(x) :- size(N), env(E), h(E, N).", {"h": [("s:a", 1)]}, "env size", "env size"),
        ("deny(x) :- size(N), env(E), h(E, N).", {"h": [("s:a", 1)], "size": [(2,)]}, "env", ""),
        # A set, and counts over it.
        ("deny(x) :- e(1), tags(T), g(T).", {"e": [(1,)], "g": [("s:c",)]}, "tags", "tags"),
        ("deny(x) :- e(1), count{T : tags(T)} >= 2.", {"e": [(1,)]}, "tags", "tags"),
        ("deny(x) :- e(1), count{T : tags(T)} >= 2.", {}, "tags", ""),
        ("deny(x) :- e(N), count{T : tags(T), g(T)} > N.", {"e": [(1,)]}, "tags", "tags"),
        ("deny(x) :- e(N), count{T : g(T), tags(T), env(T)} > N.", {"e": [(1,)]}, "env", "env"),
        # A count that reads a missing value from outside the braces.
        (
            "deny(x) :- e(1), size(N), count{T : h(T, M), M < N} = 0.",
            {"e": [(1,)]},
            "size",
            "size",
        ),
        # Through a helper, the rule that asks for the input is the one that must apply.
        ('low :- env("a").\ndeny(x) :- e(1), low.', {}, "env", "env"),
        ('low :- e(1), env("a").\ndeny(x) :- low.', {}, "env", ""),
        # What no verdict depends on does not matter.
        ('low :- env("a").\ndeny(x) :- e(1).', {"e": [(1,)]}, "env", ""),
        # An optional input and one with a default are never missing.
        ('deny(x) :- e(1), side("a"), mode(1).', {"e": [(1,)]}, "", ""),
        # The author's own rule about a missing input adds nothing of its own.
        ('deny(x) :- missing("env").\nallow(x) :- e(1), env("a").', {}, "env", ""),
    ],
)
def test_an_input_is_relevant_iff_the_rest_of_a_rule_holds(
    rules: str, facts: dict[str, list[Row]], missing: str, relevant: str
) -> None:
    """By cases: ground and bound values, negation, counts, sets, helpers, several at once."""
    asked = facts | {"missing": [(f"s:{name}",) for name in missing.split()]}

    model = model_of(_program(HEADER + INPUTS + "authorized.\n" + rules), asked)

    assert names(model["relevant"]) == {*relevant.split()}


def test_a_relevant_missing_input_escalates_unless_something_denies() -> None:
    """DENY over ESCALATE over ALLOW, and a relevant gap is an ESCALATE."""
    text = HEADER + INPUTS + 'authorized.\nallow(x) :- env("a").\ndeny(y) :- e(1).\n'
    gap: dict[str, list[Row]] = {"missing": [("s:env",)]}

    assert [*model_of(_program(text), gap)["verdict"]] == [("y:escalate",)]
    assert [*model_of(_program(text), gap | {"e": [(1,)]})["verdict"]] == [("y:deny",)]
    assert [*model_of(_program(text), {"env": [("s:a",)]})["verdict"]] == [("y:allow",)]
    assert [*model_of(_program(text), {"env": [("s:a/b",)]})["verdict"]] == [("y:deny",)]


def test_without_its_relevance_rules_a_program_breaks_the_theorem() -> None:
    """The property can fail: taken out, the rules leave a gap unnamed that changes the verdict."""
    program = _program(HEADER + INPUTS + 'authorized.\nallow(x) :- not env("a").\n')
    kept = tuple(each for each in program.rules if not each.id.startswith("relevant/"))
    blind = Program(program.predicates, kept, program.strata)

    assert model_of(blind, {"missing": [("s:env",)]})["verdict"] == {("y:allow",): 1}
    assert [*model_of(blind, {"env": [("s:a",)]})["verdict"]] == [("y:deny",)]


def test_ground_literals_grow_the_program_linearly() -> None:
    """Each further input that a rule asks for by value adds a rule or three, not a power of two."""
    inputs = "".join(f"#input i{n} : bool from context.i{n}.\n" for n in range(20))
    body = ", ".join(f"i{n}(true)" for n in range(20))

    program = _program(f"{inputs}deny(x) :- {body}.")

    generated = [each.id for each in program.rules if "/possible/" in each.id]
    assert len([each for each in program.rules if each.id.startswith("relevant/")]) == 20
    assert len(generated) == 40
    assert (
        rules_of(program, "i0/possible")
        == [
            'i0/possible(true) :- missing("i0").',
            "i0/possible(Value) :- i0(Value).",
        ][::-1]
    )


def test_bound_inputs_are_taken_in_every_combination_up_to_a_bound() -> None:
    """Six inputs whose values one rule binds make 6 * 2^5 rules; a seventh is refused."""
    inputs = "".join(f"#input i{n} : int from context.i{n}.\n" for n in range(7))

    def rule(number: int) -> str:
        return f"{inputs}deny(x) :- {', '.join(f'i{n}(X)' for n in range(number))}."

    program = _program(rule(6))

    assert len([each for each in program.rules if each.id.startswith("relevant/")]) == 192
    assert "HL020" in codes(rule(7), prelude=PRELUDE)


def test_without_the_prelude_nothing_is_relevant() -> None:
    """A program that declares no `missing` has no gaps, and no rules about them."""
    program = rule_set("#input env : string from context.env.\np :- env(_).").program

    assert [each.id for each in program.rules] == ["p/1"]
    assert "relevant" not in program.by_name
