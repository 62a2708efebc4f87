# SPDX-License-Identifier: Apache-2.0
"""Which predicates depend on which: what a rule reads, what reaches what, what is recursive."""

from __future__ import annotations

from collections.abc import Iterable

from helm_logic.kernel.program import Program, Rule
from helm_logic.kernel.terms import Count, Negative, Positive


class Dependencies:
    """Who reads a predicate, over all rules of a program."""

    def __init__(self, program: Program) -> None:
        self._readers: dict[str, set[str]] = {}
        for rule in program.rules:
            for name in reads(rule):
                self._readers.setdefault(name, set()).add(rule.head.predicate)

    def reaching(self, names: Iterable[str]) -> frozenset[str]:
        """Return *names* and the predicates that depend on one of them."""
        found, waiting = set(names), list(names)
        while waiting:
            new = self._readers.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return frozenset(found)


def reads(rule: Rule) -> frozenset[str]:
    """Return the predicates that the body of *rule* names."""
    return frozenset(
        literal.atom.predicate
        for literal in rule.body
        if isinstance(literal, (Positive, Negative, Count))
    )


def recursive(program: Program) -> frozenset[str]:
    """Return the predicates that depend on themselves."""
    found = {name for names in program.strata if len(names) > 1 for name in names}
    found |= {rule.head.predicate for rule in program.rules if rule.head.predicate in reads(rule)}
    return frozenset(found)
