# SPDX-License-Identifier: Apache-2.0
"""What is missing, for a policy with inputs of every kind: against brute force over all changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.errors import NotExplained
from helm_logic.explain.changes import ABDUCIBLE, Change
from helm_logic.explain.goals import Goal, is_reached, verdict_fact
from helm_logic.explain.minimal import Bounds, minimal_sets
from helm_logic.explain.missing import WhatIf, missing
from helm_logic.explain.subject import Subject
from helm_logic.kernel.encoding import JsonValue
from helm_logic.lang import Source, load
from helm_logic.policy.case_file import Case
from helm_logic.policy.cases import CaseRunner
from helm_logic.policy.folder import IncludeResolver, prelude, stock_rules
from helm_logic.receipts.verdict import Verdict
from tests.explain.subjects import DEPLOY, changed, shipped, subject_of_case

RULES = """
#include "authority".
#input env    : {"dev", "prod"}  from resource.properties.env.
#input amount : int              from context.amount.
#input ready  : bool             from context.ready   default false.
#input labels : {"a", "b"}*      from context.labels  optional.
#input opened : time             from context.opened  optional.
known_action("deploy").
deny(too_much) :- amount(N), N > 100.
deny(labelled_b) :- labels("b"), env("prod").
escalate(large) :- amount(N), N > 10, not approved("boss").
escalate(two_eyes) :- env("prod"), not enough.
enough :- count{ A : approval(_, A, "auditor") } >= 2.
allow(ready) :- ready(true).
allow(labelled_a) :- labels("a"), opened(T), now(N), T <= N.
"""
ALLOW = Goal(verdict_fact(Verdict.ALLOW))
RUNNER = CaseRunner(
    load(Source("main.dl", RULES), IncludeResolver(stock_rules()), prelude=prelude())
)
BASE = shipped(DEPLOY)["staging runs by itself"]

contexts = st.fixed_dictionaries(
    {},
    optional={
        "amount": st.sampled_from([1, 10, 11, 101, "1"]),
        "ready": st.booleans(),
        "labels": st.sampled_from([[], ["a"], ["b"], ["a", "b"], "a"]),
        "opened": st.sampled_from([BASE.now - 5, BASE.now + 5]),
    },
)
properties = st.sampled_from([{"env": "dev"}, {"env": "prod"}, {}, {"env": "test"}])


def case_of(context: Mapping[str, JsonValue], named: Mapping[str, JsonValue]) -> Case:
    """Return the case that asks with *context* for a resource with the properties *named*."""
    resource: dict[str, JsonValue] = {"type": "service", "id": "api", "properties": dict(named)}
    request = {**BASE.request, "context": dict(context), "resource": resource}
    return attrs.evolve(BASE, request=request)


def brute_force(search: WhatIf, size: int) -> set[frozenset[Change]]:
    """Return the minimal sets of at most *size* changes that reach ALLOW, trying all of them."""
    found: list[frozenset[Change]] = []
    level: dict[frozenset[Change], None] = {frozenset(): None}
    for _ in range(size + 1):
        larger: dict[frozenset[Change], None] = {}
        for changes in level:
            evaluation = search.evaluation(changes)
            if any(each <= changes for each in found):
                continue
            if evaluation is not None and is_reached(ALLOW, evaluation):
                found.append(changes)
                continue
            slots = {each.slot for each in changes}
            for each in search.requests.candidates(ABDUCIBLE, changes):
                if each.slot not in slots:
                    larger[changes | {each}] = None
        level = larger
    return set(found)


@settings(max_examples=6)
@given(contexts, properties)
def test_all_smallest_sets_are_found_and_confirmed(
    context: dict[str, JsonValue], named: dict[str, JsonValue]
) -> None:
    """Up to two changes: those that brute force finds, and each is an ALLOW when decided again."""
    case = case_of(context, named)
    subject = subject_of_case(RUNNER, case)
    search = WhatIf(subject)
    found = search.sets(ALLOW, ABDUCIBLE, Bounds(sets=1000, size=2))
    assert found.complete
    if subject.verdict == "ALLOW":
        assert found.sets == ((),)
        return
    assert {frozenset(each) for each in found.sets} == brute_force(search, 2)
    for changes in found.sets[:3]:
        outcome = RUNNER.run(changed(case, subject, changes))
        assert outcome.verdict is Verdict.ALLOW


def words(subject: Subject) -> Iterator[list[str]]:
    """Yield the words of each set of changes that makes *subject* an ALLOW."""
    for changes in missing(subject, ALLOW).sets:
        yield [each.words for each in changes]


def test_a_quorum_needs_as_many_approvals_as_it_says() -> None:
    """Two approvals, by two people, in one set; one of them is not enough."""
    subject = subject_of_case(RUNNER, case_of({"amount": 1, "ready": True}, {"env": "prod"}))
    approvals = "somebody whom the policy lets approve as `auditor` does so"
    assert list(words(subject)) == [
        ['`resource.properties.env` is "dev" instead of "prod"'],
        [approvals, approvals],
    ]


def test_bounds_of_numbers_are_found_on_both_sides() -> None:
    """An amount with no domain is changed to what lies at and beside the bounds of the rules."""
    subject = subject_of_case(RUNNER, case_of({"amount": 101, "ready": True}, {"env": "dev"}))
    first = list(words(subject))
    assert ["`context.amount` is 10 instead of 101"] in first
    assert ["`context.amount` is 11 instead of 101"] not in first


def test_time_is_told_where_waiting_helps() -> None:
    """A moment that has not come is waited for."""
    context: dict[str, JsonValue] = {"amount": 1, "labels": ["a"], "opened": BASE.now + 5}
    subject = subject_of_case(RUNNER, case_of(context, {"env": "dev"}))
    assert ["it is asked at 2026-03-02T09:00:05Z"] in list(words(subject))


def test_changes_have_a_json_form() -> None:
    """Each kind says what it would take to bring it about."""
    subject = subject_of_case(RUNNER, case_of({"amount": 11, "ready": True}, {"env": "dev"}))
    value = missing(subject, ALLOW).to_value()
    (amount, approval) = (
        next(each for (each,) in value["sets"] if each["kind"] == kind)  # type: ignore[attr-defined]
        for kind in ("input", "approval")
    )
    assert (amount["path"], amount["value"]) == ("context.amount", 10)
    assert approval["role"] == "boss"


def test_without_the_policy_nothing_is_guessed() -> None:
    """A subject that does not know its request cannot tell what could be asked instead."""
    subject = subject_of_case(RUNNER, case_of({"amount": 11}, {"env": "dev"}))
    with pytest.raises(NotExplained, match="--policy"):
        missing(attrs.evolve(subject, asked=None), ALLOW)


@attrs.frozen
class Letter:
    """An edit that is a letter; capitals exclude their small ones."""

    name: str

    @property
    def slot(self) -> str:
        """The letter, whatever its case."""
        return self.name.lower()


LETTERS = [Letter(each) for each in "abcdA"]


@given(st.sets(st.sets(st.sampled_from(LETTERS), max_size=3).map(frozenset), max_size=6))
def test_minimal_sets_are_the_minimal_ones_of_any_condition(
    wanted: set[frozenset[Letter]],
) -> None:
    """Whatever sets are accepted: those found are accepted, all minimal, and none is left out."""
    found = minimal_sets(lambda _: LETTERS, lambda edits: edits in wanted)
    possible = {each for each in wanted if len({one.slot for one in each}) == len(each)}
    minimal = {
        each
        for each in possible
        if not any(
            frozenset(fewer) in wanted
            for size in range(len(each))
            for fewer in combinations(each, size)
        )
    }
    assert set(found.sets) == minimal
    assert found.complete


def test_a_search_that_is_cut_short_says_so() -> None:
    """Bounds on sets and tries end a search without the promise that nothing is left."""
    for bounds in (Bounds(sets=1), Bounds(tries=1)):
        found = minimal_sets(lambda _: LETTERS, lambda edits: len(edits) == 1, bounds)
        assert not found.complete
