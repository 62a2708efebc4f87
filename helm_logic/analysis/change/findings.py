# SPDX-License-Identifier: Apache-2.0
"""What a change does, as findings HL301 to HL306: one for each region, with the rules responsible.

Responsible is a rule that decides on one side and has no equal on the other. Places are those of
the new version wherever there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import attrs

from helm_logic.analysis.boxes import Box, contains
from helm_logic.analysis.change.difference import CHAIN, Difference
from helm_logic.analysis.change.entries import BOTH, NEW, OLD
from helm_logic.analysis.change.moves import Leaf
from helm_logic.analysis.change.twins import Twin
from helm_logic.analysis.finding import INFO, POSSIBLE, REPLAYED, WARNING, Finding
from helm_logic.analysis.inquiry import listed
from helm_logic.lang import Note, Span
from helm_logic.receipts.verdict import Verdict

_CODES: Mapping[tuple[Verdict, Verdict], str] = MappingProxyType({
    (Verdict.DENY, Verdict.ALLOW): "HL301",
    (Verdict.ESCALATE, Verdict.ALLOW): "HL302",
    (Verdict.DENY, Verdict.ESCALATE): "HL303",
    (Verdict.ALLOW, Verdict.ESCALATE): "HL304",
    (Verdict.ALLOW, Verdict.DENY): "HL305",
    (Verdict.ESCALATE, Verdict.DENY): "HL306",
})  # fmt: skip
LOOSENING = ("HL301", "HL302", "HL303")
_DONE = MappingProxyType(
    {Verdict.DENY: "denied", Verdict.ESCALATE: "escalated", Verdict.ALLOW: "allowed"}
)
_MISSING = re.compile(r"relevant/(.*)/\d+$", re.ASCII)
_UNNAMED = re.compile(r"/\d+$", re.ASCII)


def code_of(before: Verdict, after: Verdict) -> str:
    """Return the code of a move; empty if the verdict stays."""
    return _CODES.get((before, after), "")


@attrs.frozen
class Region:
    """Requests whose verdict moves: *leaf* is a piece of the region *box* that *text* describes."""

    box: Box
    text: str
    leaf: Leaf
    twin: Twin | None


@attrs.frozen
class _Decider:
    """A rule that decides on a side; *changed* if the other side has no equal to it there.

    *lacking* says that it does because it asks for an input that the request lacks.
    """

    side: int
    id: str
    changed: bool
    lacking: bool


def find_moves(difference: Difference, regions: Sequence[Region], more: int) -> Iterator[Finding]:
    """Yield a finding for each of *regions*, which move alike; *more* there are besides."""
    for place, region in enumerate(regions, start=1):
        yield _finding(difference, region, more if place == len(regions) else 0)


def _finding(difference: Difference, region: Region, more: int) -> Finding:
    leaf = region.leaf
    code = code_of(leaf.before, leaf.after)
    deciders = [*_deciders(difference, leaf, NEW), *_deciders(difference, leaf, OLD)]
    also = f" (and {more} more such regions)" if more else ""
    message = f"what was {_DONE[leaf.before]} is now {_DONE[leaf.after]}: {region.text}{also}"
    message = "; ".join((message, *_why(deciders)))
    places = [(each, _span(difference, each)) for each in deciders]
    span = places[0][1] if places else _nowhere(difference)
    finding = Finding(
        code,
        WARNING if code in LOOSENING else INFO,
        message,
        span,
        tuple(dict.fromkeys(each.id for each in deciders)),
        notes=tuple(Note(_role(each, leaf), place) for each, place in places if place is not span),
        region=region.text,
    )
    if region.twin is not None:
        return attrs.evolve(finding, witness=region.twin.after, confidence=REPLAYED)
    message = f"{message}; but no request could be made to show it"
    return attrs.evolve(
        finding, code="HL904", severity=WARNING, message=message, confidence=POSSIBLE
    )


def _deciders(difference: Difference, leaf: Leaf, side: int) -> list[_Decider]:
    """Return the rules that give *leaf* its verdict on *side*, changed ones first."""
    verdict = leaf.after if side == NEW else leaf.before
    found: dict[str, _Decider] = {}
    for number in leaf.near:
        entry = difference.entries[number]
        decides = entry.verdict is verdict and entry.sides & side and entry.rule != CHAIN
        if decides and contains(entry.box, leaf.box):
            changed = entry.sides != BOTH
            rule_id = difference.rules[entry.rule].ids.get(side, entry.rule)
            missing = _MISSING.match(rule_id)
            if changed or rule_id not in found:
                name = missing[1] if missing else rule_id
                found[rule_id] = _Decider(side, name, changed, bool(missing))
    return sorted(found.values(), key=lambda each: not each.changed)


def _why(deciders: Sequence[_Decider]) -> Iterator[str]:
    changed = [each for each in deciders if each.changed]
    for side, old, verb in ((NEW, "", "now "), (OLD, " of the old rules", "no longer ")):
        here = [each for each in changed if each.side == side]
        ids = list(dict.fromkeys(each.id for each in here if not each.lacking))
        asking = list(dict.fromkeys(each.id for each in here if each.lacking))
        if ids:
            yield f"{listed(ids)}{old} {verb}{'holds' if len(ids) == 1 else 'hold'}"
        if asking:
            yield f"to {listed(asking)}{old} a missing input {verb}matters"


def _role(decider: _Decider, leaf: Leaf) -> str:
    if decider.side == NEW:
        return f"`{decider.id}` decides it now: {leaf.after.value}"
    return f"`{decider.id}` decided it before: {leaf.before.value}"


def _span(difference: Difference, decider: _Decider) -> Span:
    """Return the place of a rule: in the new version, if it has a rule of that name."""
    versions = difference.pairing.versions
    spans = versions[NEW].rule_set.spans
    if decider.side == OLD and (_UNNAMED.search(decider.id) or decider.id not in spans):
        spans = versions[OLD].rule_set.spans
    return spans[decider.id]


def _nowhere(difference: Difference) -> Span:
    """Return the beginning of the new version's main file."""
    return Span(difference.pairing.versions[NEW].rule_set.sources[-1], 0, 0)
