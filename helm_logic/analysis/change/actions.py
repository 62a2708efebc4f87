# SPDX-License-Identifier: Apache-2.0
"""Which actions a rule can hold for, as far as its positive literals name them.

Most rules ask for an action by name, themselves or through a helper. Whoever looks at a few actions
can leave out all others: their bodies cannot hold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import attrs

from helm_logic.kernel.program import Program, Rule
from helm_logic.kernel.terms import Positive, Term, is_variable
from helm_logic.lang import RuleSet


class Actions:
    """The actions that rules can hold for; *rules* are those of each predicate that has some."""

    def __init__(self, rules: Mapping[str, Sequence[Rule]]) -> None:
        self._rules = rules
        self._known: dict[str, frozenset[Term] | None] = {}

    def of(self, rule: Rule) -> frozenset[Term] | None:
        """Return the actions that *rule* can hold for; None if it may be any."""
        found: frozenset[Term] | None = None
        for literal in rule.body:
            if isinstance(literal, Positive):
                name, terms = literal.atom.predicate, literal.atom.terms
                if name == "action":
                    named = None if is_variable(terms[0]) else frozenset(terms)
                else:
                    named = self._predicate(name)
                if named is not None:
                    found = named if found is None else found & named
        return found

    def _predicate(self, name: str) -> frozenset[Term] | None:
        if name not in self._rules:
            return None
        if name not in self._known:
            self._known[name] = None  # what it asks of itself
            self._known[name] = self._union(self._rules[name])
        return self._known[name]

    def _union(self, rules: Iterable[Rule]) -> frozenset[Term] | None:
        found: frozenset[Term] = frozenset()
        for rule in rules:
            named = self.of(rule)
            if named is None:
                return None
            found |= named
        return found


def about(
    rule_set: RuleSet, actions: Collection[Term], lacking: Collection[str] | None = None
) -> RuleSet:
    """Return *rule_set* for requests of one of *actions* that lack none but inputs *lacking*.

    It gives them the same model: rules that cannot hold for such a request are left out. None for
    *lacking* is any input.
    """
    program = rule_set.program
    rules: dict[str, list[Rule]] = {}
    for rule in program.rules:
        rules.setdefault(rule.head.predicate, []).append(rule)
    known = Actions(rules)
    kept = []
    for rule in program.rules:
        named = known.of(rule)
        can_lack = lacking is None or _can_lack(rule, lacking)
        if can_lack and (named is None or not named.isdisjoint(actions)):
            kept.append(rule)
    return attrs.evolve(rule_set, program=Program(program.predicates, tuple(kept), program.strata))


def _can_lack(rule: Rule, lacking: Collection[str]) -> bool:
    return all(
        str(literal.atom.terms[0])[2:] in lacking
        for literal in rule.body
        if isinstance(literal, Positive)
        and literal.atom.predicate == "missing"
        and not is_variable(literal.atom.terms[0])
    )
