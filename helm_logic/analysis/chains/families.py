# SPDX-License-Identifier: Apache-2.0
"""The chain predicates of a rule set, family by family.

A *family* are chain predicates that rules lead between. What two families say of authority cannot
be compared, so each is a system of its own: nothing is proved of one by what another one names.
"""

from __future__ import annotations

import attrs

from helm_logic.analysis.chains.system import System, whole_system
from helm_logic.lang import RuleSet


def make_systems(rule_set: RuleSet) -> tuple[System, ...]:
    """Return the chain systems of *rule_set*, one for each family; none hands on if there is none.

    They stand in the order of their first predicates.
    """
    whole = whole_system(rule_set)
    found = []
    for family in _families(whole):
        shapes = {name: shape for name, shape in whole.shapes.items() if name in family}
        steps = tuple(each for each in whole.steps if each.head.predicate in family)
        found.append(attrs.evolve(whole, shapes=shapes, steps=steps))
    return tuple(found)


def _families(whole: System) -> list[set[str]]:
    found: list[set[str]] = [{name} for name in whole.shapes]
    for step in whole.steps:
        linked = {each.predicate for each in (step.head, *step.premises)}
        met = [each for each in found if each & linked]
        merged = set().union(*met)
        place = found.index(met[0])
        found = [each for each in found if not each & linked]
        found.insert(place, merged)
    return found
