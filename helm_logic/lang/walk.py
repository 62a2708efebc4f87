# SPDX-License-Identifier: Apache-2.0
"""Going over the literals of a rule: its atoms, variables and constants, in textual order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from helm_logic.lang import tree

POSITIVE, NEGATED, COUNTED = "", "not ", "count "


def literals(clause: tree.Clause) -> tuple[tree.Literal, ...]:
    """Return the literals of a rule's body."""
    return tuple([line.literal for line in clause.body])


def atoms(body: Iterable[tree.Literal], under: str = POSITIVE) -> list[tuple[str, tree.Atom]]:
    """Return the atoms of *body*, each after how it is asked: positively, negated, or counted."""
    found: list[tuple[str, tree.Atom]] = []
    for literal in body:
        if isinstance(literal, tree.Atom):
            found.append((under, literal))
        elif isinstance(literal, tree.Not):
            found.append((under or NEGATED, literal.atom))
        elif isinstance(literal, tree.Count):
            found += atoms(literal.body, COUNTED)
    return found


def terms(literal: tree.Literal) -> Sequence[tree.SimpleTerm]:
    """Return the variables and constants of *literal*, without those in the braces of a count."""
    if isinstance(literal, tree.Atom):
        return literal.terms
    if isinstance(literal, tree.Not):
        return literal.atom.terms
    if isinstance(literal, tree.Count):
        return leaves(literal.bound)
    return [*leaves(literal.left), *leaves(literal.right)]


def leaves(expression: tree.Expression) -> Sequence[tree.SimpleTerm]:
    """Return the variables and constants of *expression*."""
    if isinstance(expression, tree.Operation):
        return [*leaves(expression.left), *leaves(expression.right)]
    return (expression,)


def variables(found: Iterable[tree.SimpleTerm]) -> list[tree.Variable]:
    """Return the variables of *found* that have a name."""
    return [each for each in found if isinstance(each, tree.Variable) and not each.is_anonymous]


def inner_variables(count: tree.Count) -> list[tree.Variable]:
    """Return the variables inside the braces of *count*, those that are counted first."""
    inner = [each for literal in count.body for each in variables(terms(literal))]
    return [*variables(count.counted), *inner]


def outer_names(clause: tree.Clause) -> frozenset[str]:
    """Return the names of the variables that stand outside the braces of every count."""
    found = variables(clause.head.terms)
    for line in clause.body:
        found += variables(terms(line.literal))
    return frozenset([each.name for each in found])


def all_variables(clause: tree.Clause) -> list[tree.Variable]:
    """Return every named variable of *clause*, as often as it stands there."""
    found = variables(clause.head.terms)
    for line in clause.body:
        if isinstance(line.literal, tree.Count):
            found += inner_variables(line.literal)
        found += variables(terms(line.literal))
    return found
