# SPDX-License-Identifier: Apache-2.0
"""Where defects are planted: leaves with room for one, and rules made in relation to others."""

from __future__ import annotations

import re

from tests.analysis.corpus.grid import Phrase, cuts, joined, meaning
from tests.analysis.corpus.table import ESCALATE, Draft, Leaf, Pair, Table, Unit


def contradictory(table: Table, unit: Unit) -> tuple[Phrase, ...]:
    """Return phrases that exclude each other, and perhaps one that has nothing to do with it."""
    ones = [*unit.grid.phrases]
    one, other = table.rng.choice([(a, b) for a in ones for b in ones if not a.points & b.points])
    extra = table.rng.sample(ones, table.rng.randint(0, 1))
    return tuple(dict.fromkeys((one, *extra, other)))


def implied(leaf: Leaf) -> list[Phrase]:
    """Return what *leaf* implies without saying it, and what does not imply one of its phrases."""
    full, said = leaf.unit.grid.full, {each.literals for each in leaf.phrases}
    rests = [[each for each in leaf.phrases if each is not phrase] for phrase in leaf.phrases]
    return [
        one
        for one in (*leaf.unit.grid.phrases, *leaf.unit.grid.tautologies)
        if one.points & leaf.points == leaf.points
        and one.literals not in said
        and not _binds(one)
        and all(meaning((one, *rest), full) != leaf.points for rest in rests)
    ]


def _binds(phrase: Phrase) -> bool:
    """Say whether what *phrase* says is a positive atom with a variable, which is no condition."""
    return re.match(r"(?!matches)\w+\((.*, )?[A-Z_]", phrase.literals[-1]) is not None


def twin(table: Table, unit: Unit, rule: Draft, verdict: str, approver: str = "") -> Draft:
    """Add a rule with the meaning of *rule*, perhaps in other words."""
    phrases = rule.phrases
    if phrases and table.rng.random() < 0.5:
        phrases = (joined(phrases, table.names, unit.grid.full)[0],)
    return table.rule(unit, verdict, phrases, approver)


def narrower(
    table: Table, leaf: Leaf, verdict: str, phrases: tuple[Phrase, ...] = (), approver: str = ""
) -> Draft:
    """Add a rule where a part of *leaf* meets *phrases*, those of the leaf if there are none."""
    more = table.narrowing(leaf.unit, leaf.points)
    assert more is not None
    return table.rule(leaf.unit, verdict, (*(phrases or leaf.phrases), more), approver)


def escalation(table: Table, leaf: Leaf, *, narrow: bool) -> Draft:
    """Add an ESCALATE rule strictly inside *leaf*: an approval lifts it."""
    role = table.rng.choice(leaf.unit.roles)
    phrases = (*leaf.phrases, leaf.unit.grid.approvals[role][1])
    if narrow:
        return narrower(table, leaf, ESCALATE, phrases, role)
    return table.rule(leaf.unit, ESCALATE, phrases, role)


def across(table: Table, pair: Pair, verdict: str) -> Draft:
    """Add a rule over a part of both leaves of *pair*."""
    unit = pair.one.unit
    more = table.narrowing(unit, pair.one.points, pair.two.points)
    assert more is not None
    if verdict != ESCALATE:
        return table.rule(unit, verdict, (*pair.phrases, more))
    role = table.rng.choice(unit.roles)
    no = unit.grid.approvals[role][1]
    return table.rule(unit, verdict, (*pair.phrases, more, no), role)


def roomy_leaf(table: Table) -> Leaf | None:
    """Take a leaf that some phrase cuts."""
    return table.take_leaf(
        lambda leaf: any(cuts(each, leaf.points) for each in leaf.unit.grid.phrases)
    )


def roomy_pair(table: Table) -> Pair | None:
    """Take a pair of leaves both of which some phrase cuts."""
    return table.take_pair(
        lambda pair: any(
            cuts(each, pair.one.points) and cuts(each, pair.two.points)
            for each in pair.one.unit.grid.phrases
        )
    )


def plain_verdict(table: Table, but: str = ESCALATE) -> str:
    """Return a random verdict of *table* that is not *but*."""
    return table.rng.choice([each for each in table.verdicts if each != but])


def verdict_of(rule: Draft) -> str:
    """Return the verdict that *rule* gives."""
    return rule.head.partition("(")[0]
