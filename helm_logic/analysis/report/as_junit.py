# SPDX-License-Identifier: Apache-2.0
"""Findings as JUnit XML: one test case a finding, in the suite of its file.

What fails the run is a failure, other findings are passed cases with their text; a run without
findings is one passed case, because a suite without cases is taken for one that did not run.
"""

from __future__ import annotations

import re
from html import escape

from helm_logic.analysis.fingerprint import Marked
from helm_logic.analysis.report.as_text import finding_lines
from helm_logic.analysis.report.outcome import Outcome, Place

# A reader would make spaces of these in an attribute.
_SPACES = {ord(each): f"&#{ord(each)};" for each in "\t\n\r"}
# What XML 1.0 cannot hold, not even escaped.
_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(outcome: Outcome) -> str:
    """Return the findings that are shown as a test suite."""
    failing = [each for each in outcome.shown if outcome.fails(each.finding)]
    cases = [_case(each, fails=outcome.fails(each.finding)) for each in outcome.shown]
    if not cases:
        cases = [f"    <testcase classname={_attribute(outcome.command)} name='no findings'/>\n"]
    counts = f'tests="{len(cases)}" failures="{len(failing)}" errors="0"'
    name = _attribute(f"helm-logic {outcome.command}")
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f"<testsuites>\n  <testsuite name={name} {counts}>\n"
        f"{''.join(cases)}  </testsuite>\n</testsuites>\n"
    )


def _case(marked: Marked, *, fails: bool) -> str:
    finding = marked.finding
    at = Place.of(finding.span)
    name = _attribute(f"{finding.code} {at.file}:{at.line}:{at.column}")
    text = "\n".join(finding_lines(marked))
    if fails:
        said = f"type={_attribute(finding.code)} message={_attribute(finding.message)}"
        inside = f"      <failure {said}>{_text(text)}</failure>\n"
    else:
        inside = f"      <system-out>{_text(text)}</system-out>\n"
    head = f"classname={_attribute(at.file)} name={name}"
    return f"    <testcase {head}>\n{inside}    </testcase>\n"


def _attribute(text: str) -> str:
    kept = escape(_UNFIT.sub("\ufffd", text))
    return f'"{kept.translate(_SPACES)}"'


def _text(text: str) -> str:
    return escape(_UNFIT.sub("\ufffd", text), quote=False)
