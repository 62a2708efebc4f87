# SPDX-License-Identifier: Apache-2.0
"""A model to look things up in: its rows by any columns, and the bodies of rules joined over it.

Plain and slow beside the engine, but it keeps what an explanation needs and an engine throws away:
how far a body got, with which values, and every instance of a rule, not only the one that counts.
A *binding* maps variables to constants; it may begin with those of the head. Bodies are joined in
the order of the program, which binds what a literal reads before it is read; a count ranges over
what the literals before it leave free, whatever the head says.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import TypeAlias

import attrs

from helm_logic.errors import EvaluationError
from helm_logic.kernel.certificate import Facts, Model
from helm_logic.kernel.joins import RELATIONS, compute
from helm_logic.kernel.program import Program, Rule, roles
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

Fact: TypeAlias = tuple[str, Row]
Binding: TypeAlias = dict[Term, Term]
Part: TypeAlias = tuple[Literal, frozenset[Term]]
"""A literal and, for a count, the variables that range inside it."""
Parts: TypeAlias = tuple[Part, ...]


@attrs.frozen
class Instance:
    """A rule applied: its number, the values of `Rule.variables`, and the facts it rests on."""

    rule: int
    substitution: Row
    premises: tuple[Fact, ...]


class ModelView:
    """The facts that hold: given ones, and those of *model* with their heights."""

    def __init__(self, program: Program, facts: Facts, model: Model) -> None:
        self.program = program
        self.rows: dict[str, Mapping[Row, int]] = {each.name: {} for each in program.predicates}
        for name, rows in facts.items():
            self.rows[name] = dict.fromkeys(rows, 0)
        for name, heights in model.items():
            self.rows[name] = heights
        self._indexes: dict[tuple[str, tuple[int, ...]], dict[Row, list[Row]]] = {}
        self._bodies: dict[str, Parts] = {}
        self._orders: dict[tuple[str, frozenset[Term]], Parts] = {}
        self._concluding: dict[str, list[int]] = {}
        for number, rule in enumerate(program.rules):
            self._concluding.setdefault(rule.head.predicate, []).append(number)

    def holds(self, fact: Fact) -> bool:
        """Say whether *fact* is given or derived."""
        return fact[1] in self.rows.get(fact[0], ())

    def is_given(self, predicate: str) -> bool:
        """Say whether facts about *predicate* are given rather than derived."""
        return self.program.by_name[predicate].given

    def rules_about(self, predicate: str) -> list[int]:
        """Return the numbers of the rules that conclude about *predicate*."""
        return self._concluding.get(predicate, [])

    def instances(self, fact: Fact) -> Iterator[Instance]:
        """Yield every instance of a rule that concludes *fact*, rule by rule."""
        for number in self.rules_about(fact[0]):
            rule = self.program.rules[number]
            start = head_binding(rule.head, fact[1])
            if start is None:
                continue
            for binding in self.solutions(rule, start):
                values = tuple(binding[variable] for variable in rule.variables)
                premises = tuple((a.predicate, ground(a, binding)) for a in rule.premises)
                yield Instance(number, values, premises)

    def solutions(self, rule: Rule, start: Binding) -> list[Binding]:
        """Return the bindings that extend *start* and make the whole body of *rule* hold."""
        bindings = [start]
        for literal, free in self._ordered(rule, frozenset(start)):
            bindings = [more for each in bindings for more in self.extend(literal, each, free)]
            if not bindings:
                break
        return bindings

    def _ordered(self, rule: Rule, start: frozenset[Term]) -> Parts:
        """Return the body of *rule* so that what is known from the head is used first.

        Of the literals that have all they read: one that binds nothing new, else the one with the
        most columns known. The order of the program would look at every row of a relation
        whose variables the head does not name, for each row that is asked about.
        """
        if (found := self._orders.get((rule.id, start))) is None:
            rest, known, ordered = list(self.body(rule)), set(start), list[Part]()
            while rest:
                part = min(
                    (each for each in rest if not _open(each, known, reads=True)),
                    key=lambda each: _cost(each, known),
                )
                rest.remove(part)
                ordered.append(part)
                known.update(roles(part[0])[1])
            found = self._orders[rule.id, start] = tuple(ordered)
        return found

    def body(self, rule: Rule) -> Parts:
        """Return the literals of *rule*, each count with the variables that range inside it."""
        if (found := self._bodies.get(rule.id)) is None:
            parts: list[Part] = []
            bound: set[Term] = set()
            for literal in rule.body:
                terms = literal.atom.terms if isinstance(literal, Count) else ()
                parts.append((literal, frozenset(filter(is_variable, terms)) - bound))
                bound.update(roles(literal)[1])
            found = self._bodies[rule.id] = tuple(parts)
        return found

    def extend(
        self, literal: Literal, binding: Binding, free: frozenset[Term] = frozenset()
    ) -> list[Binding]:
        """Return *binding* once for each way in which *literal* holds, with what it binds."""
        match literal:
            case Positive(atom):
                return [
                    {**binding, **dict(zip(atom.terms, row, strict=True))}
                    for row in self.matching(atom, binding)
                ]
            case Compute(target, operator, left, right):
                try:
                    result = compute(operator, binding.get(left, left), binding.get(right, right))
                except EvaluationError:
                    return []
                held = binding.get(target, result) == result
                return [{**binding, target: result}] if held else []
        return [binding] if self._passes(literal, binding, free) else []

    def _passes(self, literal: Literal, binding: Binding, free: frozenset[Term]) -> bool:
        match literal:
            case Negative(atom):
                return ground(atom, binding) not in self.rows[atom.predicate]
            case Test(relation, left, right):
                try:
                    return RELATIONS[relation](binding.get(left, left), binding.get(right, right))
                except TypeError:
                    return False
            case Count(_, _, relation, bound):
                limit = binding.get(bound, bound)
                return RELATIONS[relation](len(self.counted(literal, binding, free)), limit)
        return False

    def counted(self, count: Count, binding: Binding, free: frozenset[Term]) -> list[Row]:
        """Return the rows that *count* counts, one for each of the values that it counts."""
        rows: dict[Row, Row] = {}
        places = [count.atom.terms.index(term) for term in count.counted]
        for row in sorted(self.matching(count.atom, binding, free)):
            rows.setdefault(tuple(row[place] for place in places), row)
        return list(rows.values())

    def matching(self, atom: Atom, binding: Binding, free: Container[Term] = ()) -> list[Row]:
        """Return the rows of *atom*'s predicate that agree with *binding* and its constants."""
        keys, values = [], []
        for column, term in enumerate(atom.terms):
            if term not in free and (term in binding or not is_variable(term)):
                keys.append(column)
                values.append(binding.get(term, term))
        if len(keys) == len(atom.terms):
            row = tuple(values)
            return [row] if row in self.rows[atom.predicate] else []
        return self._index(atom.predicate, tuple(keys)).get(tuple(values), [])

    def _index(self, predicate: str, keys: tuple[int, ...]) -> dict[Row, list[Row]]:
        found = self._indexes.get((predicate, keys))
        if found is None:
            found = self._indexes[predicate, keys] = {}
            for row in self.rows[predicate]:
                found.setdefault(tuple(row[key] for key in keys), []).append(row)
        return found


