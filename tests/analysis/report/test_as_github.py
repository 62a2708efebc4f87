# SPDX-License-Identifier: Apache-2.0
"""Findings as workflow commands: what a runner reads back is what was meant."""

from __future__ import annotations

import re

from hypothesis import given, settings

from helm_logic.analysis.finding import Finding
from helm_logic.analysis.report.as_github import as_github
from tests.analysis.report.sample import FINDINGS, OVERRIDDEN, outcome

COMMAND = re.compile(r"::(error|warning|notice) ([^:\n\r]*)::([^\n\r]*)\n")


def read(line: str) -> tuple[str, dict[str, str], str]:
    """Return a command as a runner reads it: name, properties, message."""
    found = COMMAND.fullmatch(line)
    assert found is not None
    properties = dict(each.split("=", 1) for each in found[2].split(","))
    return (
        found[1],
        {name: unescaped(each) for name, each in properties.items()},
        unescaped(found[3]),
    )


def unescaped(text: str) -> str:
    """Undo the escapes of a workflow command."""
    for code, character in (
        ("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")
    ):  # fmt: skip
        text = text.replace(code, character)
    return text


def test_a_finding_stands_beside_its_line() -> None:
    """File, lines and title are properties; the other places, region and fix are in the message."""
    name, properties, message = read(as_github(outcome(OVERRIDDEN)))

    assert name == "error"
    assert properties == {
        "file": "rules/main.dl",
        "line": "5",
        "endLine": "5",
        "col": "1",
        "title": "HL104 overridden rule",
    }
    assert message.splitlines() == [
        OVERRIDDEN.message,
        "rules/main.dl:4: `deny/1` is stronger",
        "rules/team/shared rules.dl:1: and this, over two lines",
        'where: action = "deploy", freeze = true',
        f"fix: {OVERRIDDEN.fix}",
    ]


@settings(max_examples=60)
@given(FINDINGS)
def test_no_text_can_be_another_command(finding: Finding) -> None:
    """Line ends and separators are escaped: one finding is one command, and its text comes back."""
    text = as_github(outcome(finding, all_shown=True))

    _, _, message = read(text)
    assert message.startswith(finding.message)
    assert text.count("\n") == 1
