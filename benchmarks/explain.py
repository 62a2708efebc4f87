# SPDX-License-Identifier: Apache-2.0
"""What explanations cost: a derivation, why not, and what would change a verdict.

The founder example with a chain of two links is the decision; the workload of `workload.py`, with
its approval taken away, is what why-not is asked of. Compiling the rules is not counted: whoever
decides has done that. Each answer is asserted before it is measured, every change by an evaluation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import attrs

from benchmarks.scene import NOW, asked_value, deploy_scene
from benchmarks.table import Figure, Table, Target, figure_table
from benchmarks.timing import TINY, Effort, interleave
from benchmarks.workload import VERDICT, facts, program
from helm_logic.authority.revocation import RevocationSet
from helm_logic.explain.goals import Goal, verdict_fact
from helm_logic.explain.missing import missing
from helm_logic.explain.sources import of_request
from helm_logic.explain.subject import Subject, of_program
from helm_logic.explain.why import verdict_goals
from helm_logic.explain.why_not import why_not
from helm_logic.receipts.verdict import Verdict

EFFORT = Effort(rounds=31)
DERIVE, WHY_NOT, MISSING_DENY, MISSING_ESCALATE = (
    "canonical derivation of the founder decision",
    "why not ALLOW, 47 facts and 23 rules",
    "what is missing, for a DENY",
    "what is missing, for an ESCALATE",
)
LINKS = 2  # as in the founder's story: to the agent, and to the tool
ALLOW = Goal(verdict_fact(Verdict.ALLOW))


def run(*, tiny: bool) -> Iterator[Table]:
    """Measure; yield one table."""
    allowed, denied, escalated = _decided(), _decided(kind="database"), _decided(waiting=True)
    evaluation, goals = allowed.evaluate(allowed.facts), verdict_goals(allowed)
    assert evaluation.derivation(goals) == allowed.steps
    refused = _unapproved()
    found = why_not(refused, VERDICT)
    assert [each.rule for each in found.obstacles] == ["verdict_allow_0"]
    for subject in (denied, escalated):
        assert missing(_fresh(subject), ALLOW).sets
    sides = {
        DERIVE: lambda _: evaluation.derivation(goals),
        WHY_NOT: lambda _: why_not(_fresh(refused), VERDICT),
        MISSING_DENY: lambda _: missing(_fresh(denied), ALLOW),
        MISSING_ESCALATE: lambda _: missing(_fresh(escalated), ALLOW),
    }
    effort = TINY if tiny else EFFORT
    timings = interleave(sides, effort)
    targets = {DERIVE: 100, WHY_NOT: 5_000, MISSING_DENY: 50_000, MISSING_ESCALATE: 50_000}
    figures = [
        Figure(name, timings[name].cpu, "µs", Target(targets[name]), timings[name].best)
        for name in sides
    ]
    how = (
        f"A derivation of {len(allowed.steps)} steps through two links; the DENY is of a resource"
        f" that no link grants, the ESCALATE lacks an input; CPU time, {effort.text}, all"
        " taking turns. Each starts from the facts and the model; the rules are compiled before."
    )
    yield figure_table("Explanations", how, figures)


def _decided(*, kind: str = "service", waiting: bool = False) -> Subject:
    """Return a deploy of a resource of the type *kind*; *waiting* for the result of the build."""
    scene = deploy_scene(LINKS)
    asked = asked_value(0)
    resource: dict[str, object] = {**asked["resource"], "type": kind}  # type: ignore[dict-item]
    context = {} if waiting else asked["context"]
    chain = [link.to_value() for link in scene.chain]
    value = {**asked, "resource": resource, "context": context, "chain": chain}
    return of_request(scene.bundle, json.dumps(value).encode("utf-8"), RevocationSet(), NOW)


def _unapproved() -> Subject:
    """Return the workload without its approval, which waits for one."""
    given = {**facts(), "approval": []}
    return of_program(program(), given, [("verdict", ("y:escalate",))])


def _fresh(subject: Subject) -> Subject:
    """Return *subject* with nothing remembered but the compiled rules."""
    fresh = attrs.evolve(subject)
    fresh.__dict__["engine"] = subject.engine
    return fresh
