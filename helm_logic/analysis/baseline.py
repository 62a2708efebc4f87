# SPDX-License-Identifier: Apache-2.0
"""The baseline: a file of findings that were there before, so that only new ones fail a run.

    {"format": "helm-logic/baseline/v1",
     "findings": [{"code": CODE, "fingerprint": DIGEST, "message": TEXT, "rules": [ID, ...]}, ...]}

Invariants:
- a finding is known only by its fingerprint, which covers the texts of the rules responsible:
  editing such a rule brings the finding back;
- code, message and rules are there for who reads the file, and are not compared;
- what could not be decided (HL902, HL903) and suppressions without effect (HL911) are never known;
- entries whose finding went away are told, so that the file shrinks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import attrs

from helm_logic.analysis.fingerprint import Marked
from helm_logic.errors import InputError, PolicyError
from helm_logic.kernel.encoding import parse_json
from helm_logic.ledger.shape import require_list, require_object, require_text

FORMAT = "helm-logic/baseline/v1"
MOST = 16 << 20  # bytes

_NEVER_KNOWN = frozenset({"HL902", "HL903", "HL911"})
_MEMBERS = ("code", "fingerprint", "message", "rules")


@attrs.frozen
class Entry:
    """One known finding: its fingerprint, and for readers what it said."""

    code: str
    fingerprint: str
    message: str
    rules: tuple[str, ...]


@attrs.frozen
class Compared:
    """Findings beside a baseline: *new* ones, *known* ones, and entries that nothing answers."""

    new: tuple[Marked, ...]
    known: tuple[Marked, ...]
    gone: tuple[Entry, ...]


def compare_with(baseline: Iterable[Entry], findings: Sequence[Marked]) -> Compared:
    """Return which of *findings* the *baseline* knows, in their order."""
    entries = {entry.fingerprint: entry for entry in baseline}
    known = tuple(
        each
        for each in findings
        if each.fingerprint in entries and each.finding.code not in _NEVER_KNOWN
    )
    seen = {each.fingerprint for each in known}
    return Compared(
        new=tuple(each for each in findings if each.fingerprint not in seen),
        known=known,
        gone=tuple(entry for entry in entries.values() if entry.fingerprint not in seen),
    )


def baseline_text(findings: Iterable[Marked]) -> str:
    """Return the baseline file that knows *findings*, without those that are never known."""
    entries = {
        each.fingerprint: {
            "code": each.finding.code,
            "fingerprint": each.fingerprint,
            "message": each.finding.message,
            "rules": list(each.finding.rules),
        }
        for each in findings
        if each.finding.code not in _NEVER_KNOWN
    }
    values = sorted(entries.values(), key=lambda each: (each["code"], each["fingerprint"]))
    whole = {"format": FORMAT, "findings": values}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def read_baseline(data: bytes) -> tuple[Entry, ...]:
    """Return the entries of the baseline file *data*; raise PolicyError for anything else."""
    try:
        return _entries(parse_json(data, max_bytes=MOST))
    except InputError as error:
        raise PolicyError(
            f"this is no baseline file: {error}; `--write-baseline` writes one"
        ) from None


def _entries(value: object) -> tuple[Entry, ...]:
    whole = require_object(value, "the file", ("format", "findings"))
    if whole["format"] != FORMAT:
        raise InputError("wrong_shape", f"got the format `{whole['format']}`, want `{FORMAT}`")
    return tuple(_entry(each) for each in require_list(whole["findings"], "findings"))


def _entry(value: object) -> Entry:
    parts = require_object(value, "finding", _MEMBERS)
    return Entry(
        require_text(parts["code"], "code"),
        require_text(parts["fingerprint"], "fingerprint"),
        require_text(parts["message"], "message"),
        tuple(require_text(each, "rules") for each in require_list(parts["rules"], "rules")),
    )
