# SPDX-License-Identifier: Apache-2.0
"""Replay: what `helm-logic replay` takes for a receipt, and what that makes of a million.

Two logs of the deploy scene, one several times as long as the other, are replayed by the command as
users run it, one process each. Time is the difference between the two, so that what a command takes
to start and to compile rules is left out; memory, the most that a process had, stands for both. The
command says how many verdicts it derived again or judged afresh, and that is compared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import attrs

from benchmarks.scene import ENGINE, FOUNDER, LOG, NOW, ORIGIN, deploy_scene, new_store, signer
from benchmarks.table import Figure, Table, figure_table, number
from helm_logic.guard.journal import Journal
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_protocol import Record
from helm_logic.policy.folder import stock_rules
from helm_logic.receipts.changes import PolicyChange

SIZES: Final = (600, 2_400)
FEWER: Final = (20, 120)  # for pyDatalog
MILLION: Final = 1_000_000
NATIVE, PYDATALOG, POLICY = "derived again, native", "by pyDatalog too", "judged by another policy"

_DEPTH: Final = 3
_GROUP: Final = 64
_ASKED: Final[tuple[tuple[dict[str, bool], str], ...]] = (
    ({}, "staging"),
    ({}, "prod"),
    ({"freeze": True}, "staging"),
    ({"ci_passed": False}, "dev"),
)
_SETTINGS: Final = f"""
[policy]
rules = "main.dl"
[keys]
engine = "engine.key"
log = "log.key"
[ledger]
path = "log.sqlite"
head = "log.head"
origin = "{ORIGIN}"
[trust]
engine = ["{ENGINE.public_key.text}"]
log = "{LOG.public_key.text}"
[anchors]
"{FOUNDER}" = ["{signer(FOUNDER).public_key.text}"]
"""


@attrs.frozen
class Cost:
    """What one process took: seconds of CPU and of wall time, and its most memory in MB."""

    cpu: float
    wall: float
    memory: float


def run(*, tiny: bool) -> Iterator[Table]:
    """Measure; yield one table."""
    rounds = 1 if tiny else 3
    sizes = {NATIVE: SIZES, PYDATALOG: FEWER, POLICY: SIZES}
    if tiny:
        sizes = dict.fromkeys(sizes, (4, 8))
    figures: list[Figure] = []
    with TemporaryDirectory() as place:
        wanted = sorted({size for pair in sizes.values() for size in pair})
        logs = {size: _log(Path(place) / str(size), size) for size in wanted}
        new = _policy(Path(place) / "new")
        options: Mapping[str, tuple[str, ...]] = {
            NATIVE: (),
            PYDATALOG: ("--engine", "all"),
            POLICY: ("--policy", str(new)),
        }
        for name, (few, many) in sizes.items():
            costs = [
                [_replay(logs[size], size, options[name]) for size in (few, many)]
                for _ in range(rounds)
            ]
            figures += _figures(name, costs, few, many)
    how = (
        f"The command in a process of its own, on one core; median of {rounds} runs. Receipts of a"
        f" chain of {_DEPTH} links, {_words(sizes[NATIVE])} of them ({_words(sizes[PYDATALOG])} for"
        " pyDatalog); the difference between the two."
    )
    yield figure_table("Replaying a log", how, figures)


def _words(sizes: tuple[int, int]) -> str:
    return f"{number(sizes[0])} and {number(sizes[1])}"


def _figures(name: str, costs: Sequence[Sequence[Cost]], few: int, many: int) -> Iterator[Figure]:
    each = [1e6 * (long.cpu - short.cpu) / (many - few) for short, long in costs]
    cost = median(each)
    yield Figure(f"{name}: a receipt", cost, "µs", best=min(each))
    yield Figure(f"{name}: receipts a second", 1e6 / cost, "/s")
    yield Figure(f"{name}: a million, one core", cost * MILLION / 1e6 / 60, "min")
    for place, size in enumerate((few, many)):
        most = median(one[place].memory for one in costs)
        yield Figure(f"{name}: most memory, {number(size)} receipts", most, "MB")


def _log(folder: Path, size: int) -> Path:
    """Return a log of *size* receipts, with the policy that decided, in *folder*."""
    folder.mkdir()
    scene = deploy_scene(_DEPTH)
    evaluator = scene.evaluator()
    bundle = scene.bundle
    change = PolicyChange(bundle.digest, bundle.program_digest, NOW)
    with new_store(folder) as store:
        store.append([Record(Kind.POLICY, change.signed(LOG), bundle.files())])
        journal = Journal(store)
        for first in range(0, size, _GROUP):
            records: list[Record] = []
            for place in range(first, min(size, first + _GROUP)):
                context, env = _ASKED[place % len(_ASKED)]
                ruling = evaluator.rule(scene.request(place, context, env=env), NOW, journal)
                records += ruling.records()
            store.append(records)
    return folder / "log.sqlite"


def _policy(folder: Path) -> Path:
    """Return a policy folder in which more is allowed than in the deploy scene."""
    folder.mkdir()
    rules = (stock_rules() / "deploy" / "main.dl").read_text("utf-8")
    (folder / "main.dl").write_text(rules.replace(", ci_passed(true)", ""), "utf-8")
    (folder / "helm.toml").write_text(_SETTINGS, "utf-8")
    return folder


def _replay(log: Path, size: int, options: tuple[str, ...]) -> Cost:
    """Replay *log* in a process; what it says must be about all *size* receipts."""
    trust = (
        "--trust-engine", ENGINE.public_key.text, "--log-key", LOG.public_key.text,
        "--log-origin", ORIGIN,
    )  # fmt: skip
    command = (
        sys.executable, "-c", "from helm_logic.cli.main import main; main()",
        "replay", str(log), "--json", "--jobs", "1", *trust, *options,
    )  # fmt: skip
    start = perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603 - ours
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = perf_counter() - start
    summary = json.loads(said.splitlines()[-1])["summary"]
    assert process.returncode == 0, said
    assert summary["holds"]
    done = summary["same"] if "--policy" in options else summary["factsMadeAgain"]
    assert done == summary["receipts"] == size
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)
