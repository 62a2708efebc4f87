# SPDX-License-Identifier: Apache-2.0
"""Durable decisions: requests in, decisions out once their receipts are on the disk.

`Guard.decide_all` on groups of requests, SQLite in WAL mode with synchronous=FULL, one commit a
group. Every request is another one: a request repeated within a second has one receipt. The floor
beside it writes envelopes of the same size into a bare table with the same settings and does
nothing else, so the difference is what deciding, signing and the tree cost. What appending alone
costs, in either store and with several writers, is `stores`; what proofs and verifying cost is
`proofs`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import proofs, stores
from benchmarks.scene import NOW, Scene, deploy_scene, new_store
from benchmarks.table import Figure, Table, Target, figure_table, number
from benchmarks.timing import Effort, Timing, Work, interleave
from helm_logic.guard import Guard
from helm_logic.guard.journal import Journal

GROUPS = (1, 16, 64, 256)
TARGET = Target(2000, 5000, at_least=True)
TARGETED = 64
SIDES = {"decided": "decisions", "written": "the same bytes only inserted"}
DEPTH = 3


def run(*, tiny: bool) -> Iterator[Table]:
    """Measure; yield the table of targets, those of stores and proofs, and that of all groups."""
    scene = deploy_scene(DEPTH)
    groups = (1, 2) if tiny else GROUPS
    timings: dict[int, dict[str, Timing]] = {}
    for size in groups:
        effort = _effort(size, tiny=tiny)
        with TemporaryDirectory() as place:
            timings[size] = _measure(scene, Path(place), size, effort)
    targeted = groups[-1] if tiny else TARGETED
    yield _target_table(timings[targeted], targeted, _effort(targeted, tiny=tiny))
    yield from stores.run(tiny=tiny)
    yield from proofs.run(tiny=tiny)
    yield _group_table(timings)


def _effort(size: int, *, tiny: bool) -> Effort:
    if tiny:
        return Effort(rounds=2, calls=1, span=0, warm_up=1)
    return Effort(rounds=21, calls=max(1, 64 // size), span=0, warm_up=2)


def _measure(scene: Scene, folder: Path, size: int, effort: Effort) -> dict[str, Timing]:
    """Return what one group of *size* takes: decided by the guard, and only written."""
    with new_store(folder) as store:
        guard = Guard(scene.evaluator(), store, lambda: NOW)
        before = store.size
        numbers = count()
        requests = [
            [scene.request(next(numbers)) for _ in range(size)] for _ in range(_groups(effort))
        ]
        envelope = scene.evaluator().rule(requests[0][0], NOW, Journal(store)).envelope.to_bytes()
        with closing(_bare_table(folder / "bare.sqlite")) as bare:
            sides = {"decided": _decide(guard, requests), "written": _write(bare, envelope, size)}
            timings = interleave(sides, effort)
        assert store.size - before == _groups(effort) * size, "every request has its receipt"
    return timings


def _groups(effort: Effort) -> int:
    return effort.warm_up + effort.rounds * effort.calls


def _decide(guard: Guard, requests: list[list[bytes]]) -> Work:
    def decide(call: int) -> None:
        decisions = guard.decide_all(requests[call])
        assert all(decision.allowed and decision.index for decision in decisions)

    return decide


def _write(connection: sqlite3.Connection, data: bytes, size: int) -> Work:
    rows = [(data,)] * size

    def write(_: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO envelope (data) VALUES (?)", rows)
        connection.execute("COMMIT")

    return write


def _bare_table(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE envelope (id INTEGER PRIMARY KEY, data BLOB NOT NULL)")
    return connection


def _target_table(timings: Mapping[str, Timing], size: int, effort: Effort) -> Table:
    figures = []
    for side, what in SIDES.items():
        cpu, wall = timings[side].cpu_rounds, timings[side].wall_rounds
        for name, costs in (("CPU", cpu), ("wall", wall)):
            target = TARGET if (side, name) == ("decided", "CPU") else Target()
            rate, best = (_rate(size, each(costs)) for each in (median, min))
            figures.append(Figure(f"{what}, by {name} time", rate, "/s", target, best))
    how = (
        f"In groups of {size}, one core, SQLite WAL with synchronous=FULL; {effort.text} (groups),"
        f" both sides taking turns. A chain of {DEPTH} links, every request another one."
    )
    return figure_table("Durable decisions", how, figures)


def _group_table(timings: Mapping[int, Mapping[str, Timing]]) -> Table:
    rows = []
    figures = []
    for size, both in timings.items():
        costs = [
            cost / size
            for timing in (both["decided"], both["written"])
            for cost in (timing.cpu, timing.wall)
        ]
        rows.append((str(size), *map(number, costs), number(_rate(size, both["decided"].wall))))
        figures.append(Figure(f"group of {size}", costs[0], "µs"))
    columns = (
        "group", "CPU µs", "wall µs", "inserted only, CPU µs", "wall µs", "decisions/s, wall",
    )  # fmt: skip
    how = "The same by size of the group: what one decision takes in it."
    return Table("Durable decisions by group", how, columns, tuple(rows), tuple(figures))


def _rate(size: int, cost: float) -> float:
    return size * 1e6 / cost
