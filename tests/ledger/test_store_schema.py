# SPDX-License-Identifier: Apache-2.0
"""The file itself: append-only by trigger, held by one process, and told apart from other files."""

from __future__ import annotations

import errno
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from helm_logic.errors import (
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
)
from helm_logic.ledger.store_schema import connect, connect_read_only, failure
from tests.ledger.logs import LogFolder, log_folder, receipt, receipts, texts, unprivileged


def foreign(log: LogFolder, *statements: str) -> None:
    """Change the file behind the store's back, as another program might."""
    connection = sqlite3.connect(log.store, isolation_level=None)
    try:
        for statement in statements:
            connection.execute(statement)
    finally:
        connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET kind = 2",
        "DELETE FROM entry",
        "UPDATE blob SET content = x'00'",
        "DELETE FROM blob",
        "UPDATE node SET hash = zeroblob(32)",
        "DELETE FROM node",
        "UPDATE checkpoint SET note = x'00'",
        "DELETE FROM checkpoint",
        "UPDATE consumed SET receipt_idx = 0",
        "DELETE FROM consumed",
        "DELETE FROM head",
        "UPDATE head SET size = size",
        "UPDATE head SET size = size - 1",
        "INSERT OR REPLACE INTO entry SELECT * FROM entry",
        "INSERT INTO head VALUES (2, 7)",
        "INSERT INTO consumed VALUES (zeroblob(32), 99)",
    ],
)
def test_rows_are_only_ever_added(tmp_path: Path, statement: str) -> None:
    """No table can be changed or emptied through the store's connection."""
    with log_folder(tmp_path).create() as store:
        approval = "sha256:" + "ab" * 32
        store.append([receipt("a", approval), *receipts(0, 3)])
        connection = store._connection
        assert connection is not None
        connection.execute("INSERT INTO blob VALUES (zeroblob(32), x'01')")

        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)


def test_the_file_can_be_recognised(tmp_path: Path) -> None:
    """Application id, version, WAL and full synchronisation, as the format says."""
    with log_folder(tmp_path).create() as store:
        connection = store._connection
        assert connection is not None
        values = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in (
                "application_id",
                "user_version",
                "journal_mode",
                "synchronous",
                "locking_mode",
            )
        }

    assert values == {
        "application_id": int.from_bytes(b"HLLG", "big"),
        "user_version": 1,
        "journal_mode": "wal",
        "synchronous": 2,
        "locking_mode": "exclusive",
    }


def test_no_shared_memory_file_is_used(tmp_path: Path) -> None:
    """One process holds the log, so its WAL index is in memory; closing leaves one file."""
    log = log_folder(tmp_path)
    with log.create() as store:
        store.append(receipts(0, 3))
        assert {path.name for path in log.folder.iterdir()} == {
            "log.sqlite",
            "log.sqlite-wal",
            "head.note",
        }
    assert {path.name for path in log.folder.iterdir()} == {"log.sqlite", "head.note"}


def test_a_second_connection_of_the_same_process_is_refused(tmp_path: Path) -> None:
    """For writing, for reading and for making it anew."""
    log = log_folder(tmp_path)
    with log.create():
        for attempt in (log.open, log.read, lambda: connect(log.store, new=True)):
            with pytest.raises(StoreLocked, match="held by another process; wait"):
                attempt()
    log.read().close()


