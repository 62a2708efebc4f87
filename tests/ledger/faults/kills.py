# SPDX-License-Identifier: Apache-2.0
"""A process with four threads on one log, killed again and again at any moment.

    python -m tests.ledger.faults.kills TIMES SEED      prints the result as JSON

Threads append batches to the shared store; what is acknowledged goes over a pipe, which outlives
the process. Every so many kills a new log is begun, so that a log can be checked after each kill.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from random import Random

from tests.ledger.faults.disk import ROOT
from tests.ledger.faults.judge import GOOD, Left, Result, Told, judge, quick_folder
from tests.ledger.faults.workload import emptied
from tests.ledger.logs import LogFolder, receipt

THREADS = 4
KILLS_OF_ONE_LOG = 10


def victim(log: LogFolder, run: int, told: int) -> None:
    """Append from four threads until killed."""
    with log.open() as store:

        def append(thread: int) -> None:
            for turn in range(1_000_000):
                texts = [f"{run}/{thread}/{turn}/{number}" for number in range(1 + turn % 5)]
                entries = store.append([receipt(text) for text in texts])
                lines = (f"{one.index} {text}\n" for one, text in zip(entries, texts, strict=True))
                os.write(told, "".join(lines).encode())

        threads = [threading.Thread(target=append, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def kill_once(log: LogFolder, run: int, chance: Random) -> list[str]:
    """Kill a process at some moment of its appending; return the lines that it told."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            victim(log, run, writing)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = os.read(reading, 4096)  # it is at work
        time.sleep(chance.random() ** 2 * 0.05)
        os.kill(child, signal.SIGKILL)
        data += pipe.read()
    os.waitpid(child, 0)
    return [line.decode() for line in data.split(b"\n")[:-1]]


def main(times: str, seed: str) -> None:
    """Kill so many times; print the counts."""
    chance = Random(int(seed))  # noqa: S311 - moments, not secrets
    found: Counter[str] = Counter()
    with quick_folder() as folder:
        told = Told(made=True)
        for run in range(int(times)):
            if run % KILLS_OF_ONE_LOG == 0:
                log, told = emptied(folder), Told(made=True)
                log.create().close()
            now = Told.of(kill_once(log, run, chance))
            told.entries.update(now.entries)
            found["receipts told"] += len(now.entries)
            found[judge(log, told).value] += 1
    sys.stdout.write(json.dumps(found))


def run(times: int, seed: int) -> Result:
    """Kill a process *times* times."""
    command = [sys.executable, "-m", "tests.ledger.faults.kills", str(times), str(seed)]
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    found = Counter(json.loads(done.stdout))
    bad = sum(found[left.value] for left in Left if left not in GOOD)
    return Result(f"kill -9 of a process with {THREADS} appending threads", times, found, bad)


if __name__ == "__main__":
    main(*sys.argv[1:])
