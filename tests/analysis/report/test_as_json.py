# SPDX-License-Identifier: Apache-2.0
"""Findings as JSON: the members that are promised, for whatever a finding holds."""

from __future__ import annotations

import json
from importlib import import_module

from hypothesis import given, settings

from helm_logic.analysis.baseline import Entry
from helm_logic.analysis.finding import Finding
from helm_logic.analysis.report.as_json import as_json
from tests.analysis.report.sample import FINDINGS, GAP, OVERLAP, OVERRIDDEN, mark, outcome


def test_the_members_are_those_of_the_documented_format() -> None:
    """Every member of the docstring is there and no other; infos are always included."""
    entry = Entry("HL103", "sha256:0", "went away", ("allow/9",))
    whole = json.loads(
        as_json(outcome(suppressed=(mark(OVERLAP, "meant"),), known=(mark(GAP),), gone=(entry,)))
    )
    first = whole["findings"][0]

    assert whole["format"] == "helm-logic/findings/v1"
    assert whole["summary"] == {"error": 1, "warning": 1, "info": 1}
    assert [each["code"] for each in whole["findings"]] == ["HL104", "HL108", "HL106"]
    assert whole["suppressed"][0]["reason"] == "meant"
    assert whole["gone"] == [
        {"code": "HL103", "fingerprint": "sha256:0", "message": "went away", "rules": ["allow/9"]}
    ]
    documented = import_module("helm_logic.analysis.report.as_json").__doc__ or ""
    for member in {*whole, *first, *first["notes"][0]}:
        assert f'"{member}"' in documented


def test_a_finding_has_its_place_its_other_places_and_its_witness() -> None:
    """Columns and lines count from 1, the end is behind the last character."""
    found = json.loads(as_json(outcome(OVERRIDDEN)))["findings"][0]

    assert (found["file"], found["line"], found["column"]) == ("rules/main.dl", 5, 1)
    assert (found["endLine"], found["endColumn"]) == (5, 47)
    assert [(note["file"], note["line"], note["endLine"]) for note in found["notes"]] == [
        ("rules/main.dl", 4, 4),
        ("rules/team/shared rules.dl", 1, 2),
    ]
    assert found["title"] == "overridden rule"
    assert found["witness"]["now"] == "2026-03-02T12:00:00Z"
    assert found["witness"]["verdict"] == "DENY"
    assert found["witness"]["chain"][1]["from"] == "agent:ops"
    assert found["fingerprint"] == mark(OVERRIDDEN).fingerprint


@settings(max_examples=40)
@given(FINDINGS)
def test_texts_come_back_as_they_were(finding: Finding) -> None:
    """JSON holds every text unchanged, and the same outcome gives the same bytes."""
    text = as_json(outcome(finding))
    found = json.loads(text)["findings"][0]

    assert (found["message"], found["region"], found["fix"]) == (
        finding.message,
        finding.region,
        finding.fix,
    )
    assert tuple(found["rules"]) == finding.rules
    assert as_json(outcome(finding)) == text
