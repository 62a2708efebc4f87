# SPDX-License-Identifier: Apache-2.0
"""Appending to a log, store by store: SQLite, and PostgreSQL with one writer and with several.

What is appended are receipts of the deploy scene, decided and signed beforehand, so this is what
the tree, its signed head, the head guard and the database cost. The floor beside each store is the
same bytes inserted into a bare table of the same database with the same settings, one commit a
batch. Writers are processes; all of them, and the server, which is started for this, share the one
core. Wall time, because most of it is waiting for the disk, and the server's CPU time is not ours.
"""

from __future__ import annotations

import multiprocessing
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Barrier
from time import perf_counter_ns
from typing import Final

import attrs
import psycopg

from benchmarks.scene import ENGINE, LOG, NOW, ORIGIN, deploy_scene, new_store
from benchmarks.table import Figure, Table, Target, figure_table, number
from helm_logic.guard.journal import Journal
from helm_logic.ledger.envelope import Envelope, sign
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.open_log import create_store, open_log, open_store
from helm_logic.ledger.store_fsck import fsck
from helm_logic.ledger.store_protocol import URL_SCHEMES, Record
from tests.postgres import Cluster, cluster, installed

BATCHES: Final = (1, 4, 16, 64, 256)
WRITERS: Final = (1, 2, 4)
TARGETED: Final = 64
RATIO: Final = "SQLite log over the bare table, batch of 64"
_DEPTH: Final = 3
_TYPE: Final = "application/vnd.in-toto+json"

Append = Callable[[Sequence[Envelope]], object]


@attrs.frozen
class Job:
    """*writers* processes append batches of *size* at *url*, a log or a *bare* table."""

    name: str
    url: str
    home: Path
    size: int
    writers: int = 1
    bare: bool = False


