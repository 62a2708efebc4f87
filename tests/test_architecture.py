# SPDX-License-Identifier: Apache-2.0
"""What holds of the project as a whole: its rooms, its files, its pinned requirements.

import-linter (pyproject.toml) holds the direction of imports as written. The tests here hold what
it cannot see: what a process has really loaded, what the trusted kernel may import, how large it
is, what a wheel ships, and what no file may say.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import helm_logic

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = ROOT / "helm_logic"

CHECKING_ROOMS: Final = ("kernel", "ledger", "receipts")
NOT_NEEDED_TO_CHECK: Final = ("helm_logic.engine", "helm_logic.lang", "click", "pyDatalog", "z3")

# The kernel has no I/O, no clock and no chance: these are stdlib, and still not for it.
NOT_FOR_THE_KERNEL: Final = frozenset(
    {"asyncio", "datetime", "io", "logging", "os", "pathlib", "random", "secrets", "socket"}
    | {"subprocess", "sys", "threading", "time"}
)

MODULE_LINES: Final = 300
LONGER_MODULES: Final = {"helm_logic/lang/parser.py": 400}  # one grammar is one idea
FUNCTION_LINES: Final = 40  # without its docstring

# A name that says nothing about what is inside.
EMPTY_NAMES: Final = frozenset({"base", "common", "helper", "helpers", "manager", "util", "utils"})

# Put together here so that this file does not hold what it looks for.
PLACES: Final = tuple(f"/{folder}/" for folder in ("home", "root", "work", "Users"))
REGISTRY_HOSTS: Final = ("pypi" + ".org", "python" + "hosted.org", "registry." + "npmjs")

LOCKS: Final = ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")
PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


@cache
def _tracked() -> tuple[Path, ...]:
    """List the files of the project: those git knows or would add, else all that make leaves."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        hidden = re.compile(r"(^|/)(\.(?!ci/|git(ignore|attributes)$)|__pycache__/|build/|dist/)")
        found = (path for path in ROOT.rglob("*") if path.is_file())
        names = [str(path.relative_to(ROOT)) for path in found]
        names = [name for name in names if not hidden.search(name)]
    else:
        names = listed.stdout.decode().split("\0")
    return tuple(ROOT / name for name in sorted(names) if name and (ROOT / name).is_file())


def _name(path: Path) -> str:
    """Name a file as the project does, for messages."""
    return path.relative_to(ROOT).as_posix()


def _modules(*tops: str) -> list[Path]:
    """List the Python files under the top-level folders *tops* (all of them when none is named)."""
    files = [path for path in _tracked() if path.suffix == ".py"]
    return [path for path in files if not tops or path.relative_to(ROOT).parts[0] in tops]


