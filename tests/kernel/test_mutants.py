# SPDX-License-Identifier: Apache-2.0
"""The mutation tester itself: what it changes, that it notices, and that its table is up to date.

`make mutants` tries every mutant; here a few stand for all of them.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys

import pytest

from tests.kernel.changes import mutants_of
from tests.kernel.mutants import ROOT, TABLE, TESTS, listed

SOURCE = '''
"""A module."""

from os import path

Kind: TypeAlias = str | None


def f(x: int | None = 2, *, flag: bool = True) -> list[int]:
    """Say what it does."""
    if not x < 1 and flag or x is None:
        raise ValueError(f"got {x + 1}", "text")
    y = [n for n in range(x) if n]
    y += (1, 2)[1:]
    try:
        return max(set(y), key=path)
    except (KeyError, TypeError):
        return None
'''
CHANGES = """
f: True → False
f: 2 → 3
f: 2 → 1
f: if not x < 1 and flag or x is None: → if True:
f: if not x < 1 and flag or x is None: → if False:
f: not x < 1 and flag or x is None → (not x < 1 and flag) and x is None
f: not x < 1 and flag or x is None → x is None
f: not x < 1 and flag or x is None → not x < 1 and flag
f: not x < 1 and flag → not x < 1 or flag
f: not x < 1 and flag → flag
f: not x < 1 and flag → not x < 1
f: not x < 1 → x < 1
f: x < 1 → x <= 1
f: x < 1 → x >= 1
f: 1 → 2
f: 1 → 0
f: x is None → x is not None
f: raise ValueError(f'got {x + 1}', 'text') → pass
f: 'text' → 'text!'
f: y = [n for n in range(x) if n] → pass
f: for n in range(x) if n → for n in range(x) if True
f: for n in range(x) if n → for n in range(x) if False
f: y += (1, 2)[1:] → y = (1, 2)[1:]
f: y += (1, 2)[1:] → pass
f: (1, 2) → (2,)
f: (1, 2) → (1,)
f: 1 → 2 (again)
f: 1 → 0 (again)
f: 2 → 3 (again)
f: 2 → 1 (again)
f: 1: → :
f: 1 → 2 (again) (again)
f: 1 → 0 (again) (again)
f: try: → if True:
f: return max(set(y), key=path) → return None
f: max(set(y), key=path) → max(set(y))
f: max → min
f: set(y) → y
f: (KeyError, TypeError) → (TypeError,)
f: (KeyError, TypeError) → (KeyError,)
"""

BY_HAND = """
from tests.kernel.mutants import ROOT, Run, survives
source = (ROOT / "helm_logic" / "kernel" / "pattern.py").read_text(encoding="utf-8")
sources = (source + "# the same", source.replace("**", "*"), "not python")
print([survives(Run("pattern", text, "mutants")) for text in sources])
"""


def test_every_small_change_is_made() -> None:
    """Operators, conditions, constants, statements, results; no types, imports or docstrings."""
    mutants = mutants_of(SOURCE)

    assert [mutant.name for mutant in mutants] == CHANGES.strip().splitlines()
    sources = {mutant.source() for mutant in mutants}
    assert len(sources | {ast.unparse(ast.parse(SOURCE))}) == len(mutants) + 1
    for source in sources:
        compile(source, "mutant", "exec")


@pytest.mark.parametrize("module", sorted(TESTS))
def test_the_table_speaks_of_mutants_that_exist(module: str) -> None:
    """No row of MUTANTS.md has outlived the code it is about."""
    source = (ROOT / "helm_logic" / "kernel" / f"{module}.py").read_text(encoding="utf-8")

    assert listed(module) <= {mutant.name for mutant in mutants_of(source)}


def test_the_table_gives_every_survivor_one_row_and_a_reason() -> None:
    """Each row names a known module, and says why no test can tell."""
    rows = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"]

    assert len(rows) == sum(len(listed(module)) for module in TESTS)
    assert all(len(row.replace("\\|", "").split("|")[2].strip()) > 20 for row in rows)


def test_a_sample_of_the_mutants_of_the_check_is_noticed() -> None:
    """One in fifty changes to `check.py`, each put in its place and tested there."""
    run = _run("-m", "tests.kernel.mutants", "--every=50", "check")

    assert run.returncode == 0, run.stdout + run.stderr
    assert " and 0 other survivors" in run.stdout


def test_what_no_test_notices_survives() -> None:
    """A change that means nothing passes the tests of its module, one that breaks it does not."""
    run = _run("-c", BY_HAND)

    assert run.stdout == "[True, False, False]\n", run.stderr


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project's folder, not measured: what it tests is no part of the run."""
    env = {name: text for name, text in os.environ.items() if not name.startswith("COV")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
