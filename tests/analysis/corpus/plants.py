# SPDX-License-Identifier: Apache-2.0
"""All defects by name, and those of what is missing: gaps, approvers, ends; `effects.py` tells how.

Those whose names begin with `fine_` plant what looks like a defect and is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tests.analysis.corpus import disputes, effects, statements
from tests.analysis.corpus.expected import Expected, expect
from tests.analysis.corpus.grid import Phrase
from tests.analysis.corpus.sites import narrower, plain_verdict, roomy_leaf
from tests.analysis.corpus.table import ALLOW, DENY, ESCALATE, Draft, Leaf, Table

Plant = Callable[[Table], bool]


def gap(table: Table) -> bool:
    """Leave requests undecided: the rules of one leaf are missing."""
    return _gap(table, "warning")


def gap_in_duty(table: Table) -> bool:
    """Do the same to an action that must be decided."""
    return _gap(table, "error")


def no_approver(table: Table) -> bool:
    """Add an ESCALATE rule that no approval lifts."""
    leaf = table.take_leaf() if ESCALATE in table.verdicts else None
    if leaf is None:
        return False
    rule = table.rule(leaf.unit, ESCALATE, leaf.phrases, leaf.unit.roles[0])
    table.expected.append(expect("HL109", "error", rule.id))
    return True


def no_approver_in_part(table: Table) -> bool:
    """Add an ESCALATE rule that an approval lifts for some of its requests only."""
    leaf = roomy_leaf(table) if ESCALATE in table.verdicts else None
    if leaf is None:
        return False
    grid, role = leaf.unit.grid, table.rng.choice(leaf.unit.roles)
    yes, no = grid.approvals[role]
    side = table.narrowing(leaf.unit, leaf.points)
    assert side is not None
    other = next(each for each in grid.phrases if each.points == grid.full ^ side.points)
    helper = table.names.new()
    rules = (
        *side.helpers,
        f"{helper} :- {', '.join((*side.literals, *no.literals))}.",
        *other.helpers,
        f"{helper} :- {', '.join(other.literals)}.",
    )
    asks = Phrase((helper,), (side.points & no.points) | other.points, rules, whole=False)
    rule = table.rule(leaf.unit, ESCALATE, (*leaf.phrases, asks), role)
    table.rule(leaf.unit, plain_verdict(table, but=ESCALATE), (*leaf.phrases, side, yes))
    table.expected.append(expect("HL109", "error", rule.id))
    return True


def fine_second_approver(table: Table) -> bool:
    """Add an ESCALATE rule inside another one that asks somebody else."""
    leaf = roomy_leaf(table) if ESCALATE in table.verdicts else None
    if leaf is None:
        return False
    (rule, *_) = table.settle(leaf, ESCALATE)
    other = table.names.new("role")
    narrower(table, leaf, ESCALATE, rule.phrases, other)
    return True


def permanent_grant(table: Table) -> bool:
    """Add a rule that hands out authority for good."""
    who, name = table.names.new(), table.names.new("c")
    head, body = table.rng.choice(
        (
            ("authorized", f'subject("agent:{who}")'),
            (f'holds("agent:{who}")', f'subject("agent:{who}")'),
        )
    )
    table.drafts.append(Draft(name, head, (body,), ()))
    table.expected.append(expect("HL111", "warning", name))
    return True


def unsupported(table: Table) -> bool:
    """Add a rule that multiplies two values: an exception, and it says so."""

    def has_room(leaf: Leaf) -> bool:
        # A rule may bind six inputs, of which these are two.
        return sum(len(phrase.literals) - 1 for phrase in leaf.phrases) <= 4

    leaf = table.take_leaf(has_room) if {ALLOW, DENY} <= {*table.verdicts} else None
    if leaf is None:
        return False
    (weak,) = table.settle(leaf, ALLOW)
    rule = table.rule(leaf.unit, DENY, leaf.phrases)
    one, two = table.names.new(), table.names.new()
    table.statements += [f"#input {name} : int  from context.{name}." for name in (one, two)]
    rule.tail = (f"{one}(A)", f"{two}(B)", "A * B > 100")
    rule.overrides.append(weak.id)
    table.expected.append(expect("HL901", "warning", rule.id))
    return True


def _gap(table: Table, severity: str) -> bool:
    """Leave a box undecided; one a table, as two could make a third region together."""
    if any(each.code == "HL108" for each in table.expected):
        return False
    leaf = table.take_leaf(lambda leaf: leaf.is_box and len(leaf.unit.actions) == 1)
    if leaf is None:
        return False
    kept = len(table.drafts)
    table.settle(leaf)
    gone = table.drafts[kept:]
    del table.drafts[kept:]
    removed = tuple(text for each in gone for text in (*each.needs, each.text))
    table.expected.append(Expected("HL108", severity, removed=removed))
    if severity == "error":
        table.statements.append(f'must_decide("{leaf.unit.actions[0]}").')
    return True


ALL: Mapping[str, Plant] = MappingProxyType(
    {
        plant.__name__: plant
        for plant in (
            *effects.PLANTS, *disputes.PLANTS, *statements.PLANTS, gap, gap_in_duty, no_approver,
            no_approver_in_part, fine_second_approver, permanent_grant, unsupported,
        )
    }
)  # fmt: skip
# About verdicts of every request: left open where a rule of one's own hands out authority.
AUTHORITY = "permanent_grant"
CLAIMS = frozenset(each.__name__ for each in statements.CLAIMS)
# These need two leaves side by side, which are rare.
PAIRED = frozenset({
    "redundant_by_union", "allow_under_denies", "overlap", "overlap_of_two", "broken_independence",
})  # fmt: skip
