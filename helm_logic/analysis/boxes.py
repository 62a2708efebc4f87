# SPDX-License-Identifier: Apache-2.0
"""Boxes: sets of requests that are products, one set of classes for each feature.

A box maps the number of a feature to a bit mask of its classes; a feature that it does not name is
free. No mask is empty or full, so two boxes are equal iff they hold the same points, and the box
that holds everything is `{}`. `Space` knows how many classes a feature has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import attrs

Box: TypeAlias = Mapping[int, int]
EVERYTHING: Box = {}


def meet(one: Box, other: Box) -> dict[int, int] | None:
    """Return the box of the points in both, None if there are none."""
    if len(one) < len(other):
        one, other = other, one
    found = dict(one)
    for feature, mask in other.items():
        before = found.get(feature)
        both = mask if before is None else mask & before
        if not both:
            return None
        found[feature] = both
    return found


def are_apart(one: Box, other: Box) -> bool:
    """Say whether the boxes share no point."""
    if len(one) < len(other):
        one, other = other, one
    for feature, mask in other.items():  # noqa: SIM110 - asked most of all; a generator is slower
        if not mask & one.get(feature, mask):
            return True
    return False


def contains(outer: Box, inner: Box) -> bool:
    """Say whether every point of *inner* is one of *outer*."""
    for feature, mask in outer.items():
        if feature not in inner or inner[feature] & ~mask:
            return False
    return True


@attrs.frozen
class Space:
    """The number of classes of every feature."""

    sizes: Sequence[int]

    def full(self, feature: int) -> int:
        """Return the mask of all classes of *feature*."""
        return (1 << self.sizes[feature]) - 1

    def box(self, masks: Mapping[int, int]) -> dict[int, int] | None:
        """Return the box of *masks*, None if one of them is empty."""
        if not all(masks.values()):
            return None
        return {f: mask for f, mask in sorted(masks.items()) if mask != self.full(f)}

    def without(self, box: Box, taken: Box) -> list[dict[int, int]]:
        """Return the largest boxes whose union is *box* less *taken*; they overlap."""
        pieces = []
        for feature, mask in taken.items():
            rest = box.get(feature, self.full(feature)) & ~mask
            if rest:
                pieces.append({**box, feature: rest})
        return pieces

    def apart(self, box: Box, taken: Box) -> list[dict[int, int]]:
        """Return disjoint boxes whose union is *box* less *taken*."""
        pieces, left = [], dict(box)
        for feature, mask in taken.items():
            before = left.get(feature, self.full(feature))
            if rest := before & ~mask:
                pieces.append({**left, feature: rest})
            if not before & mask:
                break
            left[feature] = before & mask
        return pieces

    def remainder(self, box: Box, taken: Iterable[Box], most: int) -> list[dict[int, int]] | None:
        """Return all maximal boxes of *box* less every one of *taken*; None if more than *most*.

        The sharp operation of two-level minimization with absorption, which gives every prime.
        """
        left: list[dict[int, int]] = [dict(box)]
        for each in taken:
            kept = [one for one in left if are_apart(one, each)]
            if len(kept) == len(left):
                continue
            cut = [one for one in left if not are_apart(one, each)]
            pieces = largest(piece for one in cut for piece in self.without(one, each))
            # A piece lies in a box that was maximal before, so none of the others lies in it.
            kept += [one for one in pieces if not any(contains(other, one) for other in kept)]
            left = kept
            if len(left) > most:
                return None
        return left

    def points(self, box: Box, features: Iterable[int]) -> int:
        """Return the number of points of *box*, counting the classes of *features*."""
        number = 1
        for feature in features:
            number *= box.get(feature, self.full(feature)).bit_count()
        return number


def largest(boxes: Iterable[dict[int, int]]) -> list[dict[int, int]]:
    """Return those of *boxes* that no other one contains, each once."""
    kept: list[dict[int, int]] = []
    for box in sorted(boxes, key=_narrowness):
        if not any(contains(other, box) for other in kept):
            kept.append(box)
    return kept


def _narrowness(box: Box) -> tuple[int, int]:
    """Order boxes so that one that contains another comes before it."""
    return len(box), -sum(mask.bit_count() for mask in box.values())
