# SPDX-License-Identifier: Apache-2.0
"""A case of native links while it is being written: a good chain, which a fault changes.

    user:founder -> agent:ops -> agent:release -> tool:deploy

Every key follows from the name of its principal, so that each run signs the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import attrs

from helm_logic.authority.constraint import read_constraints
from helm_logic.authority.link import Grant, Link, sign_link
from helm_logic.authority.revocation import Revocation, sign_revocation
from helm_logic.ledger.envelope import Envelope
from tests.authority.world import FOUNDER, HOUR, NOW, OPS, TOOL, key, signer

RELEASE, SECURITY = "agent:release", "user:security"
PEOPLE = (FOUNDER, OPS, RELEASE, TOOL)
LAST = len(PEOPLE) - 2

Wire = Callable[[Any], Any]


@attrs.frozen
class Revoked:
    """The link at *position* is withdrawn by *by* from *effective* on."""

    position: int
    by: str
    effective: int = NOW - 60


@attrs.define
class Plan:
    """What a case is made of; *links* are the members of native links, changed at will.

    *wire* changes the link at a position after it was signed, *arrange* the whole chain.
    """

    links: list[dict[str, Any]]
    subject: str = TOOL
    action: str = "deploy"
    resource: tuple[str, str] = ("service", "shop/api")
    properties: dict[str, Any] = attrs.field(factory=lambda: {"env": "staging"})
    context: dict[str, Any] = attrs.field(factory=dict)
    arguments: dict[str, Any] = attrs.field(factory=dict)
    now: int = NOW
    max_links: int = 64
    anchors: dict[str, list[str]] = attrs.field(factory=lambda: {FOUNDER: [str(key(FOUNDER))]})
    revoked: list[Revoked] = attrs.field(factory=list)
    wire: dict[int, list[Wire]] = attrs.field(factory=dict)
    arrange: list[Callable[[list[Any]], list[Any]]] = attrs.field(factory=list)

    def change(self, position: int, **members: Any) -> None:
        """Change members of the link at *position*, before it is signed."""
        self.links[position].update(members)

    def from_here(self, position: int, **members: Any) -> None:
        """Change members of the link at *position* and of all after it."""
        for each in self.links[position:]:
            each.update(members)

    def on_wire(self, position: int, change: Wire) -> None:
        """Change the JSON of the link at *position*, after it was signed."""
        self.wire.setdefault(position, []).append(change)

    def envelopes(self) -> list[Envelope]:
        """Return the links, signed."""
        signed: list[Envelope] = []
        for members in self.links:
            signed.append(_signed(members, signed[-1].digest if signed else None))
        return signed

    def value(self) -> dict[str, Any]:
        """Return the case in JSON, but for its name and what has to come out."""
        signed = self.envelopes()
        chain: list[Any] = [each.to_value() for each in signed]
        for position, changes in self.wire.items():
            for change in changes:
                chain[position] = change(chain[position])
        for arrange in self.arrange:
            chain = arrange(chain)
        value: dict[str, Any] = {
            "anchors": self.anchors,
            "now": self.now,
            "request": {**self.asked(), "chain": chain},
        }
        if self.max_links != 64:
            value["max_links"] = self.max_links
        if self.revoked:
            value["revocations"] = [self._revocation(each, signed) for each in self.revoked]
        return value

    def asked(self) -> dict[str, Any]:
        """Return the request without its chain."""
        kind, _, name = self.subject.partition(":")
        return {
            "subject": {"type": kind, "id": name},
            "action": {"name": self.action, "properties": self.arguments},
            "resource": {
                "type": self.resource[0],
                "id": self.resource[1],
                "properties": self.properties,
            },
            "context": self.context,
        }

    def _revocation(self, revoked: Revoked, signed: Sequence[Envelope]) -> Any:
        link = signed[revoked.position]
        name = self.links[revoked.position]["id"]
        statement = Revocation(name, link.digest, key(revoked.by), revoked.effective)
        return sign_revocation(statement, signer(revoked.by)).to_value()


def good_plan(people: Sequence[str] = PEOPLE) -> Plan:
    """Return the plan of a chain along *people* that narrows at every link and gives authority."""
    length = len(people) - 1
    links = []
    for place, (issuer, delegate) in enumerate(pairwise(people)):
        last = place == length - 1
        links.append(
            {
                "id": f"link-{place}",
                "issuer": issuer,
                "delegate": delegate,
                "actions": ("deploy",) if last else ("deploy", "restart"),
                "resource": "service/shop/**" if place else "service/**",
                "constraints": {
                    "resource.env": {"one_of": ["staging"] if last else ["prod", "staging"]}
                },
                "not_before": NOW - 10 * HOUR + place,
                "expires": NOW + 10 * HOUR - place,
                "may_delegate": length - 1 - place,
            }
        )
    return Plan(links, subject=people[-1])


def _signed(members: dict[str, Any], before: str | None) -> Envelope:
    owner = members.get("signer", members["issuer"])
    grants = members.get("grants") or [
        {name: members[name] for name in ("actions", "resource", "constraints")}
    ]
    to = members.get("delegate_key", members["delegate"])
    link = Link(
        id=members["id"],
        issuer=members["issuer"],
        issuer_key=key(owner),
        delegate=members["delegate"],
        delegate_key=None if to is None else key(to),
        grants=tuple(
            Grant(each["actions"], each["resource"], read_constraints(each["constraints"]))
            for each in grants
        ),
        not_before=members["not_before"],
        expires=members["expires"],
        may_delegate=members["may_delegate"],
        parent=members.get("parent", before),
    )
    return sign_link(link, signer(owner))
