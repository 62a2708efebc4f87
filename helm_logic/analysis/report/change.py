# SPDX-License-Identifier: Apache-2.0
"""What a change of rules does, for a person and for programs: the moves of verdicts, and the gate.

Invariants:
- the gate lets a loosening pass only if the whole change was acknowledged by its digest, which
  covers the texts of both versions: an acknowledgement holds for one change and for no later one;
- what was not decided (HL902, HL903) passes no gate, acknowledged or not;
- "no effect" is said only when it was proved.

    {"format": "helm-logic/change-report/v1", "old": NAME, "new": NAME, "digest": DIGEST,
     "noEffect": BOOL, "loosened": BOOL, "tightened": BOOL,
     "moves": [{"before", "after", "size", "regions", "more"}, ...],   all nine
     "counted": [TEXT, ...],           what kinds of requests are counted by
     "findings": [FINDING, ...],       as in `as_json.py`
     "gate": "passed" | "refused" | "acknowledged" | null}             null: none was asked for
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from helm_logic.analysis.compare import Change, Move
from helm_logic.analysis.fingerprint import Marked
from helm_logic.analysis.report.as_json import finding_value, json_text
from helm_logic.analysis.report.as_text import finding_lines, plain
from helm_logic.receipts.verdict import Verdict

FORMAT = "helm-logic/change-report/v1"
PASSED, REFUSED, ACKNOWLEDGED = "passed", "refused", "acknowledged"
_NOT_DECIDED = frozenset({"HL902", "HL903"})
_ORDER = (Verdict.ALLOW, Verdict.ESCALATE, Verdict.DENY)
_SHOWN = 6


@attrs.frozen
class ChangeOutcome:
    """The *change* from the rules called *old* to those called *new*, with its *findings*.

    *gated* says whether a gate was asked for, *acknowledged* are the digests that may pass it.
    """

    old: str
    new: str
    change: Change
    findings: tuple[Marked, ...]
    gated: bool = False
    acknowledged: frozenset[str] = frozenset()
    colour: bool = False

    @property
    def unknown(self) -> bool:
        """Whether something could not be decided."""
        return any(each.finding.code in _NOT_DECIDED for each in self.findings)

    @property
    def gate(self) -> str | None:
        """What the gate says, None if none was asked for."""
        if not self.gated:
            return None
        if self.unknown:
            return REFUSED
        if not (self.change.loosened or self.change.undecided):
            return PASSED
        return ACKNOWLEDGED if self.change.digest in self.acknowledged else REFUSED

    @property
    def failed(self) -> bool:
        """Whether the run fails: the gate refuses, or something is not known."""
        return self.unknown or self.gate == REFUSED


def change_text(outcome: ChangeOutcome) -> str:
    """Return the change as text: each move with its places, the table of all moves, the gate."""
    blocks = ["\n".join(finding_lines(each, colour=outcome.colour)) for each in outcome.findings]
    return "\n\n".join([*blocks, "\n".join(_summary(outcome))]) + "\n"


def _summary(outcome: ChangeOutcome) -> Iterator[str]:
    change = outcome.change
    yield f"{plain(outcome.old)} -> {plain(outcome.new)}"
    if change.no_effect:
        yield "no effect: both give every request the same verdict (proved)"
    else:
        yield f"{_direction(change)}; digest of this change: {change.digest}"
    if change.loosened or change.tightened:
        yield from _table(change)
    if outcome.unknown:
        yield "not everything was decided; what is not known passes no gate"
    if outcome.gate == REFUSED and not outcome.unknown:
        yield "gate no-loosening: refused; once the change is reviewed, let it pass with"
        yield f"  --acknowledge {change.digest}"
    elif outcome.gate is not None:
        yield f"gate no-loosening: {outcome.gate}"


def _direction(change: Change) -> str:
    match change.loosened, change.tightened:
        case True, True:
            return "loosened for some requests, tightened for others"
        case True, False:
            return "loosened"
        case False, True:
            return "tightened"
    return "no change was found, but not everything was compared"


def _table(change: Change) -> Iterator[str]:
    """Yield the moves as a table: a row for each verdict before, a column for each one after."""
    sizes = {(each.before, each.after): each.size for each in change.moves}
    cells = [[f"{sizes.get((row, column), 0):,}" for column in _ORDER] for row in _ORDER]
    names = [each.value for each in _ORDER]
    width = max(len(text) for text in (*names, *(cell for row in cells for cell in row)))
    by = ", ".join(change.counted[:_SHOWN]) + ", ..." * (len(change.counted) > _SHOWN)
    yield f"kinds of requests by {plain(by)}; verdicts before in rows, after in columns:"
    yield " " * (width + 4) + "  ".join(name.rjust(width) for name in names)
    for name, row in zip(names, cells, strict=True):
        yield f"  {name.ljust(width)}  " + "  ".join(cell.rjust(width) for cell in row)


def change_json(outcome: ChangeOutcome) -> str:
    """Return the change as JSON."""
    change = outcome.change
    return json_text(
        {
            "counted": change.counted,
            "digest": change.digest,
            "findings": [finding_value(each) for each in outcome.findings],
            "format": FORMAT,
            "gate": outcome.gate,
            "loosened": change.loosened,
            "moves": [_move_value(each) for each in change.moves],
            "new": outcome.new,
            "noEffect": change.no_effect,
            "old": outcome.old,
            "tightened": change.tightened,
        }
    )


def _move_value(move: Move) -> dict[str, object]:
    return {
        "after": move.after.value,
        "before": move.before.value,
        "more": move.more,
        "regions": move.regions,
        "size": move.size,
    }
