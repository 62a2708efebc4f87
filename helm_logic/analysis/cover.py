# SPDX-License-Identifier: Apache-2.0
"""Cover trees: the proof that a box lies inside a union of boxes, or a part of it that does not.

A tree cuts the box until each piece lies inside one of the covering boxes. It is its own
certificate: who checks it needs to know nothing of how it was found (`recheck.py`). The search
cuts by the covering box that needs the fewest cuts; it is complete, and bounded by a number of
nodes, past which the answer is that there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import attrs

from helm_logic.analysis.boxes import Box, Space
from helm_logic.errors import HelmError

MOST_NODES = 20_000
Node: TypeAlias = tuple[int, ...]  # (covering box,) or (feature, mask, node if in, node if not)


class TooManyCases(HelmError):
    """A question needs more cases than are worth trying."""


@attrs.frozen
class Cover:
    """A tree as a list of nodes, the root first; every piece lies in the box its leaf names."""

    nodes: tuple[Node, ...]

    @property
    def used(self) -> tuple[int, ...]:
        """The numbers of the covering boxes at the leaves, in order, each once."""
        return tuple(sorted({node[0] for node in self.nodes if len(node) == 1}))


def cover(space: Space, box: Box, covering: Sequence[Box]) -> Cover | dict[int, int]:
    """Return the tree that shows *box* inside the union of *covering*, or a box of it outside.

    Raises TooManyCases if a tree would have more than 20,000 nodes.
    """
    nodes: list[Node | None] = [None]
    waiting: list[tuple[int, dict[int, int], list[int]]] = [
        (0, dict(box), list(range(len(covering))))
    ]
    while waiting:
        place, piece, candidates = waiting.pop()
        cuts, near = _nearest(piece, covering, candidates)
        if cuts is None:
            return piece
        if not cuts:
            nodes[place] = (near[0],)
            continue
        feature, mask = cuts
        inside = piece.get(feature, space.full(feature)) & mask
        outside = piece.get(feature, space.full(feature)) & ~mask
        yes, no = len(nodes), len(nodes) + 1
        nodes[place] = (feature, inside, yes, no)
        nodes += (None, None)
        if len(nodes) > MOST_NODES:
            raise TooManyCases(f"more than {MOST_NODES} cases")
        waiting.append((no, {**piece, feature: outside}, near))
        waiting.append((yes, {**piece, feature: inside}, near))
    return Cover(tuple(node for node in nodes if node is not None))


def _nearest(
    piece: Box, covering: Sequence[Box], candidates: Sequence[int]
) -> tuple[tuple[int, int] | tuple[()] | None, list[int]]:
    """Return how to cut towards the box that needs fewest cuts, and the boxes that meet *piece*.

    No cut, `()`, if the first of those contains *piece*; None if none meets it.
    """
    near: list[int] = []
    fewest, best = 0, None
    for number in candidates:
        needed = []
        for feature, mask in covering[number].items():
            have = piece.get(feature)
            if have is None:
                needed.append((feature, mask))
            elif not have & mask:
                break
            elif have & ~mask:
                needed.append((feature, mask))
        else:
            if not needed:
                return (), [number]
            near.append(number)
            if best is None or len(needed) < fewest:
                fewest, best = len(needed), needed[0]
    return best, near
