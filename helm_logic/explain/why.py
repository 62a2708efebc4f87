# SPDX-License-Identifier: Apache-2.0
"""Why a fact holds: its canonical derivation, and the smallest sets of given facts that give it.

A *witness* is a minimal set of given facts from which the fact follows while every `not` and count
of the model is left as it is. Witnesses are found on the instances of rules over the model: one by
leaving out facts as long as the fact still follows, the others by forbidding facts of those found
(Reiter's hitting sets, 1987, on Horn clauses). Each has a derivation, which the kernel accepts with
the subject's model: no proper subset of a witness has one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence

import attrs

from helm_logic.errors import NotExplained
from helm_logic.explain.ground_text import fact_text
from helm_logic.explain.model_view import Fact, Instance, ModelView
from helm_logic.explain.subject import Subject
from helm_logic.kernel.certificate import Apply, Given, Step
from helm_logic.receipts.verdict import Verdict, claim, determining_facts

MOST_INSTANCES = 100_000  # of rules, that are looked at for witnesses
MOST_WORK = 5_000_000  # premises visited while witnesses are made smaller


@attrs.frozen
class Witness:
    """A minimal set of given facts, and the derivation from them alone."""

    facts: frozenset[Fact]
    steps: tuple[Step, ...]


@attrs.frozen
class Witnesses:
    """What was found; *complete* if there are no others."""

    found: tuple[Witness, ...]
    complete: bool


def canonical(subject: Subject, goals: Sequence[Fact]) -> tuple[Step, ...]:
    """Return the canonical derivation of *goals*, the last one last; raise NotExplained.

    The steps of the decision are returned as they are where they are asked for; others are found in
    its model: the smallest rule with an instance whose premises from its own stratum have smaller
    heights, and of those instances the one whose premise rows come first.
    """
    for fact in goals:
        require_holds(subject, fact)
    if subject.verdict and tuple(goals) == verdict_goals(subject):
        return subject.steps
    steps: list[Step] = []
    numbers: dict[Fact, int] = {}
    for goal in goals:
        _derive(subject.view, goal, steps, numbers)
    if goals and numbers[goals[-1]] != len(steps) - 1:
        steps.append(steps[numbers[goals[-1]]])
    return tuple(steps)


def _derive(view: ModelView, goal: Fact, steps: list[Step], numbers: dict[Fact, int]) -> None:
    waiting: list[tuple[Fact, Instance | None]] = [(goal, None)]
    while waiting:
        fact, instance = waiting.pop()
        if fact in numbers:
            continue
        if view.is_given(fact[0]):
            steps.append(Given(*fact))
        elif instance is None:
            best = _canonical_instance(view, fact)
            waiting.append((fact, best))
            waiting += [(each, None) for each in reversed(best.premises)]
            continue
        else:
            premises = tuple(numbers[each] for each in instance.premises)
            steps.append(Apply(instance.rule, instance.substitution, premises))
        numbers[fact] = len(steps) - 1


def _canonical_instance(view: ModelView, fact: Fact) -> Instance:
    stratum, height = view.program.stratum, view.rows[fact[0]][fact[1]]
    founded = (
        each
        for each in view.instances(fact)
        if all(
            stratum[name] != stratum[fact[0]] or view.rows[name][row] < height
            for name, row in each.premises
        )
    )
    return min(founded, key=lambda each: (each.rule, [row for _, row in each.premises]))


def verdict_goals(subject: Subject) -> tuple[Fact, ...]:
    """Return the facts that the derivation of a decision has: its verdict, last, and why."""
    verdict = Verdict(subject.verdict)
    goal = claim(verdict)
    approved = [("approved", row) for row in sorted(subject.model.get("approved", ()))]
    determining = determining_facts(verdict, subject.model)
    return (*approved, *determining, (goal.predicate, goal.terms))


def require_holds(subject: Subject, fact: Fact) -> None:
    """Return if *fact* holds; raise NotExplained."""
    if fact[0] not in subject.program.by_name:
        raise NotExplained(f"the rules know no predicate `{fact[0]}`")
    if not subject.view.holds(fact):
        text = fact_text(subject.program, *fact)
        raise NotExplained(f"`{text}` does not hold; `--why-not` tells what is in its way")


def witnesses(subject: Subject, goal: Fact, most: int = 10) -> Witnesses:
    """Return at most *most* witnesses of *goal*, those of fewest facts first.

    Raises NotExplained for a fact that does not hold, or that has too many derivations to look at.
    """
    require_holds(subject, goal)
    support = Support(subject, goal)
    first = support.minimal(support.leaves)
    if first is None or support.tired:
        what = "no derivation" if first is None else "too many derivations to make one smallest"
        raise NotExplained(f"`{fact_text(subject.program, *goal)}` has {what}")
    found = [first]
    waiting = deque([frozenset[Fact]()] if support.alternatives else [])
    seen: set[frozenset[Fact]] = set()
    while waiting and len(found) < most and not support.tired:
        forbidden = waiting.popleft()
        witness = next((each for each in found if not each & forbidden), None)
        if witness is None:
            witness = support.minimal(support.leaves - forbidden)
            if witness is None or support.tired:
                continue
            found.append(witness)
        for fact in sorted(witness, key=repr):
            if (more := forbidden | {fact}) not in seen:
                seen.add(more)
                waiting.append(more)
    found.sort(key=lambda facts: (len(facts), sorted(map(repr, facts))))
    proofs = tuple(Witness(facts, support.derivation(facts)) for facts in found)
    return Witnesses(proofs, complete=not waiting and not support.tired)


class Support:
    """Every instance of a rule that a derivation of *goal* may use, over the subject's model."""

    def __init__(self, subject: Subject, goal: Fact) -> None:
        self._goal = goal
        self._instances: list[tuple[Fact, Instance]] = []
        self._uses: dict[Fact, list[int]] = {}
        self._work = 0
        leaves: list[Fact] = []
        waiting, seen = [goal], {goal}
        while waiting:
            fact = waiting.pop()
            if subject.view.is_given(fact[0]):
                leaves.append(fact)
                continue
            for instance in subject.view.instances(fact):
                self._add(fact, instance)
                new = [each for each in dict.fromkeys(instance.premises) if each not in seen]
                seen.update(new)
                waiting += new
        self.leaves = frozenset(leaves)
        self._axioms = [n for n, (_, each) in enumerate(self._instances) if not each.premises]
        self.alternatives = len(self._instances) > len({fact for fact, _ in self._instances})

    @property
    def tired(self) -> bool:
        """Whether so much was looked at that the search has to end."""
        return self._work > MOST_WORK

    def minimal(self, leaves: frozenset[Fact]) -> frozenset[Fact] | None:
        """Return a minimal set of *leaves* from which the goal follows; None if it does not."""
        used = self._used(leaves)
        if used is None or not self.alternatives:
            return used
        for fact in sorted(used, key=repr):
            if fact in used and not self.tired:
                fewer = self._used(used - {fact})
                used = used if fewer is None else fewer
        return used

    def derivation(self, leaves: Collection[Fact]) -> tuple[Step, ...]:
        """Return steps from *leaves* to the goal, which follows from them."""
        by = self._derive(leaves)
        steps: list[Step] = []
        numbers: dict[Fact, int] = {}
        waiting = [(self._goal, False)]
        while waiting:
            fact, ready = waiting.pop()
            if fact in numbers:
                continue
            number = by[fact]
            if number < 0:
                numbers[fact] = len(steps)
                steps.append(Given(*fact))
            elif ready:
                instance = self._instances[number][1]
                numbers[fact] = len(steps)
                premises = tuple(numbers[each] for each in instance.premises)
                steps.append(Apply(instance.rule, instance.substitution, premises))
            else:
                waiting.append((fact, True))
                premises_of = self._instances[number][1].premises
                waiting += [(each, False) for each in reversed(premises_of)]
        return tuple(steps)

    def _add(self, fact: Fact, instance: Instance) -> None:
        number = len(self._instances)
        if number >= MOST_INSTANCES:
            raise NotExplained(f"more than {MOST_INSTANCES} rule instances lead to the fact")
        self._instances.append((fact, instance))
        for premise in dict.fromkeys(instance.premises):
            self._uses.setdefault(premise, []).append(number)

    def _used(self, leaves: Iterable[Fact]) -> frozenset[Fact] | None:
        """Return those of *leaves* that one derivation of the goal uses; None if there is none."""
        by = self._derive(leaves)
        if self._goal not in by:
            return None
        waiting, seen = [self._goal], {self._goal}
        used = []
        while waiting:
            fact = waiting.pop()
            if by[fact] < 0:
                used.append(fact)
                continue
            new = set(self._instances[by[fact]][1].premises) - seen
            seen |= new
            waiting += new
        return frozenset(used)

    def _derive(self, leaves: Iterable[Fact]) -> dict[Fact, int]:
        """Return what follows from *leaves*, each with the instance that gave it first (or -1)."""
        by: dict[Fact, int] = dict.fromkeys(sorted(leaves, key=repr), -1)
        missing = [len(set(each.premises)) for _, each in self._instances]
        waiting = deque(by)
        for number in self._axioms:
            if by.setdefault(self._instances[number][0], number) == number:
                waiting.append(self._instances[number][0])
        while waiting:
            for number in self._uses.get(waiting.popleft(), ()):
                self._work += 1
                missing[number] -= 1
                if not missing[number] and self._instances[number][0] not in by:
                    by[self._instances[number][0]] = number
                    waiting.append(self._instances[number][0])
        return by
