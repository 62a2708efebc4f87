# SPDX-License-Identifier: Apache-2.0
"""The order in which the literals of a body are asked.

What binds nothing new comes as soon as what it reads has values: tests, sums, atoms whose terms all
have values, negations, counts. Of the other positive atoms, those that share a value with what came
before come first, fewest new variables first, then those with few rows, then the order of the text.
The order changes speed and the look of derivations, never what holds; a literal that cannot be
placed at all is left over.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from helm_logic.kernel.terms import (
    Atom,
    Compute,
    Count,
    Literal,
    Negative,
    Positive,
    Term,
    Test,
    is_variable,
)

_LATER = (3, 0, 0)  # after every rank of what can be asked
_COST = {Test: 0, Compute: 1, Positive: 2, Negative: 3, Count: 4}


@attrs.frozen
class Part:
    """A literal of a lowered body, the variables it reads and binds, and the inputs it asks.

    *place* is the number of the literal of the text that it was made for.
    """

    literal: Literal
    reads: frozenset[Term] = frozenset()
    binds: frozenset[Term] = frozenset()
    inputs: frozenset[str] = frozenset()
    place: int = -1


def variables(terms: Iterable[Term]) -> frozenset[Term]:
    """Return the variables among *terms*."""
    return frozenset(filter(is_variable, terms))


def positive(atom: Atom, inputs: frozenset[str] = frozenset(), place: int = -1) -> Part:
    """Return the part that says that *atom* holds."""
    return Part(Positive(atom), frozenset(), variables(atom.terms), inputs, place)


def in_order(parts: Iterable[Part], few: frozenset[str]) -> tuple[list[Part], list[Part]]:
    """Return *parts* in the order of evaluation, and those that cannot be placed.

    *few* names the predicates that have few rows, most of them one.
    """
    waiting = list(parts)
    ordered: list[Part] = []
    bound: set[Term] = set()
    while waiting:
        ranks = [_rank(each, bound, few) if each.reads <= bound else _LATER for each in waiting]
        first = min(ranks)
        if first is _LATER:
            break
        chosen = waiting.pop(ranks.index(first))
        ordered.append(chosen)
        bound |= chosen.binds
    return ordered, waiting


def _rank(part: Part, bound: set[Term], few: frozenset[str]) -> tuple[int, int, int]:
    literal = part.literal
    if not isinstance(literal, Positive) or part.binds <= bound:
        return 0, _COST[type(literal)], 0
    atom, free = literal.atom, len(part.binds - bound)
    if free < len(set(atom.terms)):  # it has a constant, or a variable with a value
        return 1, free, 0
    return 2, int(atom.predicate not in few), 0
