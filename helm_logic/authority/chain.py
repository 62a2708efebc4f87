# SPDX-License-Identifier: Apache-2.0
"""A chain: links in the order in which authority is said to have passed, root first.

A place of a chain is a native envelope or a token that somebody else issued, which the adapter of
its format reads, with the other tokens beside it (`adapters/protocol.py`). Tokens that are no links
but show who somebody is stand behind all links: where the links end, who asks has to prove more.

`verify_chain` never raises for what somebody presents: a link that is refused keeps its place as a
`RefusedLink` with its reason, so that the rules can name every fault of a chain at once. Two things
are refused here because facts could not tell them apart later: a chain that is too long (before a
single signature is verified) and a second link with the id of an earlier one (facts are about ids).

Whether the links fit together is for `rules/authority.dl`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs

from helm_logic.authority.adapters.protocol import (
    UNREAD,
    Adapter,
    Asked,
    Presented,
    RefusedLink,
    Run,
    TokenLink,
    runs,
)
from helm_logic.authority.cache import LinkCache
from helm_logic.authority.link import VerifiedLink, verify_link
from helm_logic.errors import LinkRefused
from helm_logic.kernel.encoding import JsonValue, canonical_json, digest
from helm_logic.kernel.terms import Row
from helm_logic.ledger.envelope import Envelope

MAX_DEPTH = 64
IDENTITY_FORMATS = frozenset({"spiffe"})  # whose tokens delegate nothing
IDENTIFIED = "identified"

__all__ = ["AnyLink", "Chain", "Place", "RefusedLink", "TokenLink", "Tokens", "verify_chain"]


AnyLink: TypeAlias = VerifiedLink | TokenLink
Place: TypeAlias = AnyLink | RefusedLink
_NO_FACTS: Mapping[str, tuple[Row, ...]] = MappingProxyType({})


@attrs.frozen
class Chain:
    """*places* in order, root first; *length* is how many were presented.

    A chain that is too long has one place: the refusal. *facts* are what adapters found beside what
    the links state.
    """

    places: tuple[Place, ...]
    length: int
    facts: Mapping[str, tuple[Row, ...]] = _NO_FACTS

    @property
    def links(self) -> tuple[AnyLink, ...]:
        """The verified links, in order."""
        return tuple(place for place in self.places if not isinstance(place, RefusedLink))

    @property
    def delegations(self) -> tuple[AnyLink, ...]:
        """The verified links that delegate, in order: all but those who show who somebody is."""
        return tuple(link for link in self.links if not is_identity(link))

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
            if not isinstance(place, RefusedLink)
            else {"position": place.position, "reason": place.reason}
            for place in self.places
        ]


@attrs.frozen
class Tokens:
    """What is needed to read tokens: the *adapters* by format, and what is *asked* for."""

    adapters: Mapping[str, Adapter]
    asked: Asked


def verify_chain(
    items: Sequence[Envelope | JsonValue | Place],
    cache: LinkCache,
    now: int,
    max_depth: int = MAX_DEPTH,
    tokens: Tokens | None = None,
) -> Chain:
    """Return *items*, whatever they are, verified one by one at *now* (seconds).

    Tokens are read by *tokens*; without, their format is unknown. What is a place already is taken
    as it is.
    """
    length = len(items)
    if length > max_depth:
        message = f"got a chain of {length} links, at most {max_depth} are read"
        return Chain((RefusedLink(max_depth, "depth_exceeded", message),), length)
    places: list[Place] = []
    facts: dict[str, tuple[Row, ...]] = {}
    ids: set[str] = set()
    cut = runs(items)
    shown = _shown(cut, length, tokens)
    end = length - sum(not isinstance(place, RefusedLink) for place in shown)
    for first, form, run in cut:
        if form is None:
            for position, item in enumerate(run, first):
                places.append(_once(_native(item, position, cache, now), position, ids))
        elif form not in IDENTITY_FORMATS:
            read = _read(form, tokens, run, (first, end), _digest_above(places))
            places += _unbroken(read.places, first, ids)
            for relation, rows in read.facts.items():
                facts[relation] = (*facts.get(relation, ()), *rows)
        elif first + len(run) < length:
            message = "a token that shows who somebody is stands before a link"
            places += _refused(first, len(run), "broken_chain", message)
    return Chain((*places, *shown), length, facts)


def is_identity(place: Place) -> bool:
    """Say whether *place* is no link, but shows who somebody is."""
    return isinstance(place, TokenLink) and any(name == IDENTIFIED for name, _ in place.rows)


def _shown(
    cut: Sequence[tuple[int, str | None, tuple[Any, ...]]], length: int, tokens: Tokens | None
) -> tuple[Place, ...]:
    """Return the places of the tokens behind the links that show who somebody is: all, or none.

    If one of them is refused, none counts: where the links end must not depend on what is not kept.
    """
    first, form, run = cut[-1] if cut else (0, None, ())
    if form is None or form not in IDENTITY_FORMATS:
        return ()
    places = _read(form, tokens, run, (first, length), None).places
    if not any(isinstance(place, RefusedLink) for place in places):
        return places
    message = "a token beside it was refused"
    return tuple(
        place if isinstance(place, RefusedLink) else RefusedLink(position, UNREAD, message)
        for position, place in enumerate(places, first)
    )


def _read(
    form: str,
    tokens: Tokens | None,
    run: tuple[Any, ...],
    span: tuple[int, int],
    above: str | None,
) -> Presented:
    """Return what the adapter of *form* reads; *span* is where *run* begins and the chain ends."""
    first, end = span
    adapter = None if tokens is None else tokens.adapters.get(form)
    if tokens is None or adapter is None:
        message = f"the policy trusts no issuer of tokens in the format `{form[:40]}`"
        return Presented(_refused(first, len(run), "unknown_format", message))
    return adapter.read(Run(run, first, end, tokens.asked, above))


def _refused(first: int, count: int, reason: str, message: str) -> tuple[RefusedLink, ...]:
    return tuple(RefusedLink(each, reason, message) for each in range(first, first + count))


def _once(place: Place, position: int, ids: set[str]) -> Place:
    """Return *place*, refused if its id is one of *ids*, which grow by it."""
    if isinstance(place, RefusedLink):
        return place
    name = place.link.id
    if name in ids:
        return RefusedLink(position, "duplicate_link", f"the id `{name}` stands twice in the chain")
    ids.add(name)
    return place


def _unbroken(found: Iterable[Place], first: int, ids: set[str]) -> Iterator[Place]:
    """Yield *found*, tokens from position *first* on; after a refused one, none counts."""
    refused = False
    for position, place in enumerate(found, first):
        if refused and not isinstance(place, RefusedLink):
            yield RefusedLink(position, UNREAD, "a token before it was refused")
        else:
            once = _once(place, position, ids)
            refused = refused or isinstance(once, RefusedLink)
            yield once


def _digest_above(before: Sequence[Place]) -> str | None:
    last = before[-1] if before else None
    return None if last is None or isinstance(last, RefusedLink) else last.digest


def _native(item: Envelope | JsonValue | Place, position: int, cache: LinkCache, now: int) -> Place:
    if isinstance(item, (VerifiedLink, TokenLink, RefusedLink)):
        return item
    try:
        return _verified(item, cache, now)
    except LinkRefused as error:
        return RefusedLink(position, error.reason, str(error))


def _verified(envelope: Envelope | JsonValue, cache: LinkCache, now: int) -> VerifiedLink:
    wire = envelope.to_value() if isinstance(envelope, Envelope) else envelope
    kept = cache.get(wire, now)
    if kept is not None:
        return kept
    link = verify_link(envelope)
    cache.put(link, now)
    return link


def _digest(place: Place) -> JsonValue:
    return None if isinstance(place, RefusedLink) else place.digest
