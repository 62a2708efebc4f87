# SPDX-License-Identifier: Apache-2.0
"""The fixpoint step by step: strata in order, in each the rounds, in each the facts that are new.

The rounds are synchronous: in one, every rule is asked of what held before it. The height of a fact
in the model is the round in which it appeared, so that nothing has to be evaluated again.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from helm_logic.explain.ground_text import fact_text
from helm_logic.explain.model_view import Fact
from helm_logic.explain.subject import Subject


@attrs.frozen
class Round:
    """Round *number*, from 1, of a *stratum*: what is new, and how many facts hold after it."""

    stratum: int
    number: int
    predicates: tuple[str, ...]
    new: tuple[Fact, ...]
    total: int

    def texts(self, subject: Subject) -> tuple[str, ...]:
        """Return the new facts as text."""
        return tuple(fact_text(subject.program, *fact) for fact in self.new)

    def to_value(self, subject: Subject) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "new": list(self.texts(subject)),
            "predicates": list(self.predicates),
            "round": self.number,
            "stratum": self.stratum,
            "total": self.total,
        }


def rounds(subject: Subject) -> Iterator[Round]:
    """Yield the rounds that added something, in order; strata without facts have none."""
    total = sum(len(tuple(rows)) for rows in subject.facts.values())
    for stratum, names in enumerate(subject.program.strata):
        by_height: dict[int, list[Fact]] = {}
        for name in names:
            for row, height in subject.model.get(name, {}).items():
                by_height.setdefault(height, []).append((name, row))
        for height in sorted(by_height):
            new = tuple(sorted(by_height[height], key=lambda fact: (names.index(fact[0]), fact[1])))
            total += len(new)
            yield Round(stratum, height, names, new, total)
