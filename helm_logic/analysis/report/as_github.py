# SPDX-License-Identifier: Apache-2.0
"""Findings as workflow commands, which GitHub shows beside the lines of a pull request.

The commands are `::error file=...,line=...,title=...::message`; a line end, a percent sign and, in
properties, `:` and `,` are escaped, so that text from rules cannot be read as another command.
"""

from __future__ import annotations

from helm_logic.analysis.codes import CODES
from helm_logic.analysis.finding import ERROR, INFO, WARNING, Finding
from helm_logic.analysis.report.outcome import Outcome, Place

_COMMANDS = {ERROR: "error", WARNING: "warning", INFO: "notice"}
_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_MESSAGE, ":": "%3A", ",": "%2C"}


def as_github(outcome: Outcome) -> str:
    """Return one command for each finding that is shown."""
    return "".join(f"{_command(each.finding)}\n" for each in outcome.shown)


def _command(finding: Finding) -> str:
    at = Place.of(finding.span)
    properties = {
        "file": at.file,
        "line": str(at.line),
        "endLine": str(at.end_line),
        "col": str(at.column),
        "title": f"{finding.code} {CODES[finding.code].title}",
    }
    said = ",".join(f"{name}={_escaped(text, _PROPERTY)}" for name, text in properties.items())
    message = "\n".join(_message(finding))
    return f"::{_COMMANDS[finding.severity]} {said}::{_escaped(message, _MESSAGE)}"


def _message(finding: Finding) -> list[str]:
    lines = [finding.message]
    for note in finding.notes:
        at = Place.of(note.span)
        lines.append(f"{at.file}:{at.line}: {note.message}")
    if finding.region and finding.region not in finding.message:
        lines.append(f"where: {finding.region}")
    if finding.fix:
        lines.append(f"fix: {finding.fix}")
    return lines


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(character, character) for character in text)
