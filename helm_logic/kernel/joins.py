# SPDX-License-Identifier: Apache-2.0
"""All instances of one rule over a set of rows: relational algebra, one body literal at a time.

A *binding* is a tuple: first the rule's constants, then the value of each variable in the order of
`Rule.variables`; a *slot* is a position in it. A positive literal extends each binding by every
matching row, a computation by its result; every other literal keeps some bindings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import eq, ge, gt, itemgetter, le, lt, ne
from typing import TypeAlias

from helm_logic.errors import EvaluationError
from helm_logic.kernel.encoding import MAX_INTEGER
from helm_logic.kernel.pattern import matches, subsumes
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import (
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
Index: TypeAlias = dict[Row, list[Row]]
Extend: TypeAlias = Callable[[Bindings, "Relations"], Bindings]

RELATIONS: Mapping[str, Callable[[Term, Term], bool]] = {
    "=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge, "matches": matches, "subsumes": subsumes,
}  # fmt: skip


class Relations:
    """The rows of each predicate, indexed by some of their columns when first asked."""

    def __init__(self, rows: Mapping[str, Mapping[Row, int]]) -> None:
        self.rows = rows
        self._indexes: dict[tuple[str, tuple[int, ...], tuple[int, ...]], Index] = {}

    def index(self, name: str, keys: tuple[int, ...], rest: tuple[int, ...]) -> Index:
        """Map the values in columns *keys* of predicate *name* to those in columns *rest*."""
        if (found := self._indexes.get((name, keys, rest))) is None:
            found = self._indexes[name, keys, rest] = {}
            key_of, rest_of = select(keys), select(rest)
            for row in self.rows[name]:
                found.setdefault(key_of(row), []).append(rest_of(row))
        return found


class Join:
    """The body of one rule, ready to be joined."""

    def __init__(self, rule: Rule) -> None:
        terms = [*rule.head.terms, *(term for part in rule.body for term in _terms(part))]
        self.start: Row = tuple(dict.fromkeys(term for term in terms if not is_variable(term)))
        self.slots = {term: slot for slot, term in enumerate((*self.start, *rule.variables))}
        self._premises = [atom.predicate for atom in rule.premises]
        bound: set[Term] = set(self.start)
        self._steps = [self._step(literal, bound) for literal in rule.body]

    def instances(self, relations: Relations) -> Bindings:
        """Return the binding of every instance whose body holds in *relations*."""
        if not all(relations.rows[name] for name in self._premises):
            return []
        bindings = [self.start]
        for step in self._steps:
            bindings = step(bindings, relations)
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
                return lambda all_, _: [b for b in all_ if holds(b[one], b[two])]
            case Compute(target, operator, left, right):
                bound.add(target)
                one, two = self.slots[left], self.slots[right]
                return lambda all_, _: [(*b, compute(operator, b[one], b[two])) for b in all_]
            case Count():
                return self._count(literal, bound)

    def _join(self, atom: Atom, bound: set[Term]) -> Extend:
        name, terms = atom.predicate, atom.terms
        keys = tuple(column for column, term in enumerate(terms) if term in bound)
        rest = tuple(column for column, term in enumerate(terms) if term not in bound)
        key_of = self.select(terms[column] for column in keys)
        bound.update(terms)
        if not rest:
            return lambda all_, model: [b for b in all_ if key_of(b) in model.rows[name]]

        def join(bindings: Bindings, model: Relations) -> Bindings:
            index = model.index(name, keys, rest)
            return [b + values for b in bindings for values in index.get(key_of(b), ())]

        return join

    def _count(self, count: Count, bound: set[Term]) -> Extend:
        name, terms, holds = count.atom.predicate, count.atom.terms, RELATIONS[count.relation]
        keys = tuple(column for column, term in enumerate(terms) if term in bound)
        rest = tuple(terms.index(term) for term in count.counted)
        key_of, limit = self.select(terms[column] for column in keys), self.slots[count.bound]

        def keep(bindings: Bindings, model: Relations) -> Bindings:
            index = model.index(name, keys, rest)
            return [b for b in bindings if holds(len(set(index.get(key_of(b), ()))), b[limit])]

        return keep


def compute(operator: str, left: Term, right: Term) -> int:
    """Return the result; raise EvaluationError unless all three are ints within ±(2^53-1)."""
    if type(left) is int and type(right) is int:
        sums = {"+": left + right, "-": left - right}
        result = sums[operator] if operator in sums else left * right
        if -MAX_INTEGER <= result <= MAX_INTEGER:
            return result
    raise EvaluationError(f"`{left} {operator} {right}` is not an integer within ±(2^53-1)")


def select(positions: tuple[int, ...]) -> Select:
    """Return the function from a tuple to the tuple of its values at *positions*."""
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda values: tuple(values[position] for position in positions)


def _terms(literal: Literal) -> Row:
    match literal:
        case Positive(atom) | Negative(atom):
            return atom.terms
        case Test(_, left, right) | Compute(_, _, left, right):
            return (left, right)
        case Count(_, atom, _, bound):
            return (*atom.terms, bound)
