# SPDX-License-Identifier: Apache-2.0
"""One rule of the tree to parts: kernel literals, not yet in order, with what each reads and binds.

Invariants: no variable stands twice in a positive or counted atom (`p(X, X)` becomes `p(X, Y), X =
Y`); sums are three-address; `X = Y` that defines X puts Y in its place everywhere. What the
kernel's literals cannot say gets an auxiliary predicate, whose name has a `/` that no text can
spell: `not p(X, _)` reads `p/exists/1`, the first column of p, and a count over more than one
literal counts rows of `head/count/1`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

import attrs

from helm_logic.kernel.program import Predicate
from helm_logic.kernel.terms import (
    Atom,
    Compute,
    Count,
    Negative,
    Positive,
    Row,
    Term,
    Test,
    is_variable,
)
from helm_logic.lang import tree, walk
from helm_logic.lang.order import Part, positive, variables
from helm_logic.lang.safety import bindings
from helm_logic.lang.types import Types

_NOTHING: frozenset[str] = frozenset()
Recursive: TypeAlias = Callable[[str, str], bool]


@attrs.frozen
class Lowered:
    """A rule as parts: *origin* is the number of the rule of the text that it was made for."""

    id: str
    head: Atom
    parts: tuple[Part, ...]
    origin: int


class Auxiliaries:
    """The auxiliary predicates made so far and their rules; a projection is made once.

    *recursive* says whether two predicates depend on each other.
    """

    def __init__(self, types: Types, inputs: Iterable[str], recursive: Recursive) -> None:
        self.types, self.inputs, self.recursive = types, frozenset(inputs), recursive
        self.predicates: dict[str, Predicate] = {}
        self.rules: list[Lowered] = []
        self._counts: dict[str, int] = {}
        self._atoms: dict[tuple[str, Row], Atom] = {}

    def atom(self, predicate: str, terms: Row) -> Atom:
        """Return the atom; many rules share one, and the kernel checks each that is made."""
        key = predicate, terms
        if key not in self._atoms:
            self._atoms[key] = Atom(predicate, terms)
        return self._atoms[key]

    def projection(self, predicate: str, kept: Sequence[int], origin: int) -> str:
        """Return the predicate of the *kept* columns (from 0) of the rows of *predicate*."""
        columns = self.types.columns[predicate]
        name = f"{predicate}/exists/{'_'.join(str(column + 1) for column in kept) or '0'}"
        if name not in self.predicates:
            terms: list[Term] = [f"v:_{column + 1}" for column in range(len(columns))]
            head = Atom(name, tuple(terms[column] for column in kept))
            part = positive(Atom(predicate, tuple(terms)), self.inputs & {predicate})
            self.add(head, [columns[column] for column in kept], (part,), origin)
        return name

    def counting(self, predicate: str) -> str:
        """Return a new name for what a rule about *predicate* counts."""
        self._counts[predicate] = self._counts.get(predicate, 0) + 1
        return f"{predicate}/count/{self._counts[predicate]}"

    def add(self, head: Atom, columns: Sequence[str], parts: tuple[Part, ...], origin: int) -> None:
        """Define the predicate of *head* by one rule."""
        self.predicates[head.predicate] = Predicate(head.predicate, tuple(columns), given=False)
        self.rules.append(Lowered(f"{head.predicate}/1", head, parts, origin))


def lower_rule(rule_id: str, clause: tree.Clause, number: int, made: Auxiliaries) -> Lowered:
    """Return the parts of *clause*, a safe rule, whose number among all rules is *number*."""
    return _Body(clause, number, made).lower(rule_id)


class _Body:
    def __init__(self, clause: tree.Clause, number: int, made: Auxiliaries) -> None:
        self._clause, self._number, self._made = clause, number, made
        self._names: set[str] | None = None  # found out when there is need of a fresh one
        self._fresh_names = 0
        self._values: dict[str, Term] = {}  # what stands for a variable
        self._parts: list[Part] = []
        self._place = -1  # the literal of the text that is being lowered

    def lower(self, rule_id: str) -> Lowered:
        body = walk.literals(self._clause)
        bound = bindings(body)
        self._literals(body, bound.defined)
        outer = tuple(self._parts)
        for self._place, literal in enumerate(body):
            if isinstance(literal, tree.Count):
                self._count(literal, bound.bound, outer)
        head = self._clause.head
        lowered = Atom(head.predicate, tuple(map(self._term, head.terms)))
        return Lowered(rule_id, lowered, tuple(self._parts), self._number)

    # Terms.

    def _fresh(self) -> str:
        if self._names is None:
            self._names = {each.name for each in walk.all_variables(self._clause)}
        while True:
            self._fresh_names += 1
            if f"_{self._fresh_names}" not in self._names:
                return f"v:_{self._fresh_names}"

    def _term(self, term: tree.SimpleTerm) -> Term:
        if isinstance(term, tree.Constant):
            return term.value
        if term.is_anonymous:
            return self._fresh()
        return self._values.get(term.name, f"v:{term.name}")

    def _inputs(self, predicate: str) -> frozenset[str]:
        return frozenset({predicate}) if predicate in self._made.inputs else _NOTHING

    def _expression(self, expression: tree.Expression) -> Term:
        if not isinstance(expression, tree.Operation):
            return self._term(expression)
        return self._compute(expression, self._fresh())

    def _compute(self, operation: tree.Operation, target: Term) -> Term:
        left, right = self._expression(operation.left), self._expression(operation.right)
        literal = Compute(target, operation.operator, left, right)
        reads, binds = variables((left, right)), frozenset({target})
        self._parts.append(Part(literal, reads, binds, place=self._place))
        return target

    # Literals.

    def _literals(
        self, body: Sequence[tree.Literal], defined: Mapping[int, str], inside: int | None = None
    ) -> None:
        """Add the parts of *body*, counts left out; *defined* says which equations define what.

        *inside* is the place of the count whose braces *body* stands in.
        """
        computed: dict[int, tuple[tree.Operation, Term]] = {}
        for place, name in defined.items():  # in an order in which each reads earlier ones only
            equation = body[place]
            if isinstance(equation, tree.Comparison):
                is_left = equation.left == tree.Variable(name)
                value = equation.right if is_left else equation.left
                if isinstance(value, tree.Operation):
                    computed[place] = (value, f"v:{name}")
                else:
                    self._values[name] = self._term(value)
        for place, literal in enumerate(body):
            self._place = place if inside is None else inside
            if place in computed:
                self._compute(*computed[place])
            elif place not in defined:
                self._literal(literal)

    def _literal(self, literal: tree.Literal) -> None:
        match literal:
            case tree.Atom():
                self._positive(literal)
            case tree.Not(atom):
                self._negative(atom)
            case tree.Comparison(relation, left, right):
                self._test(relation, self._expression(left), self._expression(right))
            case tree.PatternTest(name, first, second):
                self._test(name, self._term(first), self._term(second))
            case tree.Count():
                pass  # after everything else: it may read what any other literal binds

    def _test(self, relation: str, left: Term, right: Term) -> None:
        literal = Test(relation, left, right)
        self._parts.append(Part(literal, variables((left, right)), place=self._place))

    def _positive(self, atom: tree.Atom) -> None:
        terms: list[Term] = []
        repeated: list[tuple[Term, Term]] = []
        for term in map(self._term, atom.terms):
            if term in terms and is_variable(term):
                repeated.append((term, self._fresh()))
                terms.append(repeated[-1][1])
            else:
                terms.append(term)
        lowered = self._made.atom(atom.predicate, tuple(terms))
        inputs = self._inputs(atom.predicate)
        self._parts.append(positive(lowered, inputs, self._place))
        for one, other in repeated:
            self._test("=", one, other)

    def _negative(self, atom: tree.Atom) -> None:
        kept = [
            column
            for column, term in enumerate(atom.terms)
            if not (isinstance(term, tree.Variable) and term.is_anonymous)
        ]
        name = atom.predicate
        if len(kept) < len(atom.terms):
            name = self._made.projection(atom.predicate, kept, self._number)
        terms = tuple(self._term(atom.terms[column]) for column in kept)
        inputs = self._inputs(atom.predicate)
        reads, literal = variables(terms), Negative(self._made.atom(name, terms))
        self._parts.append(Part(literal, reads, inputs=inputs, place=self._place))

    # Counts.

    def _count(self, count: tree.Count, bound: frozenset[str], outer: Sequence[Part]) -> None:
        limit = self._expression(count.bound)
        outside = frozenset[Term]().union(*(part.binds for part in outer))
        inner, counted = self._braces(count, bound, outside)
        inputs = frozenset[str]().union(*(part.inputs for part in inner))
        first = inner[0].literal
        if len(inner) == 1 and isinstance(first, Positive) and {*counted} <= {*first.atom.terms}:
            atom = first.atom
        else:
            used = frozenset[Term]().union(*(part.reads | part.binds for part in inner))
            shared = tuple(sorted(used & outside, key=str))
            atom = Atom(self._made.counting(self._clause.head.predicate), (*shared, *counted))
            inner += self._context(inner, outer)
            inputs = inputs.union(*(part.inputs for part in inner))
            columns = list(map(self._type, atom.terms))
            self._made.add(atom, columns, tuple(inner), self._number)
        reads = (variables(atom.terms) & outside) | variables((limit,))
        literal = Count(counted, atom, count.relation, limit)
        self._parts.append(Part(literal, reads, inputs=inputs, place=self._place))

    def _braces(
        self, count: tree.Count, bound: frozenset[str], outside: frozenset[Term]
    ) -> tuple[list[Part], tuple[Term, ...]]:
        """Return the parts inside the braces of *count* and the terms that are counted."""
        parts, values = self._parts, self._values
        # What stands for a variable outside stands for it inside too; more may come.
        self._parts, self._values = [], dict(values)
        self._literals(count.body, bindings(count.body, bound).defined, self._place)
        inner, terms = self._parts, dict.fromkeys(map(self._term, count.counted))
        self._parts, self._values = parts, values
        # A term that has one value adds nothing to the number of different rows.
        return inner, tuple(each for each in terms if is_variable(each) and each not in outside)

    def _type(self, term: Term) -> str:
        name, known = str(term)[2:], self._made.types.variables
        return known.get((self._number, name, 0)) or known[self._number, name, self._place + 1]

    def _context(self, inner: Sequence[Part], outer: Sequence[Part]) -> list[Part]:
        """Return the parts of *outer* that bind what *inner* reads from outside the braces.

        Those that do not depend on the head are preferred: a count may not read them.
        """
        found: list[Part] = []
        while True:
            parts = [*inner, *found]
            bound = frozenset[Term]().union(*(part.binds for part in parts))
            unbound = frozenset[Term]().union(*(part.reads for part in parts)) - bound
            if not unbound:
                return found
            wanted = min(unbound, key=str)
            binding = [part for part in outer if wanted in part.binds]
            found.append(min(binding, key=self._is_recursive))

    def _is_recursive(self, part: Part) -> bool:
        head, literal = self._clause.head.predicate, part.literal
        return isinstance(literal, Positive) and self._made.recursive(head, literal.atom.predicate)
