# SPDX-License-Identifier: Apache-2.0
"""Figures against their targets, and how they are printed."""

from __future__ import annotations

import pytest

from benchmarks.table import MISSED, Figure, Table, Target, figure_table, number

AT_MOST, AT_LEAST = Target(100, 50), Target(2000, 5000, at_least=True)


@pytest.mark.parametrize(
    ("target", "value", "verdict"),
    [
        (AT_MOST, 101, MISSED),
        (AT_MOST, 100, "met"),
        (AT_MOST, 50, "met, stretch too"),
        (AT_LEAST, 1999, MISSED),
        (AT_LEAST, 2000, "met"),
        (AT_LEAST, 5000, "met, stretch too"),
        (Target(stretch=50), 51, "stretch missed"),
        (Target(), 1, ""),
    ],
)
def test_a_figure_says_whether_its_target_is_met(
    target: Target, value: float, verdict: str
) -> None:
    """At most and at least, with the bound itself counting as reached."""
    assert Figure("it", value, "µs", target).verdict == verdict


def test_a_table_is_markdown_that_lines_up() -> None:
    """Every line has the same cells and the same width."""
    table = figure_table(
        "t", "how", [Figure("a", 1.25, "µs"), Figure("bcd", 12345, "/s", AT_LEAST)]
    )
    lines = table.markdown().splitlines()
    assert len({len(line) for line in lines}) == 1
    assert {line.count("|") for line in lines} == {7}
    assert "12,345 /s" in lines[-1]


def test_a_plot_is_shown_below_its_table() -> None:
    """A table with a plot links to it, one without does not."""
    plain = Table("t", "how", ("a",), (("1",),))
    plotted = Table("t", "how", ("a",), (("1",),), plot="t.svg")
    assert plotted.text() == plain.text() + "\n![t](plots/t.svg)\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.123, "0.12"), (7, "7"), (12.34, "12.3"), (123.4, "123"), (1234.5, "1,234")],
)
def test_numbers_have_about_three_digits(value: float, text: str) -> None:
    """Digits that say nothing are not printed."""
    assert number(value) == text