HOLDER = """
import sys
from pathlib import Path
from tests.ledger.logs import LogFolder
with LogFolder(Path(sys.argv[1])).open():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_processes_do_not_share_a_log(tmp_path: Path) -> None:
    """The second is refused while the first lives, and gets in by waiting until it ends."""
    log = log_folder(tmp_path)
    log.create().close()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(log.folder)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreLocked):
            log.open()
        with pytest.raises(StoreLocked):
            log.read()
        holder.stdin.close()
        with log.open(wait=30) as store:
            store.append(receipts(0, 1))
        assert holder.wait() == 0


def test_what_may_not_be_written_is_not_opened_for_writing() -> None:
    """In a read-only directory: no new log, no appending; reading goes on, with its proofs."""
    with tempfile.TemporaryDirectory() as parent:
        log = log_folder(Path(parent))
        with log.create() as store:
            store.append(receipts(0, 5))
            head = store.checkpoint()
        crashed = log.copy("crashed")
        with crashed.open() as store:
            store.append(receipts(5, 1))
            unclean = crashed.copy("unclean")
        for path in (log.folder, unclean.folder, Path(parent)):
            path.chmod(0o555)
        try:
            with unprivileged():
                with pytest.raises(StoreReadOnly, match="may not be written"):
                    log.open()
                with pytest.raises(StoreReadOnly, match="may not be written"):
                    LogFolder(Path(parent)).create()
                with log.read() as reader:
                    assert (len(texts(reader)), reader.checkpoint()) == (5, head)
                with pytest.raises(StoreReadOnly, match="was not closed properly"):
                    unclean.read()
        finally:
            for path in (Path(parent), log.folder, unclean.folder):
                path.chmod(0o755)
        with unclean.read() as reader:
            assert len(texts(reader)) == 6


def test_what_is_no_store_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    """Nothing there, an empty file, text, another database, another version, other triggers."""
    log = log_folder(tmp_path)
    for attempt in (log.open, log.read):
        with pytest.raises(StoreError, match="there is no store"):
            attempt()
    log.store.touch()
    for attempt in (log.open, log.read):
        with pytest.raises(StoreError, match="its creation was cut short; create it again"):
            attempt()
    log.create().close()

    for statement, error, message in (
        ("PRAGMA user_version = 2", StoreError, "has version 2, want 1"),
        ("PRAGMA user_version = 1", None, ""),
        ("DROP TRIGGER entry_update", StoreCorrupt, "tables and triggers"),
        ("PRAGMA application_id = 7", StoreCorrupt, "is no log of helm_logic"),
    ):
        foreign(log, statement)
        if error is None:
            log.open().close()
            continue
        with pytest.raises(error, match=message):
            log.open()
    for content in (b"a text, not a database\n" * 100, b"SQLite format 3\0" + bytes(4080)):
        log.store.write_bytes(content)
        with pytest.raises(StoreCorrupt, match="is damaged or no log"):
            log.open()


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    """Making a log where some other database is changes no byte of it."""
    log = log_folder(tmp_path)
    foreign(log, "CREATE TABLE other (column)")
    before = log.store.read_bytes()

    with pytest.raises(StoreError, match="another database already"):
        log.create()
    assert log.store.read_bytes() == before


def test_a_log_taken_out_of_wal_mode_is_put_back(tmp_path: Path) -> None:
    """The promise of durability is about the WAL, so it is set again on opening."""
    log = log_folder(tmp_path)
    log.create().close()
    foreign(log, "PRAGMA journal_mode = DELETE")

    connection = connect(log.store)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_without_a_wal_there_is_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the write-ahead log cannot be had, the store says so; old libraries likewise."""
    log = log_folder(tmp_path)
    in_memory = sqlite3.connect(":memory:", isolation_level=None)
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda *_, **__: in_memory)
        with pytest.raises(StoreError, match="no write-ahead log"):
            connect(log.store, new=True)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    for attempt in (connect, connect_read_only):
        with pytest.raises(StoreError, match=r"want 3\.37 or newer"):
            attempt(log.store)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_BUSY, StoreLocked),
        (sqlite3.SQLITE_BUSY_RECOVERY, StoreLocked),
        (sqlite3.SQLITE_LOCKED, StoreLocked),
        (sqlite3.SQLITE_FULL, StoreFull),
        (sqlite3.SQLITE_READONLY_DIRECTORY, StoreReadOnly),
        (sqlite3.SQLITE_CORRUPT_INDEX, StoreCorrupt),
        (sqlite3.SQLITE_NOTADB, StoreCorrupt),
        (sqlite3.SQLITE_IOERR_FSYNC, StoreError),
        (None, StoreError),
    ],
)
def test_an_error_of_sqlite_is_told_by_its_cause(code: int | None, kind: type) -> None:
    """The extended code decides, not the text."""
    error = sqlite3.OperationalError("message")
    if code is not None:
        error.sqlite_errorcode = code

    assert type(failure(error, "store")) is kind


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, StoreFull),
        (errno.EDQUOT, StoreFull),
        (errno.EFBIG, StoreFull),
        (errno.EROFS, StoreReadOnly),
        (errno.EACCES, StoreReadOnly),
        (errno.EIO, StoreError),
    ],
)
def test_an_error_of_the_system_is_told_by_its_cause(number: int, kind: type) -> None:
    """The error number decides."""
    assert type(failure(OSError(number, "message"), "store")) is kind
