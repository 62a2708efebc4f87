# SPDX-License-Identifier: Apache-2.0
"""What constraints say about the facts that somebody asks, without those that nobody does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.analysis.cedar.conditions import Atom, Below, Equal, Has, Never, Test, Under


def projected(nevers: Iterable[Never], atoms: Sequence[Atom]) -> list[Never]:
    """Return what *nevers* say about *atoms*: the facts that none of those asks are eliminated.

    This is Davis and Putnam's elimination by resolution, which keeps exactly what follows. Equality
    stays: the analysis knows it by itself.
    """
    kept = _least(nevers)
    unasked = dict.fromkeys(test.atom for each in kept for test in each)
    for atom in unasked:
        if atom not in atoms and isinstance(atom, Under | Has | Below):
            true, false = Test(atom), Test(atom, holds=False)
            resolved = [
                tuple(test for test in dict.fromkeys((*one, *other)) if test.atom != atom)
                for one in kept
                if true in one
                for other in kept
                if false in other
            ]
            kept = _least([each for each in kept if not {true, false} & {*each}] + resolved)
    return kept


def _least(nevers: Iterable[Never]) -> list[Never]:
    """Return those of *nevers* that say something which no shorter one says."""
    found: list[Never] = []
    for each in sorted(dict.fromkeys(nevers), key=len):
        tests = frozenset(each)
        if not _cannot_be(tests) and not any(tests.issuperset(less) for less in found):
            found.append(each)
    return found


def _cannot_be(tests: frozenset[Test]) -> bool:
    """Say whether *tests* contradict each other, or make one term two constants."""
    values = [
        t.atom.left
        for t in tests
        if t.holds and isinstance(t.atom, Equal) and not t.atom.right.name
    ]
    return len({*values}) < len(values) or any(Test(t.atom, not t.holds) in tests for t in tests)
