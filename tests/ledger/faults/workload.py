# SPDX-License-Identifier: Apache-2.0
"""What a process does to a log while its files fail, and a process for each try.

A try runs in a child that was forked off, and tells over a pipe; so it may be killed anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from helm_logic.errors import StoreError
from helm_logic.ledger import store_schema
from helm_logic.ledger.store import SqliteStore
from tests.ledger.faults.judge import Told
from tests.ledger.logs import LogFolder, receipts

Tell = Callable[[str], None]


def small_wal(pages: int = 6) -> None:
    """Let SQLite move its write-ahead log into the database after so few *pages*."""
    _pragma("wal_autocheckpoint", str(pages))


def synchronous(mode: str) -> None:
    """Let SQLite sync as *mode* says, which is FULL in the product."""
    _pragma("synchronous", mode)


def _pragma(name: str, value: str) -> None:
    session = [
        f"PRAGMA {name} = {value}" if one.startswith(f"PRAGMA {name} ") else one
        for one in store_schema._SESSION
    ]
    vars(store_schema)["_SESSION"] = session


def short_life(log: LogFolder, tell: Tell) -> None:
    """Make a log, append to it twice, open it again and append once more."""
    store = log.create()
    tell("made")
    grow(store, 0, (1, 2), tell)
    store.close()
    with log.open() as again:
        grow(again, 10, (1,), tell)


def long_life(log: LogFolder, tell: Tell) -> None:
    """Make a log, append often, with and without closing it in between."""
    store = log.create()
    tell("made")
    grow(store, 0, (1, 3, 2, 5, 1, 1, 4), tell)
    store.close()
    for start in (100, 200):
        with log.open() as again:
            grow(again, start, (2, 1, 6, 1, 3), tell)


def grow(store: SqliteStore, start: int, sizes: tuple[int, ...], tell: Tell) -> None:
    """Append batches of *sizes* receipts numbered from *start* on; tell each acknowledgement."""
    for size in sizes:
        batch = receipts(start, size)
        for one, record in zip(store.append(batch), batch, strict=True):
            tell(f"{one.index} {record.envelope.payload.decode()}")
        start += size


def go_on(log: LogFolder, start: int, tell: Tell) -> None:
    """Do what who runs a store does after it failed: open it again, and append."""
    with log.open() as store:
        grow(store, start, (1, 2), tell)


def in_child(work: Callable[[Tell], None]) -> Told:
    """Do *work* in a process of its own; return what it told before it ended or was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work_and_end(work, lambda line: _write(writing, line))
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    return Told.of(line.decode() for line in data.split(b"\n")[:-1])


def guarded(work: Callable[[Tell], None], tell: Tell) -> bool:
    """Do *work*; tell its failure, if it fails; return whether it did not."""
    try:
        work(tell)
    except StoreError as error:
        tell(f"failed {type(error).__name__}")
    except BaseException as error:  # noqa: BLE001 - whatever it is, it must be told
        tell(f"unplanned {type(error).__name__}: {error}".replace("\n", " "))
    else:
        return True
    return False


def _work_and_end(work: Callable[[Tell], None], tell: Tell) -> None:
    try:
        guarded(work, tell)
    finally:
        os._exit(0)


def _write(descriptor: int, line: str) -> None:
    os.write(descriptor, f"{line}\n".encode())


def emptied(folder: Path) -> LogFolder:
    """Return a log folder of no files in *folder*."""
    for path in folder.iterdir():
        path.unlink()
    return LogFolder(folder)
