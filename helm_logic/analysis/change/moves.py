# SPDX-License-Identifier: Apache-2.0
"""What becomes of the verdict between two sides, box by box: a decision tree that proves itself.

A side is a set of guards with verdicts. DENY holds where a guard of deny does, else ESCALATE where
one of escalate does, else ALLOW where one of allow does, else DENY. The tree cuts a box until each
piece has one verdict on either side, or no guard that only one side has comes near it: there both
sides say the same, whatever it is. So only what differs is explored, and a checker needs nothing
but the guards to see that every leaf is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import attrs

from helm_logic.analysis.boxes import Box, meet
from helm_logic.analysis.change.entries import BOTH, NEW, OLD, Entry, bits
from helm_logic.analysis.cover import Cover, TooManyCases
from helm_logic.analysis.domain import Domain
from helm_logic.receipts.verdict import Verdict

MOST_NODES = 20_000
ORDER = (Verdict.DENY, Verdict.ESCALATE, Verdict.ALLOW)  # the strongest first
_Cuts: TypeAlias = list[tuple[int, int]]
_Near: TypeAlias = list[tuple[int, _Cuts]]


@attrs.frozen
class Same:
    """No guard that only one side has shares a request with the piece."""


@attrs.frozen
class Empty:
    """No request lies in the piece: *cover* is numbered over the impossible boxes of the arena."""

    cover: Cover


@attrs.frozen
class Cut:
    """The piece falls apart by the classes *mask* of *feature*: node *inside*, node *outside*."""

    feature: int
    mask: int
    inside: int
    outside: int


@attrs.frozen
class Leaf:
    """A piece with one verdict *before*, on the old side, and one *after*, on the new one.

    *near* are the numbers of the entries that share a point with it.
    """

    box: Box
    before: Verdict
    after: Verdict
    near: tuple[int, ...]

    @property
    def moves(self) -> bool:
        """Whether the verdict differs."""
        return self.before is not self.after


Node: TypeAlias = Same | Empty | Cut | Leaf


@attrs.frozen
class Tree:
    """A decision tree of *start*; the root is the first of *nodes*."""

    start: Box
    nodes: tuple[Node, ...]

    @property
    def leaves(self) -> Iterator[Leaf]:
        """The pieces with a verdict on either side, in order."""
        return (node for node in self.nodes if isinstance(node, Leaf))


class Explorer:
    """Explores boxes of *arena*, what is told by *entries*; all trees share one bound of nodes.

    Impossible boxes over *counted* features alone are cut out of the pieces whose verdict moves, so
    that counting the points of those features counts what can be.
    """

    def __init__(
        self, arena: Domain, entries: Sequence[Entry], counted: Iterable[int] = ()
    ) -> None:
        self.arena, self.entries = arena, entries
        self._counted = frozenset(counted)
        self._left = MOST_NODES

    def parts(self, start: Box, action: int | None) -> list[Box]:
        """Return the part of *start* for each class of the feature *action* that may differ."""
        differing = [each.box for each in self.entries if each.sides != BOTH]
        space = self.arena.space
        if action is None:
            return [start] if differing else []
        mask = 0
        for box in differing:
            mask |= box.get(action, space.full(action))
        found = (meet(start, {action: 1 << number}) for number in bits(mask))
        return [part for part in found if part is not None]

    def explore(self, start: Box, near: Iterable[int] | None = None) -> Tree:
        """Return the tree of *start*; *near* are the entries that may share a point with it.

        Raises TooManyCases when the trees so far have more than 20,000 nodes.
        """
        nodes: list[Node] = [Same()]
        first = range(len(self.entries)) if near is None else near
        waiting: list[tuple[int, Box, Iterable[int]]] = [(0, start, first)]
        while waiting:
            place, piece, candidates = waiting.pop()
            met = self._near(piece, candidates)
            node = self._node(piece, met)
            if isinstance(node, tuple):
                feature, mask = node
                before = piece.get(feature, self.arena.space.full(feature))
                numbers = [number for number, _ in met]
                inside, outside = len(nodes), len(nodes) + 1
                nodes[place] = Cut(feature, before & mask, inside, outside)
                nodes += (Same(), Same())
                waiting.append((outside, {**piece, feature: before & ~mask}, numbers))
                waiting.append((inside, {**piece, feature: before & mask}, numbers))
                self._spend()
            else:
                nodes[place] = node
        return Tree(start, tuple(nodes))

    def _spend(self) -> None:
        self._left -= 2
        if self._left < 0:
            raise TooManyCases(f"more than {MOST_NODES} cases")

    def _near(self, piece: Box, candidates: Iterable[int]) -> _Near:
        """Return the entries that meet *piece*, each with the cuts that part it from the rest."""
        found = []
        for number in candidates:
            cuts = cuts_towards(piece, self.entries[number].box)
            if cuts is not None:
                found.append((number, cuts))
        return found

    def _node(self, piece: Box, met: _Near) -> Same | Empty | Leaf | tuple[int, int]:
        """Return what *piece* is, or how to cut it."""
        differing = [cuts for number, cuts in met if self.entries[number].sides != BOTH]
        if not differing:
            return Same()
        before, open_before = self._verdict(OLD, met)
        after, open_after = self._verdict(NEW, met)
        if before is None or after is None:
            partial = [cuts for cuts in differing if cuts] or [*open_before, *open_after]
            return min(partial, key=len)[0]
        leaf = Leaf(piece, before, after, tuple(number for number, _ in met))
        return self._settled(leaf) if leaf.moves else leaf

    def _verdict(self, side: int, met: _Near) -> tuple[Verdict | None, list[_Cuts]]:
        """Return the verdict of a side, or None and the cuts of which one must come first."""
        for verdict in ORDER:
            undecided = []
            for number, cuts in met:
                entry = self.entries[number]
                if entry.verdict is verdict and entry.sides & side:
                    if not cuts:
                        return verdict, []
                    undecided.append(cuts)
            if undecided:
                return None, undecided
        return Verdict.DENY, []

    def _settled(self, leaf: Leaf) -> Empty | Leaf | tuple[int, int]:
        """Return *leaf* if a request lies in it, and how to cut off what is impossible."""
        wanted = []
        for _, box in self.arena.near(leaf.box):
            cuts = cuts_towards(leaf.box, box)
            if cuts and self._counted.issuperset(box):
                wanted.append(cuts)
        if wanted:
            return min(wanted, key=len)[0]
        found = self.arena.inside(leaf.box, ())
        return Empty(found) if isinstance(found, Cover) else leaf


def cuts_towards(piece: Box, box: Box) -> _Cuts | None:
    """Return the cuts of *piece* that leave what lies in *box*; None if nothing does."""
    needed = []
    for feature, mask in box.items():
        have = piece.get(feature)
        if have is None:
            needed.append((feature, mask))
        elif not have & mask:
            return None
        elif have & ~mask:
            needed.append((feature, mask))
    return needed
