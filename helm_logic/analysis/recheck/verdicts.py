# SPDX-License-Identifier: Apache-2.0
"""What becomes of verdicts between two sides: the walk of a tree that tells it.

A side is a version, or a request. DENY comes out where an entry of it holds, else ESCALATE, else
ALLOW, else DENY. An entry of one side makes no difference where one of both sides has its verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import attrs

from helm_logic.analysis.recheck.trees import Box, Refused, lies_in, meeting, walk
from helm_logic.kernel.encoding import JsonValue

OLD, NEW, BOTH = 1, 2, 3
ORDER = ("DENY", "ESCALATE", "ALLOW")  # the strongest first


@attrs.frozen
class Entry:
    """A box in which *sides* conclude *verdict*."""

    sides: int
    verdict: str
    box: Box


class Index:
    """Entries by the classes of the one feature that most of them ask for."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        asked = Counter(feature for each in entries for feature in each.box)
        self._feature = max(asked, key=lambda n: (asked[n], -n), default=-1)
        self._by_class: dict[int, list[int]] = {}
        self._anywhere: list[int] = []
        for number, each in enumerate(entries):
            mask = each.box.get(self._feature)
            places = [self._anywhere] if mask is None else [
                self._by_class.setdefault(n, []) for n in range(mask.bit_length()) if mask >> n & 1
            ]  # fmt: skip
            for place in places:
                place.append(number)

    def near(self, box: Box) -> Sequence[Entry]:
        """Return the entries that may share a point with *box*."""
        mask = box.get(self._feature)
        if mask is None:
            return self._entries
        found = {*self._anywhere}
        for number in range(mask.bit_length()):
            if mask >> number & 1:
                found.update(self._by_class.get(number, ()))
        return [self._entries[number] for number in sorted(found)]


def moves(
    start: Box,
    nodes: Sequence[JsonValue],
    entries: Sequence[Entry],
    sizes: Sequence[int],
    impossible: Sequence[Box],
) -> set[tuple[str, str]]:
    """Return the ways that verdicts go in *start*; raise Refused unless *nodes* show them."""
    found: set[tuple[str, str]] = set()
    pieces: list[tuple[Box, Sequence[Entry]]] = [(start, entries)]
    for node in nodes:
        if not pieces:
            raise Refused("a tree has more nodes than pieces")
        piece, candidates = pieces.pop()
        near = [each for each in candidates if meeting(piece, each.box) is not None]
        match node:
            case ["same"] if all(each.sides == BOTH or is_shared(each.box, each, near)
                                 for each in near):  # fmt: skip
                pass
            case ["leaf", before, after] if (
                _verdict(near, OLD, piece),
                _verdict(near, NEW, piece),
            ) == (before, after):
                if before != after:
                    found.add((str(before), str(after)))
            case ["empty", [*cover]]:
                walk(piece, cover, sizes, (), impossible)
            case [int(feature), str(mask)] if 0 <= feature < len(sizes):
                pieces += [({**piece, feature: side}, near)
                           for side in _sides(piece, feature, mask, sizes)]  # fmt: skip
            case _:
                raise Refused(f"a node of a tree is not what it says: {node!r:.60}")
    if pieces:
        raise Refused("a tree ends before its pieces do")
    return found


def is_shared(box: Box, entry: Entry, entries: Sequence[Entry]) -> bool:
    """Say whether both sides have the verdict of *entry* in *box* by one of *entries*."""
    return any(
        each.sides == BOTH and each.verdict == entry.verdict and lies_in(box, each.box)
        for each in entries
    )


def _sides(piece: Box, feature: int, mask: str, sizes: Sequence[int]) -> list[int]:
    """Return the classes outside *mask* and those inside, as far as there are any."""
    try:
        inside = int(mask, 16)
    except ValueError:
        raise Refused(f"`{mask:.40}` is no mask") from None
    have = piece.get(feature, (1 << sizes[feature]) - 1)
    return [side for side in (have & ~inside, have & inside) if side]


def _verdict(near: Sequence[Entry], side: int, piece: Box) -> str | None:
    """Return the verdict that *side* has throughout *piece*; None if it is not one."""
    for verdict in ORDER:
        said = [each.box for each in near if each.sides & side and each.verdict == verdict]
        if any(lies_in(piece, box) for box in said):
            return verdict
        if said:
            return None
    return "DENY"
