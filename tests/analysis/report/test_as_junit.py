# SPDX-License-Identifier: Apache-2.0
"""Findings as JUnit XML: well-formed whatever stands in them, and failed where the run fails."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import attrs
from hypothesis import given, settings

from helm_logic.analysis.finding import ERROR, Finding
from helm_logic.analysis.report import FORMATS
from helm_logic.analysis.report.as_junit import as_junit
from helm_logic.analysis.report.outcome import Outcome
from tests.analysis.report.sample import FINDINGS, OVERRIDDEN, outcome


def suite(whole: Outcome) -> ET.Element:
    """Return the one test suite of *whole*."""
    (found,) = ET.fromstring(as_junit(whole))  # noqa: S314 - our own output
    return found


def test_each_finding_is_a_case_and_fails_if_it_fails_the_run() -> None:
    """With --fail-on error, a warning is a case that passed and tells its text."""
    found = suite(outcome(fail_on=ERROR))

    assert (found.get("tests"), found.get("failures")) == ("2", "1")
    failed, passed = found
    assert failed.get("name") == "HL104 rules/main.dl:5:1"
    assert failed[0].tag == "failure"
    assert failed[0].get("message") == OVERRIDDEN.message
    assert "witness: DENY frozen" in (failed[0].text or "")
    assert passed[0].tag == "system-out"


def test_a_clean_run_is_one_passed_case() -> None:
    """A suite without cases would be taken for one that did not run."""
    found = suite(attrs.evolve(outcome(), findings=()))

    assert (found.get("tests"), found.get("failures")) == ("1", "0")
    assert len(found) == 1
    assert len(found[0]) == 0


@settings(max_examples=60)
@given(FINDINGS)
def test_any_text_gives_xml(finding: Finding) -> None:
    """Control characters that XML cannot hold are replaced, everything else comes back."""
    found = suite(outcome(finding, all_shown=True))

    assert len(found) == 1


def test_every_format_ends_with_a_line_end() -> None:
    """Output of one command can be followed by that of another."""
    for form, write in FORMATS.items():
        assert write(outcome()).endswith("\n"), form
