# SPDX-License-Identifier: Apache-2.0
"""From bare rows to certificates: what an engine without heights and derivations still lacks.

`heights` and `certificate` follow the definitions over plain lists of instances (the kernel's
joins) and use nothing of the native engine, so rows that another engine found end in the same
bytes as the native engine's own. That the rows are the model is not believed here either: wrong
ones have no heights or no derivation, and what gets through is for `kernel.check` to refuse.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

import attrs

from helm_logic.errors import EvaluationError
from helm_logic.kernel.certificate import Apply, Certificate, Facts, Given, Model, Step
from helm_logic.kernel.joins import Join, Relations
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row

Fact: TypeAlias = tuple[str, Row]


@attrs.frozen(order=True)
class _Instance:
    """A rule instance, ordered as *the* derivation of its head is chosen."""

    rule: int
    rows: tuple[Row, ...]
    substitution: Row
    premises: tuple[Fact, ...] = attrs.field(order=False)


def heights(program: Program, facts: Facts, rows: Mapping[str, Collection[Row]]) -> Model:
    """Return *rows* of the derived predicates with the heights that they have in the model.

    The height is the synchronous round of the stratum in which the row first appears. Raises
    EvaluationError if some row has none, because no rule supports it.
    """
    model: dict[str, dict[Row, int]] = {name: {} for names in program.strata for name in names}
    by_head = _by_head(program, facts, rows)
    for number, names in enumerate(program.strata):
        waiting = {
            (name, row): by_head.get((name, row), []) for name in names for row in rows[name]
        }
        height = 1
        while waiting:
            ready = [
                fact
                for fact, instances in waiting.items()
                if any(
                    all(p not in waiting for p in each.premises if program.stratum[p[0]] == number)
                    for each in instances
                )
            ]
            if not ready:
                name, row = min(waiting)
                raise EvaluationError(f"got the row {name}{row}, want one that a rule supports")
            for name, row in ready:
                model[name][row] = height
                del waiting[name, row]
            height += 1
    return model


def certificate(program: Program, facts: Facts, model: Model, goals: Sequence[Fact]) -> Certificate:
    """Return the certificate of the last of *goals*, with the canonical derivation of all.

    As `Evaluation.certificate`; raises EvaluationError for a goal that has no derivation.
    """
    derivation = _Derivation(program, facts, model)
    for goal in goals:
        derivation.add(goal)
    steps = derivation.steps
    if goals and derivation.numbers[goals[-1]] != len(steps) - 1:
        steps.append(steps[derivation.numbers[goals[-1]]])
    return Certificate({name: each for name, each in model.items() if each}, tuple(steps))


class _Derivation:
    """Steps, added goal by goal, each fact once and after its premises."""

    def __init__(self, program: Program, facts: Facts, model: Model) -> None:
        self._program = program
        self._given = {(name, row) for name, rows in facts.items() for row in rows}
        self._heights = {(name, row): h for name, rows in model.items() for row, h in rows.items()}
        self._by_head = _by_head(program, facts, model)
        self.steps: list[Step] = []
        self.numbers: dict[Fact, int] = {}

    def add(self, goal: Fact) -> None:
        """Derive *goal*, unless it is derived already."""
        stack: list[tuple[Fact, _Instance | None]] = [(goal, None)]
        while stack:
            fact, instance = stack.pop()
            if fact in self.numbers:
                continue
            if fact in self._given:
                self._number(fact, Given(*fact))
            elif instance is None:
                best = self._best(fact)
                stack.append((fact, best))
                stack += [(premise, None) for premise in reversed(best.premises)]
            else:
                premises = tuple(self.numbers[each] for each in instance.premises)
                self._number(fact, Apply(instance.rule, instance.substitution, premises))

    def _number(self, fact: Fact, step: Step) -> None:
        self.numbers[fact] = len(self.steps)
        self.steps.append(step)

    def _best(self, fact: Fact) -> _Instance:
        stratum = self._program.stratum.get(fact[0])
        founded = [
            each
            for each in self._by_head.get(fact, ())
            if all(
                self._heights[premise] < self._heights.get(fact, 0)
                for premise in each.premises
                if self._program.stratum[premise[0]] == stratum
            )
        ]
        if not founded:
            raise EvaluationError(f"got the goal {fact[0]}{fact[1]}, want a fact of the model")
        return min(founded)


def _by_head(
    program: Program, facts: Facts, rows: Mapping[str, Collection[Row]]
) -> dict[Fact, list[_Instance]]:
    """Return all rule instances over *facts* and *rows*, by what they conclude."""
    relations = Relations(
        {
            name: dict.fromkeys([*facts.get(name, ()), *rows.get(name, ())], 0)
            for name in program.by_name
        }
    )
    found: dict[Fact, list[_Instance]] = {}
    for number, rule in enumerate(program.rules):
        join = Join(rule)
        head_of = join.select(rule.head.terms)
        premises = [(atom.predicate, join.select(atom.terms)) for atom in rule.premises]
        for binding in join.instances(relations):
            used = tuple((name, row_of(binding)) for name, row_of in premises)
            instance = _Instance(
                number, tuple(row for _, row in used), binding[len(join.start) :], used
            )
            found.setdefault((rule.head.predicate, head_of(binding)), []).append(instance)
    return found
