# SPDX-License-Identifier: Apache-2.0
"""What one evaluation found: the model, and the canonical derivation of any fact in it.

*The* derivation of a derived fact applies the smallest rule that has an instance whose premises
from the head's own stratum have smaller heights, and of its instances the one whose premise rows,
in the order of `Rule.premises`, come first (`Rule.premises` bind all variables that are not
computed from them, so no two instances of a rule have the same). Evaluation leaves that rule in the
code of each row; the premises are found again when asked for.

Relations may be shared with the engine and with other evaluations: treat what is returned as
read-only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from helm_logic.engine.machine import Machine
from helm_logic.engine.scope import Relation
from helm_logic.errors import EvaluationError
from helm_logic.kernel.certificate import Apply, Certificate, Given, Step
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row

Fact: TypeAlias = tuple[str, Row]

_ANY_HEIGHT = 1 << 62


class Evaluation:
    """The perfect model of a program for given facts. *firings* and *enumerated* tell its cost."""

    def __init__(
        self,
        program: Program,
        machine: Machine,
        relations: tuple[Relation, ...],
        firings: int,
        enumerated: int,
    ) -> None:
        self.firings = firings
        self.enumerated = enumerated
        self._program = program
        self._machine = machine
        self._relations = relations
        self._rules = max(1, len(program.rules))
        self._indexes: dict[str, Any] = {}

    @property
    def model(self) -> dict[str, dict[Row, int]]:
        """The rows of every derived predicate with their heights."""
        return {
            each.name: {row: code // self._rules for row, code in relation.items()}
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
            and self._machine.why(number)(row, _ANY_HEIGHT, self._relations, self._find)
        )

    def certificate(self, goals: Sequence[Fact]) -> Certificate:
        """Return the certificate of the last of *goals*, which derives the others as well."""
        model = {name: rows for name, rows in self.model.items() if rows}
        return Certificate(model, self.derivation(goals))

    def derivation(self, goals: Sequence[Fact]) -> tuple[Step, ...]:
        """Return the canonical derivation of *goals*: each fact once, after its premises.

        Premises stand in the order of their rule, goals in the order given. The last goal is the
        last step; if it is a premise of an earlier goal too, its step is repeated for that.
        Raises EvaluationError for a goal that does not hold.
        """
        steps: list[Step] = []
        numbers: dict[Fact, int] = {}
        for goal in goals:
            self._derive(goal, steps, numbers)
        if goals and numbers[goals[-1]] != len(steps) - 1:
            steps.append(steps[numbers[goals[-1]]])
        return tuple(steps)

    def _derive(self, goal: Fact, steps: list[Step], numbers: dict[Fact, int]) -> None:
        open_: dict[Fact, tuple[int, Row, list[Fact]]] = {}
        stack = [goal]
        while stack:
            fact = stack[-1]
            if fact in numbers:
                stack.pop()
            elif (instance := open_.get(fact)) is not None:
                stack.pop()
                rule, substitution, premises = instance
                numbers[fact] = len(steps)
                steps.append(Apply(rule, substitution, tuple(numbers[each] for each in premises)))
            elif self._program.stratum.get(fact[0]) == -1 and self.holds(*fact):
                stack.pop()
                numbers[fact] = len(steps)
                steps.append(Given(*fact))
            else:
                open_[fact] = instance = self._instance(*fact)
                stack += reversed(instance[2])

    def _instance(self, predicate: str, row: Row) -> tuple[int, Row, list[Fact]]:
        """Return the rule, substitution and premises of the canonical derivation of a fact."""
        code = self._relation(predicate).get(row)
        if code is None or self._program.stratum[predicate] == -1:
            raise EvaluationError(f"got the goal {predicate}{row}, want a fact of the model")
        number = code % self._rules
        found = self._machine.why(number)(row, code - number, self._relations, self._find)
        premises, substitution = min(found)
        atoms = self._program.rules[number].premises
        return (
            number,
            substitution,
            [(a.predicate, r) for a, r in zip(atoms, premises, strict=True)],
        )

    def _relation(self, predicate: str) -> Mapping[Row, int]:
        number = self._machine.number.get(predicate)
        if number is None:
            raise EvaluationError(f"got the predicate `{predicate}`, which is not declared")
        return self._relations[number]

    def _find(self, name: str, make: Any, relation: Relation) -> Any:
        """Return the index *name* of *relation*, made when first asked for."""
        if (found := self._indexes.get(name)) is None:
            found = self._indexes[name] = make(relation)
        return found
