# SPDX-License-Identifier: Apache-2.0
"""Heights and derivations for bare rows: refusals (that they are right is in `test_agreement`)."""

from __future__ import annotations

import pytest

from helm_logic.engine import Engine, canonical
from helm_logic.errors import EvaluationError
from helm_logic.kernel.terms import Row, Test
from tests.engine.notation import X, Y, derived, given, program, yes

PROGRAM = program(
    [given("e", "int", "int"), derived("p", "int")],
    (yes("p", X), [yes("e", X, Y), Test("=", X, Y)]),
    (yes("p", Y), [yes("e", X, Y), yes("p", X)]),
)
FACTS: dict[str, list[Row]] = {"e": [(1, 1), (1, 2), (2, 3), (5, 6), (6, 5)]}


@pytest.mark.parametrize("row", [(4,), (5,), (6,)])
def test_rows_that_nothing_supports_have_no_height(row: Row) -> None:
    """Neither a row without an instance nor rows that support each other in a circle."""
    with pytest.raises(EvaluationError, match="want one that a rule supports"):
        canonical.heights(PROGRAM, FACTS, {"p": {(1,), (2,), (3,), row, (5,), (6,)}})


def test_goals_outside_the_rows_have_no_derivation() -> None:
    """As for the native engine; and the last goal is said again where others needed it."""
    model = canonical.heights(PROGRAM, FACTS, {"p": {(1,), (2,), (3,)}})
    native = Engine(PROGRAM).evaluate(FACTS)

    assert model == native.model
    for goals in ([("p", (3,))], [("p", (3,)), ("p", (1,))], [("e", (5, 6))], []):
        assert canonical.certificate(PROGRAM, FACTS, model, goals) == native.certificate(goals)
    for goal in (("p", (5,)), ("e", (9, 9)), ("no", ())):
        with pytest.raises(EvaluationError, match="want a fact of the model"):
            canonical.certificate(PROGRAM, FACTS, model, [goal])
