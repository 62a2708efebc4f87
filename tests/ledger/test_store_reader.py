# SPDX-License-Identifier: Apache-2.0
"""Reading a log: damaged rows are errors, never answers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helm_logic.errors import EnvelopeError, ForkRefused, ProofError, StoreCorrupt, StoreError
from helm_logic.kernel.encoding import digest
from helm_logic.ledger.checkpoint import Checkpoint, sign_checkpoint
from helm_logic.ledger.envelope import Envelope, sign
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.log_config import CONFIG_TYPE, config_envelope, verify_config
from helm_logic.ledger.store import Record
from helm_logic.ledger.store_fsck import fsck
from helm_logic.ledger.store_reader import StoreReader, open_reader
from helm_logic.ledger.store_schema import SCHEMA
from tests.ledger.keyring import ENGINE, LOG, ORIGIN, envelope
from tests.ledger.logs import LogFolder, log_folder, receipts, texts


def forge(log: LogFolder, *statements: tuple[str, tuple[object, ...]]) -> None:
    """Change rows behind the store's back: without its triggers, which are put back after."""
    triggers = [statement for statement in SCHEMA if statement.startswith("CREATE TRIGGER")]
    connection = sqlite3.connect(log.store, isolation_level=None)
    for trigger in triggers:
        connection.execute(f"DROP TRIGGER {trigger.split()[2]}")
    for statement, values in statements:
        connection.execute(statement, values)
    for trigger in triggers:
        connection.execute(trigger)
    connection.close()


@pytest.fixture
def log(tmp_path: Path) -> LogFolder:
    """Make a log of a config and twelve receipts in two batches, with one blob, and close it."""
    log = log_folder(tmp_path)
    with log.create() as store:
        store.append(receipts(0, 5))
        store.append(
            [*receipts(5, 6), Record(Kind.RECEIPT, envelope("last"), {digest(b"blob"): b"blob"})]
        )
    return log


def test_entries_are_read_by_place_by_name_and_in_order(log: LogFolder) -> None:
    """The same entry by its index, its digest and its turn."""
    with log.read() as reader:
        entries = list(reader)

        assert [entry.index for entry in entries] == list(range(13))
        for entry in entries:
            assert reader.entry(entry.index) == entry == reader.read(entry.envelope.digest)
        assert list(reader.entries(start=11)) == entries[11:]
        assert list(reader.entries(start=13)) == []
        assert reader.find(digest(b"nothing")) is None
        for index in (13, -1):
            with pytest.raises(StoreError, match="the log has no entry"):
                reader.entry(index)
        with pytest.raises(StoreError, match="the log has no entry"):
            reader.read(digest(b"nothing"))
        with pytest.raises(EnvelopeError):
            reader.find("no digest")


def test_entries_of_one_kind_are_read_in_order(tmp_path: Path) -> None:
    """Many receipts, few revocations: each kind by itself, across the reader's chunks."""
    with log_folder(tmp_path).create() as store:
        for number in range(3):
            store.append(receipts(number * 300, 300))
            store.append([Record(Kind.REVOCATION, envelope(f"revocation {number}"))])

        assert texts(store) == [f"receipt {number}" for number in range(900)]
        assert [entry.index for entry in store.entries(kind=Kind.REVOCATION)] == [301, 602, 903]
        assert [entry.index for entry in store.entries(602, Kind.REVOCATION)] == [602, 903]
        assert [entry.kind for entry in store.entries(kind=Kind.CONFIG)] == [Kind.CONFIG]
        assert list(store.entries(kind=Kind.APPROVAL)) == []


def test_other_kinds_are_found_without_reading_receipts(log: LogFolder) -> None:
    """The index of everything but receipts serves them."""
    connection = sqlite3.connect(log.store)
    plan = connection.execute(
        "EXPLAIN QUERY PLAN SELECT * FROM entry WHERE idx >= 0 AND kind = 3 AND kind <> 1"
        " ORDER BY idx LIMIT 9"
    ).fetchall()
    connection.close()

    assert "USING INDEX entry_kind" in plan[0][3]


def test_proofs_of_what_the_log_has_not_are_refused(log: LogFolder) -> None:
    """Indexes and sizes beyond the log, and an empty old tree."""
    with log.read() as reader:
        for index in (13, -1):
            with pytest.raises(ProofError):
                reader.inclusion(index)
        for old_size, new_size in ((1, 14), (0, None), (5, 4)):
            with pytest.raises(ProofError):
                reader.consistency(old_size, new_size)


