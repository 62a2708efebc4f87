# SPDX-License-Identifier: Apache-2.0
"""All instances of one rule over a set of rows: relational algebra, one body literal at a time.

A *binding* is a tuple: first the rule's constants, then the value of each variable in the order of
`Rule.variables`; a *slot* is a position in it. A positive literal extends each binding by every
matching row, a computation by its result; every other literal keeps some bindings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from operator import add, eq, ge, gt, itemgetter, le, lt, mul, ne, sub
from typing import TypeAlias

from helm_logic.errors import EvaluationError
from helm_logic.kernel.encoding import MAX_INTEGER
from helm_logic.kernel.pattern import matches, subsumes
from helm_logic.kernel.program import Rule, roles
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
    is_variable,
)

Bindings: TypeAlias = list[Row]
Select: TypeAlias = Callable[[Row], Row]
Columns: TypeAlias = tuple[str, tuple[int, ...], tuple[int, ...]]
Index: TypeAlias = dict[Row, list[Row]]
Extend: TypeAlias = Callable[[Bindings, "Relations"], Bindings]

RELATIONS: Mapping[str, Callable[[Term, Term], bool]] = {
    "=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge,
    "matches": matches, "subsumes": subsumes,
}  # fmt: skip
_OPERATORS: Mapping[str, Callable[[int, int], int]] = {"+": add, "-": sub, "*": mul}


class Relations:
    """The rows of each predicate, indexed by some of their columns when first asked."""

    def __init__(self, rows: Mapping[str, Mapping[Row, int]]) -> None:
        self.rows = rows
        self._indexes: dict[Columns, Index] = {}

    def index(self, columns: Columns, key_of: Select, rest_of: Select) -> Index:
        """Map the values in the first *columns* of a predicate to those in the second."""
        if (found := self._indexes.get(columns)) is None:
            found = self._indexes[columns] = {}
            for row in self.rows[columns[0]]:
                found.setdefault(key_of(row), []).append(rest_of(row))
        return found


class Join:
    """The body of one rule, ready to be joined."""

    def __init__(self, rule: Rule) -> None:
        parts = (part for literal in rule.body for part in roles(literal))
        terms = chain(rule.head.terms, *parts)
        self.start: Row = tuple(dict.fromkeys(term for term in terms if not is_variable(term)))
        self.slots = {term: slot for slot, term in enumerate((*self.start, *rule.variables))}
        self._premises = [atom.predicate for atom in rule.premises]
        bound: set[Term] = set(self.start)
        self._steps = [self._step(literal, bound) for literal in rule.body]

    def instances(self, relations: Relations) -> Bindings:
        """Return the binding of every instance whose body holds in *relations*.

        Raise EvaluationError if an integer leaves its range, TypeError if `<`, `matches` or their
        like meet constants of kinds that they do not compare.
        """
        for name in self._premises:
            if not relations.rows[name]:
                return []
        bindings = [self.start]
        for step in self._steps:
            bindings = step(bindings, relations)
            if not bindings:
                break
        return bindings

    def select(self, terms: Iterable[Term]) -> Select:
        """Return the function from a binding to its values of *terms*."""
        return select(tuple(self.slots[term] for term in terms))

    def _step(self, literal: Literal, bound: set[Term]) -> Extend:
        match literal:
            case Positive(atom):
                return self._join(atom, bound)
            case Negative(atom):
                name, row_of = atom.predicate, self.select(atom.terms)
                return lambda all_, model: [b for b in all_ if row_of(b) not in model.rows[name]]
            case Test(relation, left, right):
                holds, one, two = RELATIONS[relation], self.slots[left], self.slots[right]
                if relation in COMPARISONS:
                    return lambda all_, _: [b for b in all_ if holds(b[one], b[two])]
                return _pattern_test(holds, self.select((left, right)))
            case Compute(target, operator, left, right):
                bound.add(target)
                one, two = self.slots[left], self.slots[right]
                return lambda all_, _: [(*b, compute(operator, b[one], b[two])) for b in all_]
            case Count():  # pragma: no branch  # the last of the union
                return self._count(literal, bound)

    def _join(self, atom: Atom, bound: set[Term]) -> Extend:
        name, terms = atom.predicate, atom.terms
        keys = tuple(column for column, term in enumerate(terms) if term in bound)
        rest = tuple(column for column, term in enumerate(terms) if term not in bound)
        key_of = self.select(terms[column] for column in keys)
        bound.update(terms)
        if not rest:
            return lambda all_, model: [b for b in all_ if key_of(b) in model.rows[name]]
        if not keys:
            return lambda all_, model: [b + row for b in all_ for row in model.rows[name]]
        columns, of_key, of_rest = (name, keys, rest), select(keys), select(rest)

        def join(bindings: Bindings, model: Relations) -> Bindings:
            index = model.index(columns, of_key, of_rest)
            return [b + values for b in bindings for values in index.get(key_of(b), ())]

        return join

    def _count(self, count: Count, bound: set[Term]) -> Extend:
        name, terms, holds = count.atom.predicate, count.atom.terms, RELATIONS[count.relation]
        keys = tuple(column for column, term in enumerate(terms) if term in bound)
        rest = tuple(terms.index(term) for term in count.counted)
        key_of, limit = self.select(terms[column] for column in keys), self.slots[count.bound]
        columns, of_key, of_rest = (name, keys, rest), select(keys), select(rest)

        def keep(bindings: Bindings, model: Relations) -> Bindings:
            index = model.index(columns, of_key, of_rest)
            sizes = {key: len(set(values)) for key, values in index.items()}
            return [b for b in bindings if holds(sizes.get(key_of(b), 0), b[limit])]

        return keep


def _pattern_test(holds: Callable[[Term, Term], bool], pair_of: Select) -> Extend:
    def keep(bindings: Bindings, _: Relations) -> Bindings:
        # Patterns are slow to compare, and many bindings share few pairs: each pair is asked once.
        passed = {pair for pair in set(map(pair_of, bindings)) if holds(*pair)}
        return [b for b in bindings if pair_of(b) in passed]

    return keep


def compute(operator: str, left: Term, right: Term) -> int:
    """Return the result; raise EvaluationError unless all three are ints within ±(2^53-1)."""
    if type(left) is int and type(right) is int:
        result = _OPERATORS[operator](left, right)
        if -MAX_INTEGER <= result <= MAX_INTEGER:
            return result
    raise EvaluationError(f"`{left} {operator} {right}` is not an integer within ±(2^53-1)")


def select(positions: tuple[int, ...]) -> Select:
    """Return the function from a tuple to the tuple of its values at *positions*."""
    if len(positions) > 1:
        return itemgetter(*positions)
    # With one position `itemgetter` would return the bare value; of a slice it returns a tuple.
    return itemgetter(slice(positions[0], positions[0] + 1) if positions else slice(0))
