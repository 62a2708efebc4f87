# SPDX-License-Identifier: Apache-2.0
"""What a change of rules does: the nine moves of the verdict between two versions.

Every request that is complete for one of the versions, with any facts, is either shown to have one
verdict in both or falls into a move, with its region, its size and a witness that both versions
really decided. "No effect" is proved: the trees of `change/moves.py`, over the guards of both, are
the certificate. What could not be decided is said, and a gate must take it for a change.

A version requires, defaults or limits its inputs in its own way: a value outside its domain is a
DENY there, a value that it alone requires and a request lacks is an ESCALATE as far as it matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from helm_logic.analysis.boxes import Box
from helm_logic.analysis.change.certificate import feature_name, trees_value
from helm_logic.analysis.change.difference import Difference, Progress
from helm_logic.analysis.change.entries import NEW
from helm_logic.analysis.change.findings import LOOSENING, code_of, find_moves
from helm_logic.analysis.change.moves import ORDER
from helm_logic.analysis.change.outcome import Moved, Outcome
from helm_logic.analysis.change.pairing import Pairing
from helm_logic.analysis.change.proof import ChangeProof
from helm_logic.analysis.change.version import CHAIN_FILE
from helm_logic.analysis.cover import TooManyCases
from helm_logic.analysis.finding import ERROR, WARNING, Finding
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.lang import RuleSet, Span
from helm_logic.policy.case_file import Case
from helm_logic.receipts.verdict import Verdict

_FORMAT = "helm-logic/change/v1"


@attrs.frozen
class Move:
    """The requests whose verdict was *before* and is *after*.

    *size* is the number of kinds of request, that is of points of the features of
    `Change.counted`; where rules compare values with each other, at most so many. If nothing moves,
    it counts what a rule that differs holds for. *boxes* are disjoint, *regions* the largest in
    words, and *more* the number of boxes outside them. *witness* went through both engines.
    """

    before: Verdict
    after: Verdict
    size: int = 0
    boxes: tuple[Box, ...] = ()
    regions: tuple[str, ...] = ()
    more: int = 0
    witness: Case | None = None

    @property
    def code(self) -> str:
        """The code of its findings; empty if the verdict stays."""
        return code_of(self.before, self.after)


@attrs.frozen
class Change:
    """What became of verdicts: all nine *moves*, by the verdict before, then after, DENY first.

    *counted* names the features whose points are counted. *undecided* says that some question has
    no answer, which a finding tells. *digest* names this change of these texts. *proof* is what
    `recheck` verifies, empty if there is none.
    """

    moves: tuple[Move, ...]
    findings: tuple[Finding, ...]
    counted: tuple[str, ...]
    certificate: Mapping[str, object]
    digest: str
    undecided: bool = False
    proof: Mapping[str, object] = attrs.field(factory=dict, eq=False)

    @property
    def loosened(self) -> bool:
        """Whether some request gets a weaker verdict: DENY to ESCALATE or ALLOW, or on to ALLOW."""
        return any(move.boxes and move.code in LOOSENING for move in self.moves)

    @property
    def tightened(self) -> bool:
        """Whether some request gets a stronger verdict."""
        return any(move.boxes and move.code and move.code not in LOOSENING for move in self.moves)

    @property
    def no_effect(self) -> bool:
        """Whether it is proved that every request has the verdict that it had."""
        return not (self.undecided or self.loosened or self.tightened)


def compare(old: RuleSet, new: RuleSet, *, progress: Progress | None = None) -> Change:
    """Return what becomes of verdicts from *old* to *new*, both loaded with their claims.

    *progress* is told how many parts of how many are done.
    """
    try:
        pairing = Pairing(old, new)
        difference = Difference(pairing)
        trees = list(difference.explore(progress))
        moved = list(Outcome(difference, trees).moves())
    except TooManyCases as error:
        return _undecided(old, new, error)
    unsure = list(_unsure(difference))
    findings = [found for each in moved
                for found in find_moves(difference, each.regions, each.more)]  # fmt: skip
    moves = tuple(_move(each) for each in moved)
    arena = difference.arena
    return Change(
        moves=moves,
        findings=(*findings, *unsure),
        counted=tuple(feature_name(arena.features[n]) for n in sorted(difference.counted)),
        certificate=trees_value(arena, difference.entries, trees),
        digest=_digest(old, new, moves),
        undecided=bool(unsure),
        proof=ChangeProof(difference, trees),
    )


def _undecided(old: RuleSet, new: RuleSet, error: TooManyCases) -> Change:
    message = f"what the change does has too many cases: {error}"
    finding = Finding("HL903", ERROR, message, Span(new.sources[-1], 0, 0))
    moves = tuple(Move(before, after) for before in ORDER for after in ORDER)
    return Change(moves, (finding,), (), {}, _digest(old, new, moves), undecided=True)


def _digest(old: RuleSet, new: RuleSet, moves: Sequence[Move]) -> str:
    value = {
        "format": _FORMAT,
        "moves": [[each.before.value, each.after.value, str(each.size)] for each in moves],
        "new": [digest(source.text.encode("utf-8")) for source in new.sources],
        "old": [digest(source.text.encode("utf-8")) for source in old.sources],
    }
    return digest(canonical_json(value))


def _move(moved: Moved) -> Move:
    twins = [each.twin for each in moved.regions if each.twin is not None]
    return Move(
        moved.before,
        moved.after,
        moved.size,
        moved.boxes,
        tuple(each.text for each in moved.regions),
        moved.more,
        twins[0].after if twins else None,
    )


def _unsure(difference: Difference) -> Iterator[Finding]:
    """Yield HL901 for what the comparison leaves out, HL903 for what it could not do."""
    pairing = difference.pairing
    versions = pairing.versions
    place = Span(versions[NEW].rule_set.sources[-1], 0, 0)
    if pairing.unlike_chains:
        message = (
            f"the rules of the delegation chain differ (`{CHAIN_FILE}`): the comparison takes the"
            " same requests to be authorized by both, and all others to be denied"
        )
        fix = "prove what the chain rules keep: `helm-logic prove attenuation`"
        yield Finding("HL901", WARNING, message, place, fix=fix)
    for path in pairing.inputs.unlike:
        message = (
            f"the versions read values of different types at `{path}`: a request has one of them,"
            " the comparison takes both for given"
        )
        yield Finding("HL901", WARNING, message, place, fix="give the new input a path of its own")
    for rule_id, constructs in difference.unsupported.items():
        message = (
            f"`{rule_id.removeprefix('old/')}` uses {', '.join(constructs)}, which the comparison"
            " takes for anything"
        )
        yield Finding("HL901", WARNING, message, difference.study.rule_set.spans[rule_id])
