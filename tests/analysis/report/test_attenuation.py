# SPDX-License-Identifier: Apache-2.0
"""What was proved of chains, as text and JSON, and when that is no success."""

from __future__ import annotations

import json

import attrs

from helm_logic.analysis.chains.attenuation import BROKEN, UNNAMED, Attenuation, Result
from helm_logic.analysis.chains.properties import PROPERTIES
from helm_logic.analysis.finding import PROVED, Finding
from helm_logic.analysis.report.attenuation import (
    ChainOutcome,
    attenuation_json,
    attenuation_text,
)
from helm_logic.analysis.report.outcome import Outcome
from tests.analysis.report.sample import OVERRIDDEN, mark

SCOPE, WINDOW, *_ = PROPERTIES
CHAIN = 'root_grant("a:b", "x").\n% hand-on: authority("c:d", "**")'
WIDENED = attrs.evolve(
    OVERRIDDEN, code="HL201", message="widened", region=CHAIN, witness=None, fix="ask for less"
)


def outcome(*results: Result, found: tuple[Finding, ...] = (), reason: str = "") -> ChainOutcome:
    """Return the outcome with *results*; with a *reason*, what was *found* is suppressed."""
    family = Attenuation("sha256:rules", ("authority",), results, (), {}, ())
    families = (family,) if results else ()
    marks = tuple(mark(each, reason) for each in found)
    findings = Outcome("prove attenuation", () if reason else marks, marks if reason else ())
    return ChainOutcome("main.dl", families, findings)


def test_each_property_is_told_and_each_break_is_shown() -> None:
    """A table of properties, the findings with the facts of the chain on lines of their own."""
    whole = outcome(
        Result(SCOPE, BROKEN), Result(WINDOW, UNNAMED, "nothing is named"), found=(WIDENED,)
    )
    text = attenuation_text(whole)

    assert text.startswith(
        "chains of any length: authority\n"
        f"  broken      scope   {SCOPE.sentence}\n"
        "  -           window  not checked: nothing is named\n\n"
        "rules/main.dl:5:1: error HL201: widened\n"
    )
    assert (
        '  where:\n      root_grant("a:b", "x").\n      % hand-on: authority("c:d", "**")\n' in text
    )
    assert text.endswith(
        "main.dl: 0 of 1 properties proved\nmore on a code: helm-logic lint --explain HL201\n"
    )
    assert whole.failed


def test_what_is_proved_passes() -> None:
    """Everything that has a column is proved; what has none is told and does not fail."""
    whole = outcome(Result(SCOPE, PROVED), Result(WINDOW, UNNAMED, "nothing is named"))

    assert not whole.failed
    assert attenuation_text(whole).endswith("\n\nmain.dl: 1 of 1 properties proved\n")


def test_nothing_checked_is_no_success() -> None:
    """Rules without chains, and chains about which no column says anything, prove nothing."""
    none = outcome()
    unnamed = outcome(Result(SCOPE, UNNAMED, "nothing is named"))

    assert none.failed
    assert "so there is nothing to prove" in attenuation_text(none)
    assert unnamed.failed
    assert "so nothing was checked" in attenuation_text(unnamed)


def test_what_is_suppressed_with_a_reason_passes_and_is_counted() -> None:
    """The status of the property stays what it is."""
    whole = outcome(Result(SCOPE, BROKEN), found=(WIDENED,), reason="meant for admins")

    assert not whole.failed
    assert "  broken      scope" in attenuation_text(whole)
    assert "1 more suppressed by comments" in attenuation_text(whole)
    assert json.loads(attenuation_json(whole))["suppressed"][0]["reason"] == "meant for admins"


def test_json_has_each_property_with_its_status() -> None:
    """The members of the format."""
    value = json.loads(attenuation_json(outcome(Result(SCOPE, BROKEN), found=(WIDENED,))))

    assert value["format"] == "helm-logic/attenuation-report/v1"
    assert value["rules"] == "main.dl"
    scope = {"name": "scope", "said": "", "sentence": SCOPE.sentence, "status": "broken"}
    assert value["chains"] == [
        {"predicates": ["authority"], "properties": [scope], "rulesDigest": "sha256:rules"}
    ]
    assert value["findings"][0]["region"] == CHAIN