def test_a_reader_cannot_write(log: LogFolder) -> None:
    """Its connection refuses statements that change anything."""
    with log.read() as reader:
        connection = reader._connection
        assert connection is not None
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("INSERT INTO blob VALUES (zeroblob(32), x'00')")


def test_an_archived_copy_is_read_without_a_head_guard(log: LogFolder) -> None:
    """By saying so: None is no path, and a path that is not there is refused."""
    log.head.unlink()
    with pytest.raises(ForkRefused, match="there is no head guard"):
        log.read()
    with open_reader(log.store, None, origin=ORIGIN, key=LOG.public_key) as reader:
        assert reader.size == 13


SWAPPED = envelope("receipt 2")


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("UPDATE entry SET envelope = ? WHERE idx = 4", (SWAPPED.to_bytes(),)),
        ("UPDATE entry SET envelope = ? WHERE idx = 4", (b"{}",)),
        ("UPDATE entry SET digest = zeroblob(32) WHERE idx = 4", ()),
        ("UPDATE entry SET kind = 2 WHERE idx = 4", ()),
        ("UPDATE entry SET kind = 9 WHERE idx = 4", ()),
        ("UPDATE entry SET leaf = x'00' WHERE idx = 4", ()),
    ],
)
def test_a_changed_entry_is_not_read(
    log: LogFolder, statement: str, values: tuple[object, ...]
) -> None:
    """Envelope, leaf, digest and kind of an entry vouch for each other."""
    forge(log, (statement, values))
    with log.read() as reader:
        assert reader.entry(5).index == 5
        with pytest.raises(StoreCorrupt, match="entry 4"):
            reader.entry(4)
        with pytest.raises(StoreCorrupt, match="entry 4"):
            list(reader)
        with pytest.raises(StoreCorrupt, match="entry 4"):
            fsck(reader)


def test_a_changed_blob_is_not_read(log: LogFolder) -> None:
    """Its digest no longer fits."""
    forge(log, ("UPDATE blob SET content = x'00'", ()))
    with log.read() as reader:
        with pytest.raises(StoreCorrupt, match="is damaged"):
            reader.blob(digest(b"blob"))
        with pytest.raises(StoreCorrupt, match="is damaged"):
            fsck(reader)


def head_of(size: int, root: bytes = bytes(32)) -> bytes:
    """Return a tree head that the log's key signed, over any tree."""
    return sign_checkpoint(Checkpoint(ORIGIN, size, root), LOG)


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("DELETE FROM entry WHERE idx = 12", ()),
        ("DELETE FROM checkpoint WHERE size = 13", ()),
        ("DELETE FROM checkpoint", ()),
        ("DELETE FROM head", ()),
        ("UPDATE head SET size = 12", ()),
        ("UPDATE checkpoint SET note = ? WHERE size = 13", (head_of(13),)),
        ("UPDATE checkpoint SET note = ? WHERE size = 13", (head_of(12),)),
        ("UPDATE checkpoint SET note = x'00' WHERE size = 13", ()),
        ("UPDATE node SET hash = zeroblob(32) WHERE level = 3", ()),
        ("DELETE FROM node WHERE level = 2", ()),
        ("UPDATE entry SET leaf = x'00' WHERE idx = 12", ()),
        ("UPDATE entry SET envelope = x'00' WHERE idx = 0", ()),
    ],
)
def test_a_log_that_does_not_fit_together_is_not_opened(
    log: LogFolder, statement: str, values: tuple[object, ...]
) -> None:
    """Entries, tree and last tree head must be of one size and one root, signed by the log."""
    forge(log, (statement, values))
    for attempt in (log.open, log.read):
        with pytest.raises(StoreCorrupt):
            attempt()


