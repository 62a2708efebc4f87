# SPDX-License-Identifier: Apache-2.0
"""Counts as attributes: how many rows a `count{...}` finds is a number like any other.

Two counts of one thing are one attribute, whatever they are compared with, so that `< 2` and `>= 2`
exclude each other. Which rows there are is free: a count may be any number from 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helm_logic.analysis.environment import Env, fact, ground, is_local, resolve
from helm_logic.analysis.formula import Fact, GroundLiteral
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import Count, Positive


def count_fact(literal: Count, env: Env) -> Fact | None:
    """Return what *literal* counts; None if it depends on a variable outside it without a value.

    The literal of the fact is of the kind `count`: its terms are the row's, then the counted ones,
    whose number is in `extra`.
    """
    inner = ground(Positive(literal.atom), env)
    own = {term for term in literal.atom.terms if is_local(resolve(term, env))}
    if not {*literal.counted} <= own:
        return None
    counted = tuple(resolve(term, env) for term in literal.counted)
    terms = (*inner.terms, *counted)
    return fact([GroundLiteral("count", inner.predicate, terms, ("", len(counted)))])


def counted_predicates(predicate: str, rules: Mapping[str, Sequence[Rule]]) -> list[str]:
    """Return the predicates of the text that a count over *predicate* is about."""
    if "/" not in predicate:
        return [predicate]
    bodies = (rule.body for rule in rules[predicate])
    atoms = (each.atom for body in bodies for each in body if isinstance(each, Positive))
    return list(dict.fromkeys(atom.predicate for atom in atoms))
