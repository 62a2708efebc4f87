# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with native links that can be read: times, depth, revocation, use and scope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.authority.world import FOUNDER, HOUR, NOW, OPS
from tests.vectors.fault import Fault
from tests.vectors.native_changes import (
    Apply,
    both,
    change,
    from_here,
    other_anchor,
    put,
    revoked,
)
from tests.vectors.native_faults import LATER, LINKS, NativeFault
from tests.vectors.plan import LAST, RELEASE, SECURITY, Plan


def native_bounds() -> Iterator[NativeFault]:
    """Yield every fault of native links that can be read."""
    yield from _times()
    yield from _revocations()
    yield from _outside()
    yield from _widened()


def _times() -> Iterator[NativeFault]:
    expired = frozenset(("all-expired",))
    for position in LINKS:
        place = f"link-{position}"
        yield Fault(f"expired/{place}", "link_expired", "link-expired",
                    "A link ends at this very second, and those after it.",
                    from_here(position, expires=NOW), apart=expired)  # fmt: skip
        yield Fault(f"not-yet-valid/{place}", "link_not_yet_valid", "link-not-yet-valid",
                    "A link begins at the next second, and those after it.",
                    from_here(position, not_before=NOW + 1), apart=expired)  # fmt: skip
    for position in LATER:
        place = f"link-{position}"
        yield Fault(f"begins-earlier/{place}", "lifetime_widened", "lifetime-widened",
                    "A link begins before the one before it.",
                    change(position, not_before=NOW - 20 * HOUR))  # fmt: skip
        yield Fault(f"ends-later/{place}", "lifetime_widened", "lifetime-widened",
                    "A link ends after the one before it.",
                    change(position, expires=NOW + 20 * HOUR))  # fmt: skip
        yield Fault(f"depth-kept/{place}", "depth_exceeded", "depth-exceeded",
                    "A link delegates as far as the one before it.",
                    change(position, may_delegate=LAST + 1 - position))  # fmt: skip
        yield Fault(f"depth-raised/{place}", "depth_exceeded", "depth-exceeded",
                    "A link delegates further than the one before it.",
                    change(position, may_delegate=9))  # fmt: skip
    yield Fault("no-depth", "depth_exceeded", "depth-exceeded",
                "The anchor forbids to delegate, and its delegate does.",
                from_here(0, may_delegate=0))  # fmt: skip


def _revocations() -> Iterator[NativeFault]:
    for by in (FOUNDER, OPS, RELEASE):
        yield Fault(f"revoked-by/{by}", "link_revoked", "link-revoked",
                    f"The last link was withdrawn by {by}.", revoked(LAST, by))  # fmt: skip
    yield Fault("revoked-by-anchor", "link_revoked", "link-revoked",
                "The last link was withdrawn by an anchor that took no part.",
                both(other_anchor, revoked(LAST, SECURITY)))  # fmt: skip
    for position, by in ((0, FOUNDER), (1, FOUNDER), (1, OPS)):
        yield Fault(f"ancestor-revoked-by/{by}/link-{position}", "ancestor_revoked",
                    "ancestor-revoked", f"A link before the last was withdrawn by {by}.",
                    revoked(position, by))  # fmt: skip


# Constraints, and requests that do not meet them.
_UNMET: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("choice", "The value is none of the choices.",
     {"context.ticket": {"one_of": ["T-1", "T-2"]}}, {"context": {"ticket": "T-3"}}),
    ("above", "The amount is one above the bound.",
     {"action.amount": {"at_most": 20}}, {"arguments": {"amount": 21}}),
    ("below", "The amount is one below the bound.",
     {"action.amount": {"at_least": 20}}, {"arguments": {"amount": 19}}),
    ("pattern", "The text does not fit the pattern.",
     {"context.branch": {"pattern": "release/*"}}, {"context": {"branch": "release/7/hot"}}),
    ("absent", "The request lacks the property.",
     {"context.ticket": {"pattern": "**"}}, {}),
    ("text-for-number", "The property is text, and the bound wants a number.",
     {"action.amount": {"at_most": 20}}, {"arguments": {"amount": "7"}}),
    ("number-for-text", "The property is a number, and the choices are texts.",
     {"context.ticket": {"one_of": ["7"]}}, {"context": {"ticket": 7}}),
    ("bool-for-number", "The property is true, and the bound wants a number.",
     {"action.amount": {"at_least": 0}}, {"arguments": {"amount": True}}),
)  # fmt: skip


