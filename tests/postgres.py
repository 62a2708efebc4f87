# SPDX-License-Identifier: Apache-2.0
"""A private, real PostgreSQL server for one test run, and a fresh database for each test.

It runs from the programs that are installed (Debian: `postgresql`), as a user without privileges,
in a folder of its own, reached over a socket in that folder; nothing else on the machine sees it.
It syncs as a real one does, in memory where there is room: the tests crash processes and not the
machine, and the disk would take most of their time. Where there are no such programs the tests that
need it are skipped.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
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
_MEMORY, _ROOM = Path("/dev/shm"), 4 << 30  # noqa: S108 - bytes that have to be free there
_TIDY = 'read -r end; "$1" -D "$2/data" -m immediate stop; rm -rf "$2"'


@attrs.frozen
class Cluster:
    """A server in *folder*, run by the programs in *programs*."""

    folder: Path
    programs: Path
    port: int = 5432

    def url(self, database: str = "postgres", user: str = OWNER) -> str:
        """Return the URL of *database*."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def fresh(self) -> str:
        """Make an empty database; return its URL."""
        name = f"test_{secrets.token_hex(6)}"
        self.run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def fresh_both(self, standby: Cluster) -> str:
        """Make an empty database; return the URL that finds it here or on *standby*."""
        name = self.fresh().split("/")[3].split("?")[0]
        hosts = f"host={self.folder},{standby.folder}&port={self.port},{standby.port}"
        return f"postgresql://{OWNER}@/{name}?{hosts}&target_session_attrs=read-write"

    def run(self, statement: sql.Composed | sql.SQL, url: str | None = None) -> None:
        """Run *statement* as the owner of everything."""
        with psycopg.connect(url or self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def start(self) -> None:
        """Start the server, which recovers first if it was not shut down."""
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}'"
        options += f" -c port={self.port} -c max_connections=30 -c shared_buffers=16MB"
        log = f"--log={self.folder / 'server.log'}"
        self._control("--wait", log, f"--options={options}", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: `immediate` is without a checkpoint, as a crash leaves it."""
        self._control("--wait", f"--mode={mode}", "stop")

    def promote(self) -> None:
        """Make a standby a server of its own."""
        self._control("--wait", "promote")

    def caught_up_with(self, primary: Cluster) -> None:
        """Return once this standby has all that *primary* has."""
        with psycopg.connect(primary.url(), autocommit=True) as connection:
            row = connection.execute("SELECT pg_current_wal_lsn()::text").fetchone()
        with psycopg.connect(self.url(), autocommit=True) as connection:
            query = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
            while connection.execute(query, row).fetchone() != (True,):
                time.sleep(0.01)

    @contextmanager
    def standby(self) -> Iterator[Cluster]:
        """Yield a running standby that follows this server."""
        with _folder(self.programs) as folder:
            data = f"--pgdata={folder / 'data'}"
            options = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync")
            command = [str(self.programs / "pg_basebackup"), data, *options, f"-d{self.url()}"]
            subprocess.run(command, check=True, **_as_nobody(folder))
            follower = attrs.evolve(self, folder=folder, port=self.port + 1)
            follower.start()
            yield follower

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
        # Not to a pipe: the server would inherit it, and who reads it would wait for its end.
        options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(command, check=True, **{**options, **_as_nobody(self.folder)})


@contextmanager
def cluster(*, on_disk: bool = False) -> Iterator[Cluster]:
    """Make, start and remove a server; skip the test where PostgreSQL is not installed."""
    programs = installed()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with _folder(programs, on_disk=on_disk) as folder:
        command = [str(programs / "initdb"), f"--pgdata={folder / 'data'}", *_QUICK]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **_as_nobody(folder))
        server = Cluster(folder, programs)
        server.start()
        yield server


@contextmanager
def _folder(programs: Path, *, on_disk: bool = False) -> Iterator[Path]:
    # Yields a folder of the user that runs servers, with a short name: a socket's has 107 bytes.
    # What stops the server and removes the folder is a process that waits for the end of its input,
    # so that it does so too when this process is killed.
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    place = _MEMORY if roomy and not on_disk else None
    folder = Path(tempfile.mkdtemp(prefix="helm-pg-", dir=place))
    if os.geteuid() == 0:
        os.chown(folder, _user().pw_uid, _user().pw_gid)
    command = ["sh", "-c", _TIDY, "tidy", str(programs / "pg_ctl"), str(folder)]
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **_as_nobody(Path("/"))}
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, **options):
        yield folder


@cache
def installed() -> Path | None:
    """Return the folder of the newest PostgreSQL programs here, None if there are none."""
    # The system's packages first: what is on the path may be a part of the programs only.
    found = sorted(
        (path.parent for place in _PLACES for path in Path(place).glob("**/bin/initdb")),
        key=lambda path: [int(part) for part in path.parts if part.isdigit()],
    )
    on_path = shutil.which("initdb")
    if not found and on_path is not None:
        found = [Path(on_path).resolve().parent]
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
