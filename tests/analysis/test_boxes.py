# SPDX-License-Identifier: Apache-2.0
"""Boxes against sets of points: every operation does what it says to the points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from helm_logic.analysis.boxes import (
    EVERYTHING,
    Box,
    Space,
    are_apart,
    contains,
    largest,
    meet,
)

SIZES = (2, 3, 4)
SPACE = Space(SIZES)
POINTS = frozenset(product(*map(range, SIZES)))


ORDER = sorted(POINTS)


def _masks(feature: int) -> st.SearchStrategy[int]:
    return st.integers(1, (1 << SIZES[feature]) - 2)


boxes = st.fixed_dictionaries(
    {}, optional={feature: _masks(feature) for feature in range(len(SIZES))}
)


def points_of(box: Box) -> frozenset[tuple[int, ...]]:
    """Return the points of *box*."""
    return frozenset(
        each for each in POINTS if all(mask >> each[feature] & 1 for feature, mask in box.items())
    )


def _union(found: Iterable[Box]) -> frozenset[tuple[int, ...]]:
    return frozenset[tuple[int, ...]]().union(*map(points_of, found))


def _bits(points: Iterable[tuple[int, ...]]) -> int:
    return sum(1 << ORDER.index(each) for each in points)


def _every_box() -> Iterator[tuple[int, Box]]:
    for masks in product(*(range(1, 1 << size) for size in SIZES)):
        box = SPACE.box(dict(enumerate(masks)))
        assert box is not None
        yield _bits(points_of(box)), box


def _is_plain(box: Box) -> bool:
    """Say whether no mask is empty or full, as the type demands."""
    return all(0 < mask < SPACE.full(feature) for feature, mask in box.items())


EVERY_BOX = list(_every_box())


@given(boxes, boxes)
def test_the_meet_has_the_points_of_both(one: Box, other: Box) -> None:
    """And is None exactly if they are apart."""
    both = meet(one, other)
    assert (frozenset() if both is None else points_of(both)) == points_of(one) & points_of(other)
    assert are_apart(one, other) == (both is None)
    assert both is None or _is_plain(both)


@given(boxes, boxes)
def test_a_box_contains_another_iff_it_has_its_points(outer: Box, inner: Box) -> None:
    """No box is empty, so this is the same question."""
    assert contains(outer, inner) == (points_of(inner) <= points_of(outer))


@given(boxes, boxes)
def test_equal_points_mean_equal_boxes(one: Box, other: Box) -> None:
    """A box is a name for its points, and the only one."""
    assert (points_of(one) == points_of(other)) == (dict(one) == dict(other))


@given(boxes, boxes)
def test_what_is_left_of_a_box_is_its_points_less_the_others(box: Box, taken: Box) -> None:
    """`without` in largest pieces, `apart` in disjoint ones."""
    left = points_of(box) - points_of(taken)
    pieces, disjoint = SPACE.without(box, taken), SPACE.apart(box, taken)
    assert _union(pieces) == left == _union(disjoint)
    assert sum(len(points_of(each)) for each in disjoint) == len(left)
    assert all(map(_is_plain, (*pieces, *disjoint)))


@given(boxes, st.lists(boxes, max_size=4))
def test_the_remainder_is_every_maximal_box_and_no_other(box: Box, taken: list[Box]) -> None:
    """Compared with all boxes that there are: 7 x 3 x 15 of them, the maximal ones picked out."""
    found = SPACE.remainder(box, taken, 1_000)
    assert found is not None
    left = points_of(box) - _union(taken)
    assert _union(found) == left
    outside = _bits(POINTS - left)
    inside = [(bits, each) for bits, each in EVERY_BOX if not bits & outside]
    maximal = [
        each for bits, each in inside
        if not any(bits != other and not bits & ~other for other, _ in inside)
    ]  # fmt: skip
    assert sorted(sorted(each.items()) for each in found) == sorted(
        sorted(each.items()) for each in maximal
    )


def test_a_remainder_of_too_many_boxes_is_none() -> None:
    """The bound is kept: two pieces are left where one is allowed."""
    assert SPACE.remainder(EVERYTHING, [{0: 1, 1: 1}], 1) is None
    assert SPACE.remainder(EVERYTHING, [{0: 1, 1: 1}], 2) == [{1: 6}, {0: 2}]


@given(st.lists(boxes, max_size=5))
def test_the_largest_are_those_that_no_other_contains(several: list[dict[int, int]]) -> None:
    """Each once, and together they have the points of all."""
    kept = largest(several)
    assert _union(kept) == _union(several)
    assert all(not contains(one, other) for one in kept for other in kept if one is not other)


@given(st.fixed_dictionaries({n: st.integers(0, (1 << SIZES[n]) - 1) for n in range(len(SIZES))}))
def test_masks_make_a_plain_box_or_none(masks: dict[int, int]) -> None:
    """Full masks are left out; an empty one leaves no box."""
    box = SPACE.box(masks)
    wanted = {each for each in POINTS if all(masks[n] >> each[n] & 1 for n in masks)}
    assert (frozenset() if box is None else points_of(box)) == wanted
    assert box is None or _is_plain(box)


@given(boxes)
def test_points_are_counted(box: Box) -> None:
    """Over some features: as many as there are different parts of points."""
    assert SPACE.points(box, range(len(SIZES))) == len(points_of(box))
    assert SPACE.points(box, (0, 2)) == len({(each[0], each[2]) for each in points_of(box)})
