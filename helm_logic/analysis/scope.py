# SPDX-License-Identifier: Apache-2.0
"""Which rules an analysis is about, and which it takes as given.

Rules of stock files, those that ship with helm_logic, are context: known by name and text, so that
an edited copy is not taken for one. If the main file is itself a stock file, it is what is linted.
"""

from __future__ import annotations

from helm_logic.analysis.study import Study
from helm_logic.lang import RuleSet
from helm_logic.policy.folder import read_source, stock_rules


def stock_sources(rule_set: RuleSet) -> frozenset[str]:
    """Return the names of the sources of *rule_set* that are files which ship with helm_logic."""
    folder = stock_rules()
    found = set()
    for source in rule_set.sources:
        path = folder / source.name
        if path.parent == folder and path.is_file() and read_source(path).text == source.text:
            found.add(source.name)
    return frozenset(found)


def study_of(rule_set: RuleSet) -> Study:
    """Return the study of *rule_set*: its main file, the last source, is always linted."""
    stock = stock_sources(rule_set)
    main = rule_set.sources[-1].name
    context = stock - {main}
    written = [
        rule.id
        for rule in rule_set.program.rules
        if "/" not in rule.head.predicate and rule.id in rule_set.spans
    ]
    where = {rule_id: rule_set.spans[rule_id].source.name for rule_id in written}
    concluded = {rule.head.predicate for rule in rule_set.program.rules}
    declared = {each.name for each in rule_set.program.predicates if not each.given}
    return Study(
        rule_set,
        undefined=declared - concluded if main in stock else (),
        stock=[rule_id for rule_id, name in where.items() if name in stock],
        faults=[
            rule_id for rule_id, name in where.items()
            if name in stock and name == "authority.dl" and _is_fault(rule_set, rule_id)
        ],
        linted=[rule_id for rule_id, name in where.items() if name not in context],
    )  # fmt: skip


def _is_fault(rule_set: RuleSet, rule_id: str) -> bool:
    return any(
        rule.id == rule_id and rule.head.predicate == "deny" for rule in rule_set.program.rules
    )
