# SPDX-License-Identifier: Apache-2.0
"""Chains of the greatest depth and derivations of ten thousand steps overflow nothing."""

from __future__ import annotations

import attrs
import pytest

from helm_logic.authority.link import Grant
from helm_logic.explain import words
from helm_logic.explain.build import proof_dag, verdict_dag
from helm_logic.explain.compare import compare
from helm_logic.explain.goals import Goal, verdict_fact
from helm_logic.explain.metrics import metrics
from helm_logic.explain.missing import missing
from helm_logic.explain.rounds import rounds
from helm_logic.explain.subject import Subject, of_program
from helm_logic.explain.why import canonical, witnesses
from helm_logic.explain.why_not import why_not
from helm_logic.policy.case_file import LinkPlan
from helm_logic.receipts.verdict import Verdict
from tests.engine.notation import X, Y, derived, given, program, yes
from tests.explain.subjects import DEPLOY, changed, runner, shipped, subject_of_case

STEPS = 10_000
DEPTH = 64
REACH = program(
    [given("start", "int"), given("edge", "int", "int"), derived("reach", "int")],
    (yes("reach", X), [yes("start", X)]),
    (yes("reach", Y), [yes("reach", X), yes("edge", X, Y)]),
)


@pytest.fixture(scope="module")
def long() -> Subject:
    """Return a walk of five thousand edges: ten thousand steps to its end."""
    edges = [(n, n + 1) for n in range(STEPS // 2 - 1)]
    return of_program(REACH, {"start": [(0,)], "edge": edges}, [("reach", (STEPS // 2 - 1,))])


def test_ten_thousand_steps_are_explained(long: Subject) -> None:
    """The canonical derivation, the one witness, the graph and its size, the rounds."""
    goal = ("reach", (STEPS // 2 - 1,))
    steps = canonical(long, [goal])
    assert steps == long.steps
    assert len(steps) == STEPS
    dag = proof_dag(long, steps)
    size = metrics(long, dag)
    assert (size.steps, size.height, size.given) == (STEPS, STEPS // 2 + 1, STEPS // 2)
    (only,) = witnesses(long, goal).found
    assert len(only.facts) == STEPS // 2
    assert sum(1 for _ in rounds(long)) == STEPS // 2
    assert compare(long, long).is_empty


def test_what_a_long_walk_does_not_reach_is_told(long: Subject) -> None:
    """The nearest facts are found among ten thousand, and no proof is followed for nothing."""
    found = why_not(long, ("reach", (-1,)))
    assert [each.rule for each in found.obstacles] == ["r0", "r1"]
    assert "reach(-1) does not hold" in next(words.absence_lines(found))


def deep_case(*, expired: int | None = None) -> Subject:
    """Return the subject of a chain of the greatest depth, with the link *expired*."""
    case = shipped(DEPLOY)["staging runs by itself"]
    people = ["user:founder", *(f"agent:{n}" for n in range(1, DEPTH)), "tool:deploy"]
    chain = tuple(
        LinkPlan(
            f"link-{n}", people[n], people[n + 1], people[n], Grant(("deploy",), "service/*"),
            case.now - 2, case.now - 1 if expired == n else case.now + 100, DEPTH - n,
        )
        for n in range(DEPTH)
    )  # fmt: skip
    return subject_of_case(runner(DEPLOY), attrs.evolve(case, chain=chain))


def test_the_deepest_chain_is_explained() -> None:
    """An ALLOW through 64 links: every link counts, and the proof is as deep as the chain."""
    subject = deep_case()
    assert subject.verdict == "ALLOW"
    assert [link.counts for link in subject.links] == [True] * DEPTH
    assert metrics(subject, verdict_dag(subject)).height > DEPTH


def test_the_first_link_of_the_deepest_chain_is_found_at_fault() -> None:
    """Why not is told down to the root; what to sign anew is found and confirmed."""
    subject = deep_case(expired=0)
    lines = list(words.absence_lines(why_not(subject, verdict_fact(Verdict.ALLOW))))
    assert any('live("link-0") does not hold' in line for line in lines)
    assert not subject.links[-1].counts
    assert subject.links[-1].why == f"it rests on `link-{DEPTH - 2}`, which does not count"
    goal = Goal(("deny", ("y:link_expired",)), holds=False)
    found = missing(subject, goal)
    assert [[each.value.link for each in changes] for changes in found.sets[:1]] == [["link-0"]]  # type: ignore[attr-defined]


def test_changes_of_a_case_leave_the_case_alone() -> None:
    """No change at all is the same case: what confirms a change does not bring one of its own."""
    case = shipped(DEPLOY)["a freeze stops staging"]
    subject = subject_of_case(runner(DEPLOY), case)
    assert runner(DEPLOY).run(changed(case, subject, ())).codes == case.reasons
