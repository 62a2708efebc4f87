# SPDX-License-Identifier: Apache-2.0
"""A machine whose power may fail: what its disk may hold then, by a trace of disk.c.

What is on the disk for certain is what was synced: bytes of a file by syncing the file, names by
syncing their folder, and nothing by anything else. Of the rest the disk may hold any part: writes
in units of a sector, truncations, and names up to some moment. This is less than ext4 promises.
After a sync that failed, what it should have written is gone from memory, so no later sync brings
it to the disk (Rebello et al., "Can Applications Recover from fsync Failures?", ATC 2020).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from random import Random

import attrs

SECTOR = 512


@attrs.frozen
class Operation:
    """One record of a trace; *kind* as in disk.c."""

    kind: str
    path: str
    one: int
    two: int
    data: bytes = b""


class Rest(Enum):
    """What the disk has of what was not synced."""

    NONE = "none of it"
    ALL = "all of it"
    SOME = "some of it"
    LAST_TORN = "all of it but a part of the last write"


def read_trace(trace: bytes) -> list[Operation]:
    """Return the operations and marks of *trace* in order."""
    found = []
    place = 0
    while place < len(trace):
        end = trace.index(b"\n", place)
        kind, rest = trace[place:end].decode().split(" ", 1)
        path, one, two = rest.rsplit(" ", 2)
        place = end + 1
        data = b""
        if kind == "w":
            data = trace[place : place + int(two)]
            place += int(two)
        found.append(Operation(kind, path, int(one), int(two), data))
    return found


@attrs.define(eq=False)
class File:
    """The bytes of a file on the disk, and what was done to it since it was synced."""

    synced: bytearray = attrs.field(factory=bytearray)
    since: list[Operation] = attrs.field(factory=list)

    def sync(self) -> None:
        """Bring everything to the disk."""
        for one in self.since:
            _apply(self.synced, one)
        self.since.clear()

    def lose_some(self, chance: Random) -> None:
        """Bring a part of it to the disk, and forget the rest."""
        self.synced = bytearray(self.after(Rest.SOME, chance))
        self.since.clear()

    def after(self, rest: Rest, chance: Random) -> bytes:
        """Return the bytes that a power cut leaves."""
        left = bytearray(self.synced)
        last = len(self.since) - 1
        for number, one in enumerate(self.since):
            if rest is Rest.ALL or (rest is Rest.LAST_TORN and number < last):
                _apply(left, one)
            elif rest in {Rest.SOME, Rest.LAST_TORN}:
                for part in _parts(one):
                    if chance.random() < 0.5:
                        _apply(left, part)
        return bytes(left)


class Machine:
    """The disk of one folder, as a trace is gone through; *chance* says what failed syncs lose."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._names: dict[str, File] = {}
        self._synced: dict[str, File] = {}
        self._since: list[dict[str, File | None]] = []  # changes of names, each in one step

    def do(self, one: Operation) -> None:
        """Take up the next operation of the trace."""
        match one.kind:
            case "c":
                self._rename({one.path: File()})
            case "r":
                old, new = one.path.split(">")
                self._rename({old: None, new: self._names[old]})
            case "u":
                self._rename({one.path: None})
            case "w" | "t":
                self._names[one.path].since.append(one)
            case "s" if one.path == ".":
                for change in self._since:
                    _change(self._synced, change)
                self._since.clear()
            case "s":
                self._names[one.path].sync()
            case "x" if one.path != ".":
                self._names[one.path].lose_some(self._chance)

    def cut(self, rest: Rest, chance: Random) -> dict[str, bytes]:
        """Return the files that the disk holds if the power fails now."""
        names = dict(self._synced)
        kept = {Rest.NONE: 0, Rest.SOME: chance.randrange(len(self._since) + 1)}
        for change in self._since[: kept.get(rest, len(self._since))]:
            _change(names, change)
        return {name: file.after(rest, chance) for name, file in names.items()}

    def _rename(self, change: dict[str, File | None]) -> None:
        _change(self._names, change)
        self._since.append(change)


def _change(names: dict[str, File], change: dict[str, File | None]) -> None:
    for name, file in change.items():
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file


def _apply(content: bytearray, one: Operation) -> None:
    if one.kind == "t":
        del content[one.one :]
        content.extend(bytes(one.one - len(content)))
    else:
        content.extend(bytes(max(0, one.one - len(content))))
        content[one.one : one.one + len(one.data)] = one.data


def _parts(one: Operation) -> Iterator[Operation]:
    # A write as the disk does it: sector by sector, each of which it does or does not.
    if one.kind == "t":
        yield one
        return
    place = 0
    while place < len(one.data):
        size = SECTOR - (one.one + place) % SECTOR
        piece = one.data[place : place + size]
        yield Operation("w", one.path, one.one + place, len(piece), piece)
        place += size
