# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies: small random stratified programs, and facts for them.

Everything the kernel knows is in them: recursion, mutual recursion, negation, tests, arithmetic,
counts, patterns, predicates of no columns, rules with no body. Every program is well typed, and
what a rule computes is bounded, so that every perfect model is finite and every body has a result.
At most three variables of a rule are bound by atoms, which is what keeps brute force possible.

All choices of a case are drawn at once, as bytes, each reduced by the number of options: drawing
them one by one would take longer than all else. A smaller byte is the simpler choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import attrs
from hypothesis import settings
from hypothesis import strategies as st

from helm_logic.kernel.program import Predicate, Program, Rule
from helm_logic.kernel.terms import (
    ARITHMETIC,
    COMPARISONS,
    Atom,
    Compute,
    Count,
    Literal,
    Negative,
    Positive,
    Row,
    Term,
    Test,
)

CONSTANTS: dict[str, tuple[Term, ...]] = {
    "int": (1, 0, 2),
    "symbol": ("y:a", "y:b", "y:1"),
    "bool": ("b:true", "b:false"),
    "pattern": ("s:a", "s:*", "s:a/b", "s:a/*", "s:**", "s:a/**"),
}
SMALLEST, LARGEST = -2, 4
MOST_JOINED = 3

# More than nearly every case takes; when they are used up, the simplest choices are made.
_CHOICES = st.binary(min_size=250, max_size=250)
_T = TypeVar("_T")


def times(factor: int) -> settings:
    """Return settings that try *factor* times as many examples as usual."""
    return settings(max_examples=factor * settings().max_examples)


@attrs.frozen
class Case:
    """A program and facts for it."""

    program: Program
    facts: dict[str, list[Row]]


def cases() -> st.SearchStrategy[Case]:
    """Return the strategy of programs with facts for their given predicates."""
    return _CHOICES.map(case_of)


def programs() -> st.SearchStrategy[Program]:
    """Return the strategy of programs alone."""
    return cases().map(lambda case: case.program)


def case_of(choices: bytes) -> Case:
    """Return the case that *choices* make: the same bytes make the same case."""
    maker = _Maker(choices)
    program = maker.program()
    given = [predicate for predicate in program.predicates if predicate.given]
    return Case(program, {each.name: maker.rows(each) for each in given})


