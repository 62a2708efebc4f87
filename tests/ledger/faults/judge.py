# SPDX-License-Identifier: Apache-2.0
"""What has to be left of a log after a fault: everything that was told, and one history.

Whoever acknowledges tells it to the outside at once, as lines:

    made                the log was made
    INDEX TEXT          the receipt TEXT is entry INDEX
    failed NAME         the store raised the error NAME, which is one of its own
    unplanned NAME      it raised any other
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import Self

import attrs

from helm_logic.errors import StoreError
from helm_logic.ledger.checkpoint import verify_checkpoint
from helm_logic.ledger.merkle import verify_consistency
from helm_logic.ledger.store import SqliteStore
from helm_logic.ledger.store_fsck import fsck
from tests.ledger.keyring import LOG, ORIGIN
from tests.ledger.logs import LogFolder, receipts

_MEMORY = Path("/dev/shm")  # noqa: S108 - the tests make their own folders there
_PROBE = 900_000  # from here on are the receipts that show that a log goes on


class Left(Enum):
    """What was left of a log."""

    WHOLE = "whole"
    NO_LOG = "no log yet"
    LOST = "acknowledged entries lost"
    UNSOUND = "not sound"
    STUCK = "cannot go on"


GOOD = frozenset({Left.WHOLE, Left.NO_LOG})


@attrs.frozen
class Told:
    """What a process told to the outside before its end."""

    made: bool = False
    entries: dict[int, str] = attrs.field(factory=dict)
    failures: tuple[str, ...] = ()
    unplanned: tuple[str, ...] = ()

    @classmethod
    def of(cls, lines: Iterable[str]) -> Self:
        """Return what *lines* say; one that is torn was told to nobody."""
        entries: dict[int, str] = {}
        words: dict[str, list[str]] = {"made": [], "failed": [], "unplanned": []}
        for line in lines:
            first, _, rest = line.partition(" ")
            if first in words:
                words[first].append(rest)
            else:
                entries[int(first)] = rest
        return cls(bool(words["made"]), entries, tuple(words["failed"]), tuple(words["unplanned"]))


@attrs.frozen
class Result:
    """What came of *trials* of *what*: how many of each sort, and how many were *bad*.

    A *control* is one that must lose something, or the test could not see it.
    """

    what: str
    trials: int
    found: Counter[str]
    bad: int
    named: tuple[str, ...] = ()
    control: bool = False

    @property
    def verdict(self) -> str:
        """How many went wrong, in a word."""
        good = "lost, as it must" if self.control else "none"
        return good if self.bad == 0 else f"**{self.bad:,}**"

    def words(self) -> str:
        """Return what came of it, in words."""
        return ", ".join(f"{count:,} {name}" for name, count in self.found.items())


def judge(log: LogFolder, told: Told) -> Left:
    """Open *log* as it was left; say what is left of what was *told*, and let it grow on."""
    try:
        store = log.open()
    except StoreError:
        return Left.LOST if told.entries or told.made else _made_anew(log)
    with store:
        try:
            fsck(store)
            payloads = [entry.envelope.payload.decode() for entry in store.entries()]
        except StoreError:
            return Left.UNSOUND
        if any(payloads[index : index + 1] != [text] for index, text in told.entries.items()):
            return Left.LOST
        return _grows_on(store)


def refuse_contradiction(old: bytes, new: bytes, log: SqliteStore) -> None:
    """Raise unless the tree head *new* of *log* extends its tree head *old*."""
    before, now = (verify_checkpoint(note, ORIGIN, LOG.public_key) for note in (old, new))
    path = log.consistency(before.size, now.size)
    verify_consistency(before.size, now.size, before.root, now.root, path)


def _grows_on(store: SqliteStore) -> Left:
    before, size = store.checkpoint(), store.size
    try:
        (entry,) = store.append(receipts(_PROBE + size, 1))
    except StoreError:
        return Left.STUCK
    refuse_contradiction(before, store.checkpoint(), store)
    return Left.WHOLE if entry.index == size else Left.UNSOUND


def _made_anew(log: LogFolder) -> Left:
    # Nothing was acknowledged and the log does not open: what there is may be thrown away.
    for path in log.folder.iterdir():
        path.unlink()
    with suppress(StoreError), log.create() as store:
        return Left.NO_LOG if _grows_on(store) is Left.WHOLE else Left.STUCK
    return Left.STUCK


@contextmanager
def quick_folder() -> Iterator[Path]:
    """Yield a folder in memory where there is one: its syncs are counted and cost nothing."""
    place = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="helm-faults-", dir=place) as folder:
        yield Path(folder).resolve()
