# SPDX-License-Identifier: Apache-2.0
"""Boxes once more, and the walk of a cover tree: the checker's own, as small as can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from helm_logic.analysis.notation import read_mask
from helm_logic.errors import HelmError
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.shape import require_integer, require_list

Box: TypeAlias = Mapping[int, int]
_MOST_CASES = 20_000


class Refused(HelmError):
    """A certificate does not prove what it claims, for the reason that the message gives."""


def lies_in(inner: Box, outer: Box) -> bool:
    """Say whether every point of *inner* is one of *outer*."""
    return all(feature in inner and not inner[feature] & ~mask for feature, mask in outer.items())


def meeting(one: Box, other: Box) -> Box | None:
    """Return the box of the points in both, None if there are none."""
    both = dict(one)
    for feature, mask in other.items():
        both[feature] = both.get(feature, mask) & mask
        if not both[feature]:
            return None
    return both


def walk(
    start: Box, tree: Sequence[JsonValue], sizes: Sequence[int], *leaves: Sequence[Box]
) -> None:
    """Raise Refused unless *tree*, in preorder, cuts *start* into pieces that lie in their leaves.

    *leaves* are the boxes that leaf 0, 1, ... and leaf -1, -2, ... stand for.
    """
    covering, impossible = leaves
    pieces: list[Box] = [start]
    for node in tree:
        if not pieces:
            raise Refused("the tree has more nodes than pieces")
        piece = pieces.pop()
        if isinstance(node, list):
            feature, mask = _cut(node)
            if feature >= len(sizes):
                raise Refused(f"the tree cuts feature {feature}, which is none")
            have = piece.get(feature, (1 << sizes[feature]) - 1)
            # A side without points needs no proof, and has no nodes.
            sides = [rest for rest in (have & ~mask, have & mask) if rest]
            pieces += [{**piece, feature: side} for side in sides]
            continue
        leaf = require_integer(node, "a leaf")
        boxes, place = (covering, leaf) if leaf >= 0 else (impossible, -1 - leaf)
        if place >= len(boxes) or not lies_in(piece, boxes[place]):
            raise Refused(f"a piece of the tree does not lie in its leaf {leaf}")
    if pieces:
        raise Refused("the tree ends before its pieces do")


def require_covered(box: Box, covering: Sequence[Box], sizes: Sequence[int]) -> None:
    """Raise Refused unless *box* lies inside the union of *covering*, found out by cutting it."""
    cases = 0
    waiting: list[tuple[Box, Sequence[Box]]] = [(box, covering)]
    while waiting:
        piece, candidates = waiting.pop()
        cases += 1
        near = [each for each in candidates if meeting(piece, each) is not None]
        if not near or cases > _MOST_CASES:
            raise Refused("a box is not inside others" if not near else "a box has too many cases")
        if any(lies_in(piece, each) for each in near):
            continue
        feature, mask = next(
            (n, mask) for n, mask in near[0].items() if n not in piece or piece[n] & ~mask
        )
        have = piece.get(feature, (1 << sizes[feature]) - 1)
        waiting += [({**piece, feature: side}, near) for side in (have & mask, have & ~mask)]


def _cut(node: JsonValue) -> tuple[int, int]:
    feature, mask = require_list(node, "a cut", 2)
    number = require_integer(feature, "a cut")
    if number < 0:
        raise Refused("the tree cuts a feature below the first")
    return number, read_mask(mask, "a cut")
