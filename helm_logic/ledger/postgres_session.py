# SPDX-License-Identifier: Apache-2.0
"""Connections to the PostgreSQL server that keeps a log, and what their failures mean.

Invariants of a connection made here:
- A commit is on the server's disk when it returns, and on that of its synchronous standbys where it
  has any: synchronous_commit is `on` for the session, whatever the role or the database say, and a
  server that does not sync (fsync or full_page_writes off) is refused.
- It waits for the head row no longer than `LOCK_SECONDS`, and a writer that stops answering inside
  a transaction loses it, and with it the head row, after `IDLE_SECONDS`.

Source: postgresql.org/docs/15, chapters 20 (configuration), 34 (libpq) and appendix A (codes).
"""

from __future__ import annotations

import logging
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from helm_logic.errors import (
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreUnreachable,
)
from helm_logic.ledger.postgres_schema import SCHEMA

OLDEST_SERVER: Final = 140_000
LOCK_SECONDS: Final = 20
IDLE_SECONDS: Final = 30

# What a URL may say itself; these hold where it says nothing.
_DEFAULTS: Final = {
    "application_name": "helm_logic",
    "client_encoding": "utf8",
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
}
_SETTINGS = """SELECT current_setting('server_version_num')::int, current_setting('fsync'),
    current_setting('full_page_writes'), current_setting('synchronous_commit'),
    pg_is_in_recovery()"""

# The driver logs what a broken pipeline left behind; where nobody configured logging, Python would
# print that. The error itself is raised all the same.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

_LOST: Final = ("08", "57P")  # connection exceptions; shutdown, crash, still starting
_MEANINGS: Final = {
    "55P03": (StoreLocked, "another writer holds the log; look for one that hangs"),
    "53100": (StoreFull, "the server has no space left; free some"),
    "25006": (StoreReadOnly, "the server accepts no writes; name the primary"),
    "42501": (StoreReadOnly, "the role may not do this; grant it, see `grant_append`"),
    "XX001": (StoreCorrupt, "the server found damaged data; restore the newest copy"),
    "XX002": (StoreCorrupt, "the server found a damaged index; rebuild it, then check the log"),
}


def where(url: str) -> str:
    """Return how messages name the log at *url*, without user and password; raise StoreError."""
    parts = _parts(url)
    host, port, name = (str(parts.get(key) or "") for key in ("host", "port", "dbname"))
    place = f"{host}:{port}" if port else host
    return f"log `postgresql://{'' if host.startswith('/') else place}/{name}`"


def connect(url: str, *, append: bool, wait: float = 0.0) -> Connection[Any]:
    """Connect to the server of *url*, to *append* to a log or only to read it.

    Waiting for the head row takes at most *wait* seconds, or LOCK_SECONDS if that is more. Raises
    StoreUnreachable, StoreReadOnly or StoreError.
    """
    name = where(url)
    parts = {**_DEFAULTS, **{key: value for key, value in _parts(url).items() if value is not None}}
    try:
        connection = psycopg.connect(make_conninfo(**parts), autocommit=True)
    except psycopg.Error as error:
        raise failure(error, name) from error
    try:
        _set_up(connection, name, append=append, wait=wait)
    except psycopg.Error as error:
        connection.close()
        raise failure(error, name) from error
    except BaseException:
        connection.close()
        raise
    return connection


def failure(error: psycopg.Error, name: str) -> StoreError:
    """Return the StoreError that *error* of the log *name* means, with what to do next."""
    code = error.sqlstate or ""
    if code in _MEANINGS:
        kind, advice = _MEANINGS[code]
        return kind(f"{name}: {advice} ({_first_line(error)})")
    if code.startswith(_LOST) or (not code and isinstance(error, psycopg.OperationalError)):
        return StoreUnreachable(f"{name}: the server does not answer ({_first_line(error)})")
    return StoreError(f"{name}: {_first_line(error)}")


def _parts(url: str) -> dict[str, Any]:
    try:
        return conninfo_to_dict(url)
    except psycopg.Error as error:
        # libpq's message may quote the URL, and with it a password.
        raise StoreError("the URL of the log is not one that PostgreSQL's libpq reads") from error


def _set_up(connection: Connection[Any], name: str, *, append: bool, wait: float) -> None:
    row = connection.execute(_SETTINGS).fetchone()
    version, fsync, full_pages, commit, standby = row or (0, "off", "off", "off", True)
    if version < OLDEST_SERVER:
        raise StoreError(f"{name}: got PostgreSQL {version // 10_000}, want 14 or newer")
    if append and (fsync, full_pages) != ("on", "on"):
        raise StoreError(
            f"{name}: the server runs with fsync {fsync} and full_page_writes {full_pages},"
            " so a power cut could take what was acknowledged; turn both on"
        )
    if append and standby:
        raise StoreReadOnly(f"{name}: the server is a standby; name the primary")
    session = [f"SET search_path = {SCHEMA}, pg_catalog", "SET client_min_messages = warning"]
    if append:
        # remote_apply waits for more than `on` does.
        session.append(
            f"SET synchronous_commit = {'remote_apply' * (commit == 'remote_apply') or 'on'}"
        )
        session.append(f"SET lock_timeout = {max(int(wait * 1000), LOCK_SECONDS * 1000)}")
        session.append(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
        session.append("SET default_transaction_isolation = 'read committed'")
    else:
        session.append("SET default_transaction_read_only = on")
    connection.execute("; ".join(session).encode())


def _first_line(error: psycopg.Error) -> str:
    message = error.diag.message_primary or str(error)
    return message.strip().split("\n")[0].rstrip(".")
