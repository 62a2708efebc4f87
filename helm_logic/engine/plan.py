# SPDX-License-Identifier: Apache-2.0
"""The order in which a rule body is joined. It decides how much work is done, never what comes out.

- Literals move only between two computations. A computation meets exactly the bindings that it
  meets in written order, so `EvaluationError` is raised whenever `kernel.joins` raises it.
- Tests, negations and counts stand as early as their variables are bound.
- Atoms whose columns are all bound come first; then those that few rows match, which is
  `|R| / distinct keys` where the rows are known. An atom without a bound column waits while another
  has one, unless it has a single row: a cross product costs more than any estimate is worth. Ties
  keep the written order.

Reading plans aloud in Python is `source.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

import attrs

from helm_logic.kernel.program import Rule
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

Estimate: TypeAlias = Callable[[str, tuple[int, ...]], float]
"""Rows of a predicate that match when these columns have values."""


@attrs.frozen
class Visit:
    """A positive literal: step through the rows that agree with what is bound in columns *keys*.

    *premise* is its number among the premises of the rule.
    """

    premise: int
    atom: Atom
    keys: tuple[int, ...]

    @property
    def binds(self) -> bool:
        """Whether rows have to be stepped through; otherwise there is one row to look up."""
        return len(self.keys) < len(self.atom.terms)


@attrs.frozen
class Tally:
    """A count, and the columns of its atom that have values where it is written.

    The other columns range freely inside it, wherever the plan asks it.
    """

    count: Count
    keys: tuple[int, ...]


_Filter: TypeAlias = Negative | Test | Tally
Planned: TypeAlias = Visit | Negative | Test | Compute | Tally


def plan(
    rule: Rule, estimate: Estimate, *, known: Collection[Term] = (), first: int | None = None
) -> tuple[Planned, ...]:
    """Return the body of *rule* in the order in which to join it.

    *known* are variables that have values before the body starts; *first* is the premise whose rows
    are the newest, to be visited before the others of its segment.
    """
    bound = set(known)
    written: set[Term] = set()
    planned: list[Planned] = []
    atoms: list[Atom] = []
    segment: list[tuple[int, Atom] | _Filter] = []
    for literal in rule.body:
        match literal:
            case Compute(target):
                planned += _segment(segment, bound, estimate, first)
                planned.append(literal)
                bound.add(target)
                written.add(target)
                segment = []
            case Positive(atom):
                segment.append((len(atoms), atom))
                atoms.append(atom)
                written.update(atom.terms)
            case Count(_, atom):
                segment.append(Tally(literal, _keys(atom, written)))
            case Negative() | Test():
                segment.append(literal)
    return (*planned, *_segment(segment, bound, estimate, first))


def _segment(
    literals: Sequence[tuple[int, Atom] | _Filter],
    bound: set[Term],
    estimate: Estimate,
    first: int | None,
) -> list[Planned]:
    planned: list[Planned] = []
    atoms = [x for x in literals if isinstance(x, tuple)]
    filters = [x for x in literals if not isinstance(x, tuple)]
    while atoms or filters:
        planned += (x for x in filters if _reads(x) <= bound)
        filters = [x for x in filters if not _reads(x) <= bound]
        if atoms:
            visits = [Visit(number, atom, _keys(atom, bound)) for number, atom in atoms]
            chosen = min(visits, key=lambda visit: _cost(visit, estimate, first))
            planned.append(chosen)
            bound.update(filter(is_variable, chosen.atom.terms))
            atoms.remove((chosen.premise, chosen.atom))
    return planned


def _reads(literal: _Filter) -> set[Term]:
    """Return the variables that must have values before *literal* is asked."""
    match literal:
        case Negative(atom):
            terms: Row = atom.terms
        case Test(_, left, right):
            terms = (left, right)
        case Tally(count, keys):
            terms = (count.bound, *(count.atom.terms[column] for column in keys))
    return set(filter(is_variable, terms))


def _keys(atom: Atom, bound: Collection[Term]) -> tuple[int, ...]:
    return tuple(
        column for column, term in enumerate(atom.terms) if not is_variable(term) or term in bound
    )


def _cost(visit: Visit, estimate: Estimate, first: int | None) -> tuple[int, float, int]:
    """Return what to order visits by: how they meet what is bound, rows, place in the rule."""
    if not visit.binds:
        return 0, 0.0, visit.premise
    rows = estimate(visit.atom.predicate, visit.keys)
    if visit.premise == first:
        return 1, 0.0, visit.premise
    apart = not visit.keys and rows > 1
    return (3 if apart else 2), rows, visit.premise
