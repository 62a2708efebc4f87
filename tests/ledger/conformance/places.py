# SPDX-License-Identifier: Apache-2.0
"""Where the log of a conformance test is kept, and what an operator can do to it there."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Protocol

import attrs
import psycopg
from psycopg import sql

from helm_logic.ledger.keys import Signer
from helm_logic.ledger.open_log import create_store, open_log, open_store
from helm_logic.ledger.store_protocol import Log, Store
from tests.ledger.keyring import LOG, ORIGIN
from tests.postgres import Cluster


class Refused(Exception):
    """The database refused a statement."""


class Place(Protocol):
    """A place for one log; *folder* has its head guard."""

    @property
    def folder(self) -> Path:
        """The folder to which the names in the settings are relative."""
        ...

    @property
    def ledger(self) -> str:
        """The log's name in the settings."""
        ...

    def empty(self) -> None:
        """Take the log away and leave the head guard."""
        ...

    def execute(self, statement: str) -> None:
        """Run *statement* on the tables, past the store; raise Refused."""
        ...

    def back_up(self) -> None:
        """Keep a copy of the log, which nobody has open."""
        ...

    def restore(self) -> None:
        """Put the copy in the place of the log."""
        ...


@attrs.frozen
class SqlitePlace:
    """An SQLite file in *folder*."""

    folder: Path
    ledger: str = "log.sqlite"

    def empty(self) -> None:
        """Remove the file."""
        self._file.unlink()

    def execute(self, statement: str) -> None:
        """Run *statement* over a connection of its own; the store must not be open."""
        connection = sqlite3.connect(self._file)
        try:
            connection.execute("PRAGMA recursive_triggers = ON")
            connection.execute(statement)
            connection.commit()
        except sqlite3.Error as error:
            raise Refused(str(error)) from error
        finally:
            connection.close()

    def back_up(self) -> None:
        """Copy the file."""
        shutil.copy(self._file, self._copy)

    def restore(self) -> None:
        """Copy it back."""
        shutil.copy(self._copy, self._file)

    @property
    def _file(self) -> Path:
        return self.folder / self.ledger

    @property
    def _copy(self) -> Path:
        return self.folder / "copy.sqlite"


@attrs.frozen
class PostgresPlace:
    """A database of *cluster* at the URL *ledger*; *folder* has the head guard alone."""

    folder: Path
    cluster: Cluster
    ledger: str

    def empty(self) -> None:
        """Drop the tables."""
        self.execute("DROP SCHEMA helm_logic CASCADE")

    def execute(self, statement: str) -> None:
        """Run *statement* over a connection of its own, as the owner of the tables."""
        try:
            with psycopg.connect(self.ledger, autocommit=True) as connection:
                connection.execute("SET search_path = helm_logic")
                connection.execute(statement.encode())
        except psycopg.Error as error:
            raise Refused(str(error)) from error

    def back_up(self) -> None:
        """Make a database that is a copy of this one."""
        self._replace(self._copy, self._name)

    def restore(self) -> None:
        """Make this one a copy of that."""
        self._replace(self._name, self._copy)

    @property
    def _name(self) -> str:
        return self.ledger.split("/")[3].split("?")[0]

    @property
    def _copy(self) -> str:
        return self._name + "_copy"

    def _replace(self, new: str, template: str) -> None:
        names = sql.Identifier(new), sql.Identifier(template)
        self.cluster.run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(names[0]))
        self.cluster.run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))


def make(place: Place, *, origin: str = ORIGIN, signer: Signer = LOG) -> Store:
    """Make the log."""
    return create_store(place.folder, place.ledger, "head.note", origin=origin, signer=signer)


def grow(place: Place, *, origin: str = ORIGIN, signer: Signer = LOG) -> Store:
    """Open the log for appending."""
    return open_store(place.folder, place.ledger, "head.note", origin=origin, signer=signer)


def read(place: Place, head: str | None = "head.note") -> Log:
    """Open the log for reading."""
    return open_log(place.folder, place.ledger, head, origin=ORIGIN, key=LOG.public_key)
