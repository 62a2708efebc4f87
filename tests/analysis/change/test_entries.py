# SPDX-License-Identifier: Apache-2.0
"""Boxes of two sides, joined and split: each side still says what it said."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.analysis.boxes import Box, Space, are_apart, contains
from helm_logic.analysis.change.entries import BOTH, NEW, OLD, Entry, EntryIndex, bits, reconciled
from helm_logic.analysis.change.regions import joined, largest_regions, within
from helm_logic.analysis.domain import Domain
from helm_logic.analysis.feature import Class, Feature
from helm_logic.analysis.features import truth_feature
from helm_logic.analysis.formula import Fact, GroundLiteral
from helm_logic.receipts.verdict import Verdict

SPACE = Space((3, 2, 2))
POINTS = [
    {n: 1 << place for n, place in enumerate(places)}
    for places in product(*map(range, SPACE.sizes))
]


def boxes() -> st.SearchStrategy[Box]:
    """Draw boxes of the space."""
    masks = [st.integers(1, SPACE.full(n)) for n in range(len(SPACE.sizes))]
    return st.tuples(*masks).map(lambda each: SPACE.box(dict(enumerate(each))) or {})


entries = st.lists(
    st.builds(Entry, st.sampled_from((OLD, NEW, BOTH)), st.sampled_from(Verdict),
              st.just("r"), boxes()),
    max_size=7,
)  # fmt: skip


def said(found: list[Entry], side: int, verdict: Verdict) -> list[bool]:
    """Return for every point whether a side has the verdict there."""
    own = [each.box for each in found if each.sides & side and each.verdict is verdict]
    return [any(contains(box, point) for box in own) for point in POINTS]


@given(entries)
def test_what_each_side_says_stays(drawn: list[Entry]) -> None:
    """Reconciled entries have the same unions, and not more on one side only."""
    found = reconciled(drawn, SPACE, 0)

    for verdict in Verdict:
        for side in (OLD, NEW):
            assert said(found, side, verdict) == said(drawn, side, verdict)
    alone = [sum(contains(each.box, p) for each in some if each.sides != BOTH for p in POINTS)
             for some in (found, drawn)]  # fmt: skip
    assert alone[0] <= alone[1]


@given(boxes(), boxes())
def test_two_boxes_that_differ_in_one_feature_share_what_they_can(one: Box, other: Box) -> None:
    """What both sides have in common is on both sides."""
    found = reconciled(
        [Entry(OLD, Verdict.DENY, "a", one), Entry(NEW, Verdict.DENY, "b", other)], SPACE, None
    )
    differ = [n for n in range(3) if one.get(n, SPACE.full(n)) != other.get(n, SPACE.full(n))]

    if len(differ) <= 1:
        for point in POINTS:
            both = contains(one, point) and contains(other, point)
            here = [each for each in found if contains(each.box, point)]
            assert both == any(each.sides == BOTH for each in here)
            assert len(here) <= 1


@given(entries, boxes(), st.sampled_from((None, 0, 1)))
def test_an_index_finds_what_is_near(drawn: list[Entry], box: Box, feature: int | None) -> None:
    """Whatever it is an index by."""
    near = EntryIndex(drawn, feature).near(box)

    assert near == [n for n, each in enumerate(drawn) if not are_apart(each.box, box)]


@given(st.integers(0, 1 << 70))
def test_bits(mask: int) -> None:
    """The places of the ones."""
    assert sum(1 << place for place in bits(mask)) == mask


# Regions.


def _disjoint(drawn: list[Box]) -> list[Box]:
    found: list[Box] = []
    for each in drawn:
        left: list[Box] = [each]
        for taken in found:
            left = [
                piece
                for part in left
                for piece in ([part] if are_apart(part, taken) else SPACE.apart(part, taken))
            ]
        found += left
    return found


def _covered(some: list[Box]) -> list[bool]:
    return [any(contains(box, point) for box in some) for point in POINTS]


@given(st.lists(boxes(), max_size=5))
def test_joined_boxes_are_fewer_and_disjoint(drawn: list[Box]) -> None:
    """They hold the same points, each once."""
    pieces = _disjoint(drawn)
    found = joined(SPACE, pieces)

    assert len(found) <= len(pieces)
    assert _covered(found) == _covered(drawn)
    assert all(sum(contains(box, point) for box in found) <= 1 for point in POINTS)


@settings(max_examples=60)
@given(st.lists(boxes(), min_size=1, max_size=5), st.integers(1, 6))
def test_regions_are_the_largest_boxes(drawn: list[Box], most: int) -> None:
    """Each lies in the union, no larger one around it does, and what is left is counted."""
    fact = Fact((GroundLiteral("atom", "p", ()),))
    three = Feature(fact, (Class((1,)), Class((2,)), Class((3,))), {})
    arena = Domain([three, truth_feature(fact), truth_feature(fact)], ())
    pieces = joined(SPACE, _disjoint(drawn))
    found, more = largest_regions(arena, pieces, (0, 1, 2), most)

    union = _covered(pieces)
    assert len(found) <= most
    for box in found:
        assert not any(a and not b for a, b in zip(_covered([box]), union, strict=True))
        for feature, mask in box.items():
            for place in bits(SPACE.full(feature) & ~mask):
                larger = {**box, feature: mask | 1 << place}
                inside = zip(_covered([larger]), union, strict=True)
                assert any(a and not b for a, b in inside)
    assert (more == 0) == (_covered(found) == union)


@given(boxes(), st.lists(boxes(), max_size=4), st.lists(boxes(), max_size=3))
def test_within_is_disjoint(box: Box, drawn: list[Box], excluded: list[Box]) -> None:
    """What lies in one of the boxes and in none of those excluded, each point once."""
    found = within(SPACE, box, drawn, excluded)

    wanted = [
        contains(box, p)
        and any(contains(each, p) for each in drawn)
        and not any(contains(each, p) for each in excluded)
        for p in POINTS
    ]
    assert _covered(found) == wanted
    assert all(sum(contains(each, point) for each in found) <= 1 for point in POINTS)
