# SPDX-License-Identifier: Apache-2.0
"""Going over the literals of a rule: its atoms, variables and constants, in textual order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from helm_logic.lang import tree

POSITIVE, NEGATED, COUNTED = "", "not ", "count "


def literals(clause: tree.Clause) -> tuple[tree.Literal, ...]:
    """Return the literals of a rule's body."""
    return tuple(line.literal for line in clause.body)


def atoms(body: Iterable[tree.Literal], under: str = POSITIVE) -> Iterator[tuple[str, tree.Atom]]:
    """Yield the atoms of *body*, each after how it is asked: positively, negated, or counted."""
    for literal in body:
        match literal:
            case tree.Atom():
                yield under, literal
            case tree.Not(atom):
                yield under or NEGATED, atom
            case tree.Count(_, inner):
                yield from atoms(inner, COUNTED)
            case _:
                pass


def terms(literal: tree.Literal) -> Iterator[tree.SimpleTerm]:
    """Yield the variables and constants of *literal*; of a count, those outside its braces only."""
    match literal:
        case tree.Atom():
            yield from literal.terms
        case tree.Not(atom):
            yield from atom.terms
        case tree.Comparison(_, left, right):
            yield from leaves(left)
            yield from leaves(right)
        case tree.PatternTest(_, left, right):
            yield left
            yield right
        case tree.Count(_, _, _, bound):
            yield from leaves(bound)


def leaves(expression: tree.Expression) -> Iterator[tree.SimpleTerm]:
    """Yield the variables and constants of *expression*."""
    if isinstance(expression, tree.Operation):
        yield from leaves(expression.left)
        yield from leaves(expression.right)
    else:
        yield expression


def variables(found: Iterable[tree.SimpleTerm]) -> Iterator[tree.Variable]:
    """Yield the variables of *found* that have a name."""
    for term in found:
        if isinstance(term, tree.Variable) and not term.is_anonymous:
            yield term


def inner_variables(count: tree.Count) -> Iterator[tree.Variable]:
    """Yield the variables inside the braces of *count*, those that are counted first."""
    yield from variables(count.counted)
    for literal in count.body:
        yield from variables(terms(literal))


def outer_names(clause: tree.Clause) -> frozenset[str]:
    """Return the names of the variables that stand outside the braces of every count."""
    found = [*clause.head.terms, *(term for each in literals(clause) for term in terms(each))]
    return frozenset(each.name for each in variables(found))


def all_variables(clause: tree.Clause) -> Iterator[tree.Variable]:
    """Yield every named variable of *clause*, as often as it stands there."""
    yield from variables(clause.head.terms)
    for literal in literals(clause):
        if isinstance(literal, tree.Count):
            yield from inner_variables(literal)
        yield from variables(terms(literal))
