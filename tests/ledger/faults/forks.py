# SPDX-License-Identifier: Apache-2.0
"""Copies, backups and second writers of one log, in any order.

An operator copies the store, grows it, puts copies back, and starts a second writer, at random. The
head guard stays where it is. Whatever was ever acknowledged has to be one history: any two tree
heads that were handed out are consistent, and no copy that lacks some of it is ever signed over.

Where somebody takes the head guard along and grows both copies, nobody on either side can know of
the other; there the two tree heads must not be provable to be one history, to anyone.
"""

from __future__ import annotations

import itertools
import shutil
from collections import Counter
from pathlib import Path
from random import Random

import attrs

from helm_logic.errors import ForkRefused, HelmError, ProofError, StoreLocked
from helm_logic.ledger.checkpoint import Checkpoint, verify_checkpoint
from helm_logic.ledger.merkle import verify_consistency
from helm_logic.ledger.store import SqliteStore
from tests.ledger.faults.judge import Result, quick_folder
from tests.ledger.faults.workload import in_child
from tests.ledger.keyring import LOG, ORIGIN
from tests.ledger.logs import LogFolder, receipts

STEPS = 12  # of one life


@attrs.define
class Operator:
    """One log, copies of its store, and every tree head that was acknowledged."""

    log: LogFolder
    chance: Random
    heads: list[bytes] = attrs.field(factory=list)
    copies: list[Path] = attrs.field(factory=list)
    found: Counter[str] = attrs.field(factory=Counter)
    number: int = 0
    current: bool = True  # the store in its place has everything that was acknowledged

    def append(self) -> None:
        """Append what nobody appended before; it may not work on a store that is behind."""
        self.number += 10
        try:
            with self.log.open() as store:
                store.append(receipts(self.number, self.chance.randrange(1, 5)))
                self.heads.append(store.checkpoint())
        except ForkRefused:
            self.found["stale stores refused" if not self.current else "REFUSED THE LOG"] += 1
        else:
            self.found["appended" if self.current else "GREW A STALE STORE"] += 1

    def copy(self) -> None:
        """Keep a copy of the store as it is."""
        path = self.log.folder / f"copy{len(self.copies)}"
        shutil.copy(self.log.store, path)
        path.with_suffix(".size").write_text(str(len(self.heads)))
        if self.current:
            self.copies.append(path)

    def restore(self) -> None:
        """Put one of the copies into the store's place, and what was there aside."""
        path = self.chance.choice(self.copies)
        if self.current:
            self.copy()
        shutil.copy(path, self.log.store)
        self.current = int(path.with_suffix(".size").read_text()) == len(self.heads)
        self.found["copies put back"] += 1

    def second_writer(self) -> None:
        """Start a second writer while one is at work."""
        if not self.current:
            return
        with self.log.open() as store:
            told = in_child(lambda tell: tell(f"failed {_opened(self.log)}"))
            refused = told.failures == (StoreLocked.__name__,)
            self.found["second writers refused" if refused else "SECOND WRITER"] += 1
            self.number += 10
            store.append(receipts(self.number, 1))
            self.heads.append(store.checkpoint())


def _opened(log: LogFolder) -> str:
    try:
        with log.open() as store:
            return f"opened at {store.size}"
    except HelmError as error:
        return type(error).__name__


def life(folder: Path, chance: Random) -> Counter[str]:
    """Live one life of a log; return what happened in it."""
    log = LogFolder(folder)
    log.create().close()
    operator = Operator(log, chance)
    operator.append()
    operator.copy()
    for _ in range(STEPS):
        chance.choice((operator.append, operator.copy, operator.restore, operator.second_writer))()
    newest = operator.copies[-1] if not operator.current else log.store
    if newest != log.store:
        newest = max(operator.copies, key=lambda path: int(path.with_suffix(".size").read_text()))
        shutil.copy(newest, log.store)
    with log.open() as store:
        operator.found["pairs of tree heads consistent"] += pairs(operator.heads, store)
        operator.found["forks told apart"] += grown_apart(log, store)
    return operator.found


def pairs(notes: list[bytes], store: SqliteStore) -> int:
    """Prove every two of the tree heads *notes* to be one history; return how many pairs."""
    heads = [verify_checkpoint(note, ORIGIN, LOG.public_key) for note in notes]
    for old, new in itertools.combinations(sorted(heads, key=lambda head: head.size), 2):
        path = store.consistency(old.size, new.size)
        verify_consistency(old.size, new.size, old.root, new.root, path)
    return len(heads) * (len(heads) - 1) // 2


def grown_apart(log: LogFolder, store: SqliteStore) -> int:
    """Grow a copy with its own head guard beside *store*; return the proofs tried and refused."""
    store.close()
    other = log.copy("elsewhere")
    with log.open() as one, other.open() as two:
        one.append(receipts(500_000, 2))
        two.append(receipts(600_000, 3))
        ours, theirs = (
            verify_checkpoint(each.checkpoint(), ORIGIN, LOG.public_key) for each in (one, two)
        )
        paths = [one.consistency(ours.size - 1), two.consistency(ours.size, theirs.size), ()]
        return sum(_refused(ours, theirs, path) for path in paths)


def _refused(old: Checkpoint, new: Checkpoint, path: tuple[bytes, ...]) -> bool:
    try:
        verify_consistency(old.size, new.size, old.root, new.root, path)
    except ProofError:
        return True
    raise AssertionError("two histories were proved to be one")


def run(lives: int, seed: int) -> Result:
    """Live *lives* lives."""
    found: Counter[str] = Counter()
    for number in range(lives):
        with quick_folder() as folder:
            (folder / "log").mkdir()
            found += life(folder / "log", Random(f"{seed}/{number}"))  # noqa: S311
    bad = sum(count for name, count in found.items() if name.isupper())
    return Result("copies, backups, second writers in any order", lives, found, bad)
