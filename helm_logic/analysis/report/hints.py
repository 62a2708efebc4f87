# SPDX-License-Identifier: Apache-2.0
"""What else there is to ask of rules, which a run of `lint` does not answer."""

from __future__ import annotations

from collections.abc import Iterator

from helm_logic.analysis.scope import stock_sources
from helm_logic.kernel.terms import Positive
from helm_logic.lang import RuleSet

AUTHORITY = "authorized"


def hints(rule_set: RuleSet, name: str) -> Iterator[str]:
    """Yield one line for each further question that the rules called *name* raise."""
    if own_authority(rule_set):
        yield (
            "authority is given by rules of your own; what is proved of it along chains of any"
            f" length, `helm-logic prove attenuation {name}` tells"
        )


def own_authority(rule_set: RuleSet) -> tuple[str, ...]:
    """Return the ids of rules that `authorized` rests on and that do not ship with helm_logic."""
    stock = stock_sources(rule_set)
    reached, waiting = {AUTHORITY}, [AUTHORITY]
    rules: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for rule in rule_set.program.rules:
        asked = tuple(each.atom.predicate for each in rule.body if isinstance(each, Positive))
        rules.setdefault(rule.head.predicate, []).append((rule.id, asked))
    found = []
    while waiting:
        for rule_id, asked in rules.get(waiting.pop(), ()):
            if rule_set.spans[rule_id].source.name not in stock:
                found.append(rule_id)
            waiting += [each for each in asked if each in rules and each not in reached]
            reached.update(asked)
    return tuple(found)
