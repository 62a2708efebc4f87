# SPDX-License-Identifier: Apache-2.0
"""What a run has to report: its findings, and those that are not news.

Invariants: every finding is in exactly one of *findings*, *suppressed* and *known*; a run fails by
*findings* alone. Where a finding stands is a `Place`: lines and columns count from 1, in
characters, and the end is the first character behind it.
"""

from __future__ import annotations

import attrs

from helm_logic.analysis.baseline import Entry
from helm_logic.analysis.finding import INFO, SEVERITIES, WARNING, Finding
from helm_logic.analysis.fingerprint import Marked
from helm_logic.lang import Span


@attrs.frozen
class Outcome:
    """The outcome of a run of *command*, such as `lint`.

    *known* findings are those of the baseline, *gone* what the baseline has besides. *fail_on* is
    the least severity that fails the run; *all_shown* says whether a reader asked for infos too.
    *hints* are lines that name further questions.
    """

    command: str
    findings: tuple[Marked, ...]
    suppressed: tuple[Marked, ...] = ()
    known: tuple[Marked, ...] = ()
    gone: tuple[Entry, ...] = ()
    hints: tuple[str, ...] = ()
    fail_on: str = WARNING
    all_shown: bool = False
    colour: bool = False

    def fails(self, finding: Finding) -> bool:
        """Say whether *finding* fails the run."""
        return SEVERITIES.index(finding.severity) <= SEVERITIES.index(self.fail_on)

    @property
    def failed(self) -> bool:
        """Whether any finding fails the run."""
        return any(self.fails(each.finding) for each in self.findings)

    @property
    def shown(self) -> tuple[Marked, ...]:
        """The findings for a reader: infos only if they were asked for, or fail the run."""
        if self.all_shown or self.fail_on == INFO:
            return self.findings
        return tuple(each for each in self.findings if each.finding.severity != INFO)

    def count(self, severity: str) -> int:
        """Return how many findings have *severity*."""
        return sum(each.finding.severity == severity for each in self.findings)


@attrs.frozen
class Place:
    """Where something stands."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def of(cls, span: Span) -> Place:
        """Return the place of *span*."""
        end = Span(span.source, span.end, span.end)
        return cls(span.source.name, span.line, span.column, end.line, end.column)

    def to_value(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "column": self.column,
            "endColumn": self.end_column,
            "endLine": self.end_line,
            "file": self.file,
            "line": self.line,
        }
