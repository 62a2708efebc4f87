# SPDX-License-Identifier: Apache-2.0
"""Cold start: what a command costs from nothing, the interpreter's own start included.

CPU time (user + system) of the whole process, as the system accounts it for children that ended.
Bytecode is cached, as it is from the second run on, but in a folder of this benchmark's own. The
heavy libraries of other commands must not be among what such a process has imported.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.table import Figure, Table, Target, figure_table

HEAVY = ("z3", "pyDatalog")
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"

_COMMAND = (sys.executable, "-c", "from helm_logic.cli.main import main; main()")
# The same command, which then says what it has imported. `main` exits, hence the finally.
_IMPORTED = """
import sys
from helm_logic.cli.main import main
try:
    main()
finally:
    print("\\n".join(sys.modules), file=sys.stderr)
"""


def run(*, tiny: bool) -> Iterator[Table]:
    """Measure; yield one table."""
    repeats = 2 if tiny else 20
    with TemporaryDirectory() as place:
        folder, start = Path(place) / "policy", Start(Path(place) / "bytecode")
        start.finish((*_COMMAND, "init", str(folder)))
        decide = ("decide", "--policy", str(folder), str(folder / "requests" / "allow.json"))
        for arguments in (("--help",), decide):
            heavy = start.imported(arguments) & set(HEAVY)
            assert not heavy, f"`helm-logic {arguments[0]}` imports {heavy}"
        sides = {
            "python alone": (sys.executable, "-c", "pass"),
            "helm-logic --help": (*_COMMAND, "--help"),
            "helm-logic decide": (*_COMMAND, *decide),
        }
        rounds = [
            {name: start.cpu(command) for name, command in sides.items()} for _ in range(repeats)
        ]
    targets = {"helm-logic --help": Target(90), "helm-logic decide": Target(160)}
    figures = [
        Figure(
            name,
            median(one[name] for one in rounds),
            "ms CPU",
            targets.get(name, Target()),
            min(one[name] for one in rounds),
        )
        for name in sides
    ]
    how = (
        f"Median of {repeats} processes each, taking turns. `decide` opens a policy folder that "
        "`init` made, decides one request and has its receipt durable. Not imported by either: "
        f"{', '.join(HEAVY)} (asserted)."
    )
    yield figure_table("Cold start", how, figures)


class Start:
    """Starts processes whose bytecode is cached in the folder *bytecode*."""

    def __init__(self, bytecode: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if name != _NO_BYTECODE}
        self._environment = {**kept, "PYTHONPYCACHEPREFIX": str(bytecode)}

    def finish(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Return *command*, finished; raise CalledProcessError if it fails."""
        return subprocess.run(  # noqa: S603 - a command of this module
            command, check=True, capture_output=True, text=True, env=self._environment
        )

    def cpu(self, command: Sequence[str]) -> float:
        """Return the CPU time of *command*, ms."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.finish(command)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)

    def imported(self, arguments: Sequence[str]) -> frozenset[str]:
        """Return the names of the modules that the command with *arguments* imports."""
        return frozenset(self.finish((sys.executable, "-c", _IMPORTED, *arguments)).stderr.split())
