# SPDX-License-Identifier: Apache-2.0
"""One line a finding: file, line, column, code, severity and message, as editors take them."""

from __future__ import annotations

from helm_logic.analysis.report.as_text import plain
from helm_logic.analysis.report.outcome import Outcome, Place


def as_concise(outcome: Outcome) -> str:
    """Return the findings that are shown, and nothing else."""
    lines = []
    for each in (marked.finding for marked in outcome.shown):
        at = Place.of(each.span)
        where = f"{plain(at.file)}:{at.line}:{at.column}"
        lines.append(f"{where}: {each.code} {each.severity}: {plain(each.message)}\n")
    return "".join(lines)
