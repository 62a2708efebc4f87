# SPDX-License-Identifier: Apache-2.0
"""A chain: links in the order in which authority is said to have passed, root first.

`verify_chain` never raises for what somebody presents: a link that is refused keeps its place as a
`RefusedLink` with its reason, so that the rules can name every fault of a chain at once. Two things
are refused here because facts could not tell them apart later: a chain that is too long (before a
single signature is verified) and a second link with the id of an earlier one (facts are about ids).

Whether the links fit together is for `rules/authority.dl`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import attrs

from helm_logic.authority.cache import LinkCache
from helm_logic.authority.link import VerifiedLink, verify_link
from helm_logic.errors import LinkRefused
from helm_logic.kernel.encoding import JsonValue, canonical_json, digest
from helm_logic.ledger.envelope import Envelope

MAX_DEPTH = 64


@attrs.frozen
class RefusedLink:
    """What stands at *position* (from 0) is no acceptable link: *reason* is the code."""

    position: int
    reason: str
    message: str


Place: TypeAlias = VerifiedLink | RefusedLink


@attrs.frozen
class Chain:
    """*places* in order, root first; *length* is how many envelopes were presented.

    A chain that is too long has one place: the refusal.
    """

    places: tuple[Place, ...]
    length: int

    @property
    def links(self) -> tuple[VerifiedLink, ...]:
        """The verified links, in order."""
        return tuple(place for place in self.places if isinstance(place, VerifiedLink))

    @property
    def refused(self) -> tuple[RefusedLink, ...]:
        """What was refused, in order."""
        return tuple(place for place in self.places if isinstance(place, RefusedLink))

    @property
    def digest(self) -> str:
        """What an approval is bound to: the digest of the links' digests, in order."""
        return digest(canonical_json([_digest(place) for place in self.places]))

    def to_value(self) -> list[JsonValue]:
        """Return one object a place: a link's id and digest, or a position and its refusal."""
        return [
            {"digest": place.digest, "id": place.link.id}
            if isinstance(place, VerifiedLink)
            else {"position": place.position, "reason": place.reason}
            for place in self.places
        ]


def verify_chain(
    envelopes: Sequence[Envelope | JsonValue],
    cache: LinkCache,
    now: int,
    max_depth: int = MAX_DEPTH,
) -> Chain:
    """Return *envelopes*, whatever they are, verified one by one at *now* (seconds)."""
    length = len(envelopes)
    if length > max_depth:
        message = f"got a chain of {length} links, at most {max_depth} are read"
        return Chain((RefusedLink(max_depth, "depth_exceeded", message),), length)
    places: list[Place] = []
    ids: set[str] = set()
    for position, envelope in enumerate(envelopes):
        try:
            link = _verified(envelope, cache, now)
        except LinkRefused as error:
            places.append(RefusedLink(position, error.reason, str(error)))
            continue
        name = link.link.id
        if name in ids:
            message = f"the id `{name}` stands twice in the chain"
            places.append(RefusedLink(position, "duplicate_link", message))
        else:
            ids.add(name)
            places.append(link)
    return Chain(tuple(places), length)


def _verified(envelope: Envelope | JsonValue, cache: LinkCache, now: int) -> VerifiedLink:
    wire = envelope.to_value() if isinstance(envelope, Envelope) else envelope
    kept = cache.get(wire, now)
    if kept is not None:
        return kept
    link = verify_link(envelope)
    cache.put(link, now)
    return link


def _digest(place: Place) -> JsonValue:
    return place.digest if isinstance(place, VerifiedLink) else None
