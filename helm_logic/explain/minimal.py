# SPDX-License-Identifier: Apache-2.0
"""All smallest sets of edits that reach a goal, found by trying what could matter.

Whether a set reaches the goal is asked of whoever calls, and asked of every proper subset of a set
before that is reported: nothing here reasons about rules. The search is complete if *options* are:
for every set that does not reach the goal, and every larger one that does, at least one edit of the
difference has to be among the options. Then sets are found smallest first, each once.

Edits of one *slot* exclude each other: an input has one value.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from itertools import combinations
from typing import Generic, Protocol, TypeVar

import attrs


class Edit(Hashable, Protocol):
    """Something that could be otherwise; two with one *slot* cannot be so together."""

    @property
    def slot(self) -> Hashable:
        """What it changes."""


E = TypeVar("E", bound=Edit)


@attrs.frozen
class Bounds:
    """How far to search: *sets* to find, of at most *size* edits, with *tries* evaluations."""

    sets: int = 10
    size: int = 4
    tries: int = 5_000


@attrs.frozen
class Found(Generic[E]):
    """The minimal *sets*, smallest first. *complete*: there are no others within the size."""

    sets: tuple[frozenset[E], ...]
    complete: bool


def minimal_sets(
    options: Callable[[frozenset[E]], Iterable[E]],
    reaches: Callable[[frozenset[E]], bool],
    bounds: Bounds | None = None,
) -> Found[E]:
    """Return the minimal sets of edits that *reaches* accepts; *options* are what to try next."""
    return _Search(options, reaches, bounds or Bounds()).run()


class _Search(Generic[E]):
    def __init__(
        self,
        options: Callable[[frozenset[E]], Iterable[E]],
        reaches: Callable[[frozenset[E]], bool],
        bounds: Bounds,
    ) -> None:
        self._options, self._reaches, self._bounds = options, reaches, bounds
        self._known: dict[frozenset[E], bool] = {}
        self._found: list[frozenset[E]] = []

    def run(self) -> Found[E]:
        level: list[frozenset[E]] = [frozenset()]
        for size in range(self._bounds.size + 1):
            for edits in level:
                if len(self._known) >= self._bounds.tries:
                    return Found(tuple(self._found), complete=False)
                if self._holds(edits) and self._is_minimal(edits):
                    self._found.append(edits)
                    if len(self._found) >= self._bounds.sets:
                        return Found(tuple(self._found), complete=False)
            if size < self._bounds.size:
                level = self._next(level)
        return Found(tuple(self._found), complete=True)

    def _next(self, level: list[frozenset[E]]) -> list[frozenset[E]]:
        """Return the sets with one edit more, leaving out those that hold a set that was found."""
        larger: dict[frozenset[E], None] = {}
        for edits in level:
            if self._known[edits]:
                continue
            slots = {each.slot for each in edits}
            for edit in self._options(edits):
                more = edits | {edit}
                if edit.slot not in slots and not any(one <= more for one in self._found):
                    larger[more] = None
        return list(larger)

    def _holds(self, edits: frozenset[E]) -> bool:
        if (known := self._known.get(edits)) is None:
            known = self._known[edits] = self._reaches(edits)
        return known

    def _is_minimal(self, edits: frozenset[E]) -> bool:
        return not any(
            self._holds(frozenset(fewer))
            for size in range(len(edits))
            for fewer in combinations(edits, size)
        )
