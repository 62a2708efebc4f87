# SPDX-License-Identifier: Apache-2.0
"""The requests of one action as a grid: sets of its points are bit masks, exactly.

The grid is the product of the classes of some dimensions. A `Phrase` is a wording with the points
that it lets through; the meaning of a body is the intersection of its phrases. Python's integers do
the rest: nothing here is approximate, and nothing is shared with what is being tested.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import and_
from random import Random

import attrs

from tests.analysis.corpus.names import Names
from tests.analysis.corpus.wordings import Dimension, Wording


@attrs.frozen
class Phrase:
    """*literals* of which the last one says something, and the *points* that they let through.

    *approval* and *attribute* are what its dimension is about; *whole* tells that it lets whole
    classes of one dimension through.
    """

    literals: tuple[str, ...]
    points: int
    helpers: tuple[str, ...] = ()
    approval: str = ""
    attribute: str = ""
    whole: bool = True


class Grid:
    """The grid of some dimensions, the phrases that cut it, and those that cut nothing."""

    def __init__(self, dimensions: Sequence[Dimension]) -> None:
        self.dimensions = tuple(dimensions)
        self._strides: dict[str, int] = {}
        size = 1
        for each in dimensions:
            self._strides[each.name] = size
            size *= each.classes
        self.size, self.full = size, (1 << size) - 1
        self.cuts: list[tuple[tuple[Phrase, ...], tuple[Phrase, ...]]] = []
        self.approvals: dict[str, tuple[Phrase, Phrase]] = {}
        self.tautologies: list[Phrase] = []
        for each in dimensions:
            self._add(each)

    def _add(self, dimension: Dimension) -> None:
        for yes, no in dimension.cuts:
            sides = tuple(tuple(self._phrase(dimension, w) for w in side) for side in (yes, no))
            if dimension.approval:
                self.approvals[dimension.approval] = (sides[0][0], sides[1][0])
            else:
                self.cuts.append((sides[0], sides[1]))
        self.tautologies += [self._phrase(dimension, w) for w in dimension.tautologies]

    def of(self, dimension: Dimension) -> tuple[tuple[Phrase, ...], tuple[Phrase, ...]]:
        """Return the phrases of the two sides of the first cut of *dimension*."""
        yes, no = dimension.cuts[0]
        return (
            tuple(self._phrase(dimension, each) for each in yes),
            tuple(self._phrase(dimension, each) for each in no),
        )

    def _phrase(self, dimension: Dimension, wording: Wording) -> Phrase:
        stride = self._strides[dimension.name]
        run = (1 << stride) - 1
        block = sum(run << (n * stride) for n in range(dimension.classes) if wording.mask >> n & 1)
        period = stride * dimension.classes
        points = block * (self.full // ((1 << period) - 1))
        return Phrase(
            wording.literals, points, wording.helpers, dimension.approval, dimension.attribute
        )

    @property
    def phrases(self) -> Iterator[Phrase]:
        """Every phrase that cuts, approvals aside."""
        for sides in self.cuts:
            for side in sides:
                yield from side

    def splits(self, points: int, rng: Random) -> Iterator[tuple[Phrase, Phrase]]:
        """Yield, in random order, phrases of the two sides of cuts that really cut *points*."""
        for yes, no in rng.sample(self.cuts, len(self.cuts)):
            if cuts(yes[0], points):
                yield rng.choice(yes), rng.choice(no)


def cuts(phrase: Phrase, points: int) -> bool:
    """Say whether *phrase* lets some of *points* through and some not."""
    return 0 != phrase.points & points != points


def meaning(phrases: Iterable[Phrase], full: int) -> int:
    """Return the points that all of *phrases* let through."""
    return reduce(and_, (each.points for each in phrases), full)


def tight(phrases: Sequence[Phrase], full: int) -> tuple[Phrase, ...]:
    """Return *phrases* without those that exclude nothing that the others do not exclude."""
    kept = list(dict.fromkeys(phrases))
    wanted = meaning(kept, full)
    for each in list(kept):
        rest = [other for other in kept if other is not each]
        if meaning(rest, full) == wanted:
            kept = rest
    return tuple(kept)


def is_tight(phrases: Sequence[Phrase], full: int) -> bool:
    """Say whether every one of *phrases* excludes something that the others do not."""
    return len(tight(phrases, full)) == len(phrases)


def joined(phrases: Sequence[Phrase], names: Names, full: int) -> tuple[Phrase, Phrase]:
    """Return what *phrases* say together as a helper predicate, and its negation."""
    helper = names.new()
    rules = (*gathered(phrases), f"{helper} :- {', '.join(literals(phrases))}.")
    points = meaning(phrases, full)
    yes = Phrase((helper,), points, rules, whole=False)
    return yes, Phrase((f"not {helper}",), full ^ points, rules, whole=False)


def literals(phrases: Iterable[Phrase]) -> tuple[str, ...]:
    """Return the literals of *phrases*, each once."""
    return tuple(dict.fromkeys(literal for each in phrases for literal in each.literals))


def gathered(phrases: Iterable[Phrase]) -> tuple[str, ...]:
    """Return the helper rules that *phrases* need, each once."""
    return tuple(dict.fromkeys(rule for each in phrases for rule in each.helpers))
