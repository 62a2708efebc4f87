# SPDX-License-Identifier: Apache-2.0
"""What a change is to bring about, and what could bring it about: the next thing to try.

A goal is a verdict, a fact that is to hold, or one that is not to. While it is not reached, either
a fact is in its way, and then something has to break the derivation that this fact has now; or
nothing derives it, and then something has to add to it. So what can matter next is known from the
rules and one derivation, and whoever tries only that misses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import attrs

from helm_logic.explain.influence import Causes, Influence
from helm_logic.explain.model_view import Fact
from helm_logic.kernel.certificate import Apply, Step
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Count, Negative
from helm_logic.receipts.verdict import Verdict, claim

if TYPE_CHECKING:
    from helm_logic.engine import Evaluation

# What is in the way of a verdict, the first in the way first, and what it needs; verdict.dl has it.
_IN_THE_WAY = {Verdict.ALLOW: ("deny", "escalate", "relevant"), Verdict.ESCALATE: ("deny",)}
_NEEDS = {Verdict.ALLOW: "granted", Verdict.ESCALATE: "escalated", Verdict.DENY: "verdict"}


@attrs.frozen
class Goal:
    """That *fact* holds, or, unless *holds*, that it does not."""

    fact: Fact
    holds: bool = True

    @property
    def verdict(self) -> Verdict | None:
        """The verdict that it is; None if it is any other fact."""
        for verdict in Verdict:
            if self.holds and self.fact == verdict_fact(verdict):
                return verdict
        return None


@attrs.frozen
class Need:
    """What has to be otherwise: one of the facts *leaves* gone, or one of *causes* brought in."""

    leaves: frozenset[Fact]
    causes: Causes


def verdict_fact(verdict: Verdict) -> Fact:
    """Return the fact that claims *verdict*."""
    goal = claim(verdict)
    return goal.predicate, goal.terms


def is_reached(goal: Goal, evaluation: Evaluation) -> bool:
    """Say whether *goal* holds in *evaluation*."""
    return evaluation.holds(*goal.fact) == goal.holds


def need(goal: Goal, evaluation: Evaluation, program: Program, influence: Influence) -> Need:
    """Return what has to be otherwise for *goal*, which *evaluation* does not reach."""
    if not goal.holds:
        return _broken(goal.fact, evaluation, program, influence)
    verdict = goal.verdict if "granted" in program.by_name else None
    if verdict is None:
        return Need(frozenset(), influence.appears(goal.fact[0]))
    for predicate in _IN_THE_WAY.get(verdict, ()):
        for row in evaluation.rows(predicate) if predicate in program.by_name else ():
            return _broken((predicate, row), evaluation, program, influence)
    needed = _NEEDS[verdict]
    causes = influence.moves(needed) if verdict is Verdict.DENY else influence.appears(needed)
    return Need(frozenset(), causes)


def _broken(fact: Fact, evaluation: Evaluation, program: Program, influence: Influence) -> Need:
    steps = evaluation.derivation([fact])
    leaves = frozenset((s.predicate, s.row) for s in steps if not isinstance(s, Apply))
    return Need(leaves, _union(_guarded(steps, program, influence)))


def _guarded(steps: Sequence[Step], program: Program, influence: Influence) -> Iterable[Causes]:
    """Yield what could make a `not` or a count of *steps* fail."""
    rules = {step.rule for step in steps if isinstance(step, Apply)}
    for literal in (each for number in sorted(rules) for each in program.rules[number].body):
        if isinstance(literal, Negative):
            yield influence.appears(literal.atom.predicate)
        elif isinstance(literal, Count):
            yield influence.moves(literal.atom.predicate)


def _union(causes: Iterable[Causes]) -> Causes:
    added: set[str] = set()
    removed: set[str] = set()
    for each in causes:
        added |= each.added
        removed |= each.removed
    return Causes(frozenset(added), frozenset(removed))
