# SPDX-License-Identifier: Apache-2.0
"""Lowering: rule text means the same before and after, and its parts look as they should."""

from __future__ import annotations

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from helm_logic.kernel.terms import Row
from helm_logic.lang import Source, parse, rule_text, tree
from tests.kernel.naive import model_of
from tests.kernel.notation import program as kernel_program
from tests.lang import reading
from tests.lang.texts import PRELUDE, rule_set, rules_of
from tests.strategies import GIVEN, facts_for, rule_texts


def _clauses(text: str) -> list[tree.Clause]:
    parsed, _ = parse(Source("main.dl", text))
    return [each for each in parsed.statements if isinstance(each, tree.Clause)]


@given(rule_texts(), facts_for(GIVEN))
@settings(max_examples=80)
def test_a_lowered_program_has_the_model_that_its_text_means(
    text: str, facts: dict[str, list[Row]]
) -> None:
    """Projections, counts, equations and orders of joins change nothing: two readings agree."""
    note(text)
    program = rule_set(text).program
    derived = {each.name for each in program.predicates if not each.given and "/" not in each.name}

    lowered = model_of(program, facts)
    read = reading.model(_clauses(text), program.strata, facts)

    assert {name: set(lowered[name]) for name in derived} == {
        name: read.get(name, set()) for name in derived
    }


@pytest.mark.parametrize(
    ("text", "lowered"),
    [
        (
            "#relation e(a: int, b: int).\np(X) :- e(X, X).",
            """
            given e(int, int)
            derived p(int)
            p(X) :- e(X, Fresh1), X = Fresh1.
            """,
        ),
        (
            "#relation e(a: int).\np(Y) :- not e(Y), Y = X * 2 + 1, X > 3, e(X).",
            """
            given e(int)
            derived p(int)
            p(Y) :- e(X), X > 3, Fresh1 := X * 2, Y := Fresh1 + 1, not e(Y).
            """,
        ),
        (
            "#relation e(a: int).\np(Z) :- e(X), Y = X, Z = Y, W = 3, Z < W.",
            """
            given e(int)
            derived p(int)
            p(X) :- e(X), X < 3.
            """,
        ),
        (
            """
            #relation e(a: string, b: int).
            #relation f(c: int).
            p(N) :- f(N), count{S : e(S, N)} >= N + 1.
            """,
            """
            given e(string, int) f(int)
            derived p(int)
            p(N) :- f(N), Fresh1 := N + 1, count{S : e(S, N)} >= Fresh1.
            """,
        ),
        (
            """
            #relation e(a: string).
            #relation g(p: pattern, q: pattern).
            p(S) :- matches(P, S), subsumes(Q, P), g(P, Q), e(S).
            """,
            """
            given e(string) g(pattern, pattern)
            derived p(string)
            p(S) :- g(P, Q), Q subsumes P, e(S), P matches S.
            """,
        ),
        (
            "#relation e(a: int).\np(X) :- q(X), not r(X).\nq(X) :- e(X).\nr(X) :- e(X), X >= 5.\n",
            """
            given e(int)
            derived q(int)
            derived r(int)
            derived p(int)
            p(X) :- q(X), not r(X).
            q(X) :- e(X).
            r(X) :- e(X), X >= 5.
            """,
        ),
    ],
    ids=["repeated", "sums", "equations", "count", "patterns", "strata"],
)  # fmt: skip
def test_a_rule_lowers_to_the_kernel_rule_written_by_hand(text: str, lowered: str) -> None:
    """Repeated variables, sums, equations, counts, orders and strata, one of each."""
    program, expected = rule_set(text).program, kernel_program(lowered)

    # A variable that nobody wrote has a name that the notation of the kernel's tests cannot spell.
    assert [repr((each.head, each.body)).replace("v:_", "v:Fresh") for each in program.rules] == [
        repr((each.head, each.body)) for each in expected.rules
    ]
    assert program.strata == expected.strata
    assert {*program.predicates} >= {each for each in expected.predicates if each.given}


