# SPDX-License-Identifier: Apache-2.0
"""What the database itself allows, what it is checked for, and what fsck finds that it cannot."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from helm_logic.errors import StoreCorrupt, StoreError, StoreReadOnly
from helm_logic.kernel.encoding import digest
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.postgres import PostgresStore
from helm_logic.ledger.postgres_schema import grant_append
from helm_logic.ledger.store_fsck import fsck
from helm_logic.ledger.store_protocol import Record
from tests.ledger.conformance.places import PostgresPlace, Refused, grow, make, read
from tests.ledger.keyring import LOG, ORIGIN, envelope
from tests.ledger.logs import receipt, receipts
from tests.postgres import Cluster

TABLES = ("entry", "blob", "node", "checkpoint", "consumed", "head")


@pytest.fixture
def place(postgres: Cluster, tmp_path: Path) -> PostgresPlace:
    """Return a log of 14 entries with a blob and a used approval."""
    made = PostgresPlace(tmp_path, postgres, postgres.fresh())
    with make(made) as store:
        used = receipt("use", digest(b"approval"))
        facts = Record(Kind.RECEIPT, envelope("facts"), {digest(b"facts"): b"facts"})
        store.append([used, facts, *receipts(0, 11)])
    return made


def refused_by_role(url: str, statement: str) -> bool:
    """Say whether the server refuses *statement* for want of a privilege."""
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            connection.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            return True
    return False


def test_a_role_that_appends_can_do_nothing_else(place: PostgresPlace) -> None:
    """It grows the log; it may not change, remove, empty or drop, nor touch a trigger."""
    role = place._name + "_guard"
    place.cluster.run(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    with psycopg.connect(place.ledger) as connection:
        connection.execute("SET search_path = helm_logic")
        grant_append(connection, role)
    url = place.cluster.url(place._name, role)
    head = place.folder / "head.note"
    with PostgresStore.open(url, head, origin=ORIGIN, signer=LOG) as store:
        store.append([receipt("by the role", digest(b"another"))])
        assert fsck(store).entries == 15

    for table in TABLES:
        for statement in (
            f"DELETE FROM helm_logic.{table}",  # noqa: S608 - a name from above
            f"TRUNCATE helm_logic.{table}",
            f"DROP TABLE helm_logic.{table}",
            f"ALTER TABLE helm_logic.{table} DISABLE TRIGGER ALL",
        ):
            assert refused_by_role(url, statement), statement
    assert refused_by_role(url, "UPDATE helm_logic.entry SET kind = 1")
    assert refused_by_role(url, "INSERT INTO helm_logic.head VALUES (1, 0)")
    assert refused_by_role(url, "CREATE TABLE helm_logic.more (x int)")


def test_a_role_that_only_reads_is_told_so(place: PostgresPlace) -> None:
    """It reads and checks the whole log; appending is refused as what it is."""
    role = place._name + "_auditor"
    name = sql.Identifier(role)
    place.cluster.run(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    for grant in ("USAGE ON SCHEMA", "SELECT ON ALL TABLES IN SCHEMA"):
        statement = sql.SQL("GRANT {} helm_logic TO {}")
        place.cluster.run(statement.format(sql.SQL(grant), name), place.ledger)
    auditor = PostgresPlace(place.folder, place.cluster, place.cluster.url(place._name, role))
    with read(auditor) as log:
        assert fsck(log).entries == 14
    with grow(auditor) as store, pytest.raises(StoreReadOnly, match="may not do this"):
        store.append(receipts(20, 1))


def test_the_owner_does_not_empty_a_table_by_accident(place: PostgresPlace) -> None:
    """TRUNCATE runs no row triggers, so it has its own; and the size never shrinks."""
    for table in TABLES:
        with pytest.raises(Refused, match="only grows"):
            place.execute(f"TRUNCATE {table} CASCADE")
    with pytest.raises(Refused, match="only grows"):
        place.execute("UPDATE head SET size = 3")


def test_tables_that_lost_their_guards_are_refused(place: PostgresPlace) -> None:
    """Whoever opens the log looks at triggers, keys and columns first."""
    for change, undo in (
        (
            "ALTER TABLE consumed DISABLE TRIGGER consumed_rows",
            "ALTER TABLE consumed ENABLE TRIGGER consumed_rows",
        ),
        (
            "SELECT 1",  # enabled again, but not in every session
            "ALTER TABLE consumed ENABLE ALWAYS TRIGGER consumed_rows",
        ),
        (
            "ALTER TABLE consumed DROP CONSTRAINT consumed_pkey",
            "ALTER TABLE consumed ADD CONSTRAINT consumed_pkey PRIMARY KEY (approval)",
        ),
        (
            "ALTER TABLE entry DROP CONSTRAINT entry_digest_key",
            "ALTER TABLE entry ADD CONSTRAINT entry_digest_key UNIQUE (digest)",
        ),
        ("ALTER TABLE entry ADD COLUMN more integer", "ALTER TABLE entry DROP COLUMN more"),
        (
            "UPDATE pg_proc SET prosrc = prosrc || ' ' WHERE proname = 'refuse'",
            "UPDATE pg_proc SET prosrc = rtrim(prosrc) || ' ' WHERE proname = 'refuse'",
        ),
        ("DROP TRIGGER entry_rows ON entry", "SELECT 1"),
        ("DROP TABLE blob", "SELECT 1"),
    ):
        place.execute(change)
        for opened in (grow, read):
            with pytest.raises(StoreCorrupt, match="no longer has the tables and triggers"):
                opened(place)
        place.execute(undo)


def test_another_version_is_named(place: PostgresPlace) -> None:
    """A log of a later release is not opened by guesswork."""
    place.execute("COMMENT ON TABLE head IS 'helm_logic log, schema version 9'")
    with pytest.raises(StoreError, match="another version of the tables"):
        grow(place)


def test_fsck_finds_what_the_owner_changed(place: PostgresPlace) -> None:
    """With the triggers off for a moment the database says nothing, and the tree does."""
    for table, change, finding in (
        ("entry", "UPDATE entry SET envelope = envelope || ' ' WHERE idx = 5", "entry 5"),
        ("entry", "UPDATE entry SET kind = 2 WHERE idx = 5", "entry 5"),
        ("entry", "UPDATE entry SET leaf = leaf || 'x' WHERE idx = 5", "entry 5"),
        ("entry", "DELETE FROM entry WHERE idx = 5", "entry 5 is missing"),
        (
            "node",
            "UPDATE node SET hash = sha256('') WHERE (level, idx) = (1, 0)",
            "node above entry 1",
        ),
        ("node", "DELETE FROM node WHERE (level, idx) = (1, 2)", "lost node 2 of level 1"),
        ("blob", "UPDATE blob SET content = 'other'", "is damaged"),
        ("consumed", "UPDATE consumed SET receipt_idx = 0", "which is no receipt"),
    ):
        place.execute(f"CREATE TABLE public.kept AS TABLE {table}")
        _unguarded(place, table, change)
        with pytest.raises(StoreCorrupt, match=finding), read(place) as log:
            fsck(log)
        _unguarded(place, table, f"DELETE FROM {table}; INSERT INTO {table} TABLE public.kept")  # noqa: S608
        place.execute("DROP TABLE public.kept")
    with read(place) as log:
        assert fsck(log).entries == 14


def _unguarded(place: PostgresPlace, table: str, change: str) -> None:
    place.execute("ALTER TABLE consumed DROP CONSTRAINT IF EXISTS consumed_receipt_idx_fkey")
    place.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_rows")
    place.execute(change)
    place.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_rows")
