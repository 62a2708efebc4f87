# SPDX-License-Identifier: Apache-2.0
"""Findings as SARIF: what the 2.1.0 schema requires and what code scanning reads, by hand."""

from __future__ import annotations

import json
import re
from typing import Any

import attrs
from hypothesis import given, settings

from helm_logic.analysis.codes import CODES
from helm_logic.analysis.finding import Finding
from helm_logic.analysis.report.as_sarif import as_sarif
from helm_logic.lang import Source
from tests.analysis.report.sample import (
    FINDINGS,
    GAP,
    OVERLAP,
    OVERRIDDEN,
    SOURCE,
    mark,
    outcome,
    span,
)

# From the schema: the members that an object of each kind may have here; those with ! it must have.
SHAPES = {
    "log": "$schema version! runs!",
    "run": "tool! automationDetails columnKind results",
    "driver": "name! version rules",
    "rule": "id! name shortDescription fullDescription help defaultConfiguration properties",
    "result": (
        "ruleId ruleIndex level message! locations relatedLocations partialFingerprints"
        " suppressions properties"
    ),
    "location": "id message physicalLocation",
    "physical": "artifactLocation region",
    "artifact": "uri uriBaseId",
    "region": "startLine startColumn endLine endColumn",
    "suppression": "kind! justification",
    "message": "text! markdown",
}
LEVELS = {"none", "note", "warning", "error"}


def shaped(value: Any, kind: str) -> Any:
    """Return the object *value*, which has the members of its *kind*."""
    allowed = {name.rstrip("!") for name in SHAPES[kind].split()}
    needed = {name.rstrip("!") for name in SHAPES[kind].split() if name.endswith("!")}
    assert needed <= set(value) <= allowed, kind
    return value


def check_location(location: Any) -> None:
    """Hold a location against the schema."""
    physical = shaped(shaped(location, "location")["physicalLocation"], "physical")
    artifact = shaped(physical["artifactLocation"], "artifact")
    region = shaped(physical["region"], "region")
    assert re.fullmatch(r"[A-Za-z0-9._~%:/!$&'()*+,;=@-]+", artifact["uri"])
    assert artifact["uri"].startswith("file:///") or artifact["uriBaseId"] == "SRCROOT"
    assert all(type(each) is int and each >= 1 for each in region.values())
    start = (region["startLine"], region["startColumn"])
    assert start <= (region["endLine"], region["endColumn"])


def check(text: str) -> Any:
    """Hold a whole log against the schema and return its run."""
    log = shaped(json.loads(text), "log")
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = shaped(shaped(run, "run")["tool"]["driver"], "driver")
    ids = [shaped(rule, "rule")["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    for rule in driver["rules"]:
        for part in ("shortDescription", "fullDescription", "help"):
            assert shaped(rule[part], "message")["text"]
        assert rule["defaultConfiguration"]["level"] in LEVELS
    for result in run["results"]:
        shaped(result, "result")
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in LEVELS
        assert type(shaped(result["message"], "message")["text"]) is str
        for location in (*result["locations"], *result["relatedLocations"]):
            check_location(location)
        for suppression in result.get("suppressions", ()):
            assert shaped(suppression, "suppression")["kind"] in {"inSource", "external"}
        assert all(type(each) is str for each in result["partialFingerprints"].values())
    return run


def test_a_log_has_the_shape_of_the_schema() -> None:
    """One run; a rule for each code that occurs, with its page as help."""
    run = check(as_sarif(outcome()))

    assert [result["ruleId"] for result in run["results"]] == ["HL104", "HL108", "HL106"]
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert set(rules) == {"HL104", "HL106", "HL108"}
    assert rules["HL104"]["name"] == "OverriddenRule"
    assert rules["HL104"]["help"]["markdown"].startswith("# HL104 overridden rule\n")


def test_both_places_of_a_conflict_are_there() -> None:
    """The second span is a related location, with what it has to do with the first."""
    result = check(as_sarif(outcome(OVERRIDDEN)))["results"][0]
    first, second = result["relatedLocations"]

    (main,) = result["locations"]
    assert main["physicalLocation"]["artifactLocation"]["uri"] == "rules/main.dl"
    assert main["physicalLocation"]["region"]["startLine"] == 5
    assert first["message"]["text"] == "`deny/1` is stronger"
    assert (first["id"], second["id"]) == (1, 2)
    uri = second["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "rules/team/shared%20rules.dl"


def test_what_is_silenced_is_there_as_suppressed() -> None:
    """A viewer can tell a suppressed finding, and why, from one that has gone."""
    whole = outcome(GAP, suppressed=(mark(OVERLAP, "meant"),), known=(mark(OVERRIDDEN),))

    results = check(as_sarif(whole))["results"]

    assert [result.get("suppressions", [{}])[0].get("kind") for result in results] == [
        None,
        "inSource",
        "external",
    ]
    assert results[1]["suppressions"][0]["justification"] == "meant"


def test_a_file_outside_of_the_root_is_named_in_full() -> None:
    """An absolute path is a file URI: there is no root that it is relative to."""
    source = Source("/etc/policy/main.dl", SOURCE.text)
    finding = attrs.evolve(GAP, span=span("deny(frozen)", source))

    artifact = check(as_sarif(outcome(finding)))["results"][0]["locations"][0]["physicalLocation"]

    assert artifact["artifactLocation"] == {"uri": "file:///etc/policy/main.dl"}


def test_fingerprints_survive_lines_inserted_above() -> None:
    """The same rule one line further down is the same alert."""
    moved = Source(SOURCE.name, "% one more line\n" + SOURCE.text)
    finding = attrs.evolve(GAP, span=span('known_action("deploy").', moved))
    marks = [
        check(as_sarif(outcome(each)))["results"][0]["partialFingerprints"]
        for each in (GAP, finding)
    ]

    assert marks[0] == marks[1]


def test_names_of_rules_are_words() -> None:
    """Every code has a name without spaces or marks, as viewers want it."""
    for code in CODES:
        if not code.startswith("HL2"):
            run = check(as_sarif(outcome(attrs.evolve(GAP, code=code))))
            assert re.fullmatch(r"[A-Za-z-]+", run["tool"]["driver"]["rules"][0]["name"])


@settings(max_examples=40)
@given(FINDINGS)
def test_any_finding_gives_a_log_of_the_schema(finding: Finding) -> None:
    """No text in a finding breaks the format."""
    check(as_sarif(outcome(finding)))
