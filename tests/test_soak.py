# SPDX-License-Identifier: Apache-2.0
"""The table of the fault tests: what `make soak` found last stands in the README, all good."""

from __future__ import annotations

from collections import Counter

from benchmarks.readme import README
from tests.ledger.faults.judge import Result
from tests.soak import COMMAND, PARTS, Soak, table

RESULTS = [
    Result("one fault", 1200, Counter({"refused": 1100, "harmless": 100}), 0),
    Result("another", 3, Counter({"missed": 1}), 1),
    Result("a control", 3, Counter({"lost": 1}), 0, control=True),
]


def test_what_was_lost_is_not_hidden() -> None:
    """Each result is a row, with counts in words and the number of those that went wrong."""
    made = table(RESULTS, Soak(50, 7))

    assert "50 %" in made.how
    assert made.rows[0] == ("one fault", "1,200", "1,100 refused, 100 harmless", "none")
    assert [row[-1] for row in made.rows] == ["none", "**1**", "lost, as it must"]


def test_less_is_done_of_everything() -> None:
    """A share of the length is a share of the trials, and never none."""
    assert (Soak(10, 1).times(500), Soak(10, 1).every(4)) == (50, 40)
    assert (Soak(0.1, 1).times(5), Soak(200, 1).every(1)) == (1, 1)


def test_the_table_stands_in_the_readme() -> None:
    """With rows of all parts, and nothing that was lost, forked or missed."""
    text = README.read_text("utf-8")
    start = text.index(f"<!-- figures of soak: written by `{COMMAND}` -->")
    rows = [line for line in text[start:].partition("<!-- end")[0].splitlines() if line[:2] == "| "]

    assert len(rows) - 2 > 3 * len(PARTS)
    assert {row.split("|")[-2].strip() for row in rows[2:]} == {"none", "lost, as it must"}
