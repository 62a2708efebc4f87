# SPDX-License-Identifier: Apache-2.0
"""Counted limits: each holds at its exact number, is told by name, and does not see the order."""

from __future__ import annotations

import pytest

from helm_logic.engine import Engine, Limits
from helm_logic.errors import LimitReached
from helm_logic.kernel.terms import Compute, Row, Test
from tests.engine.notation import X, Y, Z, derived, given, program, yes

CLOSURE = program(
    [given("e", "int", "int"), derived("p", "int", "int"), derived("q", "int")],
    (yes("p", X, Y), [yes("e", X, Y)]),
    (yes("p", X, Z), [yes("p", X, Y), yes("e", Y, Z)]),
    (yes("q", X), [yes("p", X, Y)]),
)
CYCLE: list[Row] = [(n, (n + 1) % 5) for n in range(5)]  # 25 + 5 facts, 5 rounds, 30 + 25 firings


@pytest.mark.parametrize(("name", "count"), [("facts", 30), ("rounds", 5), ("firings", 55)])
@pytest.mark.parametrize("static", [True, False])
def test_a_limit_is_exact(name: str, count: int, *, static: bool) -> None:
    """As many as the limit says are allowed, one more is not; kept strata count as well."""

    def evaluate(bound: int) -> None:
        limits = Limits(**{name: bound})
        engine = Engine(CLOSURE, {"e": CYCLE} if static else {}, limits=limits)
        engine.evaluate({} if static else {"e": CYCLE})

    evaluate(count)
    with pytest.raises(LimitReached) as caught:
        evaluate(count - 1)

    assert (caught.value.limit, caught.value.bound) == (name, count - 1)


def test_counts_of_kept_strata_are_those_of_everything_at_once() -> None:
    """Part static, part by request: facts and firings are counted over both."""
    program_ = program(
        [given("s", "int"), given("r", "int"), derived("a", "int"), derived("b", "int")],
        (yes("a", X), [yes("s", X)]),
        (yes("b", X), [yes("a", X)]),
        (yes("b", X), [yes("r", X)]),
    )
    rows: list[Row] = [(n,) for n in range(10)]
    for limits, name in ((Limits(facts=19), "facts"), (Limits(firings=29), "firings")):
        for static in ({}, {"s": rows}):
            asked = {"r": rows} if static else {"r": rows, "s": rows}
            with pytest.raises(LimitReached) as caught:
                Engine(program_, static, limits=limits).evaluate(asked)
            assert caught.value.limit == name
    Engine(program_, {"s": rows}, limits=Limits(facts=20, firings=30)).evaluate({"r": rows})


def test_a_product_that_never_fires_stops() -> None:
    """Join work is bounded where no fact and no firing would tell of it."""
    program_ = program(
        [given("n", "int"), derived("p", "int")],
        (
            yes("p", X),
            [*(yes("n", f"v:{i}") for i in range(12)), yes("n", X), Test("<", "v:11", "v:10"),
             Test("<", X, "v:11"), Test("<", "v:10", X)],
        ),
    )  # fmt: skip
    engine = Engine(program_, limits=Limits(enumerated=200_000))

    with pytest.raises(LimitReached) as caught:
        engine.evaluate({"n": [(n,) for n in range(100)]})

    assert caught.value.limit == "enumerated"


def test_arithmetic_without_end_stops() -> None:
    """Recursion that computes ever new facts ends at the rounds, or at the firings if fewer."""
    program_ = program(
        [given("n", "int"), derived("p", "int")],
        (yes("p", X), [yes("n", X)]),
        (yes("p", Y), [yes("p", X), Compute(Y, "+", X, 1)]),
    )
    for limits, name in ((Limits(rounds=50), "rounds"), (Limits(firings=50), "firings")):
        with pytest.raises(LimitReached) as caught:
            Engine(program_, limits=limits).evaluate({"n": [(0,)]})
        assert caught.value.limit == name


def test_which_limit_is_told_does_not_depend_on_the_order_of_rows() -> None:
    """Where two limits are exceeded, the one that is named is that of the sorted rows."""
    program_ = program(
        [given("n", "int"), given("m", "int"), derived("p", "int", "int")],
        (yes("p", X, Y), [yes("n", X), yes("m", Y), Test("<", X, 50)]),
    )
    rows: list[Row] = [(n,) for n in range(100)]
    named = set()
    for ordered in (rows, rows[::-1], rows[30:] + rows[:30]):
        with pytest.raises(LimitReached) as caught:
            Engine(program_, limits=Limits(firings=900, enumerated=1_500)).evaluate(
                {"n": ordered, "m": ordered}
            )
        named.add(str(caught.value))

    assert len(named) == 1


def test_limits_are_positive_and_have_a_json_form() -> None:
    """A limit of zero, or of a kind that is no int, is refused when it is made."""
    assert Limits(rounds=7).to_value() == {
        "facts": 100_000,
        "rounds": 7,
        "firings": 1_000_000,
        "enumerated": 10_000_000,
    }
    for wrong in (0, -1, True, "7", 1.5):
        with pytest.raises(ValueError, match="limit `facts`"):
            Limits(facts=wrong)  # type: ignore[arg-type]
