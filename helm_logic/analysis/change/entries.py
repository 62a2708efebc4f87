# SPDX-License-Identifier: Apache-2.0
"""Guards on two sides: which boxes both sides have, and which only one.

A side is a version of a rule set, or a situation of one. What both sides say alike is context; only
the rest has to be explored (`moves.py`), so as much as possible is found to be alike here, without
changing the union of any side's boxes of any verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import attrs

from helm_logic.analysis.boxes import Box, Space, are_apart, contains
from helm_logic.receipts.verdict import Verdict

OLD, NEW, BOTH = 1, 2, 3
_Key: TypeAlias = tuple[Verdict, tuple[tuple[int, int], ...]]


@attrs.frozen
class Entry:
    """One box of the guard of *rule*, which concludes *verdict* on *sides*: OLD, NEW or BOTH."""

    sides: int
    verdict: Verdict
    rule: str
    box: Box


class EntryIndex:
    """Entries by the classes of one feature, the action, which most guards ask for."""

    def __init__(self, entries: Sequence[Entry], feature: int | None) -> None:
        self._entries, self._feature = entries, feature
        self._anywhere: list[int] = []
        self._by_class: dict[int, list[int]] = {}
        for number, entry in enumerate(entries):
            mask = entry.box.get(feature) if feature is not None else None
            if mask is None:
                self._anywhere.append(number)
            else:
                for each in bits(mask):
                    self._by_class.setdefault(each, []).append(number)

    def near(self, box: Box) -> list[int]:
        """Return the numbers of the entries that share a point with *box*, in order."""
        return [n for n in self.perhaps(box) if not are_apart(self._entries[n].box, box)]

    def perhaps(self, box: Box) -> Iterable[int]:
        """Return the numbers of the entries that share a class of the one feature, in order."""
        mask = box.get(self._feature) if self._feature is not None else None
        if mask is None:
            return range(len(self._entries))
        found = {*self._anywhere}
        for each in bits(mask):
            found.update(self._by_class.get(each, ()))
        return sorted(found)


def bits(mask: int) -> Iterator[int]:
    """Yield the places of the ones of *mask*, the lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def reconciled(entries: Iterable[Entry], space: Space, feature: int | None) -> list[Entry]:
    """Return entries that say what *entries* say, with less on one side only; *feature* as above.

    Boxes of one verdict that both sides have, become one. Of two that differ in one feature, what
    they share does. A box inside another one of its verdict and sides says nothing.
    """
    found = _shared(entries)
    while (split := _split(found, space)) is not None:
        found = _shared(split)
    index = EntryIndex(found, feature)
    return [
        entry
        for number, entry in enumerate(found)
        if entry.sides == BOTH or not _is_inside(entry, number, found, index)
    ]


def _is_inside(entry: Entry, number: int, entries: Sequence[Entry], index: EntryIndex) -> bool:
    return any(
        other != number
        and entries[other].verdict is entry.verdict
        and entries[other].sides & entry.sides
        and contains(entries[other].box, entry.box)
        for other in index.perhaps(entry.box)
    )


def _shared(entries: Iterable[Entry]) -> list[Entry]:
    """Return *entries* with each box of a verdict once."""
    found: dict[_Key, Entry] = {}
    for each in entries:
        known = found.setdefault(_key(each), each)
        if each.sides & ~known.sides:
            found[_key(each)] = attrs.evolve(each, sides=known.sides | each.sides)
    return list(found.values())


def _key(entry: Entry) -> _Key:
    return entry.verdict, tuple(sorted(entry.box.items()))


def _split(entries: Sequence[Entry], space: Space) -> list[Entry] | None:
    """Return *entries* with some pairs that differ in one feature split; None if there is none."""
    left = {n: each for n, each in enumerate(entries) if each.sides != BOTH}
    waiting: dict[_Key, list[tuple[int, int | None]]] = {}
    made: list[Entry] = []
    for number, entry in list(left.items()):
        rests = list(_rests(entry))
        for key, feature in rests:
            partner = _partner(entry, feature, waiting.get(key, ()), left, space)
            if partner is not None:
                made += _pieces(left.pop(partner[0]), left.pop(number), partner[1], space)
                break
        else:
            for key, feature in rests:
                waiting.setdefault(key, []).append((number, feature))
    if not made:
        return None
    return [*(e for n, e in enumerate(entries) if e.sides == BOTH or n in left), *made]


def _rests(entry: Entry) -> Iterator[tuple[_Key, int | None]]:
    """Yield the key of *entry*, then each that leaves out one feature, with that feature."""
    verdict, masks = _key(entry)
    yield (verdict, masks), None
    for place, (feature, _) in enumerate(masks):
        yield (verdict, (*masks[:place], *masks[place + 1 :])), feature


def _partner(
    entry: Entry,
    feature: int | None,
    candidates: Iterable[tuple[int, int | None]],
    left: Mapping[int, Entry],
    space: Space,
) -> tuple[int, int] | None:
    """Return an entry of the other side that shares points, and the one feature they differ in."""
    for number, other in candidates:
        differs = other if feature is None else feature
        if differs is None or (None not in (feature, other) and feature != other):
            continue
        each = left.get(number)
        if each is None or each.sides == entry.sides:
            continue
        full = space.full(differs)
        if each.box.get(differs, full) & entry.box.get(differs, full):
            return number, differs
    return None


def _pieces(one: Entry, other: Entry, feature: int, space: Space) -> Iterator[Entry]:
    """Yield what two entries that differ in *feature* share, then what each has for itself."""
    first = one.box.get(feature, space.full(feature))
    second = other.box.get(feature, space.full(feature))
    newer = one if one.sides == NEW else other
    masks = (
        (newer, BOTH, first & second),
        (one, one.sides, first & ~second),
        (other, other.sides, second & ~first),
    )
    for entry, sides, mask in masks:
        box = space.box({**entry.box, feature: mask})
        if box is not None:
            yield attrs.evolve(entry, sides=sides, box=box)
