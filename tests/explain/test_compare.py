# SPDX-License-Identifier: Apache-2.0
"""Two decisions side by side, their sizes, and the rules of several decisions."""

from __future__ import annotations

import csv

from helm_logic.explain import words
from helm_logic.explain.build import verdict_dag
from helm_logic.explain.compare import compare
from helm_logic.explain.counterfactual import without, without_facts
from helm_logic.explain.metrics import COLUMNS, Decided, csv_lines, metrics, rule_use
from tests.explain.subjects import DEPLOY, subject_of

ALLOWED = subject_of(DEPLOY, "staging runs by itself")
FROZEN = subject_of(DEPLOY, "a freeze stops staging")
WAITING = subject_of(DEPLOY, "production waits for a release manager")


def test_what_differs_is_told_and_nothing_else() -> None:
    """A freeze: one given fact, one reason, and the proof; no rule."""
    found = compare(ALLOWED, FROZEN)
    assert found.verdicts == ("ALLOW", "DENY")
    assert (found.given.gone, found.given.new) == (("freeze(false)",), ("freeze(true)",))
    assert found.reasons.new == ("change_freeze",)
    assert found.rules.is_empty
    assert "deny(change_freeze)" in found.proof.new
    lines = list(words.difference_lines(found))
    assert lines[0] == "verdict: ALLOW, then DENY"
    assert "  + freeze(true)" in lines
    assert found.to_value()["verdicts"] == ["ALLOW", "DENY"]


def test_a_decision_does_not_differ_from_itself() -> None:
    """Nothing is gone, new or otherwise."""
    assert compare(ALLOWED, ALLOWED).is_empty
    lines = list(words.difference_lines(compare(ALLOWED, ALLOWED)))
    assert lines == ["verdict: ALLOW in both", "nothing differs"]


def test_what_if_a_link_a_rule_or_a_fact_had_not_been_there() -> None:
    """Without its last link a chain allows nothing; without the freeze it is not denied."""
    gone = without(ALLOWED, "ops-deploy")
    assert gone.verdict == "DENY"
    assert "authorized" in gone.gone
    assert without(WAITING, "escalate/1").verdict == "ALLOW"
    thawed = without_facts(FROZEN, [("freeze", ("b:true",))])
    assert (thawed.what, thawed.verdict) == ("freeze(true)", "ALLOW")
    assert "Without freeze(true): ALLOW" in words.otherwise_lines(thawed)


def test_the_sizes_of_a_log_are_a_table() -> None:
    """One line a decision, with the columns that the page names; the numbers are the metrics."""
    decided = [
        Decided(place, f"sha256:{place}", 7, subject, verdict_dag(subject))
        for place, subject in enumerate((ALLOWED, FROZEN, WAITING))
    ]
    rows = list(csv.DictReader(csv_lines(decided)))
    assert [row["verdict"] for row in rows] == ["ALLOW", "DENY", "ESCALATE"]
    assert set(rows[0]) == set(COLUMNS)
    size = metrics(ALLOWED, decided[0].dag)
    assert (int(rows[0]["steps"]), int(rows[0]["height"])) == (size.steps, size.height)
    assert size.steps == len(ALLOWED.steps)
    assert rows[1]["deciding"] == "deny/1"


def test_rules_that_decide_and_rules_that_never_fire_are_told_apart() -> None:
    """Of three decisions each has one rule that decides; the fault of an expired link has none."""
    used = {each.rule: each for each in rule_use((ALLOWED, FROZEN, WAITING))}
    assert used["deny/1"].decided == 1
    assert used["link-expired"].fired == 0
    assert used["live/1"].fired == 3
    assert {each.rule for each in rule_use((ALLOWED,))} == {r.id for r in ALLOWED.program.rules}
