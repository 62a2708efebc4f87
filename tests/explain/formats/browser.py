# SPDX-License-Identifier: Apache-2.0
"""The programs that open, draw and typeset what formats write: found on this machine, or skipped.

Chromium, `dot` and `pdflatex` are the system's (Debian: `chromium`, `graphviz`, `texlive-science`);
what drives Chromium is pinned in `node/package-lock.json` and fetched by `make pages`. In CI all of
it is installed, and a skip is a failure (tests/conftest.py).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

_HERE = Path(__file__).resolve().parent
_SCRIPT = _HERE / "node" / "browser.mjs"
_FETCHED = _HERE.parents[2] / "build" / "pages"
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_PATIENCE = 300  # seconds, for a machine that does much else


def program(*names: str, package: str) -> str:
    """Return where the first of *names* is; skip the test if none is installed."""
    for name in names:
        if (found := shutil.which(name)) is not None:
            return found
    pytest.skip(f"none of {', '.join(names)} is installed (Debian: {package})")


def browse(*jobs: Mapping[str, object]) -> list[dict[str, Any]]:
    """Return what node/browser.mjs answers to each of *jobs*."""
    chromium = program(*_CHROMIUM, package="chromium")
    node = program("node", package="nodejs")
    if not (_FETCHED / "node_modules" / "puppeteer-core").is_dir():
        pytest.skip("what drives Chromium is not here: install npm, and run `make pages`")
    output = run(node, str(_SCRIPT), str(_FETCHED), chromium, given=json.dumps(jobs))
    answers: list[dict[str, Any]] = json.loads(output)
    return answers


def run(*command: str, given: str = "", cwd: Path | None = None) -> str:
    """Return what *command* prints; fail the test with what it complained about."""
    done = subprocess.run(
        command,
        check=False,
        input=given,
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        timeout=_PATIENCE,
    )
    assert done.returncode == 0, f"{command[0]}: {done.stderr[-3000:]}{done.stdout[-3000:]}"
    return done.stdout


def quiet(seen: Mapping[str, Any], *urls: str) -> None:
    """Assert that a page said, raised and asked for nothing but *urls*."""
    asked = [url for url in seen["requests"] if not url.startswith(("data:", "about:"))]
    assert asked == list(urls)
    assert seen["console"] == []
    assert seen["errors"] == []
    assert seen["dialogs"] == 0
