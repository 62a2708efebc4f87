# SPDX-License-Identifier: Apache-2.0
"""Defects of rules without effect: dead, vacuous, redundant, overridden by the stronger.

Each function settles some leaves of a table with one thing wrong about them, and says whether it
found a place. It works on leaves of its own, so that defects do not meet: what is expected of one
does not depend on the others.
"""

from __future__ import annotations

from tests.analysis.corpus.expected import alike, expect
from tests.analysis.corpus.grid import joined
from tests.analysis.corpus.sites import (
    across,
    contradictory,
    escalation,
    implied,
    narrower,
    plain_verdict,
    roomy_leaf,
    roomy_pair,
    twin,
    verdict_of,
)
from tests.analysis.corpus.table import ALLOW, DENY, ESCALATE, Draft, Leaf, Table


def dead_rule(table: Table) -> bool:
    """Add a rule whose conditions exclude each other."""
    unit = table.rng.choice(table.leaves).unit
    verdict = table.rng.choice(table.verdicts)
    role = unit.roles[0] if verdict == ESCALATE else ""
    draft = table.draft(unit, verdict, contradictory(table, unit), role)
    table.drafts.append(draft)
    table.expected.append(expect("HL101", "error", draft.id))
    return True


def dead_helper(table: Table) -> bool:
    """Add a helper predicate with a second rule that never applies."""
    leaf = table.take_leaf(lambda leaf: bool(leaf.phrases))
    if leaf is None:
        return False
    yes, _ = joined(leaf.phrases, table.names, leaf.unit.grid.full)
    name = table.names.new("d")
    dead = Draft(name, yes.literals[0], (), contradictory(table, leaf.unit))
    (rule, *_) = table.settle(Leaf(leaf.unit, (yes,), leaf.points), plain_verdict(table))
    rule.helpers += (*dead.needs, dead.text)
    table.expected.append(expect("HL101", "error", name))
    return True


def vacuous(table: Table) -> bool:
    """Add a condition that the rest of the rule implies."""
    leaf = table.take_leaf(lambda leaf: bool(implied(leaf)))
    if leaf is None:
        return False
    (rule, *_) = table.settle(leaf, plain_verdict(table))
    more = table.rng.choice(implied(leaf))
    rule.phrases = tuple(table.rng.sample((*rule.phrases, more), len(rule.phrases) + 1))
    table.expected.append(expect("HL102", "warning", rule.id))
    return True


def redundant(table: Table) -> bool:
    """Add a rule inside another one of the same verdict."""
    leaf = roomy_leaf(table)
    if leaf is None:
        return False
    (rule, *_) = table.settle(leaf)
    inner = narrower(table, leaf, verdict_of(rule), rule.phrases, rule.approver)
    table.expected.append(expect("HL103", "warning", inner.id, rule.id))
    return True


def redundant_by_union(table: Table) -> bool:
    """Add a rule inside two others of the same verdict together, and inside neither."""
    pair = roomy_pair(table)
    if pair is None:
        return False
    verdict = plain_verdict(table)
    (one,), (two,) = (table.settle(leaf, verdict) for leaf in (pair.one, pair.two))
    inner = across(table, pair, verdict)
    table.expected.append(expect("HL103", "warning", inner.id, one.id, two.id))
    return True


def equal_rules(table: Table) -> bool:
    """Add two or three rules of one verdict and one meaning."""
    leaf = table.take_leaf(lambda leaf: bool(leaf.phrases))
    if leaf is None:
        return False
    (rule, *_) = table.settle(leaf)
    others = [twin(table, leaf.unit, rule, verdict_of(rule), rule.approver)
              for _ in range(table.rng.choice((1, 1, 2)))]  # fmt: skip
    table.expected.append(alike("HL103", "warning", rule.id, *(each.id for each in others)))
    return True


def allow_under_deny(table: Table) -> bool:
    """Add an ALLOW rule inside a DENY rule."""
    leaf = roomy_leaf(table) if DENY in table.verdicts else None
    if leaf is None:
        return False
    (deny,) = table.settle(leaf, DENY)
    allow = narrower(table, leaf, ALLOW)
    table.expected.append(expect("HL104", "error", allow.id, deny.id))
    return True


def allow_under_union(table: Table) -> bool:
    """Add an ALLOW rule inside a DENY and an ESCALATE rule together, and inside neither."""
    leaf = roomy_leaf(table) if {DENY, ESCALATE} <= {*table.verdicts} else None
    if leaf is None:
        return False
    escalate, deny = table.settle(leaf, ESCALATE, DENY)
    allow = narrower(table, leaf, ALLOW)
    table.expected.append(expect("HL104", "error", allow.id, escalate.id, deny.id))
    return True


def allow_under_denies(table: Table) -> bool:
    """Add an ALLOW rule inside two DENY rules together, and inside neither."""
    pair = roomy_pair(table) if DENY in table.verdicts else None
    if pair is None:
        return False
    (one,), (two,) = (table.settle(leaf, DENY) for leaf in (pair.one, pair.two))
    allow = across(table, pair, ALLOW)
    table.expected.append(expect("HL104", "error", allow.id, one.id, two.id))
    return True


def escalate_under_deny(table: Table) -> bool:
    """Add an ESCALATE rule inside a DENY rule: asking for an approval that cannot help."""
    leaf = roomy_leaf(table) if DENY in table.verdicts else None
    if leaf is None:
        return False
    (deny,) = table.settle(leaf, DENY)
    escalate = escalation(table, leaf, narrow=table.rng.choice((True, False)))
    table.expected.append(expect("HL104", "error", escalate.id, deny.id))
    return True


def unknown_action(table: Table) -> bool:
    """Add an ALLOW rule for an action that no `known_action` lists."""
    action, name = table.names.new("act"), table.names.new("c")
    tail = ("authorized",) * table.rng.randint(0, 1)
    table.drafts.append(Draft(name, f"allow({name})", (f'action("{action}")',), (), tail))
    table.expected.append(expect("HL104", "error", name, "unknown-action"))
    return True


PLANTS = (
    dead_rule, dead_helper, vacuous, redundant, redundant_by_union, equal_rules,
    allow_under_deny, allow_under_union, allow_under_denies, escalate_under_deny, unknown_action,
)  # fmt: skip
