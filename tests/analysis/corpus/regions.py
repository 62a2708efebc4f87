# SPDX-License-Identifier: Apache-2.0
"""Maximal boxes inside a set of points, a box being a product of sets of coordinates."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

Box = tuple[frozenset[int], ...]
Point = tuple[int, ...]


def maximal(points: Collection[Point]) -> list[Box]:
    """Return the maximal boxes inside *points*.

    Values of a coordinate that the points treat alike are first made one, which leaves few.
    """
    if not points:
        return []
    alike = [_alike(points, place) for place in range(len(next(iter(points))))]
    boxes = {
        tuple(classes[value] for classes, value in zip(alike, point, strict=True))
        for point in points
    }
    return _maximal(boxes)


def holds(box: Box, point: Point) -> bool:
    """Say whether *point* is in *box*."""
    return all(value in values for value, values in zip(point, box, strict=True))


def _alike(points: Collection[Point], place: int) -> dict[int, frozenset[int]]:
    """Return for each value of the coordinate *place* the values with the same points."""
    rests: dict[int, set[Point]] = {}
    for point in points:
        rest = point[:place] + point[place + 1 :]
        rests.setdefault(point[place], set()).add(rest)
    classes: dict[frozenset[Point], list[int]] = {}
    for value, rest_points in rests.items():
        classes.setdefault(frozenset(rest_points), []).append(value)
    return {value: frozenset(ones) for ones in classes.values() for value in ones}


def _maximal(boxes: Collection[Box]) -> list[Box]:
    """Return the maximal boxes inside the union of *boxes*, by iterated consensus (Quine 1955)."""
    waiting = list(boxes)
    found: list[Box] = []
    while waiting:
        box = waiting.pop()
        if any(_inside(box, each) for each in found):
            continue
        found = [each for each in found if not _inside(each, box)]
        for each in found:
            waiting.extend(_consensus(box, each))
        found.append(box)
    return found


def _consensus(one: Sequence[frozenset[int]], two: Sequence[frozenset[int]]) -> Iterator[Box]:
    meet = [a & b for a, b in zip(one, two, strict=True)]
    empty = [place for place, values in enumerate(meet) if not values]
    for place in empty or range(len(meet)):
        if not empty or empty == [place]:
            yield (*meet[:place], one[place] | two[place], *meet[place + 1 :])


def _inside(one: Box, two: Box) -> bool:
    return all(a <= b for a, b in zip(one, two, strict=True))
