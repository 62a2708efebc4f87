# SPDX-License-Identifier: Apache-2.0
"""A small world for tests: principals with keys, and chains built link by link, rightly or wrongly.

Every principal's key is made from its name, so that a failing example means the same every time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import attrs

from helm_logic.authority.cache import LinkCache
from helm_logic.authority.chain import Chain, verify_chain
from helm_logic.authority.link import Grant, Link, sign_link
from helm_logic.authority.revocation import Revocation, VerifiedRevocation, sign_revocation
from helm_logic.authority.revocation import verify_revocation as _verify_revocation
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.keys import PublicKey, SeedSigner

NOW = 1_800_000_000
HOUR = 3600

FOUNDER, OPS, TOOL, STRANGER = "user:founder", "agent:ops", "tool:deploy", "agent:stranger"
PEOPLE = (FOUNDER, OPS, TOOL)

DEPLOY = Grant(("deploy",), "service/**")


@cache
def signer(name: str) -> SeedSigner:
    """Return the signer of the principal *name*, always the same."""
    return SeedSigner(hashlib.sha256(name.encode()).digest())


def key(name: str) -> PublicKey:
    """Return the public key of the principal *name*."""
    return signer(name).public_key


def make_link(issuer: str = FOUNDER, delegate: str = OPS, **changes: Any) -> Link:
    """Return a link that is good now, with *changes* to its members."""
    members: dict[str, Any] = {
        "id": f"{issuer}-to-{delegate}",
        "issuer": issuer,
        "issuer_key": key(issuer),
        "delegate": delegate,
        "delegate_key": key(delegate),
        "grants": (DEPLOY,),
        "not_before": NOW - HOUR,
        "expires": NOW + HOUR,
        "may_delegate": 0,
        "parent": None,
    }
    return Link(**{**members, **changes})


def make_chain(
    people: Sequence[str] = PEOPLE, changes: Mapping[int, Mapping[str, Any]] | None = None
) -> list[Envelope]:
    """Return the links from each of *people* to the next, with *changes* to links by position.

    A link is signed with its issuer key's owner: the issuer, or whom the change `signer` names.
    """
    chain: list[Envelope] = []
    for position, (issuer, delegate) in enumerate(pairwise(people)):
        members: dict[str, Any] = {
            "issuer": issuer,
            "delegate": delegate,
            "id": f"link-{position}",
            "may_delegate": len(people) - 2 - position,
            "parent": chain[-1].digest if chain else None,
            **(changes or {}).get(position, {}),
        }
        owner = members.pop("signer", members["issuer"])
        members.setdefault("issuer_key", key(owner))
        link = make_link(**members)
        chain.append(sign_link(link, signer(owner)))
    return chain


def verified(envelopes: Sequence[Any], now: int = NOW, max_depth: int = 64) -> Chain:
    """Return *envelopes* verified with an empty cache."""
    return verify_chain(envelopes, LinkCache(), now, max_depth)


def revocation(
    link: Envelope, revoker: str, effective: int = NOW - 1, name: str = "link"
) -> VerifiedRevocation:
    """Return the verified revocation of *link* by *revoker*."""
    statement = Revocation(name, link.digest, key(revoker), effective)
    return _verify_revocation(sign_revocation(statement, signer(revoker)))


def flipped(envelope: Envelope, member: str, position: int, bit: int = 0) -> Envelope:
    """Return *envelope* with one bit of its payload or signature changed."""
    data = bytearray(envelope.payload if member == "payload" else envelope.signatures[0].signature)
    data[position % len(data)] ^= 1 << bit
    if member == "payload":
        return attrs.evolve(envelope, payload=bytes(data))
    changed = attrs.evolve(envelope.signatures[0], signature=bytes(data))
    return attrs.evolve(envelope, signatures=(changed,))
