# SPDX-License-Identifier: Apache-2.0
"""When two predicates mean the same: their rules are alike, but for names.

A predicate gets a number for its rules, in which variables are numbered as they come and derived
predicates are replaced by their own numbers, from the lowest up. So renamed helpers, variables and
auxiliary predicates, and the order of rules, make no difference; the order of literals does. What
depends on itself also keeps its names.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeAlias

from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import (
    Atom,
    Compute,
    Count,
    Literal,
    Negative,
    Positive,
    Term,
    Test,
    is_variable,
)
from helm_logic.lang.stratify import components

_Naming: TypeAlias = Callable[[Iterable[Term]], tuple[Term, ...]]
Meaning: TypeAlias = int | str  # the number of a derived predicate, or the name of a given one


class Definitions:
    """Numbers the definitions of predicates, over all rule sets that it is asked about."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def number(
        self, rules: Mapping[str, Sequence[Rule]], given: Mapping[str, str]
    ) -> dict[str, Meaning]:
        """Return what each predicate means: those in *given* are what it calls them.

        *rules* are those of every other predicate by its name; nothing else is asked for.
        """
        meanings: dict[str, Meaning] = dict(given)
        graph = {name: self._asked(each, rules, given) for name, each in rules.items()}
        for names in components(graph):
            recursive = len(names) > 1 or names[0] in graph[names[0]]
            inner = {**meanings, **{name: f"itself/{name}" for name in names}}
            whole = frozenset(
                (name if recursive else "", frozenset(body(each, inner) for each in rules[name]))
                for name in names
            )
            for name in names:
                key = (name if recursive else "", whole)
                meanings[name] = self._numbers.setdefault(key, len(self._numbers))
        return meanings

    def _asked(
        self, bodies: Iterable[Rule], rules: Mapping[str, Sequence[Rule]], given: Mapping[str, str]
    ) -> dict[str, None]:
        names = (atom.predicate for rule in bodies for atom in atoms(rule))
        return dict.fromkeys(name for name in names if name in rules and name not in given)


def atoms(rule: Rule) -> list[Atom]:
    """Return the atoms of the body of *rule*."""
    return [
        literal.atom for literal in rule.body if isinstance(literal, (Positive, Negative, Count))
    ]


def body(rule: Rule, meanings: Mapping[str, Meaning]) -> tuple[Hashable, tuple[Term, ...]]:
    """Return what makes *rule* the rule that it is: what its body asks, and its head's terms."""
    names: dict[Term, str] = {}

    def terms(row: Iterable[Term]) -> tuple[Term, ...]:
        found: list[Term] = []
        for term in row:
            if is_variable(term) and term not in names:
                names[term] = f"v:{len(names)}"
            found.append(names.get(term, term))
        return tuple(found)

    literals = tuple(_literal(each, meanings, terms) for each in rule.body)
    return literals, terms(rule.head.terms)


def _literal(literal: Literal, meanings: Mapping[str, Meaning], terms: _Naming) -> Hashable:
    match literal:
        case Positive(atom):
            return "+", meanings[atom.predicate], terms(atom.terms)
        case Negative(atom):
            return "-", meanings[atom.predicate], terms(atom.terms)
        case Test(relation, left, right):
            return relation, terms((left, right))
        case Compute(target, operator, left, right):
            return operator, terms((target, left, right))
        case Count(counted, atom, relation, bound):
            row = terms((*atom.terms, bound, *counted))
            return "count", meanings[atom.predicate], relation, len(counted), row
