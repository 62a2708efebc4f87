# SPDX-License-Identifier: Apache-2.0
"""What is missing: the smallest sets of changes that turn a decision, each shown by an evaluation.

First what whoever asks can come back with: values of the request, approvals, a later moment. Only
where no such set is found, what the issuers of links would have to sign anew is looked at too, and
last another request. Trust anchors, rules and facts of the policy are never changed: what they
alone could change is reported as nothing found.

Every set is minimal: it was evaluated, and so was each of its proper subsets. `complete` says that
there is no other within the bounds on size; what the values of an input are is told in `values.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from helm_logic.errors import EvaluationError
from helm_logic.explain.changes import ABDUCIBLE, LINK, REQUEST, Change, Requests
from helm_logic.explain.goals import Goal, is_reached, need
from helm_logic.explain.influence import Influence
from helm_logic.explain.minimal import Bounds, Found, minimal_sets
from helm_logic.explain.subject import Subject

if TYPE_CHECKING:
    from helm_logic.engine import Evaluation

TIERS = (ABDUCIBLE, (*ABDUCIBLE, LINK), (*ABDUCIBLE, LINK, REQUEST))


@attrs.frozen
class Missing:
    """The minimal *sets* of changes that reach *goal*, fewest first, and of which *kinds* they are.

    *complete*: no other set of these kinds within the bounds does.
    """

    goal: Goal
    kinds: tuple[str, ...]
    sets: tuple[tuple[Change, ...], ...]
    complete: bool

    def to_value(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "complete": self.complete,
            "kinds": list(self.kinds),
            "sets": [[each.to_value() for each in changes] for changes in self.sets],
        }


def missing(subject: Subject, goal: Goal, bounds: Bounds | None = None) -> Missing:
    """Return what would bring about *goal*, by what whoever asks can bring, if that is enough.

    Raises NotExplained if the request or the policy's inputs are not known.
    """
    found = None
    search = WhatIf(subject)
    for kinds in TIERS:
        found = search.sets(goal, kinds, bounds)
        if found.sets:
            break
    return found or Missing(goal, (), (), complete=True)


@attrs.frozen(slots=False)
class WhatIf:
    """Evaluations of the request of *subject* with changes, each remembered."""

    subject: Subject
    _known: dict[frozenset[Change], Evaluation | None] = attrs.field(factory=dict, init=False)

    @cached_property
    def requests(self) -> Requests:
        """The requests that there could be."""
        return Requests(self.subject)

    @cached_property
    def _influence(self) -> Influence:
        return Influence(self.subject.program)

    def evaluation(self, changes: frozenset[Change]) -> Evaluation | None:
        """Return what follows with *changes*; None if the rules cannot be evaluated then."""
        if changes not in self._known:
            try:
                found = self.subject.evaluate(self.requests.facts(changes))
            except EvaluationError:
                found = None
            self._known[changes] = found
        return self._known[changes]

    def sets(self, goal: Goal, kinds: Collection[str], bounds: Bounds | None = None) -> Missing:
        """Return the minimal sets of changes of *kinds* that reach *goal*."""

        def reaches(changes: frozenset[Change]) -> bool:
            evaluation = self.evaluation(changes)
            return evaluation is not None and is_reached(goal, evaluation)

        def options(changes: frozenset[Change]) -> Iterator[Change]:
            evaluation = self.evaluation(changes)
            if evaluation is None:
                return
            wanted = need(goal, evaluation, self.subject.program, self._influence)
            touching = (
                each
                for each in self.requests.candidates(kinds, changes)
                if each.touches(wanted.leaves, wanted.causes)
            )
            yield from self.requests.mattering(touching, changes)

        found: Found[Change] = minimal_sets(options, reaches, bounds)
        sets = tuple(map(self.requests.told, found.sets))
        used = {each.kind for changes in sets for each in changes}
        told = tuple(kind for kind in kinds if kind in used or not sets)
        return Missing(goal, told, sets, found.complete)
