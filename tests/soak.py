# SPDX-License-Identifier: Apache-2.0
"""The long half of the fault tests: what `make test` does a part of, at full length.

    python -m tests.soak [--write] [--scale PERCENT] [--seed N] [PART...]

Prints what came of each part, and exits with 1 if anything was lost, forked or missed. --write puts
the table into benchmarks/README.md. --scale takes fewer trials, or more; the table says how many.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import attrs

from benchmarks.readme import README, with_figures
from benchmarks.table import Table
from benchmarks.timing import machine
from tests.guard import full_disk, killed_guards
from tests.ledger import postgres_faults
from tests.ledger.faults import cuts, flips, forks, kills, million, single
from tests.ledger.faults.disk import compiler
from tests.ledger.faults.judge import Result
from tests.postgres import Cluster, cluster, installed
from tests.receipts import damage, hazards

COMMAND = "python -m tests.soak --write"
CLAIMED = 100  # guards killed, however little is done of the rest
_COLUMNS = ("fault", "tried", "what came of it", "lost, forked or missed")


@attrs.frozen
class Soak:
    """How much of everything to do: *percent* of what a full run does."""

    percent: float
    seed: int

    def times(self, full: int) -> int:
        """Return how many of *full* trials to make."""
        return max(1, round(full * self.percent / 100))

    def every(self, full: int) -> int:
        """Return which so-many-th trial to make where a full run makes each *full*-th."""
        return max(1, round(full * 100 / self.percent))


def _files(soak: Soak) -> Iterator[Result]:
    if compiler() is None:
        yield Result("failing files and power cuts: not run, no C compiler", 0, Counter(), 0)
        return
    yield single.run(soak.every(1))
    yield from cuts.run(soak.times(4000), soak.seed)


def _processes(soak: Soak) -> Iterator[Result]:
    yield kills.run(soak.times(500), soak.seed)
    yield forks.run(soak.times(200), soak.seed)
    yield full_disk.run(soak.times(30), soak.seed)


def _bytes(soak: Soak) -> Iterator[Result]:
    cores = os.cpu_count() or 1
    yield from flips.run(soak.every(4), cores)
    yield from damage.run(soak.every(8), cores)
    yield hazards.run()


def _size(soak: Soak) -> Iterator[Result]:
    yield million.run(soak.times(200_000))


def _postgres(soak: Soak) -> Iterator[Result]:
    if installed() is None:
        yield Result("PostgreSQL: not run, not installed", 0, Counter(), 0)
        return
    chance, times = Random(soak.seed), soak.times(100)  # noqa: S311 - moments, not secrets
    with cluster() as server:
        for words, fault in _FAULTS.items():
            with tempfile.TemporaryDirectory() as folder:
                yield _judged(words, times, fault(server, Path(folder), times, chance))
    with tempfile.TemporaryDirectory() as folder:
        few = soak.times(5)
        judgement = postgres_faults.fail_over(Path(folder), few, chance)
        yield _judged("failed over to a synchronous standby", few, judgement)
    yield killed_guards.run(max(times, CLAIMED), soak.seed)


_Fault = Callable[[Cluster, Path, int, Random], postgres_faults.Judgement]
_FAULTS: dict[str, _Fault] = {
    "kill -9 of one of two writers": postgres_faults.kill_writers,
    "kill -9 of a server process amid two writers": postgres_faults.kill_backends,
    "server crashed and restarted amid two writers": postgres_faults.crash_server,
    "server crashed or process killed at any time": postgres_faults.crash_and_kill,
}


def _judged(words: str, times: int, judgement: postgres_faults.Judgement) -> Result:
    found = Counter({"receipts told": judgement.acknowledged, "entries": judgement.entries})
    return Result(f"PostgreSQL: {words}", times, found, judgement.lost)


PARTS: dict[str, Callable[[Soak], Iterator[Result]]] = {
    "files": _files,
    "processes": _processes,
    "bytes": _bytes,
    "size": _size,
    "postgres": _postgres,
}


def table(results: list[Result], soak: Soak) -> Table:
    """Return *results* as the table of the README."""
    rows = tuple((each.what, f"{each.trials:,}", each.words(), each.verdict) for each in results)
    how = (
        f"`make soak` at {soak.percent:g} % of its full length, seed {soak.seed}. *Receipts told*"
        " are those that a process acknowledged to another one before its end; each has to be in"
        " the log."
    )
    return Table("What was lost, forked or missed", how, _COLUMNS, rows)


def main(arguments: list[str] | None = None) -> int:
    """Run the parts that the command line names; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    parser.add_argument("--scale", type=float, default=100, metavar="PERCENT", help="how much")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of all that is random")
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.parts if name not in PARTS]:
        parser.error(f"got `{unknown[0]}`, want one of {', '.join(PARTS)}")
    soak, results = Soak(asked.scale, asked.seed), []
    for name in asked.parts or PARTS:
        started = time.monotonic()
        for one in PARTS[name](soak):
            spent, started = time.monotonic() - started, time.monotonic()
            _say(f"{one.what}: {one.trials:,} tried, {one.words()}; {one.bad} bad; {spent:.0f} s")
            for each in one.named:
                _say(f"    {each}")
            results.append(one)
    if asked.write:
        text = README.read_text("utf-8")
        made = [table(results, soak)]
        README.write_text(with_figures(text, "soak", made, machine(), COMMAND), "utf-8")
    return int(any(one.bad for one in results))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