def _outside() -> Iterator[NativeFault]:
    code = "outside_grant", "outside-grant"
    for position in LINKS:
        place = f"link-{position}"
        yield Fault(f"action-not-granted/{place}", *code, "A link does not grant the action.",
                    both(from_here(position, actions=("restart",))))  # fmt: skip
        yield Fault(f"resource-not-granted/{place}", *code, "A link does not cover the resource.",
                    from_here(position, resource="service/shop/web"))  # fmt: skip
    for number, (name, says, bound, asked) in enumerate(_UNMET):
        position = number % (LAST + 1)
        yield Fault(
            f"unmet-{name}/link-{position}", *code, says,
            both(_constrained(position, bound), put(**asked)),
        )  # fmt: skip
    yield Fault("longer-resource", *code, "A pattern without `**` covers nothing below it.",
                from_here(0, resource="service/shop"))  # fmt: skip
    yield Fault("all-of-two", *code, "One of two constraints is met.",
                both(_constrained(LAST, {"context.a": {"one_of": ["x"]},
                                          "context.b": {"one_of": ["x"]}}),
                      put(context={"a": "x", "b": "y"})))  # fmt: skip


def _constrained(position: int, bound: dict[str, Any]) -> Apply:
    """Return what adds *bound* to the constraints of a link and of all after it."""

    def apply(plan: Plan) -> None:
        for each in plan.links[position:]:
            each["constraints"] = {**each["constraints"], **bound}

    return apply


# What a link has, and what the next one makes of it; the request meets both.
_LOOSENED: tuple[tuple[str, str, dict[str, Any], dict[str, Any], dict[str, Any]], ...] = (
    ("choice-added", "A link adds a choice.", {"context.a": {"one_of": ["x"]}},
     {"context.a": {"one_of": ["x", "y"]}}, {"context": {"a": "x"}}),
    ("bound-raised", "A link raises an upper bound.", {"action.amount": {"at_most": 20}},
     {"action.amount": {"at_most": 21}}, {"arguments": {"amount": 1}}),
    ("bound-lowered", "A link lowers a lower bound.", {"action.amount": {"at_least": 20}},
     {"action.amount": {"at_least": 19}}, {"arguments": {"amount": 30}}),
    ("pattern-widened", "A link widens a pattern.", {"context.a": {"pattern": "x/*"}},
     {"context.a": {"pattern": "x/**"}}, {"context": {"a": "x/y"}}),
    ("constraint-dropped", "A link drops a constraint.", {"context.a": {"one_of": ["x"]}}, {},
     {"context": {"a": "x"}}),
    ("kind-changed", "A link puts a constraint of another kind in the place of one.",
     {"context.a": {"one_of": ["x"]}}, {"context.a": {"pattern": "x"}}, {"context": {"a": "x"}}),
    ("property-changed", "A link constrains another property instead.",
     {"context.a": {"one_of": ["x"]}}, {"context.b": {"one_of": ["x"]}},
     {"context": {"a": "x", "b": "x"}}),
)  # fmt: skip


def _widened() -> Iterator[NativeFault]:
    code = "scope_widened", "scope-widened"
    for position in LATER:
        place = f"link-{position}"
        yield Fault(f"action-added/{place}", *code, "A link grants an action more.",
                    from_here(position, actions=("deploy", "read")))  # fmt: skip
        yield Fault(f"resource-widened/{place}", *code, "A link grants more resources.",
                    from_here(position, resource="**"))  # fmt: skip
        yield Fault(f"grant-added/{place}", *code, "A link has a grant more.",
                    _grant_added(position))  # fmt: skip
    for number, (name, says, wide, loose, asked) in enumerate(_LOOSENED):
        position = 1 + number % LAST
        yield Fault(f"{name}/link-{position}", *code, says,
                    both(_loosened(position, wide, loose), put(**asked)))  # fmt: skip


def _loosened(position: int, wide: dict[str, Any], loose: dict[str, Any]) -> Apply:
    def apply(plan: Plan) -> None:
        for place, each in enumerate(plan.links):
            each["constraints"] = wide if place < position else loose

    return apply


def _grant_added(position: int) -> Apply:
    def apply(plan: Plan) -> None:
        for each in plan.links[position:]:
            own = {name: each[name] for name in ("actions", "resource", "constraints")}
            more = {"actions": ("read",), "resource": "database/**", "constraints": {}}
            each["grants"] = [own, more]

    return apply
