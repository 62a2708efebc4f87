# SPDX-License-Identifier: Apache-2.0
"""Joins: all instances of a rule, each once, and none but those that brute force finds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import EvaluationError
from helm_logic.kernel import joins
from helm_logic.kernel.joins import Join, Relations, compute, select
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import ARITHMETIC, COMPARISONS, TESTS, Row, Term, Test
from tests.kernel import naive, notation, reference
from tests.kernel.programs import CONSTANTS, Case, cases

LARGEST = 2**53 - 1


def _instances(rule: Rule, relations: Relations) -> list[Row]:
    """Return the substitutions that the join finds, the rule's constants cut off."""
    join = Join(rule)
    return [binding[len(join.start) :] for binding in join.instances(relations)]


def _of(rule: str, facts: str) -> list[Row]:
    """Return the instances of a rule over facts, both written as text."""
    rows: dict[str, dict[Row, int]] = {"p": {}, "q": {}, "e": {}}
    rows |= {name: dict.fromkeys(each, 0) for name, each in notation.facts(facts).items()}
    return _instances(notation.rule("r0", rule), Relations(rows))


@given(cases())
def test_a_join_finds_what_brute_force_finds(case: Case) -> None:
    """Over the facts of a perfect model, every instance is found, once; rules share indexes."""
    rows = naive.model_of(case.program, case.facts)
    relations = Relations(rows)
    model = {reference.typed(name, row) for name in rows for row in rows[name]}
    for rule in case.program.rules:
        names = reference.variables(rule)
        expected = {
            reference.typed("", (found[name] for name in names))
            for found in reference.instances(rule, model)
        }
        bindings = _instances(rule, relations)

        assert {reference.typed("", binding) for binding in bindings} == expected
        assert len(bindings) == len(expected)
        assert list(rule.variables) == names


@pytest.mark.parametrize(
    ("rule", "facts", "instances"),
    [
        ("h() :- .", "", [()]),
        ("h() :- 1 < 2.", "", [()]),
        ("h() :- 2 < 1.", "", []),
        ("h() :- p(1).", "p(1)", [()]),
        ("h() :- p(1).", "p(2)", []),
        ("h(X) :- p(X).", "p(2) p(1)", [(2,), (1,)]),
        ("h(X) :- p(X), q(Y).", "p(1) p(2) q(3)", [(1, 3), (2, 3)]),
        ("h(X) :- p(X), q(X).", "p(1) p(2) q(2)", [(2,)]),
        ("h(X) :- e(X, 2), e(2, X).", "e(1, 2) e(2, 1) e(2, 2) e(3, 2)", [(1,), (2,)]),
        ("h(X) :- e(X, Y), e(Y, Z).", "e(1, 2) e(2, 3)", [(1, 2, 3)]),
        ("h(Y) :- e(1, Y).", "e(1, 2) e(1, 3) e(2, 4)", [(2,), (3,)]),
        ("h() :- e(1, 1).", "e(1, 1)", [()]),
        ("h(X) :- p(X), not q(X).", "p(1) p(2) q(2)", [(1,)]),
        ("h() :- not q(1).", "q(2)", [()]),
        ("h(X) :- p(X), not e(X, 7).", "p(1) p(2) e(1, 7) e(2, 8)", [(2,)]),
        ("h(X) :- p(X), q(Y), X < Y.", "p(1) p(2) q(2)", [(1, 2)]),
        ("h(Z) :- p(X), Z := X - 1, q(Z).", "p(1) p(2) q(0)", [(1, 0)]),
        ("h(X) :- p(X), count{Y : e(X, Y)} >= 2.", "p(1) p(2) e(1, 5) e(1, 6) e(2, 5)", [(1,)]),
        ("h(X) :- p(X), count{Y : e(X, Y)} = 0.", "p(1) p(2) e(1, 5)", [(2,)]),
        ("h() :- count{X : e(X, Y)} = 1.", "e(1, 5) e(1, 6)", [()]),
        ("h() :- count{Y, X : e(X, Y)} = 2.", "e(1, 5) e(1, 6)", [()]),
        ("h() :- count{ : e(X, Y)} = 1.", "e(1, 5) e(1, 6)", [()]),
        ("h() :- count{ : e(X, Y)} = 0.", "", [()]),
        ("h() :- count{X : e(X, 5)} = 2.", "e(1, 5) e(2, 5) e(3, 6)", [()]),
        ("h(N) :- p(N), count{X : q(X)} = N.", "p(1) p(2) q(7) q(8)", [(2,)]),
        ("h(X) :- count{X : p(X)} = 2, q(X).", "p(1) p(2) q(3)", [(3,)]),
        ('h(X) :- p(X), "a/*" matches X.', 'p("a/b") p("a") p("a/c")', [("s:a/b",), ("s:a/c",)]),
        ('h(X) :- p(X), X subsumes "a/b".', 'p("a/*") p("b/*")', [("s:a/*",)]),
        ("h(X) :- p(X), X = one.", 'p(one) p("one") p(1) p(true)', [("y:one",)]),
        ("h(X) :- p(X), q(X).", 'p(one) p("one") q("one") p(1) q(true)', [("s:one",)]),
        ("h(X) :- p(X), not q(X).", 'p(1) q("1") q(true)', [(1,)]),
    ],
)
def test_instances_of_one_rule(rule: str, facts: str, instances: list[Row]) -> None:
    """What each kind of literal keeps, adds and counts."""
    assert _of(rule, facts) == instances


