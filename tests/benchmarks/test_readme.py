# SPDX-License-Identifier: Apache-2.0
"""The README of the benchmarks: figures are replaced in their place, and misses are explained."""

from __future__ import annotations

import re

import pytest

from benchmarks.__main__ import NAMES
from benchmarks.readme import README, with_figures
from benchmarks.table import MISSED, Table

TABLE = Table("Title", "How it was measured.", ("what",), (("new",),))
TEXT = """\
before
<!-- figures of one: written by `python -m benchmarks one --write` -->
old
<!-- end of figures -->
between
<!-- figures of two: written by `python -m benchmarks two --write` -->
kept
<!-- end of figures -->
after
"""


def test_only_the_figures_of_the_benchmark_change() -> None:
    """What people wrote around the markers and what another benchmark wrote stays."""
    written = with_figures(TEXT, "one", [TABLE], "a machine")
    assert "old" not in written
    assert "| new" in written
    assert "Measured on a machine." in written
    head, tail = "before\n<!-- figures of one", TEXT[TEXT.index("<!-- end of figures -->") :]
    assert written.startswith(head)
    assert written.endswith(tail)


def test_writing_again_changes_nothing() -> None:
    """The same figures give the same text."""
    once = with_figures(TEXT, "two", [TABLE], "a machine")
    assert with_figures(once, "two", [TABLE], "a machine") == once


def test_a_place_that_is_missing_is_named() -> None:
    """A benchmark without markers is an error that shows the marker."""
    with pytest.raises(ValueError, match="figures of three"):
        with_figures(TEXT, "three", [TABLE], "a machine")


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_has_its_figures(name: str) -> None:
    """The README has a place for each benchmark, and it has been filled."""
    text = README.read_text("utf-8")
    start = text.index(f"<!-- figures of {name}: ")
    block = text[start : text.index("<!-- end of figures -->", start)]
    assert "Measured on" in block


def test_every_missed_target_is_explained() -> None:
    """The last section names each figure that misses its target."""
    figures, _, causes = README.read_text("utf-8").partition("## Missed, and why")
    rows = re.findall(rf"^\| (.+?) +\|.*{re.escape(MISSED)} *\|$", figures, re.MULTILINE)
    told = re.findall(rf"(?:: |; )([^;]+) [\d.]+ \({re.escape(MISSED)}\)", figures)
    for what in (*rows, *told):
        assert f"**{what}**" in causes, f"`{what}` misses its target; say why in README.md"
