# SPDX-License-Identifier: Apache-2.0
"""What constraints say about the facts that somebody asks, without those that nobody does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from tests.analysis.cedar.conditions import Asked, Atom, Below, Equal, Has, Never, Under


def projected(nevers: Iterable[Never], atoms: Sequence[Atom]) -> list[Never]:
    """Return what *nevers* say about *atoms*: the facts that none of those asks are eliminated.

    This is Davis and Putnam's elimination by resolution, which keeps exactly what follows. Equality
    stays: the analysis knows it by itself.
    """
    kept = _least(nevers)
    unasked = dict.fromkeys(test.atom for each in kept for test in each)
    waiting = [a for a in unasked if a not in atoms and isinstance(a, Under | Has | Below)]
    while waiting:
        sides = {each: _sides(kept, each) for each in waiting}
        # The one of which least comes goes first.
        atom = min(waiting, key=lambda each: len(sides[each][0]) * len(sides[each][1]))
        waiting.remove(atom)
        true, false = sides[atom]
        resolved = [
            tuple(test for test in dict.fromkeys((*one, *other)) if test.atom != atom)
            for one in true
            for other in false
        ]
        kept = _least([*(each for each in kept if each not in {*true, *false}), *resolved])
    return list(kept)


_Kept: TypeAlias = dict[Never, frozenset[Asked]]


def _sides(kept: _Kept, atom: Atom) -> tuple[list[Never], list[Never]]:
    """Return those of *kept* in which *atom* holds, and those in which it does not."""
    true, false = Asked(atom), Asked(atom, holds=False)
    return (
        [each for each, tests in kept.items() if true in tests],
        [each for each, tests in kept.items() if false in tests],
    )


def _least(nevers: Iterable[Never]) -> _Kept:
    """Return those of *nevers* that say something which no shorter one says."""
    found: _Kept = {}
    for each in sorted(dict.fromkeys(nevers), key=len):
        tests = frozenset(each)
        if not _cannot_be(tests) and not any(less <= tests for less in found.values()):
            found[each] = tests
    return found


def _cannot_be(tests: frozenset[Asked]) -> bool:
    """Say whether *tests* contradict each other, or make one term two constants."""
    values = [
        t.atom.left
        for t in tests
        if t.holds and isinstance(t.atom, Equal) and not t.atom.right.name
    ]
    return len({*values}) < len(values) or any(Asked(t.atom, not t.holds) in tests for t in tests)