@given(st.sampled_from(sorted(TESTS)), st.data())
def test_relations_are_those_of_the_second_checker(relation: str, data: st.DataObject) -> None:
    """Every relation on constants of one kind means what brute force takes it to mean."""
    kind = "pattern" if relation not in COMPARISONS else data.draw(st.sampled_from([*CONSTANTS]))
    left, right = (data.draw(st.sampled_from(CONSTANTS[kind])) for _ in range(2))
    rule = Rule("r0", notation.atom("h()"), (Test(relation, left, right),))

    assert bool(_instances(rule, Relations({}))) is reference.compare(relation, left, right)


def test_a_rule_with_an_empty_premise_is_not_evaluated() -> None:
    """Nothing can follow, so what stands before the empty premise needs no result."""
    assert _of("h(Y) :- p(X), Y := X + 1, q(Y).", "p(one)") == []
    with pytest.raises(EvaluationError):
        _of("h(Y) :- p(X), Y := X + 1, q(Y).", "p(one) q(1)")
    assert _of("h(Y) :- p(X), X > 5, Y := X + one.", "p(1)") == []


@pytest.mark.parametrize(
    ("operator", "left", "right", "result"),
    [
        ("+", 2, 3, 5),
        ("-", 2, 3, -1),
        ("*", -2, 3, -6),
        ("+", LARGEST - 1, 1, LARGEST),
        ("-", 1 - LARGEST, 1, -LARGEST),
        ("*", LARGEST, -1, -LARGEST),
        ("+", LARGEST, 1, None),
        ("-", -LARGEST, 1, None),
        ("*", 2**52, 2, None),
        ("*", 2**52, -2, None),
        ("+", 1, "s:1", None),
        ("+", "y:a", 1, None),
        ("+", "s:a", "s:b", None),
        ("*", "s:a", 2, None),
        ("+", True, 1, None),
        ("-", 1, True, None),
    ],
)
def test_arithmetic_stays_in_range(operator: str, left: Term, right: Term, result: Any) -> None:
    """Integers within ±(2^53-1) give integers within it, and anything else is an error."""
    if result is None:
        with pytest.raises(EvaluationError, match="is not an integer within"):
            compute(operator, left, right)
    else:
        assert compute(operator, left, right) == result


@given(st.sampled_from(ARITHMETIC), *[st.integers(-LARGEST, LARGEST)] * 2)
def test_arithmetic_is_that_of_the_second_checker(operator: str, left: int, right: int) -> None:
    """Sums, differences and products agree, and leave the range for the same operands."""
    try:
        expected = reference.calculate(operator, left, right)
    except reference.NoResult:
        with pytest.raises(EvaluationError):
            compute(operator, left, right)
    else:
        assert compute(operator, left, right) == expected


@given(st.lists(st.integers(0, 3), max_size=5), st.tuples(*[st.integers()] * 4))
def test_a_selection_is_the_tuple_of_its_positions(positions: list[int], row: Row) -> None:
    """None, one or several, in any order, and always a tuple."""
    assert select(tuple(positions))(row) == tuple(row[position] for position in positions)


def test_rules_that_look_at_other_columns_do_not_share_an_index() -> None:
    """Counts and joins over one predicate, by every pair of columns, in any order."""
    rows: dict[Row, int] = {(1, 2, 3): 0, (1, 2, 4): 0, (2, 1, 3): 0, (1, 1, 3): 0}
    texts = [
        ("count{A : t(1, B, A)} = 2", True),
        ("count{A : t(B, 1, A)} = 1", True),
        ("count{A : t(1, A, B)} = 2", True),
        ("count{A : t(A, 1, B)} = 2", True),
        ("count{A, B : t(A, 1, B)} = 2", True),
        ("count{A, B : t(1, A, B)} = 3", True),
        ("count{A, B : t(A, B, 3)} = 3", True),
        ("count{A : t(A, B, 3)} = 2", True),
        ("count{A : t(B, A, 3)} = 2", True),
        ("t(1, 2, A), A = 4", True),
        ("t(1, A, 4), A = 2", True),
        ("t(A, 2, B), A = 2", False),
        ("t(A, B, 4), A = 2", False),
        ("t(2, A, B), A = 2", False),
    ]
    for order in (texts, texts[::-1]):
        relations = Relations({"t": rows})
        for text, holds in order:
            rule = notation.rule("r0", f"h() :- {text}.")

            assert bool(_instances(rule, relations)) is holds, text


def test_an_index_is_made_once() -> None:
    """Rules that look a predicate up by the same columns share the index."""
    relations = Relations({"e": {(1, 2): 0, (1, 3): 0, (2, 2): 0}})
    by_first = ("e", (0,), (1,)), select((0,)), select((1,))
    index = relations.index(*by_first)

    assert index == {(1,): [(2,), (3,)], (2,): [(2,)]}
    assert relations.index(*by_first) is index
    assert relations.index(("e", (1,), (0,)), select((1,)), select((0,))) == {
        (2,): [(1,), (2,)],
        (3,): [(1,)],
    }


def test_each_pair_of_patterns_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred bindings with two patterns among them ask twice."""
    asked: list[tuple[Term, Term]] = []

    def ask(pattern: Term, value: Term) -> bool:
        asked.append((pattern, value))
        return pattern == "s:a"

    monkeypatch.setitem(joins.RELATIONS, "matches", ask)
    rows: dict[Row, int] = {(n, "s:a" if n % 2 else "s:b"): 0 for n in range(100)}
    found = _instances(
        notation.rule("r0", 'h(N) :- e(N, P), P matches "a".'), Relations({"e": rows})
    )

    assert sorted(asked) == [("s:a", "s:a"), ("s:b", "s:a")]
    assert found == [(n, "s:a") for n in range(1, 100, 2)]
