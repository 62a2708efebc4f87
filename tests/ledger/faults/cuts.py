# SPDX-License-Identifier: Apache-2.0
"""The power fails at every moment of a log's life.

    python -m tests.ledger.faults.cuts STATES SEED      prints the results as JSON

A life of a log is traced; then, at moments of the trace, `machine` says what the disk may hold, and
the log is opened from that. What was acknowledged before the moment has to be there. The same with
a sync that failed before: the store stops, is opened again and goes on, and then the power fails.

The same states with less syncing than the product does are the controls: they must lose entries,
or this test could not see it.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryFile

from tests.ledger.faults.disk import Disk, How, run_under
from tests.ledger.faults.judge import GOOD, Left, Result, Told, judge, quick_folder
from tests.ledger.faults.machine import Machine, Operation, Rest, read_trace
from tests.ledger.faults.workload import (
    Tell,
    emptied,
    go_on,
    guarded,
    in_child,
    long_life,
    short_life,
    small_wal,
    synchronous,
)
from tests.ledger.logs import LogFolder

RESTS = (Rest.NONE, Rest.ALL, Rest.LAST_TORN, Rest.SOME)
CONTROLS = {"NORMAL": Left.LOST, "OFF": Left.UNSOUND}
_MARK = "m"


def traced(disk: Disk, log: LogFolder, work: Callable[[Tell], None], fails: int = 0) -> bytes:
    """Do *work* in a child, with operation *fails* refused; return its trace, with marks."""

    def watched(_: Tell) -> None:
        disk.arm(log.folder, fails, How.REFUSED, errno.EIO)
        disk.trace(file.fileno())
        work(disk.mark)
        disk.trace(-1)

    with TemporaryFile() as file:
        told = in_child(watched)
        if told.failures or told.unplanned:
            raise RuntimeError(f"a life without faults failed: {told}")
        file.seek(0)
        return file.read()


def states(
    trace: list[Operation], chance: Random, rests: tuple[Rest, ...], every: int, *, failed: bool
) -> Iterator[tuple[dict[str, bytes], list[str]]]:
    """Yield the files after power cuts all along *trace*, and what was told by then.

    Each of *rests* is tried at each moment, of which each *every*-th is yielded; if a sync
    *failed*, moments begin with that.
    """
    machine, told, begun = Machine(chance), list[str](), not failed
    number = chance.randrange(every)
    for one in trace:
        if one.kind == _MARK:
            told.append(one.path)
        else:
            machine.do(one)
        begun = begun or one.kind == "x"
        for rest in rests if begun else ():
            number += 1
            if number % every == 0:
                yield machine.cut(rest, chance), list(told)


def judged(folder: Path, files: dict[str, bytes], lines: list[str]) -> Left:
    """Lay *files* into *folder*; return what is left of what *lines* told."""
    log = emptied(folder)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return judge(log, Told.of(lines))


def moments(disk: Disk, folder: Path, most: int, seed: int) -> Counter[str]:
    """Cut the power at up to *most* moments and ways of one long life."""
    log = emptied(folder)
    trace = read_trace(traced(disk, log, lambda tell: long_life(log, tell)))
    each = max(1, most // len(trace) - len(RESTS) + 1)
    rests = (*RESTS, *(Rest.SOME for _ in range(each - 1)))
    found: Counter[str] = Counter()
    every = max(1, len(trace) * len(rests) // most)
    chance = Random(seed)  # noqa: S311 - moments, not secrets
    for files, lines in states(trace, chance, rests, every, failed=False):
        found[judged(folder, files, lines).value] += 1
    return found


def after_failed_syncs(disk: Disk, folder: Path, every: int, seed: int) -> Counter[str]:
    """Let each sync fail, go on, and cut the power at every so-many-th moment after that."""
    found: Counter[str] = Counter()
    for number in count(1):
        log = emptied(folder)

        def work(tell: Tell, log: LogFolder = log) -> None:
            if not guarded(lambda tell: short_life(log, tell), tell):
                guarded(lambda tell: go_on(log, 50, tell), tell)

        trace = read_trace(traced(disk, log, work, fails=number))
        failed = {one.kind for one in trace} & {"x"}
        if not failed and not any(one.path.startswith("failed") for one in trace):
            return found
        if not failed:
            continue  # it was another operation that failed; `single` has those
        chance = Random(seed + number)  # noqa: S311
        for files, lines in states(trace, chance, (Rest.NONE, Rest.SOME), every, failed=True):
            found[judged(folder, files, lines).value] += 1
    return found


def control(disk: Disk, folder: Path, mode: str, most: int, seed: int) -> Counter[str]:
    """Do the same as `moments` with SQLite syncing in *mode*."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        synchronous(mode)
        found = moments(disk, folder, most, seed)
        os.write(writing, json.dumps(found).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        counted = json.loads(pipe.read())
    os.waitpid(child, 0)
    return Counter(counted)


def main(most: str, seed: str) -> None:
    """Cut the power; print what was left, for each sort of trial."""
    disk, small = Disk(), max(60, int(most) // 4)
    small_wal()
    with quick_folder() as folder:
        said = {
            "FULL": moments(disk, folder, int(most), int(seed)),
            "failed": after_failed_syncs(disk, folder, max(1, 4000 // int(most)), int(seed)),
            **{mode: control(disk, folder, mode, small, int(seed)) for mode in CONTROLS},
        }
    sys.stdout.write(json.dumps(said))


def run(most: int, seed: int) -> list[Result]:
    """Cut the power in up to *most* ways, and in fewer for the controls."""
    said = json.loads(run_under("tests.ledger.faults.cuts", str(most), str(seed)))
    good = {left.value for left in GOOD}
    results = []
    for name, found in said.items():
        trials, lost = (
            sum(found.values()),
            sum(each for one, each in found.items() if one not in good),
        )
        if name in CONTROLS:
            what = f"power cut with synchronous={name}"
            results.append(Result(what, trials, Counter(found), int(lost == 0), control=True))
        else:
            how = "power cut" if name == "FULL" else "a sync fails, the log goes on, then power cut"
            results.append(Result(how, trials, Counter(found), lost))
    return results


if __name__ == "__main__":
    main(*sys.argv[1:])
