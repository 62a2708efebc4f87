# SPDX-License-Identifier: Apache-2.0
"""Join orders: what comes first, what waits, and what no order may move."""

from __future__ import annotations

from helm_logic.engine import Engine
from helm_logic.engine.plan import Planned, Tally, Visit, plan
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import Atom, Compute, Literal, Row, Test
from tests.engine.notation import W, X, Y, Z, count, derived, given, no, program, yes

SIZES = {"one": 1.0, "few": 4.0, "many": 100.0}


def _estimate(name: str, keys: tuple[int, ...]) -> float:
    return SIZES[name] / 10.0 ** len(keys)


def _order(*body: Literal, first: int | None = None) -> list[str]:
    rule = Rule("r", Atom("head", ()), body)
    return [_name(step) for step in plan(rule, _estimate, first=first)]


def _name(step: Planned) -> str:
    match step:
        case Visit(_, atom):
            return f"{atom.predicate}{''.join(str(column) for column in step.keys)}"
        case Tally():
            return "count"
    return type(step).__name__.lower()


def test_smaller_relations_come_first() -> None:
    """Estimates decide among atoms that share nothing or share something alike."""
    assert _order(yes("many", X), yes("few", Y), yes("one", Z)) == ["one", "few", "many"]


def test_ties_keep_the_written_order() -> None:
    """Atoms of one size stay as the author wrote them."""
    assert _order(yes("few", X), yes("few", X, Y), yes("few", X, Z)) == ["few", "few0", "few0"]


def test_an_atom_that_shares_a_variable_precedes_a_smaller_one_that_does_not() -> None:
    """A cross product waits, unless it is with a single row."""
    assert _order(yes("few", X), yes("few", Y), yes("many", X, Z)) == ["few", "many0", "few"]
    assert _order(yes("few", X), yes("many", X, Z), yes("one", Y)) == ["one", "few", "many0"]


def test_bound_atoms_and_tests_stand_as_early_as_they_can() -> None:
    """What only filters is asked once its variables are known, lookups before loops."""
    order = _order(yes("few", X), yes("few", X, Y), yes("many", X), Test("<", X, 3), no("one", Y))

    assert order == ["few", "test", "many0", "few0", "negative"]


def test_the_newest_rows_lead() -> None:
    """The premise that reads the newest rows is visited before all that need a loop."""
    assert _order(yes("few", X), yes("many", X, Y), first=1) == ["many", "few0"]
    assert _order(yes("one", X), yes("many", Y), first=1) == ["many", "one"]


def test_nothing_crosses_a_computation() -> None:
    """A computation meets the bindings that it meets in written order."""
    order = _order(yes("many", X), Compute(Y, "+", X, 1), yes("one", X), yes("one", Z))

    assert order == ["many", "compute", "one0", "one"]


def test_a_count_keeps_the_columns_that_are_bound_where_it_is_written() -> None:
    """Even if the plan binds another of its variables first."""
    body: list[Literal] = [yes("many", X), count((W,), yes("few", X, W), ">", 1), yes("one", W)]

    (tally,) = (x for x in plan(Rule("r", Atom("h", ()), tuple(body)), _estimate, known=[W])
                if isinstance(x, Tally))  # fmt: skip

    assert tally.keys == (0,)


def test_sizes_of_static_relations_are_known() -> None:
    """A static relation is probed by what splits it best, and so costs few rows."""
    program_ = program(
        [given("q", "int"), given("wide", "int", "int"), given("key", "int", "int"),
         derived("p", "int")],
        (yes("p", Z), [yes("q", X), yes("wide", X, Y), yes("key", X, Z), yes("key", Y, Z)]),
    )  # fmt: skip
    wide: list[Row] = [(1, n) for n in range(1_000)]
    key: list[Row] = [(n, n) for n in range(1_000)]

    evaluation = Engine(program_, {"wide": wide, "key": key}).evaluate({"q": [(1,)]})

    assert evaluation.rows("p") == ((1,),)
    assert evaluation.enumerated < 10
