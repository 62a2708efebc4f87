# SPDX-License-Identifier: Apache-2.0
"""What a change of rules does, for a person and for programs: the moves of verdicts, and the gate.

Invariants:
- a loosening passes the gate only by its own *digest*, which covers what both versions mean, the
  move and the region: an acknowledgement holds for one change and for no later one;
- what was not decided (HL9xx) passes no gate;
- "no effect" is said only when it was proved.

    {"format": "helm-logic/change/v1", "old": NAME, "new": NAME, "noEffect": BOOL,
     "moves": [{"before", "after", "size", "regions"}, ...],   all nine, unchanged ones included
     "findings": [FINDING, ...],              as in `as_json.py`, a loosening with "acknowledged"
     "refused": [DIGEST, ...]}                what the gate did not let pass, if one was asked for

A loosening is acknowledged by its "fingerprint".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Protocol

import attrs

from helm_logic.analysis.finding import Finding
from helm_logic.analysis.fingerprint import Marked
from helm_logic.analysis.report.as_json import finding_value, json_text
from helm_logic.analysis.report.as_text import finding_lines, plain
from helm_logic.kernel.certificate import program_digest
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.lang import RuleSet
from helm_logic.receipts.verdict import Verdict

FORMAT = "helm-logic/change/v1"
LOOSENINGS = frozenset({"HL301", "HL302", "HL303"})
_ORDER = (Verdict.ALLOW, Verdict.ESCALATE, Verdict.DENY)


class Move(Protocol):
    """Requests whose verdict was *before* and is *after*: how many kinds, and which, in words."""

    @property
    def before(self) -> Verdict:
        """The verdict of the old rules."""

    @property
    def after(self) -> Verdict:
        """The verdict of the new rules."""

    @property
    def size(self) -> int:
        """How many kinds of request there are."""

    @property
    def regions(self) -> tuple[str, ...]:
        """Which requests, in words."""


@attrs.frozen
class ChangeOutcome:
    """The change from the rules called *old* to those called *new*.

    *findings* have as fingerprint the digest by which they are acknowledged. *gated* says whether a
    gate was asked for, *acknowledged* are the digests that may pass it.
    """

    old: str
    new: str
    findings: tuple[Marked, ...]
    moves: tuple[Move, ...]
    no_effect: bool
    gated: bool = False
    acknowledged: frozenset[str] = frozenset()
    colour: bool = False

    @property
    def refused(self) -> tuple[Marked, ...]:
        """The loosenings that the gate does not let pass."""
        return tuple(
            each
            for each in self.findings
            if self.gated
            and each.finding.code in LOOSENINGS
            and each.fingerprint not in self.acknowledged
        )

    @property
    def undecided(self) -> tuple[Marked, ...]:
        """What could not be decided."""
        return tuple(each for each in self.findings if each.finding.code.startswith("HL9"))

    @property
    def failed(self) -> bool:
        """Whether the run fails: the gate refuses something, or something is not known."""
        return bool(self.refused or self.undecided)


def with_digests(findings: Iterable[Finding], old: RuleSet, new: RuleSet) -> tuple[Marked, ...]:
    """Return *findings* about the change from *old* to *new* with the digests that name them."""
    versions = [_meaning(old), _meaning(new)]
    return tuple(
        Marked(
            each,
            digest(canonical_json([FORMAT, *versions, each.code, each.region, each.message])),
        )
        for each in findings
    )


def _meaning(rule_set: RuleSet) -> object:
    """Return what decides in *rule_set*, as a value: neither comments nor layout matter."""
    inputs = [list(attrs.astuple(each, recurse=False)) for each in rule_set.inputs]
    return [program_digest(rule_set.program), inputs]


def change_text(outcome: ChangeOutcome) -> str:
    """Return the change as text: each move with its places, the table of all moves, the gate."""
    blocks = ["\n".join(_finding(each, outcome)) for each in outcome.findings]
    return "\n\n".join([*blocks, "\n".join(_summary(outcome))]) + "\n"


def _finding(marked: Marked, outcome: ChangeOutcome) -> Iterator[str]:
    yield from finding_lines(marked, colour=outcome.colour)
    if marked.finding.code in LOOSENINGS:
        yield f"  digest: {marked.fingerprint}"
        if marked.fingerprint in outcome.acknowledged:
            yield "  acknowledged"


def _summary(outcome: ChangeOutcome) -> Iterator[str]:
    yield f"{plain(outcome.old)} -> {plain(outcome.new)}"
    if outcome.no_effect:
        yield "no effect: both give every request the same verdict (proved)"
    else:
        yield from _table(outcome.moves)
    if outcome.undecided:
        yield "not everything was decided; what is not known passes no gate"
    if outcome.refused:
        count = len(outcome.refused)
        yield f"gate no-loosening: {count} loosening{'s' * (count > 1)} not acknowledged; once"
        yield "reviewed, acknowledge each by its digest:"
        yield from (f"  --acknowledge {each.fingerprint}" for each in outcome.refused)
    elif outcome.gated and not outcome.undecided:
        yield "gate no-loosening: passed"


def _table(moves: Collection[Move]) -> Iterator[str]:
    """Yield the moves as a table: a row for each verdict before, a column for each one after."""
    sizes: Mapping[tuple[Verdict, Verdict], int] = {
        (each.before, each.after): each.size for each in moves
    }
    cells = [[f"{sizes.get((row, column), 0):,}" for column in _ORDER] for row in _ORDER]
    names = [each.value for each in _ORDER]
    width = max(len(text) for text in (*names, *(cell for row in cells for cell in row)))
    yield "kinds of requests, by the verdict before (rows) and after (columns):"
    yield " " * (width + 4) + "  ".join(name.rjust(width) for name in names)
    for name, row in zip(names, cells, strict=True):
        yield f"  {name.ljust(width)}  " + "  ".join(cell.rjust(width) for cell in row)


def change_json(outcome: ChangeOutcome) -> str:
    """Return the change as JSON."""
    findings = []
    for each in outcome.findings:
        value = finding_value(each)
        if each.finding.code in LOOSENINGS:
            value["acknowledged"] = each.fingerprint in outcome.acknowledged
        findings.append(value)
    moves = [
        {
            "after": each.after.value,
            "before": each.before.value,
            "regions": each.regions,
            "size": each.size,
        }
        for each in outcome.moves
    ]
    return json_text(
        {
            "findings": findings,
            "format": FORMAT,
            "moves": moves,
            "new": outcome.new,
            "noEffect": outcome.no_effect,
            "old": outcome.old,
            "refused": [each.fingerprint for each in outcome.refused],
        }
    )
