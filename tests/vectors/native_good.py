# SPDX-License-Identifier: Apache-2.0
"""Native chains that give authority: every length, every bound at its edge, every way to narrow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.authority.world import FOUNDER, HOUR, NOW, OPS, STRANGER, TOOL, key
from tests.vectors.fault import Good
from tests.vectors.plan import LAST, RELEASE, SECURITY, Plan, Revoked, good_plan


def _along(*people: str) -> Callable[[Plan], None]:
    def apply(plan: Plan) -> None:
        made = good_plan(people)
        plan.links, plan.subject = made.links, made.subject

    return apply


def _limited(*bounds: dict[str, Any], **asked: Any) -> Callable[[Plan], None]:
    """Return what constrains the links by *bounds*, first link first, and asks for *asked*."""

    def apply(plan: Plan) -> None:
        for position, bound in enumerate(bounds):
            plan.change(position, constraints=bound)
        for name, value in asked.items():
            setattr(plan, name, value)

    return apply


def _alone(plan: Plan) -> None:
    plan.links, plan.subject = [], FOUNDER


def _changed(position: int, **members: Any) -> Callable[[Plan], None]:
    return lambda plan: plan.from_here(position, **members)


def _set(**members: Any) -> Callable[[Plan], None]:
    def apply(plan: Plan) -> None:
        for name, value in members.items():
            setattr(plan, name, value)

    return apply


def _depths(*depths: int) -> Callable[[Plan], None]:
    def apply(plan: Plan) -> None:
        for position, depth in enumerate(depths):
            plan.change(position, may_delegate=depth)

    return apply


def _two_anchors(plan: Plan) -> None:
    plan.anchors[SECURITY] = [str(key(SECURITY))]


def _second_key(plan: Plan) -> None:
    plan.anchors[FOUNDER] = [str(key(STRANGER)), str(key(FOUNDER))]


def _two_grants(plan: Plan) -> None:
    for each in plan.links:
        own = {name: each[name] for name in ("actions", "resource", "constraints")}
        each["grants"] = [
            {"actions": ("read",), "resource": "database/**", "constraints": {}},
            own,
        ]


def _one_of_two_grants(plan: Plan) -> None:
    _two_grants(plan)
    del plan.links[LAST]["grants"]


def _other_link_revoked(plan: Plan) -> None:
    _two_anchors(plan)
    plan.links.append({**plan.links[LAST], "id": "another"})
    plan.revoked = [Revoked(LAST + 1, SECURITY)]
    plan.arrange.append(lambda chain: chain[:-1])


def _amounts(kind: str, *values: Any) -> tuple[dict[str, Any], ...]:
    return tuple({"action.amount": {kind: value}} for value in values)


_MANY = (FOUNDER, *(f"agent:{number}" for number in range(1, 64)), TOOL)

GOOD: tuple[Good[Plan], ...] = (
    Good("one-link", "The anchor delegates to the subject.", _along(FOUNDER, TOOL)),
    Good(
        "two-links", "The anchor's delegate delegates to the subject.", _along(FOUNDER, OPS, TOOL)
    ),
    Good("three-links", "Each link narrows the one before it.", lambda _: None),
    Good("eight-links", "Eight links.", _along(*_MANY[:8], TOOL)),
    Good("sixty-four-links", "As many links as a chain may have.", _along(*_MANY)),
    Good("anchor-alone", "An anchor acts without a chain.", _alone),
    Good("letters", "Names in other letters.", _along(FOUNDER, "agent:zoë", "tool:日本/β")),
    Good("first-second", "The first second of every link.", _changed(0, not_before=NOW)),
    Good("last-second", "The last second of every link.", _changed(0, expires=NOW + 1)),
    Good(
        "same-window",
        "Links that hold exactly as long as the first.",
        _changed(0, not_before=NOW - HOUR, expires=NOW + HOUR),
    ),
    Good(
        "same-grant",
        "Links that grant exactly what the first does.",
        _changed(0, actions=("deploy",), resource="service/**", constraints={}),
    ),
    Good("deeper-than-used", "Depth is left at the end.", _changed(LAST, may_delegate=0)),
    Good(
        "depth-jumps",
        "Depth falls by more than one.",
        _depths(1024, 7, 3),
    ),
    Good(
        "no-key-at-the-end",
        "The last delegate has no key, and needs none.",
        _changed(LAST, delegate_key=None),
    ),
    Good("two-anchors", "Another anchor takes no part.", _two_anchors),
    Good("second-key", "The anchor signs with the second of its keys.", _second_key),
    Good(
        "exact-resource",
        "A pattern without stars is the resource itself.",
        _changed(LAST, resource="service/shop/api"),
    ),
    Good(
        "one-segment",
        "`*` stands for exactly one segment.",
        _changed(LAST, resource="service/shop/*"),
    ),
    Good(
        "no-segment",
        "`**` stands for no segment too.",
        _set(resource=("service", "shop")),
    ),
    Good("any-action", "`**` as an action is any.", _changed(0, actions=("**",))),
    Good("two-grants", "The second grant covers the request.", _two_grants),
    Good("one-of-two-grants", "The last link hands on one of two grants.", _one_of_two_grants),
    Good(
        "one-of",
        "Choices that only become fewer.",
        _limited(
            {"resource.env": {"one_of": ["dev", "prod", "staging"]}},
            {"resource.env": {"one_of": ["dev", "staging"]}},
            {"resource.env": {"one_of": ["staging"]}},
        ),
    ),
    Good(
        "at-most",
        "An amount exactly at an upper bound that falls.",
        _limited(*_amounts("at_most", 100, 50, 20), arguments={"amount": 20}),
    ),
    Good(
        "at-least",
        "An amount exactly at a lower bound that rises.",
        _limited(*_amounts("at_least", -5, 0, 20), arguments={"amount": 20}),
    ),
    Good(
        "pattern",
        "A text that fits a pattern that narrows.",
        _limited(
            {"context.branch": {"pattern": "release/**"}},
            {"context.branch": {"pattern": "release/*"}},
            {"context.branch": {"pattern": "release/7"}},
            context={"branch": "release/7"},
        ),
    ),
    Good(
        "constraint-added",
        "The last link adds a constraint of its own.",
        _limited({}, {}, {"context.ticket": {"one_of": ["T-1"]}}, context={"ticket": "T-1"}),
    ),
    Good(
        "several-constraints",
        "Several constraints, of several kinds on one property too.",
        _limited(
            {"action.amount": {"at_least": 0, "at_most": 9}},
            {"action.amount": {"at_least": 0, "at_most": 9}},
            {"action.amount": {"at_least": 1, "at_most": 8}, "resource.env": {"pattern": "*"}},
            arguments={"amount": 8},
        ),
    ),
    Good(
        "more-properties",
        "Properties that no link names mean nothing.",
        _set(context={"mood": "good", "list": [1, None, {"a": True}]}),
    ),
    Good(
        "revoked-later",
        "A revocation that is not in force yet.",
        _set(revoked=[Revoked(0, FOUNDER, NOW + 1), Revoked(LAST, RELEASE, NOW + 1)]),
    ),
    Good(
        "revoked-by-delegate",
        "Its delegate cannot withdraw a link.",
        _set(revoked=[Revoked(0, OPS), Revoked(LAST, TOOL)]),
    ),
    Good(
        "revoked-by-stranger",
        "A stranger cannot withdraw a link.",
        _set(revoked=[Revoked(0, STRANGER), Revoked(1, STRANGER)]),
    ),
    Good("another-revoked", "Another link, of the same issuer, is withdrawn.", _other_link_revoked),
    Good(
        "production",
        "Authority is there, and the policy wants a person.",
        _limited({}, {}, {}, properties={"env": "prod"}),
        "ESCALATE",
        "needs_release_manager",
        "production-waits",
    ),
)
