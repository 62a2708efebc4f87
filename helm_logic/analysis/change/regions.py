# SPDX-License-Identifier: Apache-2.0
"""Disjoint boxes joined, grown to the largest there are, and counted.

What a tree leaves are pieces, cut where the search had to cut. People want few and large regions:
pieces that differ in one feature are joined, and then each grows as far as its kind and what cannot
be reach. Regions may overlap; counts are of disjoint boxes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from helm_logic.analysis.boxes import Box, Space, are_apart, contains, meet
from helm_logic.analysis.change.entries import bits
from helm_logic.analysis.cover import Cover, TooManyCases, cover
from helm_logic.analysis.domain import Domain

_MOST_PIECES = 1_000


def joined(space: Space, boxes: Iterable[Box]) -> list[Box]:
    """Return disjoint *boxes*, those that differ in one feature only as one."""
    found = list(boxes)
    size = -1
    while len(found) != size:
        size = len(found)
        for feature in sorted({each for box in found for each in box}):
            found = _joined(space, found, feature)
    return found


def _joined(space: Space, boxes: Sequence[Box], feature: int) -> list[Box]:
    groups: dict[frozenset[tuple[int, int]], tuple[Box, int]] = {}
    found: list[Box] = []
    for box in boxes:
        mask = box.get(feature)
        if mask is None:
            found.append(box)
        else:
            rest = frozenset(item for item in box.items() if item[0] != feature)
            first, before = groups.get(rest, (box, 0))
            groups[rest] = (first, before | mask)
    for box, mask in groups.values():
        found.append(box if mask == box[feature] else space.box({**box, feature: mask}) or {})
    return found


def largest_regions(
    arena: Domain, boxes: Sequence[Box], features: Iterable[int], most: int
) -> tuple[list[Box], int]:
    """Return the largest regions of the union of *boxes*, and how many of *boxes* lie in none.

    At most *most* regions, the largest by points of *features* first.
    """
    counted = sorted(features)
    order = sorted(boxes, key=lambda box: (-arena.space.points(box, counted), sorted(box.items())))
    found: list[Box] = []
    left: list[Box] = []
    for box in order:
        if any(contains(region, box) for region in found):
            continue
        if len(found) < most:
            found.append(grown(arena, box, boxes))
        else:
            left.append(box)
    found.sort(key=lambda box: (-arena.space.points(box, counted), sorted(box.items())))
    return found, sum(not any(contains(region, box) for region in found) for box in left)


def grown(arena: Domain, box: Box, boxes: Sequence[Box]) -> Box:
    """Return a largest box around *box* inside the union of *boxes* and what cannot be."""
    space = arena.space
    allowed = [*boxes, *(each.box for each in arena.impossible)]
    found = dict(box)
    for feature, mask in box.items():
        others = {number: mask for number, mask in found.items() if number != feature}
        near = [each for each in allowed if not are_apart(each, others)]
        rest = space.full(feature) & ~mask
        if _inside(space, {**others, feature: rest}, near):
            del found[feature]
            continue
        for number in bits(rest):
            if _inside(space, {**others, feature: 1 << number}, near):
                found[feature] |= 1 << number
    return found


def _inside(space: Space, box: Box, allowed: Sequence[Box]) -> bool:
    near = [each for each in allowed if not are_apart(each, box)]
    try:
        return bool(near) and isinstance(cover(space, box, near), Cover)
    except TooManyCases:
        return False


def within(space: Space, box: Box, boxes: Sequence[Box], excluded: Sequence[Box]) -> list[Box]:
    """Return disjoint boxes: the part of *box* in the union of *boxes* and outside *excluded*.

    Just *box* if that has too many pieces.
    """
    found: list[Box] = []
    for number, each in enumerate(boxes):
        both = meet(box, each)
        left: list[Box] = [] if both is None else [both]
        for taken in (*boxes[:number], *excluded):
            left = [
                piece
                for part in left
                for piece in ([part] if are_apart(part, taken) else space.apart(part, taken))
            ]
        found += left
        if len(found) > _MOST_PIECES:
            return [box]
    return found
