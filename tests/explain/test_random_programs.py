# SPDX-License-Identifier: Apache-2.0
"""Explanations of small random programs, against the kernel, the engine and brute force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, combinations, product
from random import Random

import pytest
from hypothesis import given, settings

from helm_logic.engine.canonical import _by_head
from helm_logic.errors import EvaluationError, NotExplained
from helm_logic.explain.build import proof_dag
from helm_logic.explain.counterfactual import cuts
from helm_logic.explain.goals import Goal, is_reached
from helm_logic.explain.ground_text import fact_text
from helm_logic.explain.minimal import Bounds
from helm_logic.explain.model_view import Fact
from helm_logic.explain.rounds import rounds
from helm_logic.explain.subject import Subject
from helm_logic.explain.why import Support, canonical, witnesses
from helm_logic.explain.why_not import Absence, why_not
from helm_logic.kernel.certificate import Apply, Certificate, Given
from helm_logic.kernel.check import check
from helm_logic.kernel.joins import Join, Relations
from helm_logic.kernel.terms import Atom
from tests.engine.strategies import DOMAINS, Case, cases, random_case
from tests.explain.subjects import random_subject

MOST_LEAVES = 10
SEEDS = range(25)


def seeded(seed: int) -> Subject | None:
    """Return the random subject number *seed*."""
    return random_subject(random_case(Random(seed)))  # noqa: S311 - the seed tells the program


def goals(subject: Subject) -> list[Fact]:
    """Return every derived fact."""
    return [(name, row) for name, rows in sorted(subject.model.items()) for row in sorted(rows)]


def horn_minimal(subject: Subject, goal: Fact, leaves: list[Fact]) -> set[frozenset[Fact]]:
    """Return the minimal sets of *leaves* that give *goal*, trying every subset."""
    instances = [
        (head, each.premises)
        for head, found in _by_head(subject.program, subject.facts, subject.model).items()
        for each in found
    ]

    def follows(given_: Iterable[Fact]) -> bool:
        known = set(given_)
        size = -1
        while size != len(known):
            size = len(known)
            known |= {head for head, premises in instances if known >= set(premises)}
        return goal in known

    found: list[frozenset[Fact]] = []
    for subset in _subsets(leaves, len(leaves)):
        if not any(each <= subset for each in found) and follows(subset):
            found.append(subset)
    return set(found)


def _subsets(facts: list[Fact], most: int) -> Iterator[frozenset[Fact]]:
    sizes = (combinations(facts, size) for size in range(most + 1))
    return map(frozenset, chain.from_iterable(sizes))


def require_why(subject: Subject, goal: Fact) -> None:
    """Assert that every derivation told of *goal* is accepted, canonical and as small as told."""
    claim = Atom(*goal)
    steps = canonical(subject, [goal])
    assert steps == subject.evaluate(subject.facts).derivation([goal])
    assert check(subject.program, subject.facts, Certificate(subject.model, steps)) == claim
    dag = proof_dag(subject, steps)
    assert (dag.nodes[dag.claim].predicate, dag.nodes[dag.claim].row) == goal
    found = witnesses(subject, goal, most=50)
    for each in found.found:
        certificate = Certificate(subject.model, each.steps)
        assert check(subject.program, subject.facts, certificate) == claim
        given_ = [(step.predicate, step.row) for step in each.steps if isinstance(step, Given)]
        assert frozenset(given_) == each.facts
    leaves = sorted(Support(subject, goal).leaves)
    if found.complete and len(leaves) <= MOST_LEAVES:
        assert {each.facts for each in found.found} == horn_minimal(subject, goal, leaves)


@settings(max_examples=15)
@given(cases())
def test_every_why_is_accepted_and_smallest(case: Case) -> None:
    """Canonical derivations are the engine's; witnesses are all minimal sets and no others."""
    subject = random_subject(case)
    for goal in goals(subject)[:6] if subject else ():
        require_why(subject, goal)  # type: ignore[arg-type]


def told(absence: Absence) -> Iterator[Absence]:
    """Yield *absence* and those that it is told by."""
    yield absence
    for obstacle in absence.obstacles:
        for failure in obstacle.failing:
            for below in (*failure.gaps, *([failure.because] if failure.because else [])):
                yield from told(below)


def absent(subject: Subject) -> Iterator[Fact]:
    """Yield derived facts over the constants there are that do not hold."""
    for predicate in subject.program.predicates:
        if not predicate.given:
            columns = [DOMAINS[column][:3] for column in predicate.columns]
            for row in product(*columns):
                if not subject.view.holds((predicate.name, row)):
                    yield predicate.name, row


