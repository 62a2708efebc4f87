# SPDX-License-Identifier: Apache-2.0
"""The README says what is so: its session is run, its tables compared, its links followed."""

from __future__ import annotations

import re
from functools import cache

import pytest

from helm_logic.cli.exit_codes import MEANINGS
from tests.readme import README, Played, blocks, normalised, play

ROOT = README.parent


@cache
def _page() -> str:
    return README.read_text("utf-8")


@cache
def _session() -> tuple[Played, ...]:
    return tuple(played for _, played in play(_page()))


def _rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under *heading*, its head left out."""
    section = _page().split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_session_prints_what_the_page_says() -> None:
    """Every command of the page, run in order in a fresh folder, prints what stands below it.

    If a change is meant, `python -m tests.readme` writes what came out into the page.
    """
    assert len(_session()) > 10
    for played in _session():
        printed, expected = normalised(played.printed), normalised(played.expected)
        assert printed == expected, f"$ {played.command}"


@pytest.mark.parametrize("verdict", ["ALLOW", "DENY", "ESCALATE"])
def test_the_session_shows_every_verdict(verdict: str) -> None:
    """The page has a decision for each of the three verdicts."""
    decisions = [played.printed for played in _session() if " decide " in played.command]

    assert any(printed.startswith(f"{verdict}  ") for printed in decisions)


def test_the_rules_on_the_page_are_those_that_ship() -> None:
    """What is shown of rules/main.dl stands in the rule set, word for word."""
    shipped = (ROOT / "rules" / "deploy" / "main.dl").read_text("utf-8")
    (shown,) = [block.text for block in blocks(_page()) if block.language == "prolog"]

    for paragraph in shown.strip().split("\n\n"):
        assert paragraph in shipped


def test_the_exit_codes_on_the_page_are_those_of_the_commands() -> None:
    """The table has every code with its meaning, and no other."""
    assert _rows("Exit codes") == [[str(code), text] for code, text in MEANINGS.items()]


def test_the_room_map_has_every_room() -> None:
    """Each folder of the package stands in the table once, and nothing else does."""
    rooms = {path.parent.name for path in (ROOT / "helm_logic").glob("*/__init__.py")}
    listed = [row[0].strip("`") for row in _rows("The rooms")]

    assert sorted(listed) == sorted(rooms)


def test_the_two_commands_are_targets_of_make() -> None:
    """`make demo` and `make test` exist."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (shown,) = [block.text for block in blocks(_page()) if block.language == "sh"]

    targets = re.findall(r"^make (\w+)", shown, re.MULTILINE)
    assert targets == ["demo", "test"]
    assert all(f"\n{target}:" in makefile for target in targets)


def test_every_link_leads_somewhere() -> None:
    """What the page links to is a file of the project."""
    links = re.findall(r"\]\(([^)#]+)\)", _page())

    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_names_are_compared_as_kinds_and_nothing_else_is() -> None:
    """Two runs differ in digests, ids, keys and times; every other difference is one."""
    one = f"at 2026-11-22T21:00:00Z {'a' * 16} sha256:{'b' * 64} ed25519:{'C' * 43}= entry 1"
    other = f"at 2027-01-01T00:00:00Z {'1' * 16} sha256:{'2' * 64} ed25519:{'/' * 43}= entry 1"

    assert normalised(one) == normalised(other)
    assert normalised(one) != normalised(other.replace("entry 1", "entry 2"))
