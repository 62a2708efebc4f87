# SPDX-License-Identifier: Apache-2.0
"""The kernel can be read in one sitting, and leans on the standard library and attrs alone."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import helm_logic.kernel

KERNEL = Path(helm_logic.kernel.__file__).parent
MODULES = sorted(KERNEL.glob("*.py"))
MOST_LINES = 600
MOST_LINES_OF_CHECK = 150
# Input and output, clocks, chance and code made at run time are no part of checking.
BARRED = {"os", "io", "pathlib", "socket", "subprocess", "time", "datetime", "random", "secrets"}
BARRED |= {"sys", "threading", "asyncio", "logging", "pickle", "importlib", "inspect"}
CALLS = {"open", "print", "input", "eval", "exec", "compile", "__import__", "globals", "setattr"}


def _code_lines(path: Path) -> int:
    """Count the lines that are neither blank nor comment nor part of a docstring."""
    text = path.read_text(encoding="utf-8")
    prose: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            docstring = node.body[0]
            prose.update(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and number not in prose
        for number, line in enumerate(text.splitlines(), 1)
    )


def test_the_kernel_has_a_budget_of_lines() -> None:
    """Code lines, all modules together, and the check itself."""
    lines = {path.name: _code_lines(path) for path in MODULES}

    assert {"check.py", "joins.py", "program.py", "terms.py"} <= set(lines)
    assert sum(lines.values()) <= MOST_LINES
    assert lines["check.py"] <= MOST_LINES_OF_CHECK


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_kernel_module_imports_little(path: Path) -> None:
    """Standard library, attrs, the kernel and the errors; whole names only, at the top."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert node in tree.body
            imported.add(node.module or "")
    ours = {"helm_logic.errors"} | {f"helm_logic.kernel.{each.stem}" for each in MODULES}
    tops = {name.split(".")[0] for name in imported - ours}

    assert tops <= (set(sys.stdlib_module_names) - BARRED) | {"attrs"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_kernel_module_does_nothing_but_compute(path: Path) -> None:
    """No input or output, no code made at run time, no assert, no global that is written to."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not isinstance(node, ast.Global | ast.Nonlocal | ast.Assert | ast.Delete)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in CALLS
