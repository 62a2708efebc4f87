# SPDX-License-Identifier: Apache-2.0
"""Every script in `scripts/`, run in a policy folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import script

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.txt"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_prints_what_it_says(path: Path, policy: Path) -> None:
    """Commands print exactly what stands below them, and end with the code that stands there."""
    script.run(script.parse(path.read_text(encoding="utf-8")), policy)


def test_a_script_that_prints_something_else_fails(policy: Path) -> None:
    """The runner compares output and code: a script with either wrong does not pass."""
    for wrong in (
        "$ helm-logic --version\nhelm-logic 9\n[0]\n",
        "$ helm-logic --version\n...\n[1]\n",
    ):
        with pytest.raises(AssertionError):
            script.run(script.parse(wrong), policy)


@pytest.mark.parametrize("text", ["output\n", "$ helm-logic\n"])
def test_a_script_that_is_none_is_refused(text: str) -> None:
    """Output without a command and a command without its code are mistakes, not tests."""
    with pytest.raises(ValueError, match="line 1"):
        script.parse(text)
