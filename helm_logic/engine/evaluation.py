# SPDX-License-Identifier: Apache-2.0
"""What one evaluation found: the model, and why each fact is in it.

Relations may be shared with the engine and with other evaluations: treat what is returned as
read-only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

from helm_logic.engine.machine import Machine
from helm_logic.engine.scope import Origin, Relation
from helm_logic.errors import EvaluationError
from helm_logic.kernel.certificate import Certificate, Step
from helm_logic.kernel.terms import Row

Fact: TypeAlias = tuple[str, Row]


class Evaluation:
    """The perfect model of a program for given facts. *firings* and *enumerated* tell its cost."""

    def __init__(
        self,
        machine: Machine,
        relations: tuple[Relation, ...],
        firings: int,
        enumerated: int,
    ) -> None:
        self.firings = firings
        self.enumerated = enumerated
        self._program = machine.program
        self._machine = machine
        self._relations = relations
        self._indexes: dict[str, Any] = {}

    @cached_property
    def model(self) -> dict[str, dict[Row, int]]:
        """The rows of every derived predicate with their heights."""
        rules, recursive = len(self._program.rules), self._machine.recursive
        return {
            each.name: {row: origin[0] // rules for row, origin in relation.items()}
            if each.name in recursive
            else dict.fromkeys(relation, 1)
            for each, relation in zip(self._program.predicates, self._relations, strict=True)
            if not each.given
        }

    @property
    def facts(self) -> dict[str, Collection[Row]]:
        """The given facts, kept and of this request, of the predicates that have any."""
        return {
            each.name: relation.keys()
            for each, relation in zip(self._program.predicates, self._relations, strict=True)
            if each.given and relation
        }

    def holds(self, predicate: str, row: Row) -> bool:
        """Say whether the fact is given or derived."""
        return row in self._relation(predicate)

    def rows(self, predicate: str) -> tuple[Row, ...]:
        """Return the rows of *predicate*, given or derived, in order."""
        return tuple(sorted(self._relation(predicate)))

    def supporting_rules(self, predicate: str, row: Row) -> tuple[int, ...]:
        """Return the numbers of all rules that have an instance with this head, of any height."""
        return tuple(
            number
            for number, rule in enumerate(self._program.rules)
            if rule.head.predicate == predicate
            and self._machine.supports(number)(row, self._relations, self._find)
        )

    def derivation(self, goals: Sequence[Fact]) -> tuple[Step, ...]:
        """Return the canonical derivation of *goals*, the last one last (see `derivation.py`).

        Raises EvaluationError for a goal that does not hold.
        """
        return self._machine.explainer.steps(self._relations, goals)

    def certificate(self, goals: Sequence[Fact]) -> Certificate:
        """Return the certificate of the last of *goals*, whose derivation has the others too."""
        model = {name: rows for name, rows in self.model.items() if rows}
        return Certificate(model, self.derivation(goals))

    def _relation(self, predicate: str) -> Mapping[Row, Origin]:
        number = self._machine.number.get(predicate)
        if number is None:
            raise EvaluationError(f"got the predicate `{predicate}`, which is not declared")
        return self._relations[number]

    def _find(self, name: str, make: Any, relation: Relation) -> Any:
        """Return the index *name* of *relation*, made when first asked for."""
        if (found := self._indexes.get(name)) is None:
            found = self._indexes[name] = make(relation)
        return found
