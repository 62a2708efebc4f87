# SPDX-License-Identifier: Apache-2.0
"""Two guards on two hosts, one log in PostgreSQL; one of them is killed at random, often.

    python -m tests.guard.killed_guards TIMES                   the whole test
    python -m tests.guard.killed_guards decide FOLDER RUN       a guard that decides until killed

A guard tells over a pipe what it answered, `index receipt-id`. Afterwards every such line must be
an entry of the one log, and `helm-logic log fsck` must find the log sound on both hosts.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

from helm_logic.ledger.open_log import create_store, open_log
from helm_logic.policy.trust import read_log_settings
from tests.guard.town import LOG, ORIGIN, ask, make_folder, open_guard
from tests.ledger.crash_writer import tell
from tests.ledger.faults.judge import Result
from tests.ledger.postgres_faults import ROOT, Writer
from tests.postgres import Cluster, cluster

HEAD = "ledger/head"


def hosts(server: Cluster, folder: Path) -> tuple[Path, Path]:
    """Return the policy folders of two hosts, copies of each other, whose log is one database."""
    first = make_folder(folder / "first")
    url = server.fresh()
    settings = first / "helm.toml"
    text = settings.read_text("utf-8").replace('path = "ledger/log.sqlite"', f'url = "{url}"')
    settings.write_text(text, "utf-8")
    (first / "ledger" / "log.sqlite").unlink()
    (first / HEAD).unlink()
    create_store(first, url, HEAD, origin=ORIGIN, signer=LOG).close()
    shutil.copytree(first, folder / "second")
    return first, folder / "second"


def decide(folder: Path, run: str) -> None:
    """Decide groups of one to five requests, all different, until killed."""
    with open_guard(folder) as guard:
        for turn in range(1_000_000):
            group = [
                ask(context={"ci_passed": True, "ticket": f"{run}/{turn}/{number}"})
                for number in range(1 + turn % 5)
            ]
            for one in guard.decide_all(group):
                if not one.allowed:
                    tell(f"{one.verdict.name} {one.codes}")
                    return
                tell(f"{one.index} {one.receipt_id}")


def kill_guards(server: Cluster, folder: Path, times: int, chance: Random) -> Result:
    """Kill the guard of one host *times* times while that of the other goes on."""
    here, there = hosts(server, folder)
    steady, told = _guard(here, "steady"), list[str]()
    for run in range(times):
        victim = _guard(there, str(run))
        victim.wait_for(chance.randrange(1, 30))
        told += victim.kill()
    steady.wait_for(1)
    told += steady.kill()
    lost, size = _lost(here, told)
    unsound = sum(_fsck(host) != 0 for host in (here, there))
    found = Counter({"receipts told": len(told), "entries": size, "lost": lost, "unsound": unsound})
    return Result("PostgreSQL: kill -9 of one of two guards", times, found, lost + unsound)


def run(times: int, seed: int) -> Result:
    """Start a server for it, and kill a guard *times* times."""
    with cluster() as server, tempfile.TemporaryDirectory() as folder:
        return kill_guards(server, Path(folder), times, Random(seed))  # noqa: S311


def _guard(folder: Path, run: str) -> Writer:
    return Writer.start("tests.guard.killed_guards", "decide", str(folder), run)


def _lost(folder: Path, told: list[str]) -> tuple[int, int]:
    # What was told and is not in the log, and how many entries that has.
    named = read_log_settings(folder)
    with open_log(folder, named.ledger, HEAD, origin=ORIGIN, key=LOG.public_key) as log:
        names = [entry.digest for entry in log.entries()]
        parts = [line.split(" ", 1) for line in told]
        return sum(not _is_there(names, index, name) for index, name in parts), log.size


def _is_there(names: list[str], index: str, name: str) -> bool:
    return index.isdigit() and int(index) < len(names) and names[int(index)] == name


def _fsck(folder: Path) -> int:
    command = [sys.executable, "-m", "helm_logic.cli.main", "log", "fsck", "--policy", str(folder)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
    return done.returncode


def main(arguments: list[str]) -> None:
    """Do what the command line says."""
    if arguments[:1] == ["decide"]:
        decide(Path(arguments[1]), arguments[2])
    else:
        result = run(int(arguments[0]), 1)
        sys.stdout.write(f"{result.what}, {result.trials} times: {result.words()}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
