# SPDX-License-Identifier: Apache-2.0
"""A second reading of rules: the model that a tree means, by definition and without lowering.

A body is solved literal by literal, always the first one that can be asked, with `_`, equations,
counts and their local variables taken as they are written: no auxiliary predicate, no renaming, no
order of joins. Only the order of the strata is taken from the lowered program.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence

from helm_logic.kernel.pattern import matches, subsumes
from helm_logic.kernel.terms import Row, Term
from helm_logic.lang import tree, walk

Rows = dict[str, set[Row]]
Binding = dict[str, Term]

_RELATIONS = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "matches": matches, "subsumes": subsumes,
}  # fmt: skip
_SUMS = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def model(
    clauses: Sequence[tree.Clause],
    strata: Iterable[Sequence[str]],
    facts: Mapping[str, Iterable[Row]],
) -> Rows:
    """Return every fact that holds, by predicate."""
    rows: Rows = {name: set(given) for name, given in facts.items()}
    for names in strata:
        grown = True
        while grown:
            grown = False
            for clause in clauses:
                if clause.head.predicate in names:
                    known = rows.setdefault(clause.head.predicate, set())
                    size = len(known)
                    known |= set(_conclusions(clause, rows))
                    grown |= len(known) > size
    return rows


def _conclusions(clause: tree.Clause, rows: Rows) -> Iterator[Row]:
    outer = walk.outer_names(clause)
    for binding in list(_solve(walk.literals(clause), {}, rows, outer)):
        yield tuple(_value(term, binding) for term in clause.head.terms)


def _solve(
    body: Sequence[tree.Literal], binding: Binding, rows: Rows, outer: frozenset[str]
) -> Iterator[Binding]:
    if not body:
        yield binding
        return
    at = next(n for n, literal in enumerate(body) if _can_ask(literal, binding, outer))
    rest = [*body[:at], *body[at + 1 :]]
    for extended in _ask(body[at], binding, rows, outer):
        yield from _solve(rest, extended, rows, outer)


def _can_ask(literal: tree.Literal, binding: Binding, outer: frozenset[str]) -> bool:
    match literal:
        case tree.Atom():
            return True
        case tree.Not(atom):
            return all(each.name in binding for each in walk.variables(atom.terms))
        case tree.Comparison("=", left, right):
            return any(
                _has_value(side, binding)
                and (_has_value(other, binding) or isinstance(other, tree.Variable))
                for side, other in ((left, right), (right, left))
            )
        case tree.Count(_, _, _, bound):
            shared = {each.name for each in walk.inner_variables(literal)} & outer
            return shared <= binding.keys() and _has_value(bound, binding)
        case _:
            return all(_has_value(term, binding) for term in walk.terms(literal))


def _ask(  # noqa: C901 - one case for each kind of literal
    literal: tree.Literal, binding: Binding, rows: Rows, outer: frozenset[str]
) -> Iterator[Binding]:
    match literal:
        case tree.Atom(predicate, terms):
            for row in rows.get(predicate, ()):
                if (extended := _matched(terms, row, binding)) is not None:
                    yield extended
        case tree.Not(atom):
            if not list(_ask(atom, binding, rows, outer)):
                yield binding
        case tree.Comparison("=", tree.Variable(name), other) if name not in binding:
            yield binding | {name: _value(other, binding)}
        case tree.Comparison("=", other, tree.Variable(name)) if name not in binding:
            yield binding | {name: _value(other, binding)}
        case tree.Comparison(name, left, right) | tree.PatternTest(name, left, right):
            if _RELATIONS[name](_value(left, binding), _value(right, binding)):
                yield binding
        case tree.Count(counted, body, relation, bound):
            known = {name: value for name, value in binding.items() if name in outer}
            found = {
                tuple(solution[each.name] for each in counted)
                for solution in _solve(body, known, rows, outer)
            }
            if _RELATIONS[relation](len(found), _value(bound, binding)):
                yield binding


def _matched(terms: Sequence[tree.SimpleTerm], row: Row, binding: Binding) -> Binding | None:
    extended = dict(binding)
    for term, value in zip(terms, row, strict=True):
        if isinstance(term, tree.Constant):
            fits = term.value == value
        else:
            fits = term.is_anonymous or extended.setdefault(term.name, value) == value
        if not fits:
            return None
    return extended


def _has_value(expression: tree.Expression, binding: Binding) -> bool:
    return all(each.name in binding for each in walk.variables(walk.leaves(expression)))


def _value(expression: tree.Expression, binding: Binding) -> Term:
    match expression:
        case tree.Constant(_, value):
            return value
        case tree.Variable(name):
            return binding[name]
        case tree.Operation(name, left, right):
            first, second = _value(left, binding), _value(right, binding)
            assert isinstance(first, int)
            assert isinstance(second, int)
            result: int = _SUMS[name](first, second)
            return result
