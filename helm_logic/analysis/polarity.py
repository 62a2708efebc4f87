# SPDX-License-Identifier: Apache-2.0
"""Which predicates only grow when a relation does: nothing on the way to them is a negation."""

from __future__ import annotations

from collections.abc import Iterable

from helm_logic.analysis.formula import Fact
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import Count, Negative, Positive

_AT_LEAST = (">=", ">")
_MORE = (*_AT_LEAST, "")  # no relation: the count itself


def growing(rules: Iterable[Rule], relation: str, reached: frozenset[str]) -> frozenset[str]:
    """Return those of *reached*, the predicates that depend on *relation*, that only grow with it.

    *relation* is one of both.
    """
    known, shrinking = list(rules), set[str]()
    size = -1
    while len(shrinking) != size:
        size = len(shrinking)
        for rule in known:
            for literal in rule.body:
                match literal:
                    case Positive(atom):
                        shrinks = atom.predicate in shrinking
                    case Negative(atom):
                        shrinks = atom.predicate in reached
                    case Count(_, atom, at_least, _):
                        name = atom.predicate
                        grows = name not in shrinking and at_least in _AT_LEAST
                        shrinks = name in reached and not grows
                    case _:
                        shrinks = False
                if shrinks:
                    shrinking.add(rule.head.predicate)
    return reached - shrinking | {relation}


def only_grows(fact: Fact, grown: frozenset[str], reached: frozenset[str]) -> bool:
    """Say whether *fact*, of which some predicates are *reached*, cannot cease to hold.

    A fact that an attribute counts is one whose count does not go down.
    """
    return all(
        literal.predicate in grown
        and (literal.kind == "atom" or (literal.kind == "count" and literal.extra[0] in _MORE))
        for literal in fact.literals
        if literal.predicate in reached
    )
