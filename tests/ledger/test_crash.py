# SPDX-License-Identifier: Apache-2.0
"""What survives: kill -9, torn files, full disks, failing statements; more is in `faults`.

The rule in every case: the log opens with everything that was acknowledged, or it does not open.
"""

from __future__ import annotations

import itertools
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helm_logic.errors import StoreError, StoreFull
from helm_logic.ledger.checkpoint import verify_checkpoint
from helm_logic.ledger.merkle import verify_consistency
from helm_logic.ledger.store import Record, SqliteStore
from helm_logic.ledger.store_fsck import fsck
from helm_logic.ledger.store_reader import Entry, StoreReader
from tests.ledger.keyring import LOG, ORIGIN
from tests.ledger.logs import LogFolder, log_folder, receipts, texts

ROOT = Path(__file__).parents[2]


def writer(log: LogFolder, *arguments: str) -> subprocess.Popen[str]:
    """Start a process that appends to *log* until it ends or is ended."""
    command = [sys.executable, "-m", "tests.ledger.crash_writer", str(log.folder), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def refuse_contradiction(old: bytes, store: StoreReader) -> None:
    """Raise unless the store's tree head extends the tree head *old*."""
    before, now = (
        verify_checkpoint(note, ORIGIN, LOG.public_key) for note in (old, store.checkpoint())
    )
    path = store.consistency(before.size, now.size)
    verify_consistency(before.size, now.size, before.root, now.root, path)


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """A writer killed again and again at any moment; every line it told is an entry afterwards."""
    log = log_folder(tmp_path)
    log.create().close()
    told: dict[int, str] = {}
    for run in range(5):
        with writer(log, str(run)) as process:
            assert process.stdout is not None
            lines = list(itertools.islice(process.stdout, 20 + 37 * run))
            process.send_signal(signal.SIGKILL)
            lines += process.stdout.readlines()
        if not lines[-1].endswith("\n"):
            lines.pop()  # torn in the pipe: told to nobody
        told |= {int(index): text for index, text in (line.split(" ", 1) for line in lines)}
        head = log.head.read_bytes()
        with log.open() as store:
            for index, text in told.items():
                payload = store.entry(index).envelope.payload.decode()
                assert payload == text.removesuffix("\n").ljust(500, ".")
            refuse_contradiction(head, store)
            fsck(store)
    assert len(told) >= 20 * 5


def test_a_full_disk_stops_the_log_and_room_lets_it_go_on(tmp_path: Path) -> None:
    """A file may grow no further: the append fails, nothing told is lost, no repair is needed."""
    log = log_folder(tmp_path)
    log.create().close()
    for run, limit in enumerate((60_000, 90_000, 150_000)):
        with writer(log, str(run), str(limit)) as process:
            assert process.stdout is not None
            *told, last = process.stdout.read().splitlines()
        assert last in {"StoreError", "StoreFull"}
        with log.open() as store:
            for line in told:
                index, text = line.split(" ", 1)
                assert store.entry(int(index)).envelope.payload.decode().startswith(text)
            store.append(receipts(run * 10, 1))
            fsck(store)


def test_a_store_without_pages_left_is_full(tmp_path: Path) -> None:
    """SQLite's own account of a full disk is told as that; then the store goes on."""
    log = log_folder(tmp_path)
    store = log.create()
    store.append(receipts(0, 3))
    assert store._connection is not None
    store._connection.execute("PRAGMA max_page_count = 20")
    with pytest.raises(StoreFull, match="no space is left"):
        store.append(receipts(1000, 200))
    with pytest.raises(StoreError, match="was closed"):
        store.append(receipts(3, 1))

    with log.open() as store:
        store.append(receipts(3, 1))
        fsck(store)
        assert texts(store)[:3] == ["receipt 0", "receipt 1", "receipt 2"]


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[tuple[LogFolder, list[Entry]]]:
    """Crash a log that has entries in its database and in its WAL; give all of them, too."""
    log = log_folder(tmp_path)
    with log.create() as store:
        store.append(receipts(0, 20))
    with log.open() as store:
        for start in range(20, 60, 8):
            store.append(receipts(start, 8))
        yield log.copy("crashed"), list(store)


def opens_whole_or_not(log: LogFolder, entries: list[Entry]) -> bool:
    """Open *log*; return whether it opened, having compared every entry if it did."""
    try:
        with log.open() as store:
            fsck(store)
            assert list(store) == entries
    except StoreError:
        return False
    return True


def damage(log: LogFolder, change: Callable[[LogFolder], None]) -> LogFolder:
    """Return a copy of *log* on which *change* was done."""
    copy = log.copy("damaged")
    change(copy)
    return copy


def test_a_torn_wal_is_noticed(busy: tuple[LogFolder, list[Entry]]) -> None:
    """Cut short anywhere, or gone: the log is whole or is not opened."""
    crashed, entries = busy
    size = crashed.wal.stat().st_size
    assert size > 50_000
    cuts = sorted({*range(0, size, 1999), *range(0, size - 32, 4120), size - 1, size})
    opened = [
        cut
        for cut in cuts
        if opens_whole_or_not(damage(crashed, lambda log: _cut(log.wal, cut)), entries)  # noqa: B023
    ]

    assert opened == [size]
    assert not opens_whole_or_not(damage(crashed, lambda log: log.wal.unlink()), entries)


def test_a_torn_database_is_noticed(busy: tuple[LogFolder, list[Entry]]) -> None:
    """Cut short anywhere after a proper close: the log is whole or is not opened."""
    crashed, entries = busy
    crashed.open().close()
    size = crashed.store.stat().st_size
    cuts = sorted({*range(0, size, 3001), *range(0, size, 4096), size - 1, size})
    opened = [
        cut
        for cut in cuts
        if opens_whole_or_not(damage(crashed, lambda log: _cut(log.store, cut)), entries)  # noqa: B023
    ]

    assert opened == [size]


def test_a_database_of_an_older_time_under_the_newest_wal_is_noticed(tmp_path: Path) -> None:
    """Files of different moments do not make a log that lost something."""
    log = log_folder(tmp_path)
    log.create().close()
    moments = [log.copy("moment 0")]
    store = log.open()
    entries = []
    for number in range(1, 4):
        store.append(receipts(number * 30, 30))
        entries = list(store)
        moments.append(log.copy(f"moment {number}"))
        if number == 2:
            store.close()
            store = log.open()
    store.close()
    for parts in itertools.product(moments, repeat=2):
        mixed = log.copy("mixed")
        shutil.copy(parts[0].store, mixed.store)
        if parts[1].wal.exists():
            shutil.copy(parts[1].wal, mixed.wal)
        if opens_whole_or_not(mixed, entries):
            assert parts[1] is not moments[0] or parts[0] is moments[3]


class FailingConnection:
    """Fails at statement number *fails_at* as a disk does, before or after the statement ran."""

    def __init__(self, connection: sqlite3.Connection, fails_at: int, *, after: bool) -> None:
        self.connection = connection
        self.left = fails_at
        self.after = after

    def execute(self, *arguments: Any) -> Any:
        """Execute, or fail."""
        return self._count(self.connection.execute, arguments)

    def executemany(self, *arguments: Any) -> Any:
        """Execute, or fail."""
        return self._count(self.connection.executemany, arguments)

    def close(self) -> None:
        """Close the connection below."""
        self.connection.close()

    def _count(self, method: Callable[..., Any], arguments: Any) -> Any:
        self.left -= 1
        if self.left != 0:
            return method(*arguments)
        if self.after:
            method(*arguments).close()  # a cursor kept in a traceback would keep the lock
        raise _disk_error()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_every_statement_of_an_append_may_fail(tmp_path: Path, *, after: bool) -> None:
    """Whichever fails: the store closes, told entries stay, no second truth is ever signed."""
    log = log_folder(tmp_path)
    log.create().close()
    told, completed = 0, False
    for fails_at in range(1, 12):
        store: SqliteStore = log.open()
        told += len(store.append(receipts(100 * fails_at, 3)))
        head = store.checkpoint()
        connection = store._connection
        assert connection is not None
        store._connection = FailingConnection(connection, fails_at, after=after)  # type: ignore[assignment]
        completed = not fails(store, receipts(100 * fails_at + 50, 3))
        told += 3 * completed
        store.close()
        with log.open() as again:
            refuse_contradiction(head, again)
            assert fsck(again).entries >= 1 + told
            told = again.size - 1
    assert completed


def fails(store: SqliteStore, batch: list[Record]) -> bool:
    """Append *batch*; return whether the disk failed, having tried the store once more then."""
    try:
        store.append(batch)
    except StoreError as error:
        reason = str(error)
    else:
        return False
    assert "disk I/O error; open the store again" in reason
    with pytest.raises(StoreError, match="was closed"):
        store.append(batch)
    return True


def _disk_error() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    return error


def _cut(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)
