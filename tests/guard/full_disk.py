# SPDX-License-Identifier: Apache-2.0
"""A guard whose disk fills up at any moment, and has room again later.

The disk is a small one in memory, which only root may mount. What is left free of it is chosen at
random, so that the disk is full at another write each time: of the write-ahead log, the database or
the head guard. A guard may then answer nothing but DENY, and goes on when there is room.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from helm_logic.errors import StoreError
from helm_logic.receipts.verdict import Verdict
from tests.guard.town import ask, make_folder, open_guard
from tests.ledger.faults.judge import Result, quick_folder

SIZE = 1 << 21
FEW = 200  # decisions after which the disk has to be full


@contextmanager
def small_disk() -> Iterator[Path | None]:
    """Yield the folder of a small file system, None where none may be mounted."""
    with quick_folder() as folder:
        mount, umount = shutil.which("mount"), shutil.which("umount")
        options = ["-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
        if not (mount and umount) or subprocess.run([mount, *options], check=False).returncode:
            yield None
            return
        try:
            yield folder
        finally:
            subprocess.run([umount, str(folder)], check=True)


def fill_once(disk: Path, chance: Random) -> Counter[str]:
    """Let a guard decide until the disk is full, then make room; return what happened."""
    found: Counter[str] = Counter()
    policy, ballast, told = make_folder(disk / "policy"), disk / "ballast", list[str]()
    free = shutil.disk_usage(disk).free
    ballast.write_bytes(bytes(free - 4096 * chance.randrange(20, 120)))
    with open_guard(policy) as guard:
        for number in range(FEW):
            one = guard.decide(ask(context={"ci_passed": True, "ticket": str(number)}))
            if one.index is None:
                good = (one.verdict, one.codes) == (Verdict.DENY, ("ledger_unavailable",))
                found["full, and DENY" if good else "ANOTHER ANSWER"] += 1
                break
            told.append(one.receipt_id)
    try:
        open_guard(policy).close()
    except StoreError as error:
        found[f"still full: {type(error).__name__}"] += 1
    ballast.unlink()
    with open_guard(policy) as guard:
        found["receipts told"] += len(told)
        found["LOST"] += sum(guard._store.find(name) is None for name in told)
        last = guard.decide(ask(context={"ci_passed": True, "ticket": "last"}))
        found["went on with room" if last.allowed else "DID NOT GO ON"] += 1
    shutil.rmtree(policy)
    return found


def run(times: int, seed: int) -> Result:
    """Fill the disk *times* times."""
    found: Counter[str] = Counter()
    chance = Random(seed)  # noqa: S311 - how much room, no secret
    with small_disk() as disk:
        if disk is None:
            return Result("disk full under a guard: not run, no disk may be mounted", 0, found, 0)
        for _ in range(times):
            found += fill_once(disk, chance)
    bad = sum(count for name, count in found.items() if name.isupper())
    bad += times - found["full, and DENY"]
    return Result("disk full under a guard, then room again", times, found, bad)