def test_a_projection_is_made_once_for_all_who_negate_it() -> None:
    """`not p(X, _)` and `not p(_, _)` read auxiliary predicates, shared between rules."""
    program = rule_set(
        "#relation e(a: int, b: string).\n#relation f(a: int).\n"
        'p(X) :- f(X), not e(X, _).\nq(X) :- f(X), not e(X, _), not e(_, "a").\nr :- not e(_, _).\n'
    ).program

    assert rules_of(program) == [
        "p(X) :- f(X), not e/exists/1(X).",
        'q(X) :- not e/exists/2("a"), f(X), not e/exists/1(X).',
        "r :- not e/exists/0.",
        "e/exists/1(_1) :- e(_1, _2).",
        "e/exists/2(_2) :- e(_1, _2).",
        "e/exists/0 :- e(_1, _2).",
    ]
    assert program.by_name["e/exists/2"].columns == ("string",)


def test_a_count_of_more_than_one_literal_counts_an_auxiliary_predicate() -> None:
    """Its columns are what the braces share with the rule, and then what is counted."""
    program = rule_set(
        "#relation e(a: string, b: int).\n#relation f(a: int, b: int).\n"
        "p(X) :- f(X, Y), count{S : e(S, N), N < Y, not f(N, _)} > 1.\n"
    ).program

    assert rules_of(program, "p", "p/count/1") == [
        "p(X) :- f(X, Y), count{S : p/count/1(Y, S)} > 1.",
        "p/count/1(Y, S) :- e(S, N), not f/exists/1(N), f(X, Y), N < Y.",
    ]
    assert program.by_name["p/count/1"].columns == ("int", "string")


def test_ids_count_the_rules_of_a_predicate_that_have_no_id_of_their_own() -> None:
    """Over the whole program, in order, and every rule has annotations, a span and a text."""
    rules = rule_set(
        'q(1).\n@id("mine") @reason("so")\np(X):-q(X).\np(2).\nr :- not p(_).\n@severity(low) p(3).'
    )

    assert [each.id for each in rules.program.rules] == [
        "q/1", "mine", "p/1", "r/1", "p/2", "p/exists/0/1",
    ]  # fmt: skip
    assert rules.annotations.keys() == rules.spans.keys() == {e.id for e in rules.program.rules}
    assert rules.annotations["mine"].reason == "so"
    assert rules.annotations["mine"].text == "p(X) :- q(X)."
    assert rules.annotations["p/2"].severity == "low"
    assert rules.annotations["p/exists/0/1"].text == "p/exists/0 :- p(_1)."
    assert rules.spans["p/exists/0/1"] == rules.spans["r/1"]


@pytest.mark.parametrize("start", ["", "x :- y. ", "\n\n\n% c\n"])
def test_the_same_text_gives_the_same_program(start: str) -> None:
    """Lowering depends on the text alone, and not on where in a file it stands."""
    text = "e(1). e(2).\np(X) :- e(X), count{Y, Z : e(Y), e(Z), Y < Z, Z > X} >= 1.\ny.\n"

    first, again = rule_set(start + text).program, rule_set(start + text).program

    assert first == again
    assert rules_of(first)[-3:] == rules_of(rule_set(text).program)[-3:]


@given(st.permutations(["e(X, Y)", "not f(Y)", "Z = X + Y", "Z < 9", "f(X)", "f(3)"]))
def test_filters_come_as_soon_as_they_can(body: list[str]) -> None:
    """However a body is written, what has its values is asked before the next join."""
    given_ = "#relation e(a: int, b: int).\n#relation f(a: int).\n"
    (rule,) = rule_set(f"{given_}p(Z) :- {', '.join(body)}.").program.rules
    text = rule_text(rule)

    assert text in (
        "p(Z) :- f(3), f(X), e(X, Y), Z = X + Y, Z < 9, not f(Y).",
        "p(Z) :- f(3), e(X, Y), Z = X + Y, Z < 9, f(X), not f(Y).",
        "p(Z) :- f(3), e(X, Y), Z = X + Y, f(X), Z < 9, not f(Y).",
    )


def test_inputs_that_a_request_gives_once_are_asked_before_relations() -> None:
    """Between atoms that share nothing, the one with few rows starts the join."""
    text = """\
#input env : string from context.env.
#relation rows(a: string, b: string).
#relation more(a: string).
allow(x) :- rows(A, B), more(C), resource(D), env(E), A != C, B != D, D != E.
"""
    (rule,) = rules_of(rule_set(text, prelude=PRELUDE).program, "allow")

    assert rule.startswith("allow(x) :- resource(D), env(E), D != E, rows(A, B), B != D, more(C)")