def _imports(tree: ast.AST) -> set[str]:
    """Give the dotted names of the modules that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function from `def` to its end, its docstring left out."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    docstring = function.body[0] if ast.get_docstring(function) else None
    if docstring is None:
        return lines
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def _pins(lock: str) -> dict[str, set[str]]:
    """Read a lock file as name to pinned versions; one name may have one per Python version."""
    pins: dict[str, set[str]] = {}
    for name, version in PIN.findall((ROOT / lock).read_text(encoding="utf-8")):
        pins.setdefault(canonicalize_name(name), set()).add(version)
    return pins


def test_checking_loads_nothing_that_it_checks() -> None:
    """A process that imports every checking module has not loaded engine, parser or z3."""
    modules = [
        _name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for room in CHECKING_ROOMS
        for path in sorted((PACKAGE / room).rglob("*.py"))
    ]
    assert {f"helm_logic.{room}" for room in CHECKING_ROOMS} <= set(modules)
    program = f"import sys, {', '.join(modules)}; print(*sys.modules, sep='\\n')"

    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    loaded = set(run.stdout.split())
    assert "helm_logic.kernel" in loaded
    assert loaded.isdisjoint(NOT_NEEDED_TO_CHECK)


def test_importing_the_package_loads_no_room() -> None:
    """`import helm_logic` costs nothing but itself."""
    program = "import sys, helm_logic; print(*sys.modules, sep='\\n')"

    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert [name for name in run.stdout.split() if name.startswith("helm_logic.")] == []


def test_the_kernel_imports_only_the_standard_library_and_attrs() -> None:
    """No third party but attrs, no other room but errors, nothing with I/O, clock or chance."""
    allowed = (sys.stdlib_module_names - NOT_FOR_THE_KERNEL) | {"attrs"}
    kernel = sorted((PACKAGE / "kernel").rglob("*.py"))
    foreign = {
        f"{_name(path)} imports {name}"
        for path in kernel
        for name in _imports(ast.parse(path.read_bytes()))
        if name.split(".")[0] not in allowed
        and not name.startswith(("helm_logic.kernel", "helm_logic.errors"))
    }

    assert kernel
    assert foreign == set()


@pytest.mark.parametrize("path", _modules(), ids=_name)
def test_a_module_opens_with_licence_and_docstring(path: Path) -> None:
    """Every Python file says its licence on line one and what lives in it right after."""
    text = path.read_text(encoding="utf-8")

    assert text.startswith("# SPDX-License-Identifier: Apache-2.0\n")
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", _modules("tests"), ids=_name)
def test_every_test_says_what_it_shows(path: Path) -> None:
    """A test function without a docstring leaves its reader to guess."""
    silent = [
        node.name
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]

    assert silent == []


@pytest.mark.parametrize("path", _modules("helm_logic"), ids=_name)
def test_a_module_is_one_idea_and_a_function_fits_on_a_screen(path: Path) -> None:
    """Modules and functions stay within the lengths that the project set itself."""
    text = path.read_text(encoding="utf-8")
    long_functions = [
        f"{node.name}: {length} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := _length(node)) > FUNCTION_LINES
    ]

    assert len(text.splitlines()) <= LONGER_MODULES.get(_name(path), MODULE_LINES)
    assert long_functions == []


def test_no_file_or_folder_has_an_empty_name() -> None:
    """A module named for nothing collects everything."""
    named = {
        _name(path)
        for path in _tracked()
        for part in (*path.relative_to(ROOT).parts[:-1], path.stem)
        if part.lower().lstrip("_") in EMPTY_NAMES
    }

    assert named == set()


def test_no_file_names_a_place_on_one_machine() -> None:
    """No absolute path of somebody's machine and no package registry stands in any file."""
    words = [word.encode() for word in (*PLACES, *REGISTRY_HOSTS)]
    found = {
        f"{_name(path)} holds {word.decode()}"
        for path in _tracked()
        for word in words
        if word in path.read_bytes()
    }

    assert found == set()


def test_the_version_is_one() -> None:
    """The package and its metadata tell the same version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert helm_logic.__version__ == project["version"]


def test_the_build_backend_that_is_locked_is_the_one_that_builds() -> None:
    """The group that puts the build backend into the lock asks for what build-system asks for."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert settings["dependency-groups"]["build"] == settings["build-system"]["requires"]


@pytest.mark.parametrize(
    ("lock", "groups"),
    [
        ("requirements.lock", ("build",)),
        ("requirements-dev.lock", ("build", "dev")),
        ("requirements-bench.lock", ("bench",)),
    ],
)
def test_a_lock_pins_what_the_project_asks_for(lock: str, groups: tuple[str, ...]) -> None:
    """Each requirement in pyproject.toml has a pin within its bounds (else: `make lock`)."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = settings["dependency-groups"] | settings["project"]["optional-dependencies"]
    asked = [
        *settings["project"]["dependencies"],
        *(one for group in groups for one in named[group]),
    ]
    pins = _pins(lock)

    for requirement in map(Requirement, asked):
        pinned = pins.get(canonicalize_name(requirement.name))
        assert pinned, f"{requirement} is not in {lock}: run `make lock`"
        assert all(version in requirement.specifier for version in pinned), (
            f"{requirement} in {lock}"
        )


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_files_by_hash_and_no_place_to_get_them(lock: str) -> None:
    """Every pin carries hashes, and no line says from where: that is the installer's to know."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())

    assert all(PIN.match(entry) for entry in entries)
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_locks_agree() -> None:
    """One `.venv` serves every target: no two locks pin one package differently."""
    pins = [_pins(lock) for lock in LOCKS]
    names = {name for lock in pins for name in lock}
    torn = {
        name for name in names if len({frozenset(lock[name]) for lock in pins if name in lock}) > 1
    }

    assert torn == set()


def test_a_wheel_ships_the_rule_sets(tmp_path: Path) -> None:
    """What stands in rules/ in a checkout stands in helm_logic/stock_rules/ once installed."""
    program = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    run = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    with zipfile.ZipFile(tmp_path / run.stdout.strip()) as wheel:
        shipped = set(wheel.namelist())

    rules = {_name(path) for path in _tracked() if path.is_relative_to(ROOT / "rules")}
    assert rules
    assert {name.replace("rules/", "helm_logic/stock_rules/", 1) for name in rules} <= shipped
    assert {"helm_logic/__init__.py", "helm_logic/py.typed"} <= shipped
