# SPDX-License-Identifier: Apache-2.0
"""Maximal boxes inside a set of points, a box being a product of sets of coordinates."""

from __future__ import annotations

from collections.abc import Iterator

Box = tuple[frozenset[int], ...]


def maximal(
    boxes: set[Box],
) -> list[Box]:
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


def _consensus(one: Box, two: Box) -> Iterator[Box]:
    meet = [a & b for a, b in zip(one, two, strict=True)]
    empty = [place for place, values in enumerate(meet) if not values]
    for place in empty or range(len(meet)):
        if not empty or empty == [place]:
            yield (*meet[:place], one[place] | two[place], *meet[place + 1 :])


def _inside(one: Box, two: Box) -> bool:
    return all(a <= b for a, b in zip(one, two, strict=True))
