# SPDX-License-Identifier: Apache-2.0
"""What if something had not been there: a fact, a link or a rule; and what carries every proof.

Each answer is a new evaluation, not a look at one derivation: where a fact has two derivations, it
holds without either, and where a `not` looked at what is gone, something new may hold.

A *cut* is a minimal set of given facts without which a fact does not hold: what to revoke, if the
facts are links. It breaks every derivation, also those that would appear on the way.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from typing import TYPE_CHECKING

import attrs

from helm_logic.authority.facts import BOUNDS, STATED
from helm_logic.errors import EvaluationError, NotExplained
from helm_logic.explain.goals import Goal, is_reached, need
from helm_logic.explain.ground_text import fact_text
from helm_logic.explain.influence import Influence
from helm_logic.explain.minimal import Bounds, minimal_sets
from helm_logic.explain.model_view import Fact
from helm_logic.explain.subject import Subject
from helm_logic.kernel.certificate import Facts
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row

if TYPE_CHECKING:
    from helm_logic.engine import Evaluation

# What says of a link that it is there: without it, none of its other statements can matter.
_OF_LINKS = (*STATED, *BOUNDS, "root", "parent", "last", "misplaced", "revocation")


@attrs.frozen
class Otherwise:
    """What holds without *what*: the verdict, if there is one, and which facts came and went."""

    what: str
    verdict: str
    gone: tuple[str, ...]
    new: tuple[str, ...]

    def to_value(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "gone": list(self.gone),
            "new": list(self.new),
            "verdict": self.verdict,
            "without": self.what,
        }


def without(subject: Subject, name: str) -> Otherwise:
    """Return what would hold without the link, or else the rule, that is called *name*.

    A chain without a link is presented as it is, with a gap: its statements are gone and nothing
    takes its place. Raises NotExplained if there is neither, EvaluationError or LimitReached.
    """
    link = f"s:{name}"
    if any(row[0] == link for row in subject.facts.get("link", ())):
        facts = {
            relation: [row for row in rows if relation not in _OF_LINKS or link not in row[:2]]
            for relation, rows in subject.facts.items()
        }
        return _otherwise(subject, f"the link `{name}`", subject.evaluate(facts))
    if name in {rule.id for rule in subject.program.rules}:
        rest = tuple(rule for rule in subject.program.rules if rule.id != name)
        program = Program(subject.program.predicates, rest, subject.program.strata)
        evaluation = Subject(program, subject.facts, {}).evaluate(subject.facts)
        return _otherwise(subject, f"the rule `{name}`", evaluation)
    raise NotExplained(f"the chain has no link and the policy no rule `{name}`")


def without_facts(subject: Subject, facts: Collection[Fact]) -> Otherwise:
    """Return what would hold without the given *facts*; raise EvaluationError or LimitReached."""
    texts = ", ".join(fact_text(subject.program, *each) for each in sorted(facts))
    return _otherwise(subject, texts, subject.evaluate(_rest(subject.facts, facts)))


@attrs.frozen
class Removal:
    """A given fact that is taken away."""

    fact: Fact

    @property
    def slot(self) -> Hashable:
        """The fact: it is taken away once."""
        return self.fact


@attrs.frozen
class Cuts:
    """Minimal *sets* of given facts without which the fact does not hold, fewest first."""

    sets: tuple[tuple[Fact, ...], ...]
    complete: bool


def cuts(
    subject: Subject,
    goal: Fact,
    removable: Collection[str] | None = None,
    bounds: Bounds | None = None,
) -> Cuts:
    """Return the minimal sets of given facts whose removal breaks every proof of *goal*.

    *removable* are the given predicates whose facts may go; all, unless told. Raises NotExplained
    if *goal* does not hold.
    """
    if not subject.view.holds(goal):
        raise NotExplained(f"`{fact_text(subject.program, *goal)}` does not hold")
    cutter = _Cutter(subject, Goal(goal, holds=False), removable)
    sets = minimal_sets(cutter.options, cutter.reaches, bounds)
    return Cuts(
        tuple(tuple(sorted(each.fact for each in gone)) for gone in sets.sets), sets.complete
    )


class _Cutter:
    """Evaluations without facts of the predicates *removable*, each remembered."""

    def __init__(self, subject: Subject, goal: Goal, removable: Collection[str] | None) -> None:
        self._subject, self._goal = subject, goal
        self._given = [
            (name, row)
            for name, rows in sorted(subject.facts.items())
            if removable is None or name in removable
            for row in sorted(rows)
        ]
        self._influence = Influence(subject.program)
        self._known: dict[frozenset[Removal], Evaluation | None] = {}

    def reaches(self, gone: frozenset[Removal]) -> bool:
        """Say whether the goal is reached without the facts *gone*."""
        found = self._evaluation(gone)
        return found is not None and is_reached(self._goal, found)

    def options(self, gone: frozenset[Removal]) -> Iterator[Removal]:
        """Yield what could matter next without the facts *gone*."""
        found = self._evaluation(gone)
        if found is not None:
            wanted = need(self._goal, found, self._subject.program, self._influence)
            for fact in self._given:
                if fact in wanted.leaves or fact[0] in wanted.causes.removed:
                    yield Removal(fact)

    def _evaluation(self, gone: frozenset[Removal]) -> Evaluation | None:
        if gone not in self._known:
            rest = _rest(self._subject.facts, {each.fact for each in gone})
            try:
                self._known[gone] = self._subject.evaluate(rest)
            except EvaluationError:
                self._known[gone] = None
        return self._known[gone]


def _rest(facts: Facts, gone: Collection[Fact]) -> dict[str, list[Row]]:
    return {name: [row for row in rows if (name, row) not in gone] for name, rows in facts.items()}


def _otherwise(subject: Subject, what: str, evaluation: Evaluation) -> Otherwise:
    gone, new = [], []
    for name in subject.program.by_name:
        if subject.program.by_name[name].given:
            continue
        before, after = set(subject.model.get(name, ())), set(evaluation.rows(name))
        gone += [fact_text(subject.program, name, row) for row in sorted(before - after)]
        new += [fact_text(subject.program, name, row) for row in sorted(after - before)]
    verdict = ""
    if "verdict" in subject.program.by_name:
        verdict = "".join(str(row[0])[2:].upper() for row in evaluation.rows("verdict"))
    return Otherwise(what, verdict, tuple(gone), tuple(new))
