# SPDX-License-Identifier: Apache-2.0
"""The store's file: its tables, how a connection to it is made, and what its failures mean.

    entry       idx from 0 without gaps; leaf and envelope are the exact bytes
    blob        what envelopes name by digest, stored once
    node        full subtrees of the Merkle tree, level 1 and up (level 0 is the hash of entry.leaf)
    checkpoint  every signed tree head, by size
    consumed    approvals that were used, by the entry that used them
    head        one row: how many entries there are

Invariants:
- Rows are only ever added; triggers abort the rest. `head` alone changes.
- One connection at a time, in one process: locking_mode=EXCLUSIVE, taken when the file is opened.
  That is also why SQLite before 3.51.3 is sound here: its WAL-reset bug needs two connections.
- A commit is on the disk when it returns: WAL with synchronous=FULL.

Source for the pragmas: sqlite.org/pragma.html, sqlite.org/wal.html.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from helm_logic.errors import StoreCorrupt, StoreError, StoreFull, StoreLocked, StoreReadOnly
from helm_logic.ledger.durable import sync_directory

APPLICATION_ID: Final = 0x484C4C47  # "HLLG"
SCHEMA_VERSION: Final = 1
OLDEST_SQLITE: Final = (3, 37, 0)  # the first with STRICT tables

_TABLES: Final = (
    """CREATE TABLE entry (
    idx INTEGER PRIMARY KEY CHECK (idx >= 0),
    kind INTEGER NOT NULL,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    leaf BLOB NOT NULL,
    envelope BLOB NOT NULL
) STRICT""",
    "CREATE INDEX entry_kind ON entry (kind, idx) WHERE kind <> 1",
    """CREATE TABLE blob (
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    content BLOB NOT NULL
) STRICT""",
    """CREATE TABLE node (
    level INTEGER NOT NULL CHECK (level >= 1),
    idx INTEGER NOT NULL CHECK (idx >= 0),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE checkpoint (
    size INTEGER PRIMARY KEY CHECK (size >= 1),
    note BLOB NOT NULL
) STRICT""",
    """CREATE TABLE consumed (
    approval BLOB PRIMARY KEY CHECK (length(approval) = 32),
    receipt_idx INTEGER NOT NULL REFERENCES entry (idx)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    size INTEGER NOT NULL
) STRICT""",
)
_TRIGGERS: Final = (
    *(
        f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in ("entry", "blob", "node", "checkpoint", "consumed")
        for verb in ("UPDATE", "DELETE")
    ),
    """CREATE TRIGGER head_delete BEFORE DELETE ON head
    BEGIN SELECT RAISE(ABORT, 'head is one row'); END""",
    """CREATE TRIGGER head_update BEFORE UPDATE ON head WHEN NEW.size <= OLD.size
    BEGIN SELECT RAISE(ABORT, 'a log only grows'); END""",
)
SCHEMA: Final = (*_TABLES, *_TRIGGERS)

_SESSION: Final = (
    "PRAGMA locking_mode = EXCLUSIVE",  # before the first read, so that no -shm file is ever used
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",  # where fsync alone does not reach the platter (macOS)
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # so that REPLACE counts as DELETE
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA wal_autocheckpoint = 4000",  # 16 MB: four times fewer syncs of the database itself
)


def connect(path: Path, *, new: bool = False, wait: float = 0.0) -> sqlite3.Connection:
    """Open the store *path* for this process alone, waiting up to *wait* seconds for another.

    With *new* the file is made and must hold nothing yet; `create_schema` comes next. Raises
    StoreLocked, StoreReadOnly, StoreCorrupt or StoreError.
    """
    with _opening(path, "rwc" if new else "rw", wait) as connection:
        for pragma in _SESSION:
            connection.execute(pragma)
        connection.execute("BEGIN IMMEDIATE")  # the lock is taken here and kept until close
        connection.execute("COMMIT")
        if new:
            _require_nothing(connection, path)
        else:
            _require_schema(connection, path)
        if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
            raise StoreError(f"store `{path}` is on a file system that has no write-ahead log")
        sync_directory(path.parent)
        return connection


def connect_read_only(path: Path, *, wait: float = 0.0) -> sqlite3.Connection:
    """Open the store *path* for reading while no other process holds it.

    Where this process may not write (a mounted archive), the file is read as it is: it must then
    have been closed properly, or StoreReadOnly is raised, because its last entries are in the WAL.
    """
    if _writable(path):
        connection = connect(path, wait=wait)
        connection.execute("PRAGMA query_only = ON")
        return connection
    with _opening(path, "ro&immutable=1", wait) as connection:
        wal = path.with_name(path.name + "-wal")
        if wal.exists() and wal.stat().st_size > 0:
            raise StoreReadOnly(
                f"store `{path}` was not closed properly and may not be repaired from here;"
                " open it once where it is writable"
            )
        _require_schema(connection, path)
        return connection


def create_schema(connection: sqlite3.Connection) -> None:
    """Lay the tables of an empty log, in the open transaction."""
    for statement in SCHEMA:
        connection.execute(statement)
    connection.execute("INSERT INTO head VALUES (1, 0)")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def failure(error: sqlite3.Error | OSError | UnicodeDecodeError, where: str) -> StoreError:
    """Return the StoreError that *error* at *where* means, with what to do next."""
    if isinstance(error, OSError):
        return _system_failure(error, where)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the primary code
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreLocked(f"{where} is held by another process; wait until it ends, or stop it")
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(f"{where}: no space is left; free some and open the store again")
    if code == sqlite3.SQLITE_READONLY:
        return StoreReadOnly(f"{where} may not be written; check its permissions and mount")
    # A UnicodeDecodeError is in SQLite's message about text of its own that is damaged.
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB} or isinstance(error, ValueError):
        return StoreCorrupt(f"{where} is damaged or no log ({error}); restore the newest copy")
    return StoreError(f"{where}: {error}; open the store again once the cause is gone")


def _system_failure(error: OSError, where: str) -> StoreError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return StoreFull(f"{where}: no space is left; free some and open the store again")
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return StoreReadOnly(f"{where} may not be written; check its permissions and mount")
    return StoreError(f"{where}: {error.strerror}; open the store again once the cause is gone")


@contextmanager
def _opening(path: Path, mode: str, wait: float) -> Iterator[sqlite3.Connection]:
    # Yields a connection; whatever goes wrong closes it and is told as a StoreError.
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreError(f"got SQLite {sqlite3.sqlite_version}, want 3.37 or newer")
    try:
        _require_access(path, mode)
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=wait,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
        raise failure(error, f"store `{path}`") from error


def _require_access(path: Path, mode: str) -> None:
    exists = path.exists()
    if not exists and mode != "rwc":
        raise StoreError(f"there is no store `{path}`; create one, or restore the newest copy")
    # SQLite would open what it may not write for reading, and fail later and less clearly.
    writable = _writable(path) if exists else os.access(path.parent, os.W_OK)
    if mode.startswith("rw") and not writable:
        raise StoreReadOnly(f"store `{path}` or its directory may not be written")


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _require_nothing(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() != (0,):
        raise StoreError(f"`{path}` holds a log or another database already; open it instead")


def _require_schema(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    rows = connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    if application == 0 and not rows:
        raise StoreError(f"store `{path}` is empty, its creation was cut short; create it again")
    if application != APPLICATION_ID:
        raise StoreCorrupt(f"`{path}` is no log of helm_logic; restore the newest copy")
    if version != SCHEMA_VERSION:
        raise StoreError(f"store `{path}` has version {version}, want {SCHEMA_VERSION}")
    if {sql for (sql,) in rows} != set(SCHEMA):
        raise StoreCorrupt(f"store `{path}` no longer has the tables and triggers it was made with")
