# SPDX-License-Identifier: Apache-2.0
"""What a proof is about, as one digest: rules, columns, and what is assumed of facts.

Every rule is in it on which the predicates in question depend, and nothing else is: a proof about
`authority.dl` holds in every policy that includes it and adds no rule to what it concludes.
"""

from __future__ import annotations

from collections.abc import Iterable

from helm_logic.analysis.chains.assumed import reader
from helm_logic.analysis.chains.columns import Columns
from helm_logic.analysis.chains.system import System
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.kernel.program import Program, Rule
from helm_logic.kernel.terms import Compute, Count, Literal, Negative, Positive, Test
from helm_logic.lang import RuleSet, rule_text


def attenuation_digest(system: System) -> str:
    """Return the digest of the rules that the chain predicates of *system* depend on."""
    return rules_digest(system.rule_set, tuple(system.shapes), (), system.columns)


def rules_digest(
    rule_set: RuleSet, goals: Iterable[str], also: Iterable[Rule], columns: Columns
) -> str:
    """Return the digest of the rules that *goals* and the rules *also* depend on, and of these.

    What is assumed belongs to it: the assumptions of the rule set, and reader.dl.
    """
    rules = {rule.id: rule for rule in rule_set.program.rules}
    asked = [*also, *(rules[each] for each in rule_set.assumptions)]
    named = {*goals, *(name for rule in asked for each in rule.body for name in _named(each))}
    below = reached(rule_set.program, named)
    chosen = [each for each in rules.values() if each.head.predicate in below or each in asked]
    return digest(
        canonical_json(
            {
                "columns": [
                    [name, *(f"{each.name}: {each.type}" for each in columns[name])]
                    for name in sorted(below)
                ],
                "goals": sorted(goals),
                "reader": reader().sources[0].text,
                "rules": [[rule.id, rule_text(rule)] for rule in chosen],
            }
        )
    )


def reached(program: Program, goals: Iterable[str]) -> frozenset[str]:
    """Return the predicates that *goals* depend on, themselves included."""
    rules: dict[str, list[Rule]] = {}
    for rule in program.rules:
        rules.setdefault(rule.head.predicate, []).append(rule)
    waiting = list(goals)
    found = set(waiting)
    while waiting:
        for rule in rules.get(waiting.pop(), ()):
            new = {name for each in rule.body for name in _named(each)} - found
            found |= new
            waiting += sorted(new)
    return frozenset(found)


def _named(literal: Literal) -> Iterable[str]:
    match literal:
        case Positive(atom) | Negative(atom) | Count(_, atom):
            return (atom.predicate,)
        case Test() | Compute():
            return ()