class _Maker:
    """Makes the parts of one program."""

    def __init__(self, choices: bytes) -> None:
        self._choices = iter(choices)
        self._bound: dict[str, str] = {}  # of the rule being made: variable to column type
        self._joined = 0
        self._types = [self.pick(list(CONSTANTS)) for _ in range(self.pick((1, 1, 2)))]

    def pick(self, options: Sequence[_T]) -> _T:
        """Choose one of *options*; the first is the simplest."""
        return options[next(self._choices, 0) % len(options)]

    def program(self) -> Program:
        """Make one or two given predicates, one to three strata, and their rules."""
        below = [self._predicate(f"g{n}", given=True) for n in range(self.pick((1, 2, 2)))]
        rules: list[Rule] = []
        strata: list[tuple[str, ...]] = []
        for stratum in range(self.pick((1, 2, 3))):
            names = [f"d{stratum}{letter}" for letter in self.pick(("a", "a", "ab"))]
            own = [self._predicate(name, given=False) for name in names]
            for predicate in own:
                # The first rule of a predicate reads what is below it: recursion needs a start.
                readable = [below, *[[*below, *own, *own]] * 2][: self.pick((1, 2, 2, 3, 3, 0))]
                rules += [
                    self._rule(f"r{number}", predicate, below, predicates)
                    for number, predicates in enumerate(readable, len(rules))
                ]
            strata.append(tuple(names))
            below = [*below, *own]
        if self.pick((0, 1)):
            rules.reverse()
        return Program(tuple(below), tuple(rules), tuple(strata))

    def rows(self, predicate: Predicate) -> list[Row]:
        """Make rows for a given predicate."""
        if not predicate.columns:
            return self.pick(([()], [()], []))
        count = self.pick((4, 5, 6, 7, 8, 3, 2, 1, 0))
        return list(dict.fromkeys(self.row(predicate.columns) for _ in range(count)))

    def row(self, columns: tuple[str, ...]) -> Row:
        """Make a row of constants."""
        return tuple(self.pick(CONSTANTS[column]) for column in columns)

    def _predicate(self, name: str, *, given: bool) -> Predicate:
        arity = self.pick((2, 2, 2, 1, 1, 3, 0))
        return Predicate(name, tuple(self.pick(self._types) for _ in range(arity)), given)

    def _rule(
        self, name: str, head: Predicate, below: list[Predicate], readable: list[Predicate]
    ) -> Rule:
        self._bound, self._joined = {}, 0
        one_type = len(set(head.columns)) == 1
        alike = [each.name for each in readable if one_type and each.columns == head.columns]
        if alike and len(head.columns) == 2 and self.pick((0, 0, 1)):
            return _transitive(name, head, self.pick(alike), self.pick(alike))
        positives = range(self.pick((1, 2, 2, 1, 3, 0)))
        body: list[Literal] = [self._positive(readable) for _ in positives]
        for _ in range(self.pick((0, 0, 0, 1, 1, 2))):
            make = self.pick((self._negative, self._test, self._count, self._compute))
            body += make(below)
        if self.pick((0, 0, 1)):
            body.append(self._positive(below))
        return Rule(name, Atom(head.name, self._ground(head.columns)), tuple(body))

    def _positive(self, readable: list[Predicate]) -> Positive:
        predicate = self.pick(readable)
        terms: list[Term] = []
        for column in predicate.columns:
            fresh = f"v:{column}{len(self._bound)}"
            *bound, constant = self._options(column)
            options = [fresh] * 3 * (self._joined < MOST_JOINED) + bound
            term = self.pick([*(option for option in options if option not in terms), constant])
            if term == fresh:
                self._bound[fresh] = column
                self._joined += 1
            terms.append(term)
        return Positive(Atom(predicate.name, tuple(terms)))

    def _negative(self, below: list[Predicate]) -> list[Literal]:
        predicate = self.pick(below)
        return [Negative(Atom(predicate.name, self._ground(predicate.columns)))]

    def _test(self, _below: list[Predicate]) -> list[Literal]:
        column = self.pick([*self._bound.values(), "int"])
        patterns = ("matches", "subsumes") if column == "pattern" else ()
        left, right = self.pick(self._options(column)), self.pick(self._options(column))
        return [Test(self.pick((*patterns, *COMPARISONS)), left, right)]

    def _count(self, below: list[Predicate]) -> list[Literal]:
        predicate = self.pick(below)
        terms: list[Term] = []
        for number, column in enumerate(predicate.columns):
            *bound, constant = self._options(column)
            options = [f"v:Count{number}", *(term for term in bound if term not in terms), constant]
            terms.append(self.pick(options))
        local: Row = tuple(term for term in terms if str(term).startswith("v:Count"))
        counted = self.pick([local, local[:1], local[::-1], ()])
        relation, limit = self.pick(COMPARISONS), self.pick(self._options("int"))
        return [Count(counted, Atom(predicate.name, tuple(terms)), relation, limit)]

    def _compute(self, _below: list[Predicate]) -> list[Literal]:
        """Make a computation and the two tests that bound it, or recursion would never end."""
        target = f"v:Sum{len(self._bound)}"
        left, right = self.pick(self._options("int")), self.pick(self._options("int"))
        compute = Compute(target, self.pick(ARITHMETIC), left, right)
        self._bound[target] = "int"
        return [compute, Test("<=", SMALLEST, target), Test("<=", target, LARGEST)]

    def _ground(self, columns: tuple[str, ...]) -> Row:
        return tuple(self.pick(self._options(column)) for column in columns)

    def _options(self, column: str) -> list[Term]:
        """Return the terms that may stand in a column: mostly the variables bound so far."""
        bound = [name for name, kind in self._bound.items() if kind == column]
        return [*bound * 4, self.pick(CONSTANTS[column])]


def _transitive(name: str, head: Predicate, first: str, second: str) -> Rule:
    """Return the rule of all recursion: from X to Z by way of Y."""
    steps = Positive(Atom(first, ("v:X", "v:Y"))), Positive(Atom(second, ("v:Y", "v:Z")))
    return Rule(name, Atom(head.name, ("v:X", "v:Z")), steps)
