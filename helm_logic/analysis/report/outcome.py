# SPDX-License-Identifier: Apache-2.0
"""What a run has to report: its findings, and those that are not news.

Invariants: every finding is in exactly one of *findings*, *suppressed* and *known*; a run fails by
*findings* alone. Where a finding stands is a `Place`: lines and columns count from 1, in
characters, and the end is the first character behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

from helm_logic.analysis.baseline import Entry
from helm_logic.analysis.finding import INFO, SEVERITIES, WARNING, Finding
from helm_logic.analysis.suppression import Suppressed
from helm_logic.lang import Span
from helm_logic.policy.case_file import Case


@attrs.frozen
class Outcome:
    """The outcome of a run of *command*, such as `lint`.

    *known* findings are those of the baseline, *gone* what the baseline has besides. *fail_on* is
    the least severity that fails the run; *all_shown* says whether a reader asked for infos too.
    *witness_file* is where the witnesses were written, empty if they were not.
    """

    command: str
    findings: tuple[Finding, ...]
    rule_digests: Mapping[str, str]
    suppressed: tuple[Suppressed, ...] = ()
    known: tuple[Finding, ...] = ()
    gone: tuple[Entry, ...] = ()
    fail_on: str = WARNING
    all_shown: bool = False
    colour: bool = False
    witness_file: str = ""

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that fail the run."""
        least = SEVERITIES.index(self.fail_on)
        return tuple(each for each in self.findings if SEVERITIES.index(each.severity) <= least)

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The findings for a reader: infos only if they were asked for, or fail the run."""
        if self.all_shown or self.fail_on == INFO:
            return self.findings
        return tuple(each for each in self.findings if each.severity != INFO)

    def count(self, severity: str) -> int:
        """Return how many findings have *severity*."""
        return sum(each.severity == severity for each in self.findings)


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


def with_own_names(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return *findings* with witnesses whose names differ, as cases of one test file must."""
    taken: set[str] = set()
    renamed = []
    for finding in findings:
        case = finding.witness
        if case is not None:
            name, number = case.name, 1
            while name in taken:
                number += 1
                name = f"{case.name} ({number})"
            taken.add(name)
            finding = attrs.evolve(finding, witness=attrs.evolve(case, name=name))  # noqa: PLW2901
        renamed.append(finding)
    return tuple(renamed)


def witnesses(findings: Sequence[Finding]) -> tuple[Case, ...]:
    """Return the witnesses of *findings*, in their order."""
    return tuple(each.witness for each in findings if each.witness is not None)
