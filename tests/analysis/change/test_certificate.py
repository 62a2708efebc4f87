# SPDX-License-Identifier: Apache-2.0
"""The certificate of a change, read by somebody who knows nothing of how it was made."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings

from helm_logic.analysis.compare import compare
from tests.analysis.change.versions import Pair, pairs, version
from tests.analysis.test_compare import BASE

ORDER = ("DENY", "ESCALATE", "ALLOW")
Box = dict[int, int]


class Wrong(Exception):
    """A certificate that shows nothing."""


class Reader:
    """Reads a certificate of `change/certificate.py`, by its format alone."""

    def __init__(self, value: Any) -> None:
        self.value = json.loads(json.dumps(value))
        self.full = [(1 << classes) - 1 for _, classes in self.value["features"]]
        self.guards = [(s, v, self.box(b)) for s, v, _, b in self.value["guards"]]
        self.impossible = [self.box(box) for box, _ in self.value["impossible"]]

    def box(self, value: Any) -> Box:
        """Return a box with every feature in it."""
        found = dict(enumerate(self.full))
        for feature, mask in value:
            found[feature] &= int(mask, 16)
        return found

    def check(self) -> list[tuple[Box, str, str]]:
        """Return the pieces that have a verdict on either side; raise Wrong."""
        found = []
        starts = [self.box(tree["start"]) for tree in self.value["trees"]]
        for sides, _, box in self.guards:
            if sides != 3 and not self.is_covered(box, starts):
                raise Wrong("a guard of one side lies outside what was explored")
        for tree, start in zip(self.value["trees"], starts, strict=True):
            found += self.node(tree["nodes"], 0, start)
        return found

    def is_covered(self, box: Box, starts: list[Box]) -> bool:
        """Say whether *box* lies in the union of *starts*, which differ in one feature."""
        differing = {n for start in starts for n in start if start[n] != self.full[n]}
        if not starts or len(differing) > 1:
            return False
        return all(not box[n] & ~sum(start[n] for start in starts) for n in differing)

    def node(self, nodes: Any, place: int, piece: Box) -> list[tuple[Box, str, str]]:
        """Return the pieces below a node."""
        match nodes[place]:
            case ["cut", feature, mask, inside, outside]:
                bits = int(mask, 16)
                if bits & ~piece[feature] or min(inside, outside) <= place:
                    raise Wrong("a cut of what is not there")
                one, other = {**piece, feature: bits}, {**piece, feature: piece[feature] & ~bits}
                return [*self.node(nodes, inside, one), *self.node(nodes, outside, other)]
            case ["same"]:
                if any(sides != 3 and meets(box, piece) for sides, _, box in self.guards):
                    raise Wrong("a guard of one side meets it")
                return []
            case ["empty", inner]:
                self.covered(inner, 0, piece)
                return []
            case ["leaf", before, after]:
                if (self.verdict(1, piece), self.verdict(2, piece)) != (before, after):
                    raise Wrong("another verdict")
                return [(piece, before, after)]
        raise Wrong("no node")

    def covered(self, nodes: Any, place: int, piece: Box) -> None:
        """Check that *piece* lies in impossible boxes."""
        if len(nodes[place]) == 1:
            box = self.impossible[nodes[place][0]]
            if any(mask & ~box[feature] for feature, mask in piece.items()):
                raise Wrong("not impossible")
            return
        feature, mask, inside, outside = nodes[place]
        bits = int(mask, 16)
        self.covered(nodes, inside, {**piece, feature: piece[feature] & bits})
        self.covered(nodes, outside, {**piece, feature: piece[feature] & ~bits})

    def verdict(self, side: int, piece: Box) -> str:
        """Return the one verdict that *piece* has on a side."""
        for verdict in ORDER:
            near = [box for sides, kind, box in self.guards
                    if sides & side and kind == verdict and meets(box, piece)]  # fmt: skip
            if any(all(not mask & ~box[n] for n, mask in piece.items()) for box in near):
                return verdict
            if near:
                raise Wrong("a guard holds for a part of it")
        return "DENY"


def meets(box: Box, piece: Box) -> bool:
    """Say whether the boxes share a point."""
    return all(mask & box[feature] for feature, mask in piece.items())


def points(reader: Reader, box: Box) -> int:
    """Return the number of points of *box*."""
    number = 1
    for mask in (box[n] for n in range(len(reader.full))):
        number *= mask.bit_count()
    return number


@settings(max_examples=15)
@given(pairs())
def test_a_certificate_shows_what_is_said(pair: Pair) -> None:
    """Every leaf follows from the guards; the pieces that move are the boxes of the moves."""
    change = compare(version(pair.old), version(pair.new))
    reader = Reader(change.certificate)
    leaves = reader.check()

    for move in change.moves:
        if move.code:
            boxes = [reader.box([[n, f"{mask:x}"] for n, mask in box.items()])
                     for box in move.boxes]  # fmt: skip
            mine = [piece for piece, *verdicts in leaves
                    if verdicts == [move.before.value, move.after.value]]  # fmt: skip
            assert sum(points(reader, piece) for piece in mine) == sum(
                points(reader, box) for box in boxes
            )
            assert all(any(meets(box, piece) for box in boxes) for piece in mine)


@pytest.mark.parametrize("kind", ["leaf", "same", "cut", "guards", "trees"])
def test_a_certificate_that_is_changed_shows_nothing(kind: str) -> None:
    """Each kind of node, each guard and each tree is needed."""
    new = BASE.replace("A <= 100", "A <= 500").replace('env("prod"), subject', "subject")
    change = compare(version(BASE), version(new))
    sound = Reader(change.certificate)
    sound.check()

    changed = 0
    for value in _changes(sound.value, kind):
        changed += 1
        with pytest.raises(Wrong):
            Reader(value).check()
    assert changed


def _changes(value: Any, kind: str) -> list[Any]:
    if kind == "trees":
        return [_without(value, "trees", number) for number in range(len(value["trees"]))]
    if kind == "guards":
        return [
            _without(value, "guards", number)
            for number, guard in enumerate(value["guards"])
            if guard[0] != 3
        ]
    found = []
    for number, tree in enumerate(value["trees"]):
        for place, node in enumerate(tree["nodes"]):
            if node[0] == kind:
                other = copy.deepcopy(value)
                other["trees"][number]["nodes"][place] = _another(node)
                found.append(other)
    return found


def _without(value: Any, part: str, number: int) -> Any:
    other = copy.deepcopy(value)
    del other[part][number]
    return other


def _another(node: Any) -> Any:
    if node[0] == "leaf":
        return [*node[:2], ORDER[(ORDER.index(node[2]) + 1) % 3]]
    return ["leaf", "ALLOW", "DENY"] if node[0] == "same" else ["same"]
