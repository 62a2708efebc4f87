# SPDX-License-Identifier: Apache-2.0
"""The certificate of a change checked again: which ways no verdict goes.

Both versions are loaded, and put together by what put them together before (`change/pairing.py`):
which predicates and inputs of two versions are one is shared with the producer. From there on
nothing is: the merged rules are unfolded, their classes and guards checked as those of a lint run,
the entries compared with the guards of each side, and the trees walked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from helm_logic.analysis.change.pairing import Paired, Pairing
from helm_logic.analysis.context import Context
from helm_logic.analysis.feature import FALSE_MASK
from helm_logic.analysis.observe import class_of
from helm_logic.analysis.recheck.bundle import Bundle, load_sources, read_ground, require_format
from helm_logic.analysis.recheck.trees import Box, Refused, meeting, require_covered
from helm_logic.analysis.recheck.verdicts import BOTH, NEW, OLD, ORDER, Entry, Index, moves
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text

FORMAT, VERSION = "helm-logic/change-certificate", 1
_MEMBERS = (
    "format", "version", "helm_logic", "old", "new", "features", "boxes", "guards", "impossible",
    "rules", "entries", "trees",
)  # fmt: skip


@attrs.frozen
class ChangeBundle:
    """What a certificate says of a change; nothing of it is checked but its shape.

    *compared* are the rules of both versions in the merged program of *bundle*.
    """

    pairing: Pairing
    bundle: Bundle
    compared: Mapping[str, Paired]
    entries: tuple[Entry, ...]
    trees: tuple[tuple[Box, list[JsonValue]], ...]


def read_change(value: JsonValue, folder: Path) -> ChangeBundle:
    """Return the bundle of the certificate of a change; *folder* has the sources of both versions.

    Raises InputError or Refused.
    """
    parts = require_object(value, "certificate", _MEMBERS)
    require_format(parts, FORMAT, VERSION)
    old, new = (load_sources(parts[side], folder, relevance=True) for side in ("old", "new"))
    pairing = Pairing(old, new)
    known = {each.id: each for each in pairing.rules}
    names = [require_text(each, "rules") for each in require_list(parts["rules"], "rules")]
    if len({*names}) != len(names) or not {*names} <= known.keys():
        raise Refused("the rules that are compared are not rules of the versions")
    compared = {name: known[name] for name in names}
    merged = pairing.merged(compared.values())
    rule_set = merged.rule_set(pairing.inputs.inputs)
    nothing = frozenset[str]()
    context = Context(frozenset(merged.stock), frozenset(merged.linted), nothing, nothing)
    bundle = read_ground(parts, rule_set, context)
    entries = tuple(_entry(each, bundle) for each in require_list(parts["entries"], "entries"))
    trees = []
    for each in require_list(parts["trees"], "trees"):
        start, nodes = require_list(each, "tree", 2)
        trees.append((bundle.box(start, "tree"), require_list(nodes, "tree")))
    return ChangeBundle(pairing, bundle, compared, entries, tuple(trees))


def _entry(value: JsonValue, bundle: Bundle) -> Entry:
    sides, verdict, box = require_list(value, "entry", 3)
    found = Entry(
        require_integer(sides, "entry"), require_text(verdict, "entry"), bundle.box(box, "entry")
    )
    if found.sides not in (OLD, NEW, BOTH) or found.verdict not in ORDER:
        raise Refused("an entry is of no side or verdict")
    return found


def require_change(change: ChangeBundle) -> Iterator[str]:
    """Yield in words what is proved of *change*; raise Refused if its parts do not fit."""
    _require_compared(change)
    _require_entries(change)
    sizes = change.bundle.ground.sizes
    impossible = [box for box, _ in change.bundle.impossible]
    index = Index(change.entries)
    found: set[tuple[str, str]] = set()
    for start, nodes in change.trees:
        found |= moves(start, nodes, index.near(start), sizes, impossible)
    for before in ORDER:
        for after in ORDER:
            if before != after and (before, after) not in found:
                yield f"no request goes from {before} to {after}"
    if not found:
        yield "no verdict changes, whatever the request and the facts"


def _require_compared(change: ChangeBundle) -> None:
    """Raise Refused if a rule that is left out could matter where the versions differ."""
    left_out = [each for each in change.pairing.rules if each.id not in change.compared]
    old, new = (change.pairing.versions[side] for side in (OLD, NEW))
    one, other = (_guard(change.bundle, change.pairing.granted(side)) for side in (OLD, NEW))
    if left_out and (old.chained != new.chained or list(one) != list(other)):
        raise Refused("rules are left out, and the versions differ in who is authorized")
    for rule in left_out:
        if rule.sides != BOTH or (change.trees and rule.actions is None):
            raise Refused(f"the rule `{rule.id}` is left out")
        if any(_may_be(change.bundle, start, action)
               for start, _ in change.trees for action in rule.actions or ()):  # fmt: skip
            raise Refused(f"the rule `{rule.id}` is left out, and may hold where verdicts move")


def _may_be(bundle: Bundle, start: Box, action: int | str) -> bool:
    """Say whether the action of a request in *start* may be *action*."""
    for number, feature in enumerate(bundle.features):
        if getattr(feature.source, "name", "") == "action":
            place = class_of(feature, {"action": action}, lambda _name: ())
            return bool(start.get(number, -1) >> (place or 0) & 1)
    return True


def _require_entries(change: ChangeBundle) -> None:
    """Raise Refused unless the entries of each side are its guards, and trees hold what differs."""
    sizes = change.bundle.ground.sizes
    for side in (OLD, NEW):
        for verdict in ORDER:
            said = [e.box for e in change.entries if e.sides & side and e.verdict == verdict]
            true = list(_guards(change, side, verdict))
            for box in said:
                require_covered(box, true, sizes)
            for box in true:
                require_covered(box, said, sizes)
    starts = [start for start, _ in change.trees]
    for entry in change.entries:
        if entry.sides != BOTH:
            require_covered(entry.box, starts, sizes)


def _guards(change: ChangeBundle, side: int, verdict: str) -> Iterator[Box]:
    """Yield where *side* concludes *verdict*: ALLOW as far as it counts, DENY for chain faults."""
    bundle, pairing = change.bundle, change.pairing
    if verdict == "DENY" and pairing.versions[side].chained:
        yield from ({n: FALSE_MASK} for n in bundle.authorized)
    granted = _guard(bundle, pairing.granted(side))
    for name, rule in change.compared.items():
        if rule.sides & side and rule.rule.head.predicate == verdict.lower():
            for box in _guard(bundle, name):
                if verdict != "ALLOW":
                    yield box
                else:
                    met = (meeting(box, each) for each in granted)
                    yield from (both for both in met if both is not None)


def _guard(bundle: Bundle, name: str) -> Sequence[Box]:
    if name not in bundle.guards:
        raise Refused(f"there is no guard of `{name:.80}`")
    return bundle.guards[name]
