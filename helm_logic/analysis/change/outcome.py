# SPDX-License-Identifier: Apache-2.0
"""From the trees of a difference to moves: sizes, regions in words, and requests that show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from helm_logic.analysis.boxes import Box, contains, meet
from helm_logic.analysis.change.difference import Difference
from helm_logic.analysis.change.entries import BOTH
from helm_logic.analysis.change.findings import Region, code_of
from helm_logic.analysis.change.moves import ORDER, Leaf, Tree
from helm_logic.analysis.change.regions import joined, largest_regions, within
from helm_logic.analysis.change.twins import Twins
from helm_logic.analysis.features import TRUE_MASK
from helm_logic.analysis.formula import Fact, GroundLiteral
from helm_logic.analysis.residue import Point
from helm_logic.analysis.unfold import AUTHORIZED
from helm_logic.analysis.words import Words
from helm_logic.receipts.verdict import Verdict

_MOST_REGIONS = 8
_TRIED = 3  # pieces of a region, until one shows what it should


@attrs.frozen
class Moved:
    """What a move comes to; the fields are those of `compare.Move`, *regions* with their places."""

    before: Verdict
    after: Verdict
    size: int
    boxes: tuple[Box, ...]
    regions: tuple[Region, ...]
    more: int


@attrs.frozen
class _Shape:
    """A region that is still without a witness: *tried* are the pieces to look for one in."""

    box: Box
    tried: tuple[tuple[Leaf, Point], ...]


class Outcome:
    """What *trees*, those of *difference*, come to."""

    def __init__(self, difference: Difference, trees: Sequence[Tree]) -> None:
        self._difference, self._arena = difference, difference.arena
        self._counted = sorted(difference.counted)
        self._words = Words(self._arena.features)
        number = difference.study.number_of(Fact((GroundLiteral("atom", AUTHORIZED, ()),)))
        self._authorized: Box = {} if number is None else {number: TRUE_MASK}
        self._leaves: dict[tuple[Verdict, Verdict], list[Leaf]] = {
            (before, after): [] for before in ORDER for after in ORDER
        }
        for tree in trees:
            for leaf in tree.leaves:
                self._leaves[leaf.before, leaf.after].append(leaf)

    def moves(self) -> Iterator[Moved]:
        """Yield all nine moves in order."""
        shapes = {
            key: self._shapes(leaves) for key, leaves in self._leaves.items() if code_of(*key)
        }
        actions = {
            point.values["action"]
            for _, found, _ in shapes.values()
            for shape in found
            for _, point in shape.tried
        }
        counts = self._difference.study.unfolder.counts
        twins = Twins(
            self._difference.pairing, counts, (each for each in actions if each is not None)
        )
        for key, leaves in self._leaves.items():
            if key in shapes:
                boxes, found, more = shapes[key]
                regions = tuple(self._region(each, twins) for each in found)
            else:
                boxes, regions, more = self._kept(leaves), (), 0
            yield Moved(*key, self._size(boxes), tuple(boxes), regions, more)

    def _size(self, boxes: Sequence[Box]) -> int:
        return sum(self._arena.space.points(box, self._counted) for box in boxes)

    def _kept(self, leaves: Sequence[Leaf]) -> list[Box]:
        """Return the part of *leaves* that a rule which differs holds for."""
        space, entries = self._arena.space, self._difference.entries
        found: list[Box] = []
        for leaf in leaves:
            differing = [entries[n].box for n in leaf.near if entries[n].sides != BOTH]
            excluded = [box for _, box in self._arena.near(leaf.box)
                        if self._difference.counted.issuperset(box)]  # fmt: skip
            found += within(space, leaf.box, differing, excluded)
        return found

    def _shapes(self, leaves: Sequence[Leaf]) -> tuple[list[Box], list[_Shape], int]:
        boxes = joined(self._arena.space, [leaf.box for leaf in leaves])
        regions, more = largest_regions(self._arena, boxes, self._counted, _MOST_REGIONS)
        order = sorted(leaves, key=lambda each: -self._arena.space.points(each.box, self._counted))
        return boxes, [_Shape(box, tuple(self._points(box, order))) for box in regions], more

    def _points(self, region: Box, leaves: Sequence[Leaf]) -> Iterator[tuple[Leaf, Point]]:
        inside = [leaf for leaf in leaves if contains(region, leaf.box)]
        for leaf in (inside or leaves)[:_TRIED]:
            for box in (meet(leaf.box, self._authorized), leaf.box):
                found = self._arena.avoid(box) if box is not None else None
                point = self._arena.find_point(found) if found is not None else None
                if point is not None:
                    yield leaf, point
                    break

    def _region(self, shape: _Shape, twins: Twins) -> Region:
        spoken = {n: mask for n, mask in shape.box.items() if self._authorized.get(n) != mask}
        text = self._words.region(spoken)
        for leaf, point in shape.tried:
            title = f"{code_of(leaf.before, leaf.after)}: {leaf.before.value} before the change"
            twin = twins.twin(title, point, leaf.before, leaf.after)
            if twin is not None:
                return Region(shape.box, text, leaf, twin)
        return Region(shape.box, text, shape.tried[0][0], None)
