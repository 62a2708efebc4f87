# SPDX-License-Identifier: Apache-2.0
"""Defects between rules of opposite verdicts, and what looks like one: see `effects.py` for how."""

from __future__ import annotations

from tests.analysis.corpus.expected import alike, expect
from tests.analysis.corpus.sites import (
    across,
    escalation,
    narrower,
    roomy_leaf,
    roomy_pair,
    twin,
)
from tests.analysis.corpus.table import ALLOW, DENY, ESCALATE, Draft, Table


def exception(table: Table) -> bool:
    """Add a DENY or ESCALATE rule strictly inside an ALLOW rule."""
    return _exception(table) is not None


def fine_exception(table: Table) -> bool:
    """Do the same, but the stronger rule says so."""
    rules = _exception(table)
    if rules is None:
        return False
    strong, weak = rules
    strong.overrides.append(weak.id)
    table.expected.pop()
    return True


def overlap(table: Table) -> bool:
    """Add a DENY rule that shares requests with an ALLOW rule, and each has requests of its own."""
    pair = roomy_pair(table) if {ALLOW, DENY} <= {*table.verdicts} else None
    if pair is None:
        return False
    (weak,), _ = table.settle(pair.one, ALLOW), table.settle(pair.two, DENY)
    strong = across(table, pair, DENY)
    table.expected.append(expect("HL106", "info", strong.id, weak.id))
    return True


def overlap_of_two(table: Table) -> bool:
    """Add a rule that shares requests with two ALLOW rules; perhaps it says so about one."""
    pair = roomy_pair(table) if {ALLOW, DENY} <= {*table.verdicts} else None
    if pair is None:
        return False
    weaker = [*table.settle(pair.one, ALLOW), *table.settle(pair.two, ALLOW)]
    strong = across(table, pair, table.rng.choice((DENY, ESCALATE)))
    if table.rng.random() < 0.5:
        strong.overrides.append(weaker.pop().id)
    table.expected.append(expect("HL106", "info", strong.id, *(each.id for each in weaker)))
    return True


def contradiction(table: Table) -> bool:
    """Add two rules of one meaning and opposite verdicts."""
    if not {ALLOW, DENY, ESCALATE} <= {*table.verdicts}:
        return False
    leaf = table.take_leaf()
    if leaf is None:
        return False
    verdict, opposite = table.rng.choice(((ALLOW, DENY), (DENY, ALLOW), (ESCALATE, ALLOW)))
    (rule, *_) = table.settle(leaf, verdict)
    other = twin(table, leaf.unit, rule, opposite)
    table.expected.append(alike("HL107", "error", rule.id, other.id))
    return True


def overriding_the_stronger(table: Table) -> bool:
    """Add a weaker rule that claims to override a stronger one, which the join will not do."""
    leaf = roomy_leaf(table) if {ALLOW, DENY, ESCALATE} <= {*table.verdicts} else None
    if leaf is None:
        return False
    way = table.rng.choice(("allow inside deny", "escalate inside deny", "deny inside allow"))
    if way == "deny inside allow":
        (weak,) = table.settle(leaf, ALLOW)
        strong = narrower(table, leaf, DENY)
    else:
        (strong,) = table.settle(leaf, DENY)
        if way == "allow inside deny":
            weak = narrower(table, leaf, ALLOW)
        else:
            weak = escalation(table, leaf, narrow=True)
    weak.overrides.append(strong.id)
    table.expected.append(alike("HL107", "error", weak.id, strong.id))
    return True


def _exception(table: Table) -> tuple[Draft, Draft] | None:
    leaf = roomy_leaf(table) if {ALLOW, DENY} <= {*table.verdicts} else None
    if leaf is None:
        return None
    (weak,) = table.settle(leaf, ALLOW)
    if table.rng.random() < 0.5:
        strong = narrower(table, leaf, DENY)
    else:
        strong = escalation(table, leaf, narrow=table.rng.choice((True, False)))
    table.expected.append(expect("HL105", "info", strong.id, weak.id))
    return strong, weak


PLANTS = (
    exception, fine_exception, overlap, overlap_of_two, contradiction, overriding_the_stronger,
)  # fmt: skip
