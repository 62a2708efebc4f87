# SPDX-License-Identifier: Apache-2.0
"""Random stratified programs and facts for them, typed as `lang` would type them.

They reach for what engines get wrong: mutual recursion, negation and counts of lower strata, counts
whose variables are bound later, constants in any place, rows repeated, relations that stay empty,
patterns that are malformed, predicates without columns, and sums at the edge of the integers.
Arithmetic in recursion is bounded by a test, because pyDatalog does not stop otherwise.

`random_case` draws from a `random.Random`: a seeded one when many programs are wanted (the seed
tells the program), one that hypothesis steers when a failure shall be made small (`cases`).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import attrs
from hypothesis import strategies as st

from helm_logic.kernel.program import Predicate, Program, Rule
from helm_logic.kernel.terms import (
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

HIGHEST = 2**53 - 1
DOMAINS: dict[str, list[Term]] = {
    "symbol": ["y:a", "y:b", "y:1", "y:true"],
    "int": [0, 1, 2, 3, -1],
    "string": ["s:a", "s:a/b", "s:*", "s:a/*", "s:**", "s:a/**", "s:**/b", "s:", "s:1"],
    "bool": ["b:true", "b:false"],
}
COLUMNS = ("symbol", "symbol", "symbol", "symbol", "int", "int", "string", "bool")
POOLS = {"symbol": 3, "int": 2, "string": 2, "bool": 1}  # so few variables that atoms share them


@attrs.frozen
class Case:
    """A program with facts; those of the predicates *static* do not vary."""

    program: Program
    facts: dict[str, list[Row]]
    static: frozenset[str]

    @property
    def kept(self) -> dict[str, list[Row]]:
        """The static facts; a predicate that has none is there all the same."""
        return {name: self.facts.get(name, []) for name in self.static}

    @property
    def asked(self) -> dict[str, list[Row]]:
        """The facts of the request."""
        return {name: rows for name, rows in self.facts.items() if name not in self.static}


def random_case(random: Random) -> Case:
    """Draw a program, facts and a split of the given predicates."""
    columns = ["symbol", *random.sample(COLUMNS, random.choice((1, 1, 2)))]
    given = [_predicate(random, f"g{n}", columns, given=True) for n in range(random.randint(2, 4))]
    derived = [
        _predicate(random, f"d{n}", columns, given=False) for n in range(random.randint(1, 5))
    ]
    strata: list[list[Predicate]] = []
    for predicate in derived:
        if strata and random.random() < 0.4:
            strata[-1].append(predicate)
        else:
            strata.append([predicate])
    rules: list[Rule] = []
    known = list(given)
    for stratum in strata:
        for turn in range(3):
            for head in stratum:
                if random.random() < (0.9, 0.4, 0.5)[turn]:
                    own = stratum if turn else []
                    rules.append(_rule(random, f"r{len(rules)}", head, known, own))
        known += stratum
    random.shuffle(rules)
    names = tuple(tuple(predicate.name for predicate in stratum) for stratum in strata)
    program = Program((*given, *derived), tuple(rules), names)
    facts = {each.name: _rows(random, each) for each in given if random.random() < 0.97}
    static = {each.name for each in given if random.random() < 0.4}
    return Case(program, facts, frozenset(static))


def cases() -> st.SearchStrategy[Case]:
    """Draw cases that hypothesis can make small."""
    return st.randoms(use_true_random=False).map(random_case)


def _predicate(random: Random, name: str, columns: Sequence[str], *, given: bool) -> Predicate:
    size = random.choice((1, 1, 2, 2, 2, 2, 3, 0) if given else (1, 2, 2, 2, 2, 0))
    return Predicate(name, tuple(random.choice(columns) for _ in range(size)), given)


def _rows(random: Random, predicate: Predicate) -> list[Row]:
    most = random.choice((2, 6, 6, 9, 9, 12)) * (random.random() < 0.93)
    rows = [
        tuple(random.choice(DOMAINS[column]) for column in predicate.columns) for _ in range(most)
    ]
    if "int" in predicate.columns and random.random() < 0.05:
        rows.append(
            tuple(
                HIGHEST if column == "int" else DOMAINS[column][0] for column in predicate.columns
            )
        )
    return rows


class _Writer:
    """Writes one safe body, from left to right."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.bound: dict[str, list[Term]] = {column: [] for column in DOMAINS}
        self.body: list[Literal] = []

    @property
    def premises(self) -> set[str]:
        """The predicates of the positive literals so far."""
        return {each.atom.predicate for each in self.body if isinstance(each, Positive)}

    def ground(self, column: str) -> Term:
        """Draw a bound variable or, seldom, a constant."""
        known = self.bound[column]
        if known and self.random.random() < 0.9:
            return self.random.choice(known)
        return self.random.choice(DOMAINS[column])

    def ranging(self, predicate: Predicate) -> Atom:
        """Draw an atom that may have new variables, none of them twice."""
        terms: list[Term] = []
        for column in predicate.columns:
            pool: list[Term] = [f"v:{column}{n}" for n in range(POOLS[column])]
            free = [term for term in pool if term not in terms]
            if not free or self.random.random() < 0.08:
                free = DOMAINS[column]
            terms.append(self.random.choice(free))
        return Atom(predicate.name, tuple(terms))

    def positive(self, predicate: Predicate) -> None:
        """Add a positive literal."""
        atom = self.ranging(predicate)
        self.body.append(Positive(atom))
        for term, column in zip(atom.terms, predicate.columns, strict=True):
            if str(term).startswith("v:") and term not in self.bound[column]:
                self.bound[column].append(term)

    def negative(self, predicate: Predicate) -> None:
        """Add a negation."""
        terms = tuple(map(self.ground, predicate.columns))
        self.body.append(Negative(Atom(predicate.name, terms)))

    def test(self) -> None:
        """Add a comparison or a pattern test."""
        if self.bound["string"] and self.random.random() < 0.5:
            relation = self.random.choice(("matches", "subsumes"))
            self.body.append(Test(relation, self.ground("string"), self.ground("string")))
        else:
            column = self.random.choice(
                [column for column, terms in self.bound.items() if terms] or ["int"]
            )
            relation = self.random.choice(("!=", *COMPARISONS))
            self.body.append(Test(relation, self.ground(column), self.ground(column)))

    def compute(self, *, recursive: bool) -> None:
        """Add a computation."""
        target = f"v:sum{len(self.body)}"
        sign = self.random.choice("++-*")
        self.body.append(Compute(target, sign, self.ground("int"), self.ground("int")))
        if recursive:
            self.body += [Test("<", target, 7), Test(">", target, -7)]
        self.bound["int"] = [*self.bound["int"], target]

    def count(self, predicate: Predicate) -> None:
        """Add a count over a lower predicate."""
        atom = self.ranging(predicate)
        known = {term for terms in self.bound.values() for term in terms}
        free = [term for term in atom.terms if str(term).startswith("v:") and term not in known]
        counted = self.random.sample(free, self.random.randint(0, len(free)))
        relation = self.random.choice(COMPARISONS)
        bound = self.random.choice([0, 1, 2, self.ground("int")])
        self.body.append(Count(tuple(counted), atom, relation, bound))


def _rule(
    random: Random, name: str, head: Predicate, known: Sequence[Predicate], own: Sequence[Predicate]
) -> Rule:
    writer = _Writer(random)
    atoms = [random.choice(own)] if own else []
    atoms += random.choices([*known, *own], k=random.choice((0, 1, 1, 2)) + (not own))
    random.shuffle(atoms)
    recursive = any(atom in own for atom in atoms)
    for atom in atoms:
        writer.positive(atom)
        kind = random.randint(0, 9)
        if kind == 0:
            writer.count(random.choice(known))
        elif kind == 1:
            writer.negative(random.choice(known))
        elif kind == 2:
            writer.test()
        elif kind == 3 and writer.bound["int"]:
            writer.compute(recursive=recursive)
    terms = tuple(map(writer.ground, head.columns))
    return Rule(name, Atom(head.name, terms), tuple(writer.body))
