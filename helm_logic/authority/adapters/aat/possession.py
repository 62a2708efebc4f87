# SPDX-License-Identifier: Apache-2.0
"""What is asked of the last token: status, subject, proof of possession, and the request itself.

The proof is a JWS by the key of the last token's `cnf`, over the id of that token, the tool and
exactly the arguments that are asked for, made within `MAX_AGE` seconds of the decision:

    {"aat_id": JTI, "aat_tool": TOOL, "hta": ARGUMENTS, "iat": SECONDS, "jti": TEXT, "aat_aud"?}

`aat_aud` is looked at if the policy names an audience, and is then required.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import attrs

from helm_logic.authority.adapters.aat.faults import Verified, Walk
from helm_logic.authority.adapters.aat.token import TokenFault, is_uri
from helm_logic.authority.adapters.jwks import thumbprint_uri
from helm_logic.authority.adapters.jws import Jws, read_jws, require_algorithm
from helm_logic.authority.adapters.protocol import TokenKey
from helm_logic.authority.limit import accepts
from helm_logic.errors import InputError, LinkRefused
from helm_logic.kernel.encoding import JsonValue, canonical_json

MAX_AGE = 300

_CLAIMS: Mapping[str, type] = {
    "aat_id": str, "aat_tool": str, "hta": dict, "iat": int, "jti": str,
}  # fmt: skip


@attrs.frozen
class Status:
    """What the issuer's status file says of token ids; one in neither is in force."""

    revoked: Collection[str] = ()
    unknown: Collection[str] = ()


@attrs.frozen
class Identity:
    """Which external subjects the caller is known to be, and which cannot be told now."""

    bound: Collection[str] = ()
    unavailable: Collection[str] = ()


@attrs.frozen
class Use:
    """One use of a chain: *tool* with *arguments* at *now*, with a *proof* of possession."""

    tool: str
    arguments: Mapping[str, JsonValue]
    now: int
    proof: str | None
    audience: str | None = None
    identity: Identity | None = None


def subject_of(leaf: Verified) -> str:
    """Return the principal that the last token *leaf* is for: its `sub`, or whoever holds it."""
    subject = leaf.token.subject
    return subject if subject is not None and is_uri(subject) else thumbprint_uri(leaf.holder)


def check_status(walk: Walk, status: Status) -> None:
    """Note the first token of *walk* that is revoked or of unknown *status*, which ends it."""
    for position, each in enumerate(walk.tokens):
        walk.position = position
        walk.note("authority_revoked", if_=each.token.id in status.revoked)
        walk.note("status_unavailable", if_=each.token.id in status.unknown)


def check_use(walk: Walk, use: Use, verify: Callable[[Jws, TokenKey], None]) -> None:
    """Note what forbids *use* to the holder of the last token of *walk*; raise TokenFault."""
    leaf = walk.tokens[-1]
    walk.position = len(walk.tokens) - 1
    if use.identity is not None and subject_of(leaf) != thumbprint_uri(leaf.holder):
        subject = subject_of(leaf)
        if subject in use.identity.unavailable:
            walk.note("identity_binding_unavailable")
        elif subject not in use.identity.bound:
            walk.note("subject_identity_mismatch")
    _check_proof(walk, leaf, use, verify)
    _check_request(walk, leaf, use)


def _check_proof(
    walk: Walk, leaf: Verified, use: Use, verify: Callable[[Jws, TokenKey], None]
) -> None:
    if not use.proof:
        raise TokenFault("pop_missing", "there is no proof that the caller holds the last token")
    proof = _opened(use.proof, leaf.holder)
    try:
        verify(proof, leaf.holder)
    except LinkRefused as error:
        raise TokenFault("pop_signature_invalid", str(error)) from None
    claims = _claims(proof)
    audience = claims.get("aat_aud")
    if any(type(claims.get(name)) is not kind for name, kind in _CLAIMS.items()) or not (
        audience is None or isinstance(audience, str)
    ):
        raise TokenFault("pop_malformed", f"want {', '.join(_CLAIMS)} in their types")
    made: int = claims["iat"]  # type: ignore[assignment]
    walk.note("pop_token_mismatch", if_=claims["aat_id"] != leaf.token.id)
    walk.note("pop_tool_mismatch", if_=claims["aat_tool"] != use.tool)
    walk.note("pop_stale", if_=abs(use.now - made) > MAX_AGE)
    bound = canonical_json(claims["hta"]) == canonical_json(dict(use.arguments))
    walk.note("pop_binding_mismatch", if_=not bound, message="made for other arguments")
    if use.audience is not None:
        walk.note("pop_recipient_mismatch", if_=audience != use.audience)


def _opened(text: str, holder: TokenKey) -> Jws:
    try:
        proof = read_jws(text)
        proof.claims()
    except LinkRefused as error:
        raise TokenFault("pop_malformed", str(error)) from None
    try:
        require_algorithm(proof, (holder.algorithm,))
    except LinkRefused as error:
        known = error.reason == "algorithm_not_permitted"
        raise TokenFault(error.reason if known else "pop_malformed", str(error)) from None
    return proof


def _claims(proof: Jws) -> dict[str, JsonValue]:
    try:
        return proof.claims()
    except (InputError, LinkRefused) as error:
        raise TokenFault("pop_malformed", str(error)) from None


def _check_request(walk: Walk, leaf: Verified, use: Use) -> None:
    limits = leaf.tools.get(use.tool)
    if limits is None:
        walk.note("tool_not_authorized")
        return
    if not limits:
        return
    missing = [name for name in limits if name not in use.arguments]
    walk.note("argument_missing", if_=bool(missing), message=", ".join(missing))
    stray = [name for name in use.arguments if name not in limits]
    walk.note("argument_not_permitted", if_=bool(stray), message=", ".join(stray))
    for name, value in limits.items():
        limit = walk.recognised(value, name)
        violated = name in use.arguments and not accepts(limit, use.arguments[name])
        walk.note("argument_constraint_violated", if_=violated, message=name)
