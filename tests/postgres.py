# SPDX-License-Identifier: Apache-2.0
"""A private, real PostgreSQL server for one test run, and a fresh database for each test.

It runs from the programs that are installed (Debian: `postgresql`), as a user without privileges,
in a folder of its own, reached over a socket in that folder; nothing else on the machine sees it.
It syncs as a real one does. Where there are no such programs the tests that need it are skipped.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import psycopg
import pytest
from psycopg import sql

OWNER = "helm"
_PLACES = ("/usr/lib/postgresql", "/usr/pgsql-17", "/usr/pgsql-16", "/opt/homebrew/opt")
_QUICK = ("--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", f"--username={OWNER}")


@attrs.frozen
class Cluster:
    """A server in *folder*, run by the programs in *programs*."""

    folder: Path
    programs: Path

    def url(self, database: str = "postgres", user: str = OWNER) -> str:
        """Return the URL of *database*."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def fresh(self) -> str:
        """Make an empty database; return its URL."""
        name = f"test_{secrets.token_hex(6)}"
        self.run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def run(self, statement: sql.Composed | sql.SQL, url: str | None = None) -> None:
        """Run *statement* as the owner of everything."""
        with psycopg.connect(url or self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def start(self) -> None:
        """Start the server, which recovers first if it was not shut down."""
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}'"
        options += " -c max_connections=30 -c shared_buffers=16MB"
        log = f"--log={self.folder / 'server.log'}"
        self._control("--wait", log, f"--options={options}", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: `immediate` is without a checkpoint, as a crash leaves it."""
        self._control("--wait", f"--mode={mode}", "stop")

    def kill_backend(self, application: str) -> bool:
        """Kill -9 one server process that serves *application*, and with it all sessions."""
        query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s LIMIT 1"
        with suppress(psycopg.OperationalError, ProcessLookupError):  # it recovers, or it is gone
            with psycopg.connect(self.url(), autocommit=True) as connection:
                row = connection.execute(query, (application,)).fetchone()
            if row is not None:
                os.kill(row[0], signal.SIGKILL)
                return True
        return False

    def _control(self, *arguments: str) -> None:
        command = [str(self.programs / "pg_ctl"), f"--pgdata={self.folder / 'data'}", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **_as_nobody(self.folder))


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Make, start and remove a server; skip the test where PostgreSQL is not installed."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="helm-pg-"))  # short: a socket's path has 107 bytes
    try:
        if os.geteuid() == 0:
            os.chown(folder, _user().pw_uid, _user().pw_gid)
        command = [str(programs / "initdb"), f"--pgdata={folder / 'data'}", *_QUICK]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **_as_nobody(folder))
        server = Cluster(folder, programs)
        server.start()
        try:
            yield server
        finally:
            with suppress(subprocess.CalledProcessError):  # a test may have stopped it
                server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _programs() -> Path | None:
    found = sorted(
        (path.parent for place in _PLACES for path in Path(place).glob("**/bin/initdb")),
        key=lambda path: [int(part) for part in str(path).split("/") if part.isdigit()],
    )
    on_path = shutil.which("initdb")
    if on_path is not None:
        found.append(Path(on_path).parent)
    return found[-1] if found else None


def _user() -> pwd.struct_passwd:
    # PostgreSQL refuses to run as root. Debian's package brings a user for it.
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _as_nobody(folder: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {"cwd": folder}
    user = _user()
    return {"cwd": folder, "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
