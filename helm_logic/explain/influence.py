# SPDX-License-Identifier: Apache-2.0
"""Which given predicates can make a fact come or go, by the rules alone.

A fact of predicate P may *appear* when facts of some predicates are added, or of others taken away
(through `not` and `count`), and *vanish* likewise. What is not listed here cannot matter, whatever
the facts are: that is what makes a search among the listed ones complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TypeAlias

import attrs

from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Count, Negative, Positive

Signed: TypeAlias = tuple[str, bool]


@attrs.frozen
class Causes:
    """Given predicates: facts of *added* when they are added, of *removed* when taken away."""

    added: frozenset[str]
    removed: frozenset[str]


@attrs.frozen(slots=False)
class Influence:
    """What moves the predicates of *program*."""

    program: Program

    def appears(self, predicate: str) -> Causes:
        """Return by what facts of *predicate* may begin to hold."""
        return self._causes([(predicate, True)])

    def vanishes(self, predicate: str) -> Causes:
        """Return by what facts of *predicate* may cease to hold."""
        return self._causes([(predicate, False)])

    def moves(self, predicate: str) -> Causes:
        """Return by what facts of *predicate* may begin or cease to hold."""
        return self._causes([(predicate, True), (predicate, False)])

    @cached_property
    def _reads(self) -> dict[str, frozenset[Signed]]:
        """Return, for each derived predicate, what its rules read, and if more of it is more."""
        reads: dict[str, set[Signed]] = {}
        for rule in self.program.rules:
            found = reads.setdefault(rule.head.predicate, set())
            for literal in rule.body:
                match literal:
                    case Positive(atom):
                        found.add((atom.predicate, True))
                    case Negative(atom):
                        found.add((atom.predicate, False))
                    case Count(_, atom):
                        found |= {(atom.predicate, True), (atom.predicate, False)}
        return {name: frozenset(each) for name, each in reads.items()}

    def _causes(self, start: list[Signed]) -> Causes:
        seen = set(start)
        waiting = list(start)
        while waiting:
            predicate, sign = waiting.pop()
            for other, keeps in self._reads.get(predicate, ()):
                signed = (other, keeps == sign)
                if signed not in seen:
                    seen.add(signed)
                    waiting.append(signed)
        given = set(self._given())
        return Causes(
            frozenset(name for name, sign in seen if sign and name in given),
            frozenset(name for name, sign in seen if not sign and name in given),
        )

    def _given(self) -> Iterator[str]:
        return (each.name for each in self.program.predicates if each.given)
