# SPDX-License-Identifier: Apache-2.0
"""Every operation on a file fails once, in every way that it can.

    python -m tests.ledger.faults.single [EVERY]        prints the result as JSON

Operations are those of a short life of a log: create or empty a file, write, sync, truncate,
rename, remove; of the database, its write-ahead log, the head guard and their folder. After each,
the process goes on as a service would: it opens the log again and appends. *EVERY* takes each
so-many-th combination only.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections import Counter
from itertools import product

from tests.ledger.faults.disk import Disk, How, run_under
from tests.ledger.faults.judge import GOOD, Left, Result, Told, judge, quick_folder
from tests.ledger.faults.workload import Tell, emptied, go_on, guarded, in_child, short_life
from tests.ledger.logs import LogFolder

WAYS = (
    (How.REFUSED, errno.EIO),
    (How.REFUSED, errno.ENOSPC),
    (How.REFUSED, errno.EINTR),
    (How.REFUSED_FROM_HERE, errno.ENOSPC),
    (How.REFUSED_FROM_HERE, errno.EIO),
    (How.DONE_AND_REFUSED, errno.EIO),
    (How.HALF, 0),
    (How.HALF_KILLED, 0),
    (How.KILLED_BEFORE, 0),
    (How.KILLED_AFTER, 0),
)


def one_try(disk: Disk, log: LogFolder, number: int, how: How, error: int) -> tuple[Left, Told]:
    """Let operation *number* fail; return what was told and what is left."""

    def work(tell: Tell) -> None:
        disk.arm(log.folder, number, how, error)
        if not guarded(lambda tell: short_life(log, tell), tell) and log.store.exists():
            guarded(lambda tell: go_on(log, 50, tell), tell)

    told = in_child(work)
    return judge(log, told), told


def operations(disk: Disk, log: LogFolder) -> int:
    """Return how many operations there are if none fails."""

    def work(tell: Tell) -> None:
        disk.arm(log.folder)
        short_life(log, tell)
        tell(f"failed {disk.count()}")

    return int(in_child(work).failures[0])


def main(every: str = "1") -> None:
    """Try every combination; print the counts."""
    disk = Disk()
    found: Counter[str] = Counter()
    bad: list[str] = []
    with quick_folder() as folder:
        count = operations(disk, emptied(folder))
        tries = list(product(range(1, count + 1), WAYS))[:: int(every)]
        for number, (how, error) in tries:
            left, told = one_try(disk, emptied(folder), number, how, error)
            found[left.value] += 1
            found["receipts told"] += len(told.entries)
            if left not in GOOD or told.unplanned:
                name = os.strerror(error) if error else ""
                bad.append(f"operation {number} {how.name} {name}: {left.value} {told}")
    said = {"operations": count, "tries": len(tries), "found": dict(found), "bad": bad}
    sys.stdout.write(json.dumps(said))


def run(every: int) -> Result:
    """Try every *every*-th combination of an operation and a way to fail."""
    said = json.loads(run_under("tests.ledger.faults.single", str(every)))
    what = f"each of {said['operations']} file operations fails, in {len(WAYS)} ways"
    found = Counter(said["found"])
    return Result(what, said["tries"], found, len(said["bad"]), tuple(said["bad"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
