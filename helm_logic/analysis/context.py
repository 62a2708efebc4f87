# SPDX-License-Identifier: Apache-2.0
"""Which rules an analysis is about, and which it takes as given.

Rules of stock files, those that ship with helm_logic, are context: known by name and text, so that
an edited copy is not taken for one. If the main file is itself a stock file, it is what is linted.
"""

from __future__ import annotations

import attrs

from helm_logic.lang import RuleSet
from helm_logic.policy.folder import read_source, stock_rules

_CHAIN = "authority.dl"  # its deny rules name the faults of a chain; none holds where it authorizes


@attrs.frozen
class Context:
    """Ids of rules: those of *stock* files, those that are *linted*, and the *faults* of a chain.

    *undefined* are predicates whose rules stand in files that are not read.
    """

    stock: frozenset[str]
    linted: frozenset[str]
    faults: frozenset[str]
    undefined: frozenset[str]


def context_of(rule_set: RuleSet) -> Context:
    """Return the context of *rule_set*: its main file, the last source, is always linted."""
    stock = stock_sources(rule_set)
    main = rule_set.sources[-1].name
    rules = [rule for rule in rule_set.program.rules
             if "/" not in rule.head.predicate and rule.id in rule_set.spans]  # fmt: skip
    where = {rule.id: rule_set.spans[rule.id].source.name for rule in rules}
    concluded = {rule.head.predicate for rule in rule_set.program.rules}
    declared = {each.name for each in rule_set.program.predicates if not each.given}
    return Context(
        stock=frozenset(rule_id for rule_id, name in where.items() if name in stock),
        linted=frozenset(
            rule_id for rule_id, name in where.items() if name not in stock or name == main
        ),
        faults=frozenset(
            rule.id for rule in rules
            if rule.head.predicate == "deny" and where[rule.id] == _CHAIN and _CHAIN in stock
        ) or _proved_faults(rule_set, concluded),
        undefined=frozenset(declared - concluded if main in stock else ()),
    )  # fmt: skip


def _proved_faults(rule_set: RuleSet, concluded: set[str]) -> frozenset[str]:
    """Return the faults that `authorized` excludes by rules of one's own, if that is proved."""
    if "authorized" not in concluded or "deny" not in concluded:
        return frozenset()
    from helm_logic.analysis.chains.contract import contract  # noqa: PLC0415 - seldom needed

    found = contract(rule_set)
    return frozenset(found.faults if found.holds else ())


def stock_sources(rule_set: RuleSet) -> frozenset[str]:
    """Return the names of the sources of *rule_set* that are files which ship with helm_logic."""
    folder = stock_rules()
    found = set()
    for source in rule_set.sources:
        path = folder / source.name
        if path.parent == folder and path.is_file() and read_source(path).text == source.text:
            found.add(source.name)
    return frozenset(found)
