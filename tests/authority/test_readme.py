# SPDX-License-Identifier: Apache-2.0
"""The page about chains: its sessions are run, and its table of kinds is the one that holds."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import helm_logic.authority
from helm_logic.authority.narrowing import MATRIX
from tests.readme import normalised, play, written

README = Path(helm_logic.authority.__file__).parent / "README.md"


def test_the_sessions_print_what_the_page_says() -> None:
    """Every command of the page, run in order in a fresh folder, prints what stands below it.

    If a change is meant, `python -m tests.authority.test_readme` writes what came out into it.
    """
    played = [each for _, each in play(README.read_text("utf-8"))]

    assert len(played) > 5
    for each in played:
        assert normalised(each.printed) == normalised(each.expected), f"$ {each.command}"


def test_the_matrix_on_the_page_is_the_one_that_holds() -> None:
    """Each pair of kinds that the page allows is in the table, and no other."""
    section = README.read_text("utf-8").split("| where there was |")[1].split("\n\n")[0]
    told = set()
    for line in section.splitlines()[2:]:
        wide, narrow = (re.findall(r"`(\w+)`", cell) for cell in line.split("|")[1:3])
        told |= {(wide[0], each) for each in narrow}

    assert told == {pair for pair in MATRIX if pair[0] != "wildcard"}


if __name__ == "__main__":
    sys.exit(README.write_text(written(README.read_text("utf-8")), "utf-8") == 0)
