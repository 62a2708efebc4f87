# SPDX-License-Identifier: Apache-2.0
"""Connections: what is asked of a server, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from helm_logic.errors import (
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreUnreachable,
)
from helm_logic.ledger import open_log as open_log_module
from helm_logic.ledger import postgres_session
from helm_logic.ledger.open_log import create_store, open_log, open_store
from helm_logic.ledger.postgres_session import connect, failure, where
from tests.ledger.keyring import LOG, ORIGIN
from tests.postgres import Cluster

SECRET = "postgresql://someone:hunter2@db.example:6543/logs"  # noqa: S105 - nobody's


def test_a_password_is_not_told() -> None:
    """Messages name host, port and database; a URL that is not read is not quoted."""
    assert where(SECRET) == "log `postgresql://db.example:6543/logs`"
    assert where("postgresql:///logs?host=/run/postgresql") == "log `postgresql:///logs`"
    with pytest.raises(StoreError, match="not one that PostgreSQL's libpq reads") as caught:
        where(SECRET + "?hunter2=%zz")
    assert "hunter2" not in str(caught.value)


def test_nobody_there_is_unreachable(tmp_path: Path) -> None:
    """A server that does not answer is told as that, by whatever opens the log."""
    url = f"postgresql://someone@/logs?host={tmp_path}"
    for opened in (create_store, open_store):
        with pytest.raises(StoreUnreachable, match="does not answer"):
            opened(tmp_path, url, "head", origin=ORIGIN, signer=LOG)
    with pytest.raises(StoreUnreachable, match="does not answer"):
        open_log(tmp_path, url, "head", origin=ORIGIN, key=LOG.public_key)


def test_without_the_driver_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is named; logs in files need none."""
    monkeypatch.setattr(open_log_module, "find_spec", lambda _: None)
    with pytest.raises(StoreError, match=r"pip install 'helm-logic\[postgres\]'"):
        open_store(tmp_path, SECRET, "head", origin=ORIGIN, signer=LOG)
    create_store(tmp_path, "log.sqlite", "head", origin=ORIGIN, signer=LOG).close()


@contextmanager
def setting(cluster: Cluster, url: str, name: str, value: str) -> Iterator[None]:
    """Change what the server of *url* does for every session, until the block ends."""
    cluster.run(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value))
    cluster.run(sql.SQL("SELECT pg_reload_conf()"))
    try:
        _until(url, name, value)
        yield
    finally:
        cluster.run(sql.SQL("ALTER SYSTEM RESET {}").format(sql.Identifier(name)))
        cluster.run(sql.SQL("SELECT pg_reload_conf()"))
        _until(url, name, "on")


def _until(url: str, name: str, value: str) -> None:
    # The server reads its configuration when it gets round to it.
    with psycopg.connect(url, autocommit=True) as connection:
        query = sql.SQL("SHOW {}").format(sql.Identifier(name))
        while connection.execute(query).fetchone() != (value,):
            pass


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_a_server_that_does_not_sync_is_refused(postgres: Cluster, name: str) -> None:
    """For appending; reading what is there needs no promise."""
    url = postgres.url()
    with setting(postgres, url, name, "off"):
        with pytest.raises(StoreError, match=f"{name} off"):
            connect(url, append=True)
        connect(url, append=False).close()
    connect(url, append=True).close()


@pytest.mark.parametrize(
    ("asked", "got"), [("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")]
)
def test_a_commit_is_on_the_disk_whatever_the_database_says(
    postgres: Cluster, asked: str, got: str
) -> None:
    """synchronous_commit is raised to `on` for the session, and never lowered."""
    url = postgres.fresh()
    name = sql.Identifier(url.split("/")[3].split("?")[0])
    change = sql.SQL("ALTER DATABASE {} SET synchronous_commit = {}")
    postgres.run(change.format(name, sql.Literal(asked)))
    with connect(url, append=True) as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == (got,)
    with connect(url, append=False) as connection, pytest.raises(psycopg.Error, match="read-only"):
        connection.execute("CREATE TABLE x (y int)")


def test_an_old_server_is_refused(postgres: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its version is told beside the one that is wanted."""
    monkeypatch.setattr(postgres_session, "OLDEST_SERVER", 990_000)
    with pytest.raises(StoreError, match="want 14 or newer"):
        connect(postgres.url(), append=True)


def test_a_database_without_a_log_says_so(postgres: Cluster, tmp_path: Path) -> None:
    """To whoever opens it, and nothing is made."""
    url = postgres.fresh()
    with pytest.raises(StoreError, match="holds no log; create one"):
        open_store(tmp_path, url, "head", origin=ORIGIN, signer=LOG)
    with pytest.raises(StoreError, match="holds no log; create one"):
        open_log(tmp_path, url, None, origin=ORIGIN, key=LOG.public_key)


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (psycopg.errors.LockNotAvailable, StoreLocked),
        (psycopg.errors.DiskFull, StoreFull),
        (psycopg.errors.ReadOnlySqlTransaction, StoreReadOnly),
        (psycopg.errors.InsufficientPrivilege, StoreReadOnly),
        (psycopg.errors.DataCorrupted, StoreCorrupt),
        (psycopg.errors.AdminShutdown, StoreUnreachable),
        (psycopg.errors.CannotConnectNow, StoreUnreachable),
        (psycopg.OperationalError, StoreUnreachable),
        (psycopg.errors.SyntaxError, StoreError),
    ],
)
def test_what_a_failure_means(error: type[psycopg.Error], meaning: type[StoreError]) -> None:
    """Each is the error that an SQLite log would raise for it, with the server's first line."""
    found = failure(error("the reason\nand a hint"), "log `x`")

    assert type(found) is meaning
    assert str(found).startswith("log `x`: ")
    assert "the reason" in str(found)
    assert "hint" not in str(found)
