# SPDX-License-Identifier: Apache-2.0
"""The page of a derivation in a real browser, as its readers use it: pointer, keys, paper.

Few tests with much in each: every one starts a browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helm_logic.explain.formats import render
from helm_logic.explain.notebook import mimebundle
from tests.explain.formats.browser import browse, quiet
from tests.explain.formats.dags import DIGEST, HOSTILE, deep, hostile, small

STEPS = 10_000
BOXES = 250  # that a graph draws at most
AT_ONCE = 120  # rows that are in the page at most, however many are unfolded
ROWS = 17  # of the small derivation, unfolded
LIGHT: Mapping[str, object] = {"do": "read", "schemes": ["light"]}
BOTH: Mapping[str, object] = {"do": "read", "schemes": ["light", "dark"]}


def opened(folder: Path, page: str, **job: object) -> dict[str, object]:
    """Return the job of opening *page*, written into *folder*."""
    path = folder / f"{len(list(folder.iterdir()))}.html"
    path.write_text(page, "utf-8")
    return {"url": path.as_uri(), **job}


def test_a_page_is_read_searched_folded_and_clicked(tmp_path: Path) -> None:
    """Everything works by pointer and keys; facts stay text; axe finds nothing serious."""
    notebook = f"<!DOCTYPE html><title>cell</title>{mimebundle(small())['text/html']}"
    jobs = [
        opened(tmp_path, render(small(), "html"), words="link(", query="agent:ops", **BOTH),
        opened(tmp_path, render(hostile(), "html"), words=HOSTILE[1], query="alert(1)", **LIGHT),
        opened(tmp_path, notebook, do="frame"),
    ]
    read, attacked, framed = answers = browse(*jobs)

    for answer, job in zip(answers, jobs, strict=True):
        quiet(answer["seen"], str(job["url"]))
    shows_the_small_one(read)
    shows_its_graph(read)
    shows_attacks_as_text(attacked)
    assert read["serious"] == attacked["serious"] == []
    assert framed["rows"] == ROWS


def shows_the_small_one(told: Mapping[str, Any]) -> None:
    """Assert that story, tree, panel, keys, search and paper show the small derivation."""
    assert "ALLOW" in told["story"]
    assert "agent:ops may deploy: the chain covers it." in told["story"]
    assert len(told["rows"]) == len(told["unfolded"]) == told["paper"] == ROWS
    assert told["rows"][0].endswith("allow(covered)r2")
    for words in (DIGEST, "user:founder", "2027-01-15T08:00:00Z", "✓ verified", "Used by"):
        assert words in told["panel"]
    assert len(told["folded"]) < ROWS
    assert told["expanded"] == "false"
    assert told["byKeys"] == "Step 6"
    assert told["found"] == "1 of 2"
    assert set(told["marks"]) == {"agent:ops"}
    assert told["chosen"] == "Step 4"


def shows_its_graph(told: Mapping[str, Any]) -> None:
    """Assert that what is derived has boxes, joined by edges, which keys walk and fold."""
    assert len(told["boxes"]) == 7
    assert "Step 9: allow(covered); by r2" in told["boxes"]
    assert told["edges"] == 6
    assert told["below"] == "Step 6"
    assert told["boxesFolded"] == 6  # live(1) is used by nothing else


def shows_attacks_as_text(told: Mapping[str, Any]) -> None:
    """Assert that the text of attacks is shown, hidden characters spelled out."""
    assert HOSTILE[0] in told["story"]
    assert "\\u{202e}txt.exe" in told["story"]
    assert any(HOSTILE[1] in row for row in told["rows"])
    assert HOSTILE[1] in told["panel"]
    assert not any("\u202e" in row for row in told["rows"])


def test_ten_thousand_steps_stay_usable(tmp_path: Path) -> None:
    """All can be unfolded, the last row reached, and still few rows and boxes are in the page."""
    job = opened(tmp_path, render(deep(STEPS), "html"), do="stress")

    (told,) = browse(job)

    quiet(told["seen"], str(job["url"]))
    assert told["atFirst"] <= AT_ONCE
    assert told["unfolded"] <= AT_ONCE
    assert told["height"] == STEPS
    assert told["inSight"]
    assert 0 < told["boxes"] <= BOXES
    assert "nearest to the chosen step" in told["drawn"]
    words, level = told["last"]
    assert level == str(STEPS)
    assert f"level {STEPS}" in words
