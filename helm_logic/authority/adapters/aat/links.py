# SPDX-License-Identifier: Apache-2.0
"""Verified tokens as links of a chain, and what they state as facts.

A token is the link `jti` from its issuer to the one who holds it: `iss` says who issued, and the
key that signed is known from the token before, or is the anchor's. The last token of a chain
delegates to its `sub`, if that is a URI. Its tools are grants of the action of that name on the
resources that the policy gives the issuer, for tokens name no resources.

What limits an argument NAME is a constraint on `action.NAME`, and the set of arguments itself one
on `action`, of the kind `arguments`: exactly these. Rules cannot hold JSON values; they get

    limit(L, C, PROPERTY, KIND)   constraint C of the link L, and its kind
    obeyed(L, C)                  the request is within it
    narrows(WIDE, NARROW)         the matrix, as far as the kinds of this chain go
    inside(L, C, D)               constraint C of L lies inside constraint D of the link before
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from helm_logic.authority.adapters.aat.faults import Verified
from helm_logic.authority.adapters.aat.possession import subject_of
from helm_logic.authority.adapters.jwks import thumbprint_uri
from helm_logic.authority.adapters.protocol import Asked, Claims, Rows, TokenLink, token_envelope
from helm_logic.authority.limit import Limit, accepts, read_limit
from helm_logic.authority.narrowing import is_allowed, is_inside
from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue, digest

ARGUMENTS = "arguments"
UNKNOWN = "unknown"
FORMAT = "aat"


@attrs.frozen
class Bound:
    """Constraint *number* of a link: *limit* on *name*, or on the set of *arguments* itself."""

    number: int
    grant: int
    tool: str
    name: str | None
    limit: Limit | None
    arguments: frozenset[str] = frozenset()

    @property
    def kind(self) -> str:
        """The kind, as facts name it."""
        if self.name is None:
            return ARGUMENTS
        return UNKNOWN if self.limit is None else self.limit.kind

    @property
    def property(self) -> str:
        """What of the request is limited."""
        return "action" if self.name is None else f"action.{self.name}"

    def is_obeyed(self, arguments: Mapping[str, JsonValue]) -> bool:
        """Say whether *arguments* are within the limit; one that is missing never is."""
        if self.name is None:
            return arguments.keys() == self.arguments
        is_given = self.limit is not None and self.name in arguments
        return is_given and accepts(self.limit, arguments[self.name])  # type: ignore[arg-type]

    def is_allowed(self, wide: Bound) -> bool:
        """Say whether a limit of this kind may stand where *wide* stood."""
        if ARGUMENTS in (self.kind, wide.kind):
            return self.kind == wide.kind
        return is_allowed(wide.kind, self.kind)

    def is_inside(self, wide: Bound) -> bool:
        """Say whether this lies inside *wide*, a limit of the same tool on the same property."""
        if self.tool != wide.tool or self.name != wide.name:
            return False
        if self.name is None:
            return self.arguments == wide.arguments
        if self.limit is None or wide.limit is None:
            return False
        return is_inside(wide.limit, self.limit)


def bounds_of(token: Verified) -> tuple[Bound, ...]:
    """Return the constraints of *token* in order."""
    found: list[Bound] = []
    for grant, (tool, limits) in enumerate(token.tools.items()):
        if limits:
            found.append(Bound(len(found), grant, tool, None, None, frozenset(limits)))
        for name, value in limits.items():
            found.append(Bound(len(found), grant, tool, name, _known(value)))
    return tuple(found)


def token_links(
    tokens: Sequence[Verified], resource: str, asked: Asked, proof: str | None, *, is_whole: bool
) -> tuple[TokenLink, ...]:
    """Return *tokens*, root first, as links that grant on *resource*, seen from what is *asked*.

    If the chain *is_whole*, the last token is its end: to it belongs *proof*, attached as it came.
    """
    links: list[TokenLink] = []
    wide: tuple[Bound, ...] = ()
    for number, token in enumerate(tokens):
        is_leaf = is_whole and number == len(tokens) - 1
        bounds = bounds_of(token)
        claims = _claims(
            token,
            subject_of(token) if is_leaf else thumbprint_uri(token.holder),
            _parent(token, *((tokens[number - 1], links[-1]) if links else (None, None))),
            resource,
        )
        rows = (
            *_own_rows(token, claims, resource, bounds),
            *_related_rows(f"s:{claims.id}", bounds, wide, asked.arguments),
        )
        links.append(_link(token, claims, rows, proof if is_leaf else None))
        wide = bounds
    return tuple(links)


def _claims(token: Verified, delegate: str, parent: str | None, resource: str) -> Claims:
    read = token.token
    return Claims(
        id=read.id,
        issuer=read.issuer,
        delegate=delegate,
        not_before=read.begins,
        expires=read.expires,
        may_delegate=read.ceiling - read.depth,
        parent=parent,
        grants=tuple(
            {"actions": [tool], "constraints": dict(limits), "resource": resource}
            for tool, limits in token.tools.items()
        ),
    )


def _link(token: Verified, claims: Claims, rows: Rows, proof: str | None) -> TokenLink:
    jws = token.token.jws
    envelope = token_envelope(FORMAT, jws.signed, token.signer.keyid, jws.signature, proof)
    file = envelope.to_bytes()
    return TokenLink(claims, envelope, envelope.digest, rows, (), file, digest(file))


def _known(value: JsonValue) -> Limit | None:
    try:
        return read_limit(value)
    except InputError:
        return None


def _parent(token: Verified, before: Verified | None, above: TokenLink | None) -> str | None:
    """Return the digest of the link before, if `par_hash` is of its token; else one of no link."""
    named = token.token.parent
    if named is None:
        return None
    if before is not None and above is not None and before.token.hash == named:
        return above.digest
    return digest(named.encode("utf-8"))


def _own_rows(token: Verified, claims: Claims, resource: str, bounds: Sequence[Bound]) -> Rows:
    """Return what the token states about itself."""
    name = f"s:{claims.id}"
    return (
        ("link", ((name, f"s:{claims.issuer}", f"s:{claims.delegate}"),)),
        ("signed_by", ((name, f"s:{token.signer.keyid}"),)),
        ("delegate_key", ((name, f"s:{token.holder.keyid}"),)),
        ("valid", ((name, claims.not_before, claims.expires),)),
        ("depth_left", ((name, claims.may_delegate),)),
        ("grant", tuple(
            (name, grant, f"s:{tool}", f"s:{resource}") for grant, tool in enumerate(token.tools)
        )),
        ("constraint", tuple((name, each.grant, each.number) for each in bounds)),
        ("limit", tuple(
            (name, each.number, f"s:{each.property}", f"y:{each.kind}") for each in bounds
        )),
    )  # fmt: skip


def _related_rows(
    name: str, bounds: Sequence[Bound], wide: Sequence[Bound], arguments: Mapping[str, JsonValue]
) -> Rows:
    """Return how *bounds* stand to the request's *arguments*, and to those of the token before."""
    pairs = [(each, outer) for each in bounds for outer in wide]
    kinds = [(outer.kind, each.kind) for each, outer in pairs if each.is_allowed(outer)]
    return (
        ("obeyed", tuple((name, each.number) for each in bounds if each.is_obeyed(arguments))),
        ("inside", tuple(
            (name, each.number, outer.number) for each, outer in pairs if each.is_inside(outer)
        )),
        ("narrows", tuple((f"y:{outer}", f"y:{own}") for outer, own in dict.fromkeys(kinds))),
    )  # fmt: skip
