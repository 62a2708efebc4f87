# SPDX-License-Identifier: Apache-2.0
"""What faults do to a plan of native links: each returns a change, named for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helm_logic.authority.link import PAYLOAD_TYPE
from helm_logic.kernel.encoding import canonical_json, parse_json
from helm_logic.ledger.envelope import Envelope, from_value, sign
from tests.authority.world import TOOL, key, signer
from tests.vectors.plan import PEOPLE, SECURITY, Plan, Revoked, good_plan

Apply = Callable[[Plan], None]


def put(**members: Any) -> Apply:
    """Return what sets *members* of a plan."""

    def apply(plan: Plan) -> None:
        for name, value in members.items():
            setattr(plan, name, value)

    return apply


def asks(subject: str) -> Apply:
    """Return what lets *subject* ask."""
    return put(subject=subject)


def change(position: int, **members: Any) -> Apply:
    """Return what changes members of the link at *position*."""
    return lambda plan: plan.change(position, **members)


def from_here(position: int, **members: Any) -> Apply:
    """Return what changes members of the link at *position* and of all after it."""
    return lambda plan: plan.from_here(position, **members)


def revoked(position: int, by: str) -> Apply:
    """Return what lets *by* withdraw the link at *position*."""
    return lambda plan: plan.revoked.append(Revoked(position, by))


def on_wire(position: int, change: Callable[[Envelope], Any]) -> Apply:
    """Return what changes the link at *position* after it was signed."""

    def changed(value: Any) -> Any:
        found = change(from_value(value))
        return found.to_value() if isinstance(found, Envelope) else found

    return lambda plan: plan.on_wire(position, changed)


def on_payload(position: int, change: Callable[[dict[str, Any]], Any]) -> Apply:
    """Return what changes a payload, which its issuer signs again."""

    def again(envelope: Envelope) -> Envelope:
        value: Any = parse_json(envelope.payload)
        changed = change(value)
        data = changed if isinstance(changed, bytes) else canonical_json(value)
        return sign(PAYLOAD_TYPE, data, signer(PEOPLE[position]))

    return on_wire(position, again)


def arranged(order: tuple[int, ...], subject: str = TOOL) -> Apply:
    """Return what puts the links at the places *order* in this order, and lets *subject* ask."""

    def apply(plan: Plan) -> None:
        plan.subject = subject if plan.subject == TOOL else plan.subject
        plan.arrange.append(lambda chain: [chain[place] for place in order])

    return apply


def along(*people: str) -> Apply:
    """Return what makes the chain one along *people*."""

    def apply(plan: Plan) -> None:
        made = good_plan(people)
        plan.links = made.links
        plan.subject = made.subject if plan.subject == TOOL else plan.subject

    return apply


def both(*ones: Apply) -> Apply:
    """Return what does all of *ones*."""

    def apply(plan: Plan) -> None:
        for one in ones:
            one(plan)

    return apply


def other_anchor(plan: Plan) -> None:
    """Let the policy trust another anchor, which takes no part."""
    plan.anchors[SECURITY] = [str(key(SECURITY))]
