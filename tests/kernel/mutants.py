# SPDX-License-Identifier: Apache-2.0
"""Mutation testing: change the kernel in every small way, and see that each change fails a test.

    python -m tests.kernel.mutants [--every N] [module ...]

Each mutant is the source of one kernel module with one thing changed, put into a copy of the
package and tested there, in a process forked off one that has pytest loaded. What survives a short
run is tried again with many more random examples. Survivors that no test can tell from the
original stand in MUTANTS.md, each with its reason; any other survivor, or a row of that table that
no longer survives, makes the exit status 1. What is changed, and how, is in `changes.py`.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import sys
import tempfile
from multiprocessing.pool import Pool
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.kernel.changes import Mutant, mutants_of

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("MUTANTS.md")
# The tests that speak about each module, quickest to notice first.
TESTS = {
    "check": ("check",),
    "joins": ("joins", "check"),
    "program": ("program", "certificate", "joins"),
    "pattern": ("pattern",),
    "terms": ("terms", "program", "check"),
    "certificate": ("certificate",),
    "encoding": ("encoding",),
}
DEFAULT = ("check", "joins", "program", "pattern")
SECONDS = 120  # of processor time: a mutant that needs more has been noticed
EXAMPLES = {"mutants": 25, "survivors": 200}

for _name, _examples in EXAMPLES.items():
    settings.register_profile(
        _name,
        max_examples=_examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@attrs.frozen
class Run:
    """One mutant to be tested (None: the module as it is), and with which examples."""

    module: str
    source: str | None
    profile: str


def survives(run: Run) -> bool:
    """Say whether all tests of the module pass with the mutant in its place."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        _copy_project(copy)
        if run.source is not None:
            path = copy / "helm_logic" / "kernel" / f"{run.module}.py"
            path.write_text(run.source, encoding="utf-8")
        child = os.fork()
        if child == 0:
            _test(copy, run)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _copy_project(copy: Path) -> None:
    for name in ("helm_logic", "tests"):
        (copy / name).mkdir()
        shutil.copytree(
            ROOT / name / "kernel",
            copy / name / "kernel",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    for name in (
        "helm_logic/__init__.py",
        "helm_logic/errors.py",
        "tests/__init__.py",
        "tests/conftest.py",
        "pyproject.toml",
    ):
        shutil.copy(ROOT / name, copy / name)


def _test(copy: Path, run: Run) -> None:
    """Run the tests in this process, which ends with their exit status."""
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os.chdir(copy)
        os.environ.pop("CI", None)  # there, a skip is a failure; published vectors are not copied
        sys.dont_write_bytecode = True
        for name in [name for name in sys.modules if name.split(".")[0] in ("helm_logic", "tests")]:
            del sys.modules[name]
        sys.path.insert(0, str(copy))
        files = [f"tests/kernel/test_{name}.py" for name in TESTS[run.module]]
        options = ["-x", "-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist"]
        status = pytest.main([*options, f"--hypothesis-profile={run.profile}", *files])
    finally:
        os._exit(status)


def main(arguments: list[str] | None = None) -> int:
    """Test every mutant of the modules named in *arguments*; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.kernel.mutants")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth mutant")
    parser.add_argument("modules", nargs="*", default=DEFAULT, metavar="module")
    options = parser.parse_args(arguments)
    surprises = 0
    with Pool() as pool:
        for module in options.modules:
            if not pool.apply(survives, [Run(module, None, "mutants")]):
                _say(f"{module}: the tests fail without any change")
                return 1
            path = ROOT / "helm_logic" / "kernel" / f"{module}.py"
            mutants = mutants_of(path.read_text(encoding="utf-8"))[:: options.every]
            known = listed(module)
            survivors = _survivors(pool, module, mutants, "mutants")
            new = [mutant for mutant in survivors if mutant.name not in known]
            new = _survivors(pool, module, new, "survivors")
            names = {mutant.name for mutant in survivors}
            gone = known - names if options.every == 1 else set()
            for mutant in new:
                _say(f"survived      {module}: {mutant.name}")
            for name in sorted(gone):
                _say(f"not survived  {module}: {name}")
            count = f"{len(mutants)} mutants, {len(names & known)} listed and {len(new)} other"
            _say(f"{module}: {count} survivors")
            surprises += len(new) + len(gone)
    return int(surprises > 0)


def _survivors(pool: Pool, module: str, mutants: list[Mutant], profile: str) -> list[Mutant]:
    runs = [Run(module, mutant.source(), profile) for mutant in mutants]
    left = pool.map(survives, runs, chunksize=1)
    return [mutant for mutant, is_left in zip(mutants, left, strict=True) if is_left]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def listed(module: str) -> set[str]:
    """Return the names of the survivors of *module* in the table: the first cell of each row."""
    row = re.compile(rf"^\| `{module}: (.*?)` \| ", re.MULTILINE)
    return {name.replace("\\|", "|") for name in row.findall(TABLE.read_text(encoding="utf-8"))}


if __name__ == "__main__":
    sys.exit(main())
