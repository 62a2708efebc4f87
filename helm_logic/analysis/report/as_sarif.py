# SPDX-License-Identifier: Apache-2.0
"""Findings as SARIF 2.1.0 (OASIS), for code scanning.

Invariants:
- a rule is a code, with its page as help; a result has its place, every further place as a related
  location, and a partial fingerprint that survives lines inserted above;
- files are relative to the source root, with `/` and percent-encoded, wherever that is;
- what a comment silences or a baseline knows is there with a suppression, so that a viewer can tell
  the two from what has gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from urllib.parse import quote

from helm_logic import __version__
from helm_logic.analysis.codes import CODES, page, summary
from helm_logic.analysis.finding import ERROR, INFO, WARNING, Finding
from helm_logic.analysis.fingerprint import VERSION, Marked
from helm_logic.analysis.report.as_json import json_text
from helm_logic.analysis.report.outcome import Outcome, Place
from helm_logic.lang import Span
from helm_logic.policy.case_text import case_value

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

_LEVELS = {ERROR: "error", WARNING: "warning", INFO: "note"}
_ROOT = "SRCROOT"


def as_sarif(outcome: Outcome) -> str:
    """Return a log with one run that has every finding, infos included."""
    every = list(_every(outcome))
    codes = sorted({marked.finding.code for marked, _ in every})
    driver = {
        "name": "helm-logic",
        "version": __version__,
        "rules": [_rule(each) for each in codes],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"helm-logic/{outcome.command}"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(marked, suppression, codes) for marked, suppression in every],
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _every(outcome: Outcome) -> Iterator[tuple[Marked, dict[str, str] | None]]:
    for marked in outcome.findings:
        yield marked, None
    for marked in outcome.suppressed:
        yield marked, {"kind": "inSource", "justification": marked.reason}
    for marked in outcome.known:
        yield marked, {"kind": "external", "justification": "known: it stands in the baseline"}


def _rule(code: str) -> dict[str, object]:
    known = CODES[code]
    text = page(code) or ""
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in known.title.replace(",", "").split()),
        "shortDescription": {"text": known.title},
        "fullDescription": {"text": summary(code)},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": _LEVELS[known.severity]},
        "properties": {"tags": ["policy"], "precision": "very-high"},
    }


def _result(
    marked: Marked, suppression: dict[str, str] | None, codes: list[str]
) -> dict[str, object]:
    finding = marked.finding
    result: dict[str, object] = {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [{"physicalLocation": _location(finding.span)}],
        "relatedLocations": [
            {"id": number, "message": {"text": note.message},
             "physicalLocation": _location(note.span)}
            for number, note in enumerate(finding.notes, start=1)
        ],
        "partialFingerprints": {VERSION: marked.fingerprint},
        "properties": {
            "confidence": finding.confidence,
            "region": finding.region,
            "rules": finding.rules,
            "witness": None if finding.witness is None else case_value(finding.witness),
        },
    }  # fmt: skip
    if suppression is not None:
        result["suppressions"] = [suppression]
    return result


def _message(finding: Finding) -> str:
    parts = [finding.message]
    if finding.region and finding.region not in finding.message:
        parts.append(f"Where: {finding.region}.")
    if finding.fix:
        parts.append(f"Fix: {finding.fix}.")
    return "\n".join(parts)


def _location(span: Span) -> dict[str, object]:
    at = Place.of(span)
    path = PurePath(at.file)
    artifact = {"uri": quote(path.as_posix())}
    if path.is_absolute():
        artifact["uri"] = path.as_uri()
    else:
        artifact["uriBaseId"] = _ROOT
    return {
        "artifactLocation": artifact,
        "region": {
            "startLine": at.line,
            "startColumn": at.column,
            "endLine": at.end_line,
            "endColumn": at.end_column,
        },
    }
