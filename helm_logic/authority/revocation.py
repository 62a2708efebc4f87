# SPDX-License-Identifier: Apache-2.0
"""Revocations: signed withdrawals of links.

    {"format": "helm-logic/revocation/v1", "link": ID, "link_digest": DIGEST,
     "key": KEY, "effective": SECONDS}

A link is revoked by its digest; the id stands beside it for readers. Anyone may sign a revocation:
whether the key may revoke that link (its issuer's, an ancestor's issuer's, an anchor's) and whether
it is in force yet is decided by `rules/authority.dl`. Only revocations of links of the chain at
hand become facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from helm_logic.authority.signed import (
    read_envelope,
    read_statement,
    require_digest,
    require_key,
    require_signature,
    sign_statement,
)
from helm_logic.errors import InputError, LinkRefused
from helm_logic.kernel.encoding import MAX_INTEGER, JsonValue
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.keys import PublicKey, Signer
from helm_logic.ledger.shape import require_integer, require_text

PAYLOAD_TYPE = "application/vnd.helm-logic.revocation+json"
FORMAT = "helm-logic/revocation/v1"

_MEMBERS = ("link", "link_digest", "key", "effective")


@attrs.frozen
class Revocation:
    """*key* withdraws the link *link_digest* from *effective* (seconds) on."""

    link: str
    link_digest: str
    key: PublicKey
    effective: int

    def __attrs_post_init__(self) -> None:
        require_digest(self.link_digest, "revocation link_digest")
        if not 0 <= self.effective <= MAX_INTEGER:
            raise InputError("wrong_shape", "revocation effective: want seconds, not negative")

    def to_value(self) -> dict[str, JsonValue]:
        """Return the JSON form: what is signed, before it is printed."""
        return {
            "effective": self.effective,
            "format": FORMAT,
            "key": self.key.text,
            "link": self.link,
            "link_digest": self.link_digest,
        }


@attrs.frozen
class VerifiedRevocation:
    """A revocation whose signature was verified. Only `verify_revocation` makes one."""

    revocation: Revocation
    envelope: Envelope
    digest: str


def sign_revocation(revocation: Revocation, signer: Signer) -> Envelope:
    """Return *revocation* signed; raise LinkRefused unless *signer* has its key."""
    return sign_statement(PAYLOAD_TYPE, revocation.to_value(), revocation.key, signer)


def verify_revocation(envelope: Envelope | JsonValue) -> VerifiedRevocation:
    """Return the revocation in *envelope*, signed by the key that it names.

    Raises LinkRefused `malformed_revocation` or `bad_signature`.
    """
    whole = read_envelope(envelope, "malformed_revocation")
    try:
        parts = read_statement(whole, PAYLOAD_TYPE, _MEMBERS, FORMAT)
        revocation = Revocation(
            require_text(parts["link"], "revocation link"),
            require_text(parts["link_digest"], "revocation link_digest"),
            require_key(parts["key"], "revocation key"),
            require_integer(parts["effective"], "revocation effective"),
        )
    except InputError as error:
        raise LinkRefused("malformed_revocation", str(error)) from None
    require_signature(whole, revocation.key)
    return VerifiedRevocation(revocation, whole, whole.digest)


class RevocationSet:
    """Verified revocations, found by the digest of the link that they withdraw; never changes.

    `digest in revocations` says whether any names that link.
    """

    def __init__(self, revocations: Iterable[VerifiedRevocation] = ()) -> None:
        found: dict[str, dict[str, VerifiedRevocation]] = {}
        for one in revocations:
            found.setdefault(one.revocation.link_digest, {})[one.digest] = one
        self._found = {
            name: tuple(ones[key] for key in sorted(ones)) for name, ones in found.items()
        }

    def __contains__(self, link_digest: object) -> bool:
        return link_digest in self._found

    def __iter__(self) -> Iterator[VerifiedRevocation]:
        return (one for name in sorted(self._found) for one in self._found[name])

    def __len__(self) -> int:
        return sum(map(len, self._found.values()))

    def of(self, link_digest: str) -> tuple[VerifiedRevocation, ...]:
        """Return those that withdraw the link *link_digest*, in order of their digests."""
        return self._found.get(link_digest, ())