@settings(max_examples=15)
@given(cases())
def test_why_not_never_names_a_rule_whose_body_holds(case: Case) -> None:
    """A rule told about a fact that is absent concludes it by no instance, as the kernel joins."""
    subject = random_subject(case)
    if subject is None:
        return
    relations = Relations(subject.view.rows)
    heads: dict[str, set[str]] = {}
    for rule in subject.program.rules:
        join = Join(rule)
        row_of = join.select(rule.head.terms)
        rows = {row_of(each) for each in join.instances(relations)}
        heads[rule.id] = {fact_text(subject.program, rule.head.predicate, row) for row in rows}
    for goal in list(absent(subject))[:5]:
        for each in told(why_not(subject, goal)):
            for obstacle in each.obstacles:
                assert each.fact not in heads[obstacle.rule]
                assert 0 <= obstacle.failing[0].place < obstacle.length


@settings(max_examples=15)
@given(cases())
def test_why_not_names_every_rule_that_could_conclude_it(case: Case) -> None:
    """The candidates are the rules whose head fits; a named rule is told alone."""
    subject = random_subject(case)
    for goal in list(absent(subject))[:5] if subject else ():
        assert subject is not None
        found = why_not(subject, goal)
        rules = {rule.id for rule in subject.program.rules if rule.head.predicate == goal[0]}
        assert {each.rule for each in found.obstacles} <= rules
        for rule in sorted(rules)[:2]:
            alone = why_not(subject, goal, rule)
            assert {each.rule for each in alone.obstacles} <= {rule}


def holds_without(subject: Subject, goal: Fact, gone: frozenset[Fact]) -> bool:
    """Say whether *goal* holds without the facts *gone*; an overflow counts as yes."""
    rest = {
        name: [row for row in rows if (name, row) not in gone]
        for name, rows in subject.facts.items()
    }
    try:
        return not is_reached(Goal(goal, holds=False), subject.evaluate(rest))
    except EvaluationError:
        return True


@pytest.mark.parametrize("seed", SEEDS)
def test_cuts_are_all_minimal_sets_that_break_every_proof(seed: int) -> None:
    """Removing a cut removes the fact; no other set of that size does, and no proper subset."""
    require_cuts(seeded(seed))


def require_cuts(subject: Subject | None) -> None:
    """Assert that the cuts of two facts of *subject* are those that brute force finds."""
    for goal in goals(subject)[:2] if subject else ():
        assert subject is not None
        facts = [(name, row) for name, rows in subject.facts.items() for row in rows]
        found = cuts(subject, goal, bounds=Bounds(sets=100, size=2))
        if not found.complete or len(facts) > MOST_LEAVES:
            continue
        expected: list[frozenset[Fact]] = []
        for gone in _subsets(facts, 2):
            fewer = any(each <= gone for each in expected)
            if not fewer and not holds_without(subject, goal, gone):
                expected.append(gone)
        assert {frozenset(each) for each in found.sets} == set(expected)


@pytest.mark.parametrize("seed", range(10))
def test_rounds_list_every_fact_once_in_the_order_in_which_they_appear(seed: int) -> None:
    """Strata ascend, rounds ascend within them, and the total ends with the whole model."""
    subject = seeded(seed)
    assert subject is not None
    found = list(rounds(subject))
    assert sorted(fact for each in found for fact in each.new) == goals(subject)
    places = [(each.stratum, each.number) for each in found]
    assert places == sorted(set(places))


def test_what_is_not_so_is_not_explained() -> None:
    """A fact that holds has no why-not, one that does not no why; unknown names are refused."""
    subject = next(each for seed in SEEDS if (each := seeded(seed)))
    goal = goals(subject)[0]
    missing_ = next(absent(subject))
    for refused in (
        lambda: why_not(subject, goal),
        lambda: why_not(subject, ("nothing", ())),
        lambda: why_not(subject, (goal[0], (*goal[1], "y:a"))),
        lambda: why_not(subject, missing_, "no such rule"),
        lambda: canonical(subject, [missing_]),
        lambda: canonical(subject, [("nothing", ())]),
        lambda: cuts(subject, missing_),
    ):
        with pytest.raises(NotExplained):
            refused()


def test_a_derivation_ends_in_its_last_goal_also_if_an_earlier_one_needs_it() -> None:
    """As the engine's: the step of a goal that was derived before is repeated at the end."""
    for seed in SEEDS:
        subject = seeded(seed)
        for goal in goals(subject)[:5] if subject else ():
            assert subject is not None
            steps = canonical(subject, [goal])
            premises = [n for step in steps if isinstance(step, Apply) for n in step.premises]
            for fact in [goals(subject)[0]] if premises else []:
                both = canonical(subject, [goal, fact])
                assert both == subject.evaluate(subject.facts).derivation([goal, fact])
