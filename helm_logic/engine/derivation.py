# SPDX-License-Identifier: Apache-2.0
"""From origins to steps: the canonical derivation of goals, as a line of steps.

*The* derivation of a derived fact applies the smallest rule that has an instance whose premises
from the head's own stratum have smaller heights, and of its instances the one whose premise rows,
in the order of `Rule.premises`, come first. (No two instances of a rule have the same premise rows:
variables are bound by premises or computed from them.) Evaluation keeps that instance as the
origin of each row, so there is nothing to search; `forward.py` says why it is the right one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from helm_logic.engine.scope import Origin, Relation, execute, row
from helm_logic.errors import EvaluationError
from helm_logic.kernel.certificate import Apply, Given, Step
from helm_logic.kernel.joins import compute
from helm_logic.kernel.program import Program, Rule
from helm_logic.kernel.terms import Compute, Positive, Row, Term, is_variable

Substitute: TypeAlias = Callable[[Origin], Row]


class Explainer:
    """Derives facts of evaluations of one program; threads may share it."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._rules = len(program.rules)
        self._names = [each.name for each in program.predicates]
        self._number = {name: number for number, name in enumerate(self._names)}
        self._premises = [
            tuple(self._number[atom.predicate] for atom in rule.premises) for rule in program.rules
        ]
        self._substitutes: dict[int, Substitute] = {}

    def steps(
        self, relations: Sequence[Relation], goals: Sequence[tuple[str, Row]]
    ) -> tuple[Step, ...]:
        """Return the canonical derivation of *goals*, each fact once and after its premises.

        Premises stand in the order of their rule, goals in the order given. The last goal is the
        last step; if it is a premise of an earlier goal too, its step is repeated for that. Raises
        EvaluationError for a goal that does not hold.
        """
        steps: list[Step] = []
        numbers: list[dict[Row, int]] = [{} for _ in self._names]
        last = -1
        for name, row_ in goals:
            predicate = self._number.get(name, -1)
            if predicate < 0 or row_ not in relations[predicate]:
                raise EvaluationError(f"got the goal {name}{row_}, want a fact of the model")
            if (number := numbers[predicate].get(row_)) is not None:
                last = number
                continue
            if relations[predicate][row_]:
                self._derive(predicate, row_, relations, steps, numbers)
            else:
                steps.append(Given(name, row_))
            last = numbers[predicate][row_] = len(steps) - 1
        if last != len(steps) - 1:
            steps.append(steps[last])
        return tuple(steps)

    def _derive(
        self,
        predicate: int,
        row_: Row,
        relations: Sequence[Relation],
        steps: list[Step],
        numbers: list[dict[Row, int]],
    ) -> None:
        """Add the steps of a derived row that has none yet; no recursion, for chains are long.

        An origin has a row for each premise of its rule; to have `zip` see to that as well would
        cost a tenth of the whole.
        """
        new = tuple.__new__  # what a NamedTuple is made by, without its Python function around
        rules, names, premises = self._rules, self._names, self._premises
        open_: list[Any] = []  # what is left to do for rows whose premises are being derived
        origin = relations[predicate][row_]
        rule = origin[0] % rules
        pairs = zip(premises[rule], origin[1:])  # noqa: B905
        got: list[int] = []
        while True:
            for premise, premise_row in pairs:
                number = numbers[premise].get(premise_row)
                if number is None:
                    below = relations[premise][premise_row]
                    if below:
                        open_.append((predicate, row_, rule, origin, pairs, got))
                        predicate, row_, origin = premise, premise_row, below
                        rule = below[0] % rules
                        pairs, got = zip(premises[rule], below[1:]), []  # noqa: B905
                        break
                    number = numbers[premise][premise_row] = len(steps)
                    steps.append(new(Given, (names[premise], premise_row)))
                got.append(number)
            else:
                number = numbers[predicate][row_] = len(steps)
                substitute = self._substitutes.get(rule) or self._substitute(rule)
                steps.append(new(Apply, (rule, substitute(origin), tuple(got))))
                if not open_:
                    return
                predicate, row_, rule, origin, pairs, got = open_.pop()
                got.append(number)

    def _substitute(self, rule: int) -> Substitute:
        """Return the function from an origin by *rule* to the substitution, remembered."""
        made = self._substitutes[rule] = _substitution(self._program.rules[rule])
        return made


def _substitution(rule: Rule) -> Substitute:
    """Compile the function from an origin by *rule* to the values of `Rule.variables`."""
    value: dict[Term, str] = {}
    names: dict[str, Any] = {"compute": compute}
    lines = ["def made(origin):"]
    premise = 0
    for literal in rule.body:
        match literal:
            case Positive(atom):
                premise += 1
                for column, term in enumerate(atom.terms):
                    value.setdefault(term, f"origin[{premise}][{column}]")
            case Compute(target, operator, left, right):
                for term in (left, right):
                    if not is_variable(term):
                        value[term] = f"k{len(names)}"
                        names[value[term]] = term
                result = f"s{len(lines)}"
                lines.append(f" {result} = compute('{operator}', {value[left]}, {value[right]})")
                value[target] = result
    lines.append(f" return {row([value[variable] for variable in rule.variables])}")
    return execute("\n".join(lines), "made", names)