def run(*, tiny: bool) -> Iterator[Table]:
    """Measure; yield the target, and one table of all stores and batches."""
    batches, rounds = ((2,), 2) if tiny else (BATCHES, 9)
    payload = _payload()
    columns: dict[str, dict[int, float]] = {}
    with TemporaryDirectory() as place, ExitStack() as stack:
        server = None if installed() is None else stack.enter_context(cluster(on_disk=True))
        for size in batches:
            for job in _jobs(Path(place) / str(size), size, server, tiny=tiny):
                calls = 1 if tiny else max(2, 128 // (size * job.writers))
                columns.setdefault(job.name, {})[size] = _measure(job, rounds, calls, payload)
    yield from _tables(columns, batches, rounds)


def _jobs(folder: Path, size: int, server: Cluster | None, *, tiny: bool) -> Iterator[Job]:
    folder.mkdir()
    places = iter(folder / str(number) for number in range(100))
    yield Job("SQLite", "log.sqlite", next(places), size)
    yield Job("SQLite, bare table", "bare.sqlite", next(places), size, bare=True)
    if server is None:
        return
    for writers in WRITERS[: 2 if tiny else None]:
        name = f"PostgreSQL, {writers} writer{'s' if writers > 1 else ''}"
        yield Job(name, server.fresh(), next(places), size, writers)
    yield Job("PostgreSQL, bare table", server.fresh(), next(places), size, bare=True)


def _measure(job: Job, rounds: int, calls: int, payload: bytes) -> float:
    """Return the µs of wall time for one receipt, of all writers together: the median round."""
    job.home.mkdir()
    if not job.bare:
        create_store(job.home, job.url, "head", origin=ORIGIN, signer=LOG).close()
        for me in range(job.writers):
            shutil.copy(job.home / "head", job.home / f"head{me}")
    spawn = multiprocessing.get_context("spawn")  # nothing of this process is in the writers
    barrier = spawn.Barrier(job.writers + 1, timeout=300)
    processes = [
        spawn.Process(
            target=_write, args=(job, _batches(job, rounds, calls, payload, me), me, barrier)
        )
        for me in range(job.writers)
    ]
    for process in processes:
        process.start()
    costs = []
    for _ in range(rounds + 1):
        barrier.wait()
        started = perf_counter_ns()
        barrier.wait()
        costs.append((perf_counter_ns() - started) / 1000 / (calls * job.size * job.writers))
    for process in processes:
        process.join()
    if not job.bare:
        with open_log(job.home, job.url, "head0", origin=ORIGIN, key=LOG.public_key) as log:
            assert fsck(log).entries == 1 + (rounds + 1) * calls * job.size * job.writers
    return median(costs[1:])  # the first round fills caches


def _write(job: Job, rounds: list[list[list[Envelope]]], me: int, barrier: Barrier) -> None:
    """Append in a process of its own, each of *rounds* between two waits at *barrier*."""
    with _bare(job) if job.bare else _log(job, me) as append:
        for batches in rounds:
            barrier.wait()
            for batch in batches:
                append(batch)
            barrier.wait()


def _payload() -> bytes:
    """Return the payload of a receipt of the scene."""
    scene = deploy_scene(_DEPTH)
    with TemporaryDirectory() as place, new_store(Path(place)) as store:
        return scene.evaluator().rule(scene.request(0), NOW, Journal(store)).envelope.payload


def _batches(
    job: Job, rounds: int, calls: int, payload: bytes, me: int
) -> list[list[list[Envelope]]]:
    """Return what writer *me* appends in each round: envelopes like *payload*, all different."""
    names = count()
    return [
        [
            [sign(_TYPE, b"%d/%d %b" % (me, next(names), payload), ENGINE) for _ in range(job.size)]
            for _ in range(calls)
        ]
        for _ in range(rounds + 1)
    ]


@contextmanager
def _log(job: Job, me: int) -> Iterator[Append]:
    with open_store(job.home, job.url, f"head{me}", origin=ORIGIN, signer=LOG) as store:
        yield lambda batch: store.append([Record(Kind.RECEIPT, each) for each in batch])


@contextmanager
def _bare(job: Job) -> Iterator[Append]:
    table = "CREATE TABLE envelope (id INTEGER PRIMARY KEY, data {} NOT NULL)"
    if job.url.startswith(URL_SCHEMES):
        with psycopg.connect(job.url) as connection:
            connection.execute(table.format("bytea").replace("INTEGER", "serial").encode())
            connection.execute("ALTER TABLE envelope ALTER COLUMN data SET STORAGE EXTERNAL")
            connection.commit()
            statement = "INSERT INTO envelope (data) SELECT * FROM unnest(%b::bytea[])"

            def insert(batch: Sequence[Envelope]) -> None:
                connection.execute(statement, ([each.to_bytes() for each in batch],))
                connection.commit()

            yield insert
        return
    with closing(sqlite3.connect(job.home / job.url, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = FULL")
        file.execute(table.format("BLOB"))

        def write(batch: Sequence[Envelope]) -> None:
            rows = [(each.to_bytes(),) for each in batch]
            file.execute("BEGIN IMMEDIATE")
            file.executemany("INSERT INTO envelope (data) VALUES (?)", rows)
            file.execute("COMMIT")

        yield write


def _tables(
    columns: dict[str, dict[int, float]], batches: Sequence[int], rounds: int
) -> Iterator[Table]:
    targeted = TARGETED if TARGETED in batches else batches[-1]
    ratio = columns["SQLite"][targeted] / columns["SQLite, bare table"][targeted]
    how = f"Wall time, median of {rounds} rounds; the server and all writers share one core."
    yield figure_table("Appending over inserting", how, [Figure(RATIO, ratio, "x", Target(2.0))])
    rows = []
    figures = []
    for name, costs in columns.items():
        rows.append((name, *(_cell(costs[size]) for size in batches)))
        figures += [Figure(f"{name}, batch of {size}", costs[size], "µs") for size in batches]
    heads = ("store", *(f"batch of {size}" for size in batches))
    how = (
        "µs of wall time for one receipt, and receipts/s, of all writers together; receipts of a"
        " chain of 3 links, signed beforehand."
    )
    yield Table("Appending by store, writers and batch", how, heads, tuple(rows), tuple(figures))


def _cell(cost: float) -> str:
    return f"{number(cost)} µs, {number(1e6 / cost)}/s"
