# SPDX-License-Identifier: Apache-2.0
"""Subjects to explain: the shipped policy tests, random programs; and cases as changes leave them.

A change is applied to the *case*, before anything is signed: values go into its request, approvals
and links into its plans. So what a change promises is confirmed by the way that decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache

import attrs

from helm_logic.authority.constraint import Constraint
from helm_logic.authority.link import Grant
from helm_logic.errors import EvaluationError
from helm_logic.explain.chain_parts import SOMEBODY, Link
from helm_logic.explain.chain_repair import LinkEdit
from helm_logic.explain.changes import APPROVAL, Change, Requests
from helm_logic.explain.sources import of_judgment
from helm_logic.explain.subject import Subject, of_program
from helm_logic.kernel.terms import Term
from helm_logic.policy.case_chain import signer_of
from helm_logic.policy.case_file import ApprovalPlan, Case, LinkPlan, read_cases
from helm_logic.policy.cases import CaseRunner
from helm_logic.policy.folder import read_rules, stock_rules
from tests.engine import strategies

DEPLOY = "deploy/main"
AUTHORITY = "authority"
_LATER = 1000


@cache
def runner(name: str) -> CaseRunner:
    """Return the runner of the shipped rule set *name*."""
    return CaseRunner(read_rules(stock_rules() / f"{name}.dl"))


@cache
def shipped(name: str) -> dict[str, Case]:
    """Return the shipped cases of the rule set *name* by their names."""
    return {case.name: case for case in read_cases(stock_rules() / f"{name}_test.toml")}


@cache
def subject_of(name: str, case: str) -> Subject:
    """Return the subject of the shipped *case* of the rule set *name*."""
    run = runner(name)
    return subject_of_case(run, shipped(name)[case])


def subject_of_case(run: CaseRunner, case: Case) -> Subject:
    """Return the subject of *case*, judged as *run* does."""
    subject = of_judgment(run._rule_set, run.judge(case), case.request, case.now, {})
    subject.__dict__["engine"] = _engine(id(run), subject)
    return subject


_ENGINES: dict[int, object] = {}


def _engine(run: int, subject: Subject) -> object:
    """Return one engine for all subjects of a program: compiling it takes longest."""
    if run not in _ENGINES:
        _ENGINES[run] = subject.engine
    return _ENGINES[run]


def changed(case: Case, subject: Subject, changes: Collection[Change]) -> Case:
    """Return *case*, which *subject* is of, with *changes*."""
    requests = Requests(subject)
    request, now = requests.request(changes), requests.now(changes)
    plans = [ApprovalPlan(role, by, now + _LATER) for by, role in _approvals(changes)]
    new = attrs.evolve(case, request=request, now=now, approvals=(*case.approvals, *plans))
    edits = [each.value for each in changes if isinstance(each.value, LinkEdit)]
    if not edits:
        return new
    links = requests.chain.changed(edits, request, now)
    named: dict[Term, LinkPlan] = {f"s:{plan.id}": plan for plan in case.chain}
    return attrs.evolve(
        new,
        chain=tuple(_plan(link, named.get(link.name), case) for link in links),
        revoked=tuple(str(link.name)[2:] for link in links if link.revocations),
    )


def _approvals(changes: Collection[Change]) -> Iterator[tuple[str, str]]:
    return (each.approval for each in changes if each.kind == APPROVAL)


def _plan(link: Link, before: LinkPlan | None, case: Case) -> LinkPlan:
    principals = {plan.signer for plan in case.chain} | {plan.delegate for plan in case.chain}
    keys: dict[Term, str] = {
        f"s:{signer_of(name).public_key.keyid}": name for name in {*principals, *case.anchors}
    }
    grants = dict.fromkeys(row[2] for row in link.grants)
    constraints = () if before is None or not link.limits else before.grant.constraints
    if link.limits and not constraints:
        constraints = _constraints(case)
    return LinkPlan(
        id=str(link.name)[2:],
        issuer=str(link.issuer)[2:],
        delegate=str(link.delegate)[2:],
        signer=str(link.issuer)[2:] if link.key == SOMEBODY else keys[link.key],
        grant=Grant(
            tuple(str(row[1])[2:] for row in link.grants), str(next(iter(grants)))[2:], constraints
        ),
        since=link.begin,
        until=link.end,
        may_delegate=link.depth,
    )


def _constraints(case: Case) -> tuple[Constraint, ...]:
    return next(plan.grant.constraints for plan in case.chain if plan.grant.constraints)


def random_subject(case: strategies.Case) -> Subject | None:
    """Return the subject of a random program, with whatever holds; None if it overflows."""
    given = {each.name for each in case.program.predicates if each.given}
    facts = {name: sorted(set(case.facts.get(name, ()))) for name in sorted(given)}
    try:
        return of_program(case.program, facts)
    except EvaluationError:
        return None
