# SPDX-License-Identifier: Apache-2.0
"""The naive engine: what a program means, written to be compared with and not to be fast.

No join, no index, no delta: every substitution over the constants at hand is tried in every round,
and a derivation is the least of *all* instances. It shares the kernel's data types with the native
engine and no code that evaluates.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, TypeAlias

import attrs

from helm_logic.errors import EvaluationError
from helm_logic.kernel.certificate import Apply, Given, Step
from helm_logic.kernel.program import Program, Rule
from helm_logic.kernel.terms import (
    COLUMN_TAGS,
    Compute,
    Count,
    Literal,
    Negative,
    Positive,
    Row,
    Term,
    Test,
)

Fact: TypeAlias = tuple[str, Row]
Facts: TypeAlias = Mapping[str, Iterable[Row]]
Model: TypeAlias = dict[str, dict[Row, int]]
Environment: TypeAlias = dict[Term, Term]

HIGHEST = 2**53 - 1

COMPARE: dict[str, Any] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt,
    "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
ARITHMETIC: dict[str, Any] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


@attrs.frozen(order=True)
class Instance:
    """A rule instance whose body holds. Ordered as canonical derivations are."""

    rule: int
    rows: tuple[Row, ...]
    substitution: Row
    head: Fact
    premises: tuple[Fact, ...]


class Naive:
    """The model of *program* for *facts*, and everything that can be asked about it."""

    def __init__(self, program: Program, facts: Facts) -> None:
        self.program = program
        self.heights: dict[Fact, int] = {(p, row): 0 for p, rows in facts.items() for row in rows}
        for stratum in range(len(program.strata)):
            self._close(stratum)
        self.instances = [
            instance for n in range(len(program.rules)) for instance in self._instances(n)
        ]

    @property
    def model(self) -> Model:
        """The rows of every derived predicate with their heights."""
        model: Model = {p.name: {} for p in self.program.predicates if not p.given}
        for (name, row), height in self.heights.items():
            if height:
                model[name][row] = height
        return model

    def best(self, fact: Fact) -> Instance:
        """Return the instance that *the* derivation of a derived fact ends in."""
        return min(each for each in self.instances if each.head == fact and self._is_founded(each))

    def supporting_rules(self, fact: Fact) -> tuple[int, ...]:
        """Return the rules with any instance for *fact*."""
        return tuple(sorted({each.rule for each in self.instances if each.head == fact}))

    def derivation(self, goals: Sequence[Fact]) -> tuple[Step, ...]:
        """Return the canonical derivation of *goals*, by plain recursion."""
        steps: list[Step] = []
        numbers: dict[Fact, int] = {}

        def visit(fact: Fact) -> int:
            if fact not in numbers:
                step: Step = Given(*fact)
                if self.program.stratum[fact[0]] != -1:
                    best = self.best(fact)
                    premises = [visit(premise) for premise in best.premises]
                    step = Apply(best.rule, best.substitution, tuple(premises))
                numbers[fact] = len(steps)
                steps.append(step)
            return numbers[fact]

        for goal in goals:
            last = visit(goal)
        if goals and last != len(steps) - 1:
            steps.append(steps[last])
        return tuple(steps)

    def _close(self, stratum: int) -> None:
        numbers = [
            number
            for number, rule in enumerate(self.program.rules)
            if self.program.stratum[rule.head.predicate] == stratum
        ]
        height = 1
        while new := {
            each.head
            for number in numbers
            for each in self._instances(number)
            if each.head not in self.heights
        }:
            self.heights.update(dict.fromkeys(new, height))
            height += 1

    def _is_founded(self, instance: Instance) -> bool:
        own = self.program.stratum[instance.head[0]]
        return all(
            self.heights[premise] < self.heights[instance.head]
            for premise in instance.premises
            if self.program.stratum[premise[0]] == own
        )

    def _instances(self, number: int) -> Iterator[Instance]:
        rule = self.program.rules[number]
        present = {name for name, _ in self.heights}
        if not present.issuperset(atom.predicate for atom in rule.premises):
            return
        domains = self._domains(rule)
        for values in product(*domains.values()):
            found = dict(zip(domains, values, strict=True))
            if self._holds(rule, found):
                rows = tuple(_row(atom.terms, found) for atom in rule.premises)
                names = (atom.predicate for atom in rule.premises)
                yield Instance(
                    number,
                    rows,
                    tuple(found[variable] for variable in rule.variables),
                    (rule.head.predicate, _row(rule.head.terms, found)),
                    tuple(zip(names, rows, strict=True)),
                )

    def _domains(self, rule: Rule) -> dict[Term, list[Term]]:
        """Return what each variable of a positive literal may stand for: all of its kind."""
        known = sorted({term for _, row in self.heights for term in row}, key=repr)
        domains: dict[Term, list[Term]] = {}
        for atom in rule.premises:
            columns = self.program.by_name[atom.predicate].columns
            for term, column in zip(atom.terms, columns, strict=True):
                if isinstance(term, str) and term.startswith("v:"):
                    domains[term] = [each for each in known if _kind(each) == COLUMN_TAGS[column]]
        return domains

    def _holds(self, rule: Rule, found: Environment) -> bool:
        """Say whether the body holds, literal by literal; add what it computes to *found*."""
        written: set[Term] = set()
        for literal in rule.body:
            if not self._literal(literal, found, written):
                return False
            if isinstance(literal, Positive):
                written.update(literal.atom.terms)
            elif isinstance(literal, Compute):
                written.add(literal.target)
        return True

    def _literal(self, literal: Literal, found: Environment, written: set[Term]) -> bool:
        match literal:
            case Positive(atom):
                return (atom.predicate, _row(atom.terms, found)) in self.heights
            case Negative(atom):
                return (atom.predicate, _row(atom.terms, found)) not in self.heights
            case Test("matches" | "subsumes" as relation, left, right):
                return _in_language(relation, str(_value(left, found)), str(_value(right, found)))
            case Test(relation, left, right):
                return bool(COMPARE[relation](_value(left, found), _value(right, found)))
            case Compute(target, sign, left, right):
                value = ARITHMETIC[sign](_value(left, found), _value(right, found))
                if abs(value) > HIGHEST:
                    raise EvaluationError("out of range")
                found[target] = value
                return True
            case Count(counted, atom, relation, bound):
                seen = set()
                for row in [row for name, row in self.heights if name == atom.predicate]:
                    columns = list(zip(atom.terms, row, strict=True))
                    if all(
                        value == _value(term, found)
                        for term, value in columns
                        if term in written or not str(term).startswith("v:")
                    ):
                        seen.add(tuple(dict(columns)[term] for term in counted))
                return bool(COMPARE[relation](len(seen), _value(bound, found)))


def _value(term: Term, found: Environment) -> Term:
    return found[term] if str(term).startswith("v:") else term


def _row(terms: Row, found: Environment) -> Row:
    return tuple(_value(term, found) for term in terms)


def _kind(constant: Term) -> str:
    return constant[:2] if isinstance(constant, str) else ""


def _in_language(relation: str, wide: str, narrow: str) -> bool:
    """Decide `matches` and `subsumes` by words: one segment at a time, from the left."""
    pattern, words = wide.removeprefix("s:").split("/"), narrow.removeprefix("s:").split("/")
    if "**" in pattern[:-1] or (relation == "subsumes" and "**" in words[:-1]):
        return False
    while pattern or words:
        if pattern == ["**"]:
            return True
        if not pattern or not words or (relation == "subsumes" and words == ["**"]):
            return False
        first, word = pattern.pop(0), words.pop(0)
        if first not in ("*", word):
            return False
    return True
