# SPDX-License-Identifier: Apache-2.0
"""Findings as JSON for programs; the format and its members are stable, and sorted.

    {"command": "lint", "format": "helm-logic/findings/v1",
     "findings": [FINDING, ...],        what is news, in the order of files and places
     "suppressed": [FINDING, ...],      each with "reason", that of the comment
     "known": [FINDING, ...],           those of the baseline
     "gone": [{"code", "fingerprint", "message", "rules"}, ...],   what the baseline has besides
     "summary": {"error": N, "warning": N, "info": N}}             of `findings`

    FINDING = {"code", "title", "severity", "message",
               "confidence": "proved" | "replayed" | "possible",
               "file", "line", "column", "endLine", "endColumn",   from 1, in characters
               "notes": [{"message", "file", "line", ...}, ...],   every other place
               "rules": [ID, ...], "region": TEXT, "fix": TEXT,    empty where there is none
               "fingerprint": DIGEST,                              as the baseline has it
               "witness": CASE | null}

A CASE has the members of a `[[case]]` of a policy test, with times as RFC 3339 text. Members may
be added; those that are here keep their names and their meaning.
"""

from __future__ import annotations

import json
from datetime import datetime

from helm_logic.analysis.codes import CODES
from helm_logic.analysis.finding import SEVERITIES
from helm_logic.analysis.fingerprint import Marked
from helm_logic.analysis.report.outcome import Outcome, Place
from helm_logic.policy.case_text import case_value

FORMAT = "helm-logic/findings/v1"


def as_json(outcome: Outcome) -> str:
    """Return every finding, infos included."""
    value = {
        "command": outcome.command,
        "findings": [finding_value(each) for each in outcome.findings],
        "format": FORMAT,
        "gone": [
            {
                "code": each.code,
                "fingerprint": each.fingerprint,
                "message": each.message,
                "rules": each.rules,
            }
            for each in outcome.gone
        ],
        "known": [finding_value(each) for each in outcome.known],
        "summary": {severity: outcome.count(severity) for severity in SEVERITIES},
        "suppressed": [
            {**finding_value(each), "reason": each.reason} for each in outcome.suppressed
        ],
    }
    return json_text(value)


def json_text(value: object) -> str:
    """Return *value*, in which times may stand, as JSON for reading."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=_moment) + "\n"


def finding_value(marked: Marked) -> dict[str, object]:
    """Return the JSON form of a finding."""
    finding = marked.finding
    return {
        **Place.of(finding.span).to_value(),
        "code": finding.code,
        "confidence": finding.confidence,
        "fingerprint": marked.fingerprint,
        "fix": finding.fix,
        "message": finding.message,
        "notes": [
            {**Place.of(note.span).to_value(), "message": note.message} for note in finding.notes
        ],
        "region": finding.region,
        "rules": finding.rules,
        "severity": finding.severity,
        "title": CODES[finding.code].title,
        "witness": None if finding.witness is None else case_value(finding.witness),
    }


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    raise TypeError(f"{value!r} is no json")
