# SPDX-License-Identifier: Apache-2.0
"""The native link: one delegation, as a small statement signed by its issuer.

    {"format": "helm-logic/link/v1", "id": TEXT,
     "issuer": PRINCIPAL, "issuer_key": KEY, "delegate": PRINCIPAL, "delegate_key": KEY | null,
     "grants": [{"actions": [PATTERN, ...], "resource": PATTERN, "constraints": {...}}, ...],
     "not_before": SECONDS, "expires": SECONDS, "may_delegate": DEPTH, "parent": DIGEST | null}

Invariants:
- every member is required, an unknown one is refused, and the payload is canonical JSON;
- a link holds in `not_before <= now < expires`, and grants something;
- only `verify_link` makes a `VerifiedLink`, and only verified links become facts. The digest of a
  link is that of its signed bytes (the PAE), which is what `parent` names.

A delegate without a key cannot delegate further; nor can one whose link has `may_delegate` 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Self, TypeAlias

import attrs

from helm_logic.authority.constraint import (
    Constraint,
    constraints_value,
    read_constraints,
    require_pattern,
)
from helm_logic.authority.principal import require_principal
from helm_logic.authority.signed import (
    read_envelope,
    read_statement,
    require_digest,
    require_key,
    require_signature,
    sign_statement,
)
from helm_logic.errors import InputError, LinkRefused
from helm_logic.kernel.encoding import MAX_INTEGER, JsonValue, digest
from helm_logic.kernel.terms import Row
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.keys import PublicKey, Signer
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text

PAYLOAD_TYPE = "application/vnd.helm-logic.link+json"
FORMAT = "helm-logic/link/v1"
MAX_DELEGATIONS = 1024
# Narrowing compares every action of a link with every one of its parent.
MAX_ACTIONS = 64

Rows: TypeAlias = tuple[tuple[str, tuple[Row, ...]], ...]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}")
_MEMBERS = (
    "id", "issuer", "issuer_key", "delegate", "delegate_key", "grants", "not_before", "expires",
    "may_delegate", "parent",
)  # fmt: skip


@attrs.frozen
class Grant:
    """Actions and resources (patterns) that a link hands on, and the constraints on their use."""

    actions: tuple[str, ...]
    resource: str
    constraints: tuple[Constraint, ...] = ()

    def __attrs_post_init__(self) -> None:
        for action in self.actions:
            require_pattern(action, "grant actions")
        require_pattern(self.resource, "grant resource")
        if not self.actions or len(set(self.actions)) != len(self.actions):
            raise InputError("wrong_shape", "grant actions: want at least one, and each once")

    def to_value(self) -> dict[str, JsonValue]:
        """Return the JSON form."""
        return {
            "actions": list(self.actions),
            "constraints": constraints_value(self.constraints),
            "resource": self.resource,
        }

    @classmethod
    def from_value(cls, value: JsonValue) -> Self:
        """Return the grant that *value* is the JSON form of; raise InputError."""
        parts = require_object(value, "grant", ("actions", "constraints", "resource"))
        actions = require_list(parts["actions"], "grant actions")
        return cls(
            tuple(require_text(action, "grant actions") for action in actions),
            require_text(parts["resource"], "grant resource"),
            read_constraints(parts["constraints"]),
        )


@attrs.frozen
class Link:
    """One delegation, as its issuer states it; times are seconds since the epoch.

    Raises InputError when built with what no link may say.
    """

    id: str
    issuer: str
    issuer_key: PublicKey
    delegate: str
    delegate_key: PublicKey | None
    grants: tuple[Grant, ...]
    not_before: int
    expires: int
    may_delegate: int = 0
    parent: str | None = None

    def __attrs_post_init__(self) -> None:
        if _ID.fullmatch(self.id) is None:
            raise InputError(
                "wrong_shape", f"link id: got `{self.id[:40]}`, want 1 to 128 of A-Za-z0-9._:/@+-"
            )
        require_principal(self.issuer, "link issuer")
        require_principal(self.delegate, "link delegate")
        if not 0 < sum(len(grant.actions) for grant in self.grants) <= MAX_ACTIONS:
            raise InputError("wrong_shape", f"link grants: want 1 to {MAX_ACTIONS} actions in all")
        if not 0 <= self.not_before < self.expires <= MAX_INTEGER:
            raise InputError("wrong_shape", "link: want 0 <= not_before < expires, in seconds")
        if not 0 <= self.may_delegate <= MAX_DELEGATIONS:
            raise InputError("wrong_shape", f"link may_delegate: want 0 to {MAX_DELEGATIONS}")
        if self.parent is not None:
            require_digest(self.parent, "link parent")

    def to_value(self) -> dict[str, JsonValue]:
        """Return the JSON form: what is signed, before it is printed."""
        return {
            "delegate": self.delegate,
            "delegate_key": None if self.delegate_key is None else self.delegate_key.text,
            "expires": self.expires,
            "format": FORMAT,
            "grants": [grant.to_value() for grant in self.grants],
            "id": self.id,
            "issuer": self.issuer,
            "issuer_key": self.issuer_key.text,
            "may_delegate": self.may_delegate,
            "not_before": self.not_before,
            "parent": self.parent,
        }


@attrs.frozen
class VerifiedLink:
    """A link whose signature was verified. Only `verify_link` makes one.

    *digest* is its envelope's. Made once: *rows*, the facts that it states, *properties*, the names
    of the request's properties that it constrains, in order, and *file*, its envelope as a file,
    with the digest of that.
    """

    link: Link
    envelope: Envelope
    digest: str
    rows: Rows
    properties: tuple[str, ...]
    file: bytes
    file_digest: str


def sign_link(link: Link, signer: Signer) -> Envelope:
    """Return *link* signed; raise LinkRefused unless *signer* has its issuer key."""
    return sign_statement(PAYLOAD_TYPE, link.to_value(), link.issuer_key, signer)


def verify_link(envelope: Envelope | JsonValue) -> VerifiedLink:
    """Return the link in *envelope*, signed by the key that it names as its issuer's.

    Raises LinkRefused `malformed_link`, `unknown_constraint` or `bad_signature`.
    """
    whole = read_envelope(envelope, "malformed_link")
    try:
        link = _read(read_statement(whole, PAYLOAD_TYPE, _MEMBERS, FORMAT))
    except InputError as error:
        known = error.code == "unknown_constraint"
        raise LinkRefused(error.code if known else "malformed_link", str(error)) from None
    require_signature(whole, link.issuer_key)
    names = {constraint.name for grant in link.grants for constraint in grant.constraints}
    file = whole.to_bytes()
    properties = tuple(sorted(names))
    return VerifiedLink(link, whole, whole.digest, _rows(link), properties, file, digest(file))


def _read(parts: dict[str, JsonValue]) -> Link:
    delegate_key, parent = parts["delegate_key"], parts["parent"]
    return Link(
        id=require_text(parts["id"], "link id"),
        issuer=require_text(parts["issuer"], "link issuer"),
        issuer_key=require_key(parts["issuer_key"], "link issuer_key"),
        delegate=require_text(parts["delegate"], "link delegate"),
        delegate_key=None if delegate_key is None else require_key(delegate_key, "delegate_key"),
        grants=tuple(map(Grant.from_value, require_list(parts["grants"], "link grants"))),
        not_before=require_integer(parts["not_before"], "link not_before"),
        expires=require_integer(parts["expires"], "link expires"),
        may_delegate=require_integer(parts["may_delegate"], "link may_delegate"),
        parent=None if parent is None else require_digest(parent, "link parent"),
    )


def _rows(link: Link) -> Rows:
    name = f"s:{link.id}"
    rows: dict[str, tuple[Row, ...]] = {
        "link": ((name, f"s:{link.issuer}", f"s:{link.delegate}"),),
        "signed_by": ((name, f"s:{link.issuer_key.keyid}"),),
        "valid": ((name, link.not_before, link.expires),),
        "depth_left": ((name, link.may_delegate),),
    }
    if link.delegate_key is not None:
        rows["delegate_key"] = ((name, f"s:{link.delegate_key.keyid}"),)
    for relation, row in grant_rows(link.grants, name):
        rows[relation] = (*rows.get(relation, ()), row)
    return tuple(rows.items())


def grant_rows(grants: Iterable[Grant], name: str) -> Iterator[tuple[str, Row]]:
    """Yield the rows, each with its relation, that *grants* of the link *name* state."""
    number = 0
    for position, grant in enumerate(grants):
        for action in grant.actions:
            yield "grant", (name, position, f"s:{action}", f"s:{grant.resource}")
        for constraint in grant.constraints:
            yield "constraint", (name, position, number)
            relation, rows = constraint.rows(name, number)
            for row in rows:
                yield relation, row
            number += 1