@pytest.mark.parametrize(
    ("statement", "values", "message"),
    [
        ("UPDATE node SET hash = zeroblob(32) WHERE level = 1 AND idx = 0", (), "node above"),
        ("DELETE FROM node WHERE level = 1 AND idx = 0", (), "has lost node 0 of level 1"),
        ("INSERT INTO node VALUES (9, 9, zeroblob(32))", (), "got 11 nodes"),
        ("INSERT INTO consumed VALUES (zeroblob(32), 0)", (), "used up by 0, which is no receipt"),
        ("INSERT INTO consumed VALUES (zeroblob(32), 99)", (), "used up by 99, which is no"),
        ("INSERT INTO checkpoint VALUES (4, x'00')", (), "is not the expected log's"),
        ("INSERT INTO checkpoint VALUES (4, ?)", (head_of(4),), "tree head of size 4"),
        ("UPDATE checkpoint SET note = ? WHERE size = 6", (head_of(1),), "tree head of size 1"),
    ],
)
def test_fsck_finds_what_opening_does_not_look_at(
    log: LogFolder, statement: str, values: tuple[object, ...], message: str
) -> None:
    """Old nodes and old tree heads are computed again from the entries."""
    forge(log, (statement, values))
    with log.read() as reader, pytest.raises(StoreCorrupt, match=message):
        fsck(reader)


def test_fsck_finds_a_missing_entry_and_a_surplus_one(log: LogFolder) -> None:
    """The entries are numbered without gaps, and no more than the head says."""
    other = log.copy("other")
    forge(other, ("DELETE FROM entry WHERE idx = 4", ()))
    with other.read() as reader, pytest.raises(StoreCorrupt, match="entry 4 is missing"):
        fsck(reader)
    with log.open() as store:
        assert store._connection is not None
        store._connection.execute("PRAGMA foreign_keys = OFF")
        store._connection.execute("UPDATE head SET size = 14")
        with pytest.raises(StoreCorrupt, match="FROM head"):
            fsck(store)


def test_fsck_asks_sqlite_too(log: LogFolder) -> None:
    """An index that lost a row is damage, although every row is still there."""
    forge(log, ("PRAGMA writable_schema = ON", ()), ("REINDEX", ()))
    connection = sqlite3.connect(log.store, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    (sql,) = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE name = 'entry_kind'"
    ).fetchone()
    wider = sql.replace("kind <> 1", "kind <> 4")
    connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'entry_kind'", (wider,))
    connection.close()
    connection = sqlite3.connect(log.store, isolation_level=None)
    connection.execute("REINDEX entry_kind")
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'entry_kind'", (sql,))
    connection.close()

    with log.read() as reader, pytest.raises(StoreCorrupt, match="sqlite finds"):
        fsck(reader)


def test_the_config_is_signed_by_the_log_and_names_it() -> None:
    """Another signer, another origin, another payload type or other content is refused."""
    good = config_envelope(ORIGIN, LOG)
    verify_config(good, ORIGIN, LOG.public_key)
    bad: list[tuple[Envelope, str]] = [
        (good, "example.com/other"),
        (sign(CONFIG_TYPE, good.payload, ENGINE), ORIGIN),
        (sign("text/plain", good.payload, LOG), ORIGIN),
        (sign(CONFIG_TYPE, good.payload.replace(b"strict", b"asleep"), LOG), ORIGIN),
    ]

    for envelope_, origin in bad:
        with pytest.raises(StoreCorrupt, match="entry 0"):
            verify_config(envelope_, origin, LOG.public_key)


_READINGS: dict[str, Callable[[StoreReader], object]] = {
    "entry": lambda log: log.entry(2),
    "found by digest": lambda log: log.find(envelope("last").digest),
    "named by a prefix": lambda log: log.named(envelope("last").digest[7:19]),
    "entries": lambda log: list(log.entries()),
    "leaves": lambda log: list(log.leaves()),
    "leaf node": lambda log: log.node(0, 2),
    "inner node": lambda log: log.node(1, 2),
    "blob": lambda log: log.blob(digest(b"blob")),
    "blobs": lambda log: list(log.blobs()),
    "tree heads": lambda log: list(log.checkpoints()),
    "counts": lambda log: log.counts(),
}


@pytest.mark.parametrize("what", _READINGS)
def test_a_value_of_another_type_is_damage(
    what: str, log: LogFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite says each value's type in the row itself, where a flipped bit makes it another one."""
    with log.read() as reader:
        _READINGS[what](reader)
        rows = reader._rows

        def damaged(statement: str, *values: object) -> list[tuple[Any, ...]]:
            found = rows(statement, *values)
            return [(*row, len(last) if type(last) is bytes else str(last)) for *row, last in found]

        monkeypatch.setattr(reader, "_rows", damaged)
        with pytest.raises(StoreCorrupt, match=r"is damaged \(got .* must stand\); restore"):
            _READINGS[what](reader)
