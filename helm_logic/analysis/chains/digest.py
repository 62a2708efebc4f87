# SPDX-License-Identifier: Apache-2.0
"""What a proof is about, as one digest: rules, columns, and what is assumed of facts.

Every rule is in it on which the given predicates depend, and nothing else is: a proof about
`authority.dl` holds in every policy that includes it and adds no rule to what it concludes.
"""

from __future__ import annotations

from collections.abc import Iterable

from helm_logic.analysis.chains.assumed import reader
from helm_logic.analysis.chains.system import System
from helm_logic.kernel.encoding import JsonValue, canonical_json, digest
from helm_logic.kernel.program import Program, Rule
from helm_logic.kernel.terms import Compute, Count, Literal, Negative, Positive, Test
from helm_logic.lang import rule_text


def rules_digest(system: System) -> str:
    """Return the digest of the rules that the chain predicates of *system* depend on."""
    goals = (*system.shapes, *(_head(system, each) for each in system.rule_set.assumptions))
    predicates = reached(system.program, goals)
    columns: list[JsonValue] = [
        [name, *(f"{each.name}: {each.type}" for each in system.columns[name])]
        for name in sorted(predicates)
    ]
    return digest(
        canonical_json(
            {
                "columns": columns,
                "predicates": list(system.shapes),
                "reader": reader().sources[0].text,
                "rules": [
                    [rule.id, rule_text(rule)]
                    for rule in system.program.rules
                    if rule.head.predicate in predicates
                ],
            }
        )
    )


def _head(system: System, rule: str) -> str:
    return next(each.head.predicate for each in system.program.rules if each.id == rule)


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
