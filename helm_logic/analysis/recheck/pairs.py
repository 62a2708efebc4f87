# SPDX-License-Identifier: Apache-2.0
"""What an author claims of two requests: whether the trees of a certificate show it.

`monotone in approvals`: the second request has more of them, and its verdict is never a lower one
(deny < escalate < allow). `independent of a`: both meet the condition, `a` differs, and the verdict
does not. Who the second request is, is found by `second.py`; the verdicts of both follow from the
guards of the rules, which are checked. Where no guard of one request alone holds, both verdicts are
one: trees need to hold the rest of what the condition admits, and no leaf may refute the claim.

    {"claim": ID, "boxes": [BOX, ...], "impossible": [[BOX, WHY, ...], ...],
     "trees": [[BOX, [NODE, ...]], ...]}      nodes as in `verdicts.py`

`WHY` may be `grows`: what only grows with approvals would be less for the second request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from helm_logic.analysis.feature import FALSE_MASK
from helm_logic.analysis.notation import read_box
from helm_logic.analysis.recheck.bundle import VERDICTS, Bundle, places
from helm_logic.analysis.recheck.guards import Ground
from helm_logic.analysis.recheck.lemmas import require_impossible
from helm_logic.analysis.recheck.prover import Prover
from helm_logic.analysis.recheck.second import Second, second_request
from helm_logic.analysis.recheck.trees import Box, Refused, lies_in, meeting, require_covered
from helm_logic.analysis.recheck.verdicts import (
    BOTH,
    NEW,
    OLD,
    ORDER,
    Entry,
    Index,
    is_shared,
    moves,
)
from helm_logic.kernel.encoding import JsonValue
from helm_logic.lang import Claim
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text


@attrs.frozen
class PairsProof:
    """What a certificate says of two requests; nothing of it is checked but its shape."""

    claim: Claim
    boxes: list[JsonValue]
    impossible: list[JsonValue]
    trees: list[tuple[JsonValue, list[JsonValue]]]


def read_pairs(value: JsonValue, bundle: Bundle) -> PairsProof:
    """Return what *value* says of two requests; raise InputError or Refused."""
    parts = require_object(value, "pairs", ("claim", "boxes", "impossible", "trees"))
    trees = [require_list(each, "tree", 2) for each in require_list(parts["trees"], "trees")]
    return PairsProof(
        bundle.claim(require_text(parts["claim"], "pairs")),
        require_list(parts["boxes"], "boxes"),
        require_list(parts["impossible"], "impossible"),
        [(start, require_list(nodes, "tree")) for start, nodes in trees],
    )


def require_pairs(bundle: Bundle, proof: PairsProof) -> str:
    """Return in words the claim that *proof* shows; raise InputError, or Refused if it does not."""
    claim = proof.claim
    if bundle.context.undefined or not bundle.is_clear:
        raise Refused("who has a fault of the chain is not for the stock rules alone to say")
    second = second_request(bundle, claim)
    arena = _arena(bundle, second, proof.boxes)
    impossible = [_impossible(arena, second, each) for each in proof.impossible]
    entries = Index(list(_entries(bundle, second)))
    complete = _of_both(second, bundle.complete)
    explored: list[Box] = []
    for start, nodes in proof.trees:
        piece = meeting(arena.box(start, "tree"), complete)
        if piece is not None:
            for move in moves(piece, nodes, entries.near(piece), arena.ground.sizes, impossible):
                _require_allowed(claim, *move)
            explored.append(piece)
    starts = list(_starts(bundle, claim, second))
    _require_explored(starts, entries, explored, arena.ground.sizes)
    return f"`{claim.id}` holds: {claim.text}"


def _arena(bundle: Bundle, second: Second, boxes: Sequence[JsonValue]) -> Bundle:
    """Return *bundle* over both requests, with these *boxes*; what is assumed is so of either."""
    sizes = [len(each.classes) for each in second.features]
    assumed = {
        name: (*guard, *map(second.other, guard))
        for name, guard in bundle.guards.items()
        if bundle.rules[name].head.predicate.startswith("assume/")
    }
    return attrs.evolve(
        bundle,
        features=second.features,
        ground=Ground(sizes, places(second.features)),
        boxes=tuple(read_box(each, sizes, f"box {n}") for n, each in enumerate(boxes)),
        guards=assumed,
    )


def _impossible(arena: Bundle, second: Second, value: JsonValue) -> Box:
    """Return a box in which no two requests lie; raise Refused if they may."""
    number, *why = require_list(value, "impossible") or [None]
    box = arena.box(require_integer(number, "impossible"), "impossible")
    if why == ["grows"]:
        if not second.grows(box):
            raise Refused("an impossible box is not for what only grows")
    elif why:
        require_impossible(arena, box, why)
    else:
        raise Refused("an impossible box has no reason")
    return box


def _of_both(second: Second, box: Box) -> Box:
    """Return where *box* is true of both requests."""
    return {**box, **second.other(box)}


# What is claimed.


def _starts(bundle: Bundle, claim: Claim, second: Second) -> Iterator[Box]:
    """Yield the pairs of complete requests that *claim* is about."""
    prover = Prover(bundle, ())
    complete = _of_both(second, bundle.complete)
    ones = list(prover.shared(prover.guard(claim.condition), [complete])
                if claim.condition else [complete])  # fmt: skip
    if claim.kind == "monotone":
        yield from ones
        return
    others = [second.other(box) for box in prover.guard(claim.condition)] if claim.condition else []
    for box in prover.shared(ones, others) if claim.condition else ones:
        both = meeting(box, second.apart)
        if both is not None:
            yield both


def _require_allowed(claim: Claim, before: str, after: str) -> None:
    if claim.kind != "monotone" or ORDER.index(after) < ORDER.index(before):
        raise Refused(f"the verdicts of a leaf, {before} and {after}, refute the claim")


def _entries(bundle: Bundle, second: Second) -> Iterator[Entry]:
    """Yield where rules conclude what for each request: allow as far as it is authorized."""
    prover, authorized = Prover(bundle, ()), bundle.authorized
    if bundle.may_be_authorized and not authorized:
        raise Refused("there is no feature for who is authorized")
    faulty: list[tuple[str, Box]] = [("DENY", {n: FALSE_MASK}) for n in authorized]
    boxes = faulty if bundle.context.faults else []
    for verdict in VERDICTS:
        if verdict != "allow" or authorized:
            boxes += [(verdict.upper(), box) for rule in prover.concluding(verdict)
                      for box in prover.effective(rule)]  # fmt: skip
    for verdict, box in boxes:
        if second.copy.keys().isdisjoint(box):
            yield Entry(BOTH, verdict, box)
        else:
            yield Entry(OLD, verdict, box)
            yield Entry(NEW, verdict, second.other(box))


def _require_explored(
    starts: Sequence[Box], entries: Index, explored: Sequence[Box], sizes: Sequence[int]
) -> None:
    """Raise Refused if an entry of one request alone may hold in *starts* outside *explored*."""
    for start in starts:
        if any(lies_in(start, one) for one in explored):
            continue
        for entry in entries.near(start):
            both = meeting(start, entry.box) if entry.sides != BOTH else None
            if both is None or any(lies_in(both, one) for one in explored):
                continue
            if not is_shared(both, entry, entries.near(both)):
                require_covered(both, explored, sizes)
