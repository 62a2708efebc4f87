# SPDX-License-Identifier: Apache-2.0
"""The head guard: old copies, forks and lost tails are refused, however sound they are."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from helm_logic.errors import ForkRefused, StoreError, StoreReadOnly
from helm_logic.ledger import head as head_module
from helm_logic.ledger.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from helm_logic.ledger.head import read_head, write_head
from helm_logic.ledger.store import SqliteStore
from helm_logic.ledger.store_fsck import fsck
from tests.ledger.keyring import ENGINE, LOG, ORIGIN
from tests.ledger.logs import LogFolder, log_folder, receipts, texts


@pytest.fixture
def log(tmp_path: Path) -> LogFolder:
    """Make a log of a config and five receipts, and close it."""
    log = log_folder(tmp_path)
    with log.create() as store:
        store.append(receipts(0, 5))
    return log


def test_a_restored_backup_is_refused(log: LogFolder) -> None:
    """The store of yesterday beside the head guard of today."""
    backup = log.copy("backup")
    with log.open() as store:
        store.append(receipts(5, 5))
    shutil.copy(backup.store, log.store)

    for attempt in (log.open, log.read):
        with pytest.raises(ForkRefused, match="has 6 entries and the head guard remembers 11"):
            attempt()
    with backup.open() as store:  # with its own head guard it is sound
        fsck(store)


def test_a_copy_that_was_grown_is_refused(log: LogFolder) -> None:
    """Two stores grown from one: shorter, as long or longer, only one fits the head guard."""
    with log.open() as store:
        store.append(receipts(5, 3))
    for count in (3, 4, 20):
        (log.folder / str(count)).mkdir()
        twin = log_folder(log.folder / str(count))
        with twin.create() as store:
            store.append(receipts(100, 5 + count))
        shutil.copy(log.head, twin.head)

        for attempt in (twin.open, twin.read):
            with pytest.raises(ForkRefused, match="do not extend the 9"):
                attempt()
    log.open().close()


def test_a_lost_head_guard_is_not_guessed(log: LogFolder) -> None:
    """Without it the log is not opened; put back, it is."""
    guard = log.head.read_bytes()
    log.head.unlink()
    for attempt in (log.open, log.read):
        with pytest.raises(ForkRefused, match=r"there is no head guard .* of 6 entries"):
            attempt()
    log.head.write_bytes(guard)
    log.open().close()


def test_a_log_that_was_only_made_gets_its_head_guard(tmp_path: Path) -> None:
    """Cut short between its first commit and its head guard, nothing was acknowledged yet."""
    log = log_folder(tmp_path)
    log.create().close()
    log.head.unlink()
    log.read().close()
    assert not log.head.exists()

    with log.open() as store:
        assert log.head.read_bytes() == store.checkpoint()
        assert log.head.stat().st_mode & 0o777 == 0o644


def test_a_head_guard_that_lags_is_brought_up(log: LogFolder) -> None:
    """Cut short between commit and head guard: the entries are there, and are remembered now."""
    behind = log.head.read_bytes()
    with log.open() as store:
        store.append(receipts(5, 5))
        crashed = log.copy("crashed")
    crashed.head.write_bytes(behind)
    crashed.read().close()
    assert crashed.head.read_bytes() == behind

    with crashed.open() as store:
        assert len(texts(store)) == 10
        assert crashed.head.read_bytes() == store.checkpoint()
        assert crashed.wal.stat().st_size == 0  # what was recovered is on the disk before that


def test_what_cannot_be_synced_is_not_remembered(
    log: LogFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If recovered entries do not reach the disk, the head guard stays behind them."""
    behind = log.head.read_bytes()
    with log.open() as store:
        store.append(receipts(5, 5))
    log.head.write_bytes(behind)
    rows = SqliteStore._rows

    def busy(self: SqliteStore, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return [(1, 0, 0)] if "wal_checkpoint" in statement else rows(self, statement, *values)

    monkeypatch.setattr(SqliteStore, "_rows", busy)
    with pytest.raises(StoreError, match="could not be synced"):
        log.open()
    assert log.head.read_bytes() == behind


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"no note",
        sign_checkpoint(Checkpoint("example.com/other", 6, bytes(32)), LOG),
        sign_checkpoint(Checkpoint(ORIGIN, 6, bytes(32)), ENGINE),
        sign_checkpoint(Checkpoint(ORIGIN, 6, bytes(32)), LOG),
        sign_checkpoint(Checkpoint(ORIGIN, 3, bytes(32)), LOG),
        sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), LOG),
        sign_checkpoint(Checkpoint(ORIGIN, 7, bytes(32)), LOG),
    ],
)
def test_a_head_guard_of_anything_else_is_refused(log: LogFolder, note: bytes) -> None:
    """Damaged, or of another log, another key, another tree, an empty tree, a later one."""
    log.head.write_bytes(note)
    for attempt in (log.open, log.read):
        with pytest.raises(ForkRefused):
            attempt()


def test_every_flipped_byte_of_a_head_guard_is_refused(log: LogFolder) -> None:
    """A damaged memory is no memory."""
    good = log.head.read_bytes()
    for place in range(len(good)):
        changed = bytearray(good)
        changed[place] ^= 1 << place % 8
        log.head.write_bytes(bytes(changed))

        with pytest.raises(ForkRefused):
            read_head(log.head, ORIGIN, LOG.public_key)


def test_a_head_guard_that_cannot_be_read_or_written_is_an_error(tmp_path: Path) -> None:
    """A directory in its place, or no directory to put it in."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError, match="Is a directory"):
        read_head(tmp_path / "folder", ORIGIN, LOG.public_key)
    with pytest.raises(StoreError, match="No such file"):
        write_head(tmp_path / "absent" / "head", b"note")
    assert read_head(tmp_path / "absent", ORIGIN, LOG.public_key) is None


def test_without_the_head_guard_nothing_is_acknowledged(
    log: LogFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it cannot be written, append fails and the store closes; its entries are found again."""
    store = log.open()

    def replace(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(head_module, "replace_file", replace)
        with pytest.raises(StoreReadOnly, match="head guard"):
            store.append(receipts(5, 2))
        with pytest.raises(StoreError, match="was closed"):
            store.append(receipts(5, 2))

    with log.open() as again:
        assert len(texts(again)) == 7
        note = log.head.read_bytes()
        assert verify_checkpoint(note, ORIGIN, LOG.public_key).size == 8
