# SPDX-License-Identifier: Apache-2.0
"""Logs in a folder, as the tests of the store make, copy, damage and reopen them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import attrs

from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store import Record, SqliteStore
from helm_logic.ledger.store_reader import StoreReader, open_reader
from tests.ledger.keyring import LOG, ORIGIN, envelope


@attrs.frozen
class LogFolder:
    """A store and its head guard, both in *folder*."""

    folder: Path

    @property
    def store(self) -> Path:
        """The SQLite file."""
        return self.folder / "log.sqlite"

    @property
    def wal(self) -> Path:
        """Its write-ahead log."""
        return self.folder / "log.sqlite-wal"

    @property
    def head(self) -> Path:
        """The head guard."""
        return self.folder / "head.note"

    def create(self) -> SqliteStore:
        """Make the log."""
        return SqliteStore.create(self.store, self.head, origin=ORIGIN, signer=LOG)

    def open(self, wait: float = 0.0) -> SqliteStore:
        """Open the log for appending."""
        return SqliteStore.open(self.store, self.head, origin=ORIGIN, signer=LOG, wait=wait)

    def read(self) -> StoreReader:
        """Open the log for reading."""
        return open_reader(self.store, self.head, origin=ORIGIN, key=LOG.public_key)

    def copy(self, name: str) -> Self:
        """Copy the folder as it is on the disk now, as a crash would leave it, to a sibling."""
        target = self.folder.parent / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.folder, target)
        return attrs.evolve(self, folder=target)


def log_folder(parent: Path) -> LogFolder:
    """Return an empty folder for a log."""
    (parent / "log").mkdir()
    return LogFolder(parent / "log")


def receipts(start: int, count: int) -> list[Record]:
    """Return *count* receipts that differ from each other; the same for the same *start*."""
    return [receipt(f"receipt {number}") for number in range(start, start + count)]


def receipt(text: str, *consumes: str) -> Record:
    """Return the receipt *text*, which uses up the approvals *consumes*."""
    return Record(Kind.RECEIPT, envelope(text), consumes=consumes)


def texts(store: StoreReader) -> list[str]:
    """Return what the receipts of *store* say, in order."""
    return [entry.envelope.payload.decode() for entry in store.entries(kind=Kind.RECEIPT)]


@contextmanager
def unprivileged() -> Iterator[None]:
    """Act as nobody where the tests run as root, whom no permission stops."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
