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
from helm_logic.analysis.change.inputs import OUTSIDE
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
_RULE, _LACKING, _OUTSIDE = r"(.*)$", r"relevant/(.*)/\d+$", rf"{OUTSIDE}(.*)/\d+$"
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

    It stands at *span*, in the new version if that has it.
    """

    side: int
    rule: str
    span: Span
    changed: bool

    @property
    def kind(self) -> str:
        """Whether it is a rule of the text, or what an input makes of a request."""
        return next((kind for kind in (_LACKING, _OUTSIDE) if re.match(kind, self.rule)), _RULE)

    @property
    def subject(self) -> str:
        """The rule of the text, or the input, that a reader knows it by."""
        found = re.match(self.kind, self.rule)
        return found[1] if found else self.rule

    @property
    def id(self) -> str:
        """The rule that a verdict names for it."""
        return "invalid-input" if self.kind == _OUTSIDE else self.subject


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
    notes = [Note(_role(each, leaf), each.span) for each in deciders]
    span = _place(difference, deciders)
    finding = Finding(
        code,
        WARNING if code in LOOSENING else INFO,
        message,
        span,
        tuple(dict.fromkeys(each.id for each in deciders)),
        notes=tuple(note for note in notes if note.span != span),
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
            ids = difference.rules[entry.rule].ids
            rule_id = ids.get(side, entry.rule)
            if changed or rule_id not in found:
                where = NEW if NEW in ids else OLD
                span = difference.pairing.versions[where].span(ids[where])
                found[rule_id] = _Decider(side, rule_id, span, changed)
    return sorted(found.values(), key=lambda each: not each.changed)


def _why(deciders: Sequence[_Decider]) -> Iterator[str]:
    for side, old, verb in ((NEW, "", "now"), (OLD, " of the old rules", "no longer")):
        asked: dict[str, list[str]] = {_RULE: [], _LACKING: [], _OUTSIDE: []}
        for each in deciders:
            if each.changed and each.side == side and each.subject not in asked[each.kind]:
                asked[each.kind].append(each.subject)
        if ids := asked[_RULE]:
            yield f"{listed(ids)}{old} {verb} {'holds' if len(ids) == 1 else 'hold'}"
        if ids := asked[_LACKING]:
            yield f"to {listed(ids)}{old} a missing input {verb} matters"
        if ids := asked[_OUTSIDE]:
            yield f"the domain of {listed(ids)}{old} {verb} excludes it"


def _role(decider: _Decider, leaf: Leaf) -> str:
    subject = f"`{decider.subject}`"
    if decider.kind == _OUTSIDE:
        subject = f"the domain of {subject}"
    if decider.side == NEW:
        return f"{subject} decides it now: {leaf.after.value}"
    return f"{subject} decided it before: {leaf.before.value}"


def _place(difference: Difference, deciders: Sequence[_Decider]) -> Span:
    """Return the place in the new version that the change is best seen at.

    That is a rule that decides now and did not, else what became of one that decided before, else
    any that decides now; the place of an old rule only if there is none of these.
    """
    new = [each for each in deciders if each.side == NEW]
    gained = [each.span for each in new if each.changed]
    lost = [each for each in deciders if each.side == OLD and each.changed]
    became = [span for each in lost if (span := _successor(difference, each)) is not None]
    others = [each.span for each in (*new, *deciders)]
    places = [*gained, *became, *others]
    start = Span(difference.pairing.versions[NEW].rule_set.sources[-1], 0, 0)
    return places[0] if places else start


def _successor(difference: Difference, decider: _Decider) -> Span | None:
    """Return the place of what an old rule became: one of its name, or of its head.

    What became of a domain stands where the input is declared.
    """
    pairing = difference.pairing
    version = pairing.versions[NEW]
    spans = version.rule_set.spans
    if decider.kind == _OUTSIDE:
        return version.declaration(decider.subject)
    if decider.kind == _LACKING:
        return None
    if not _UNNAMED.search(decider.id):
        return None if decider.id in version.stock else spans.get(decider.id)
    old = next(each for each in pairing.differing if each.ids.get(OLD) == decider.rule)
    alike = [
        each.ids[NEW]
        for each in pairing.differing
        if each.sides == NEW and each.rule.head == old.rule.head
    ]
    return spans[alike[0]] if len(alike) == 1 else None
