# SPDX-License-Identifier: Apache-2.0
"""Every DENY and ESCALATE of the shipped policy tests: what was in the way, what changes it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pytest

from helm_logic.explain.build import verdict_dag
from helm_logic.explain.changes import ABDUCIBLE
from helm_logic.explain.derivation import ProofDag
from helm_logic.explain.goals import Goal, verdict_fact
from helm_logic.explain.missing import missing
from helm_logic.explain.why_not import BLOCKED, Absence, why_not
from helm_logic.receipts.verdict import Verdict
from tests.explain.subjects import (
    AUTHORITY,
    DEPLOY,
    changed,
    runner,
    shipped,
    subject_of,
    subject_of_case,
)

ALLOW = Goal(verdict_fact(Verdict.ALLOW))
REFUSED = [name for name, case in shipped(DEPLOY).items() if case.verdict is not Verdict.ALLOW]
FAULTS = [name for name, case in shipped(AUTHORITY).items() if len(case.reasons) > 1]


def absences(absence: Absence) -> Iterator[Absence]:
    """Yield *absence* and all that its obstacles tell of."""
    yield absence
    for failure in (each for one in absence.obstacles for each in one.failing):
        for below in (*failure.gaps, *([failure.because] if failure.because else [])):
            yield from absences(below)


def proofs(absence: Absence) -> Iterator[ProofDag]:
    """Yield the proofs of what blocks something in *absence*."""
    for each in absences(absence):
        for failure in (one for obstacle in each.obstacles for one in obstacle.failing):
            if failure.kind == BLOCKED and failure.proof is not None:
                yield failure.proof


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_change_it_does_when_it_is_decided_again(name: str) -> None:
    """Each smallest set of changes, put into the case, is an ALLOW; no proper subset of it is."""
    case, subject = shipped(DEPLOY)[name], subject_of(DEPLOY, name)
    found = missing(subject, ALLOW)
    assert found.sets, "nothing was found that changes it"
    assert found.complete
    for changes in found.sets:
        assert runner(DEPLOY).run(changed(case, subject, changes)).verdict is Verdict.ALLOW
        for size in range(len(changes)):
            for fewer in combinations(changes, size):
                outcome = runner(DEPLOY).run(changed(case, subject, fewer))
                assert outcome.verdict is not Verdict.ALLOW


@pytest.mark.parametrize("name", REFUSED)
def test_the_rules_that_stand_in_the_way_are_named(name: str) -> None:
    """The rules of all reasons are in the story; one of them is proved to block the ALLOW."""
    subject = subject_of(DEPLOY, name)
    story = " ".join(verdict_dag(subject).story)
    deciding = {rule for reason in subject.reasons for rule in reason.rules}
    assert all(f"`{rule}`" in story for rule in deciding)
    found = why_not(subject, ALLOW.fact)
    assert deciding & {node.rule for proof in proofs(found) for node in proof.nodes}


PATTERNS = {
    "a resource outside the grant": ("service/*", ["founder-ops", "ops-deploy"]),
    "an action that no rule knows": ("deploy", ["ops-deploy"]),
    "and not one second longer": ("2026-03-08T00:00:00Z", ["ops-deploy"]),
    "and not one second earlier": ("2026-03-01T00:00:00Z", ["founder-ops", "ops-deploy"]),
    "the tool's own link is revoked": ("revoked", ["ops-deploy"]),
    "a link above the tool's is revoked": ("revoked", ["founder-ops"]),
    "a chain that begins at nobody's anchor": ("anchor", ["founder-ops"]),
    "an agent cannot hand on what it does not have": ("restart", ["link-1"]),
    "and by no other, approved or not": ("one of dev, staging, and is prod", ["link-1"]),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_links_that_do_not_count_are_named_with_their_pattern(name: str) -> None:
    """Each link at fault is there but does not count, and why is told with what it states."""
    pattern, links = PATTERNS[name]
    subject = subject_of(DEPLOY, name)
    told = {link.id: link.why for link in subject.links if not link.counts}
    assert set(links) <= told.keys()
    assert all(pattern in told[link] for link in links)


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_of_a_chain_is_gone_with_the_links_signed_anew(name: str) -> None:
    """For every reason but the unknown action, what would take it away does, in a new run."""
    case, subject = shipped(AUTHORITY)[name], subject_of(AUTHORITY, name)
    for code in sorted(set(case.reasons) - {"unknown_action"}):
        found = missing(subject, Goal(("deny", (f"y:{code}",)), holds=False))
        assert found.sets, f"nothing was found that takes `{code}` away"
        for changes in found.sets:
            after = changed(case, subject, changes)
            assert code not in runner(AUTHORITY).run(after).codes


def test_what_only_the_policy_could_change_is_found_nowhere() -> None:
    """The authority rules know no action: no request, link or approval changes that."""
    subject = subject_of(AUTHORITY, "a sound chain has no fault")
    assert missing(subject, Goal(("deny", ("y:unknown_action",)), holds=False)).sets == ()
    assert missing(subject, ALLOW).sets == ()


def test_the_asker_is_told_of_links_only_where_nothing_else_helps() -> None:
    """A failed build asks for one that passed; an expired link, for its issuer."""
    failed = missing(subject_of(DEPLOY, "a failed ci run is not deployed"), ALLOW)
    assert [[each.words for each in changes] for changes in failed.sets] == [
        ["`context.ci_passed` is true instead of false"]
    ]
    expired = missing(subject_of(DEPLOY, "and not one second longer"), ALLOW)
    assert not set(expired.kinds) & set(ABDUCIBLE)
    assert expired.sets[0][0].words == (
        "the link `ops-deploy` is signed anew, and is valid from 2026-03-01T00:00:00Z until"
        " 2026-04-01T00:00:00Z"
    )


def test_an_allow_can_be_turned_too() -> None:
    """What would make an ALLOW a DENY or an ESCALATE is found in the same way."""
    name = "staging runs by itself"
    case, subject = shipped(DEPLOY)[name], subject_of(DEPLOY, name)
    for verdict in (Verdict.DENY, Verdict.ESCALATE):
        found = missing(subject, Goal(verdict_fact(verdict)))
        assert found.sets
        for changes in found.sets:
            assert runner(DEPLOY).run(changed(case, subject, changes)).verdict is verdict


def test_a_changed_case_is_explained_afresh() -> None:
    """ESCALATE, approval, ALLOW: the story of the last names the role in which it was approved."""
    name = "production waits for a release manager"
    case, subject = shipped(DEPLOY)[name], subject_of(DEPLOY, name)
    by_approval = next(
        each for each in missing(subject, ALLOW).sets if [one.kind for one in each] == ["approval"]
    )
    allowed = subject_of_case(runner(DEPLOY), changed(case, subject, by_approval))
    assert "It was approved in the role `release-manager`." in verdict_dag(allowed).story
