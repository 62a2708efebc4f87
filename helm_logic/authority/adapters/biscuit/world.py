# SPDX-License-Identifier: Apache-2.0
"""The model of a lowered program, together with the expressions that it depends on.

The engine derives what follows while some expressions are not known to hold; those that the model
asks for are evaluated, and it derives again, until nothing new is asked. Knowing more only adds
facts, so the last model is what the blocks mean; each `true_N` is a table of given facts in it.

Limits are counts, as in Biscuit, and no clock: 1,000 facts, 100 rounds. They are reached exactly
where Biscuit's are, because a fact's height in the first stratum is its round there.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from helm_logic.authority.adapters.biscuit.evaluation import Evaluator
from helm_logic.authority.adapters.biscuit.lowering import Asking, Lowered
from helm_logic.authority.adapters.biscuit.syntax import Predicate
from helm_logic.authority.adapters.biscuit.values import Value
from helm_logic.engine import Engine, Evaluation, Limits
from helm_logic.errors import LimitReached
from helm_logic.kernel.terms import Row

MAX_FACTS = 1_000
MAX_ROUNDS = 100
# Of the engine: rows that only ask are facts to it as well, and a product may never fire.
_LIMITS = Limits(facts=20_000, rounds=MAX_ROUNDS, firings=200_000, enumerated=1_000_000)
MAX_WORK = 2_000_000  # rows enumerated in all rounds of asking


@attrs.frozen
class World:
    """What holds: *evaluation* is the engine's, of the program *lowered* and the facts *given*."""

    lowered: Lowered
    evaluation: Evaluation
    given: Mapping[str, frozenset[Row] | tuple[Row, ...]]

    @property
    def facts(self) -> frozenset[tuple[frozenset[int], Predicate]]:
        """Every fact with its origin, the numbers of the blocks that had a part in it."""
        return frozenset(
            (self._origin(row), Predicate(name, self._terms(row)))
            for number, (name, _) in enumerate(self.lowered.relations)
            for row in self.evaluation.rows(f"holds_{number}")
        )

    def bindings(self, asking: Asking) -> list[dict[str, Value]]:
        """Return the bindings for which the body of *asking* matches, in order of their texts."""
        return [_binding(self.lowered, asking, row) for row in self.evaluation.rows(asking.asked)]

    def _origin(self, row: Row) -> frozenset[int]:
        pairs = zip(self.lowered.origins, row, strict=False)
        return frozenset(number for number, bit in pairs if bit == "b:true")

    def _terms(self, row: Row) -> tuple[Value, ...]:
        values = self.lowered.values
        return tuple(values[str(each)[2:]] for each in row[len(self.lowered.origins) :])


def run(lowered: Lowered, evaluator: Evaluator) -> World:
    """Return the model of *lowered*; raise ExpressionError, EvaluationError or LimitReached."""
    engine = Engine(lowered.program, limits=_LIMITS)
    known: dict[str, dict[Row, bool]] = {each.holds: {} for each in lowered.rules}
    work = 0
    for _ in range(MAX_ROUNDS + 1):
        holding = {name: tuple(row for row in rows if rows[row]) for name, rows in known.items()}
        given = {**{name: tuple(rows) for name, rows in lowered.facts.items()}, **holding}
        evaluation = engine.evaluate(given)
        world = World(lowered, evaluation, given)
        _require_few(world)
        work += evaluation.enumerated
        if work > MAX_WORK:
            raise LimitReached("enumerated", MAX_WORK)
        if not _learn(world, evaluator, known):
            return world
    raise LimitReached("rounds", MAX_ROUNDS)


def _learn(world: World, evaluator: Evaluator, known: dict[str, dict[Row, bool]]) -> bool:
    """Add to *known* what *world* asks for, and say whether anything new holds."""
    found = False
    for asking in world.lowered.rules:
        rows = known[asking.holds]
        for row in world.evaluation.rows(asking.asked):
            if row not in rows:
                binding = _binding(world.lowered, asking, row)
                rows[row] = evaluator.holds(asking.body.expressions, binding)
                found |= rows[row]
    return found


def _require_few(world: World) -> None:
    """Raise LimitReached if rules added facts and there are `MAX_FACTS`, which Biscuit refuses."""
    total = written = 0
    for number in range(len(world.lowered.relations)):
        total += len(world.evaluation.rows(f"holds_{number}"))
        written += len(set(world.given[f"given_{number}"]))
    if total > written and total >= MAX_FACTS:
        raise LimitReached("facts", MAX_FACTS - 1)


def _binding(lowered: Lowered, asking: Asking, row: Row) -> dict[str, Value]:
    values = (lowered.values[str(each)[2:]] for each in row)
    return dict(zip(asking.variables, values, strict=True))