def _open(part: Part, known: Container[Term], *, reads: bool = False) -> list[Term]:
    """Return the variables of *part* that are not *known*; only those that it *reads*, if so."""
    literal, free = part
    read, bound, _ = roles(literal)
    terms = read if reads else (*read, *bound)
    if isinstance(literal, Count):
        terms = (*terms, *(term for term in literal.atom.terms if term not in free))
    return [term for term in terms if is_variable(term) and term not in known]


def _cost(part: Part, known: Container[Term]) -> tuple[bool, int]:
    """Return what orders literals that can be asked: the cheapest first."""
    open_ = len(_open(part, known))
    return open_ > 0, open_ - len(roles(part[0])[1])


def ground(atom: Atom, binding: Binding) -> Row:
    """Return the row of *atom* under *binding*, which binds its variables."""
    return tuple(binding.get(term, term) for term in atom.terms)


def head_binding(head: Atom, row: Row) -> Binding | None:
    """Return the values that make *head* conclude *row*; None if none do.

    A variable in *row* stands for any constant, and binds nothing.
    """
    binding: Binding = {}
    if len(head.terms) != len(row):
        return None
    for term, value in zip(head.terms, row, strict=True):
        if is_variable(value):
            continue
        if not is_variable(term):
            if term != value:
                return None
        elif binding.setdefault(term, value) != value:
            return None
    return binding
