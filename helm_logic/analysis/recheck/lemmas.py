# SPDX-License-Identifier: Apache-2.0
"""Whether boxes that are said to be impossible are: no request lies in them.

- `assumed`: an assumption of the author excludes it;
- `facts`: a fact would hold, and one that it implies not; or two facts that are one there differ;
- `sums` and `texts`: the comparisons in it contradict each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.feature import FALSE_MASK, TRUE_MASK
from helm_logic.analysis.formula import Fact, GroundLiteral, Is, Ref, Value
from helm_logic.analysis.recheck import equal_texts, sums
from helm_logic.analysis.recheck.bundle import Bundle
from helm_logic.analysis.recheck.trees import Box, Refused, lies_in
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.terms import is_variable


def require_impossible(bundle: Bundle, box: Box, why: Sequence[JsonValue]) -> None:
    """Raise Refused unless no request lies in *box*, for the reason *why*."""
    match why:
        case ["assumed", str(rule)]:
            _require_assumed(bundle, box, rule)
        case ["facts"]:
            _require_opposed(bundle, box)
        case ["texts"]:
            equal_texts.require_contradiction(bundle.features, box)
        case ["sums", *derivations]:
            sums.require_contradiction(bundle.features, box, derivations)
        case _:
            raise Refused(f"got {why[0]!r:.40}, which is no reason that a box is impossible")


def _require_assumed(bundle: Bundle, box: Box, name: str) -> None:
    rule = bundle.rules.get(name)
    if rule is None or not rule.head.predicate.startswith("assume/"):
        raise Refused(f"`{name}` is no assumption")
    if not any(lies_in(box, each) for each in bundle.guards.get(name, ())):
        raise Refused(f"`{name}` does not exclude the box")


def _require_opposed(bundle: Bundle, box: Box) -> None:
    told = [(source, box[number]) for number, each in enumerate(bundle.features)
            if number in box and isinstance(source := each.source, Fact)]  # fmt: skip
    held = [fact for fact, mask in told if mask == TRUE_MASK]
    denied = [fact for fact, mask in told if mask == FALSE_MASK]
    for fact in held:
        for other in denied:
            if _follows(other.literals, fact.literals, {}) or _are_one(bundle, box, fact, other):
                return
    raise Refused("no fact that holds in the box implies one that does not")


def _follows(
    wanted: Sequence[GroundLiteral], known: Sequence[GroundLiteral], names: Mapping[Value, Value]
) -> bool:
    """Say whether some naming of local variables makes all *wanted* literals *known* ones."""
    if not wanted:
        return True
    for each in known:
        extended = _named(wanted[0], each, names)
        if extended is not None and _follows(wanted[1:], known, extended):
            return True
    return False


def _named(
    wanted: GroundLiteral, known: GroundLiteral, names: Mapping[Value, Value]
) -> Mapping[Value, Value] | None:
    if (wanted.kind, wanted.predicate, wanted.extra, len(wanted.terms)) != (
        known.kind, known.predicate, known.extra, len(known.terms),
    ):  # fmt: skip
        return None
    if wanted.kind == "count" and wanted.extra[0] not in (">=", ">"):
        return None  # more rows may match names that stand for anything
    found = dict(names)
    for left, right in zip(wanted.terms, known.terms, strict=True):
        if isinstance(left, str) and is_variable(left):
            if found.setdefault(left, right) != right:
                return None
        elif left != right:
            return None
    return found


def _are_one(bundle: Bundle, box: Box, one: Fact, other: Fact) -> bool:
    """Say whether both facts are one wherever the attributes have the values that *box* says."""
    if len(one.literals) != 1 or len(other.literals) != 1:
        return False
    left, right = one.literals[0], other.literals[0]
    if not left.kind == right.kind == "atom" or left.predicate != right.predicate:
        return False
    return len(left.terms) == len(right.terms) and all(
        first == second
        or _is_constant(bundle, box, first, second)
        or _is_constant(bundle, box, second, first)
        for first, second in zip(left.terms, right.terms, strict=True)
    )


def _is_constant(bundle: Bundle, box: Box, first: Value, second: Value) -> bool:
    """Say whether *first* is an attribute whose value is the constant *second* throughout *box*."""
    if not isinstance(first, Ref) or not isinstance(second, (int, str)):
        return False
    place = bundle.ground.places.get(Is(first.name, second))
    if place is None or place[0] not in box:
        return False
    source = bundle.features[place[0]].source
    return isinstance(source, Attribute) and not box[place[0]] & ~place[1]
