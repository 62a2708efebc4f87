# SPDX-License-Identifier: Apache-2.0
"""What plain JWTs of all kinds share (RFC 7519, RFC 8725): one token, one issuer, one signature.

    opened     the token in its parts; nothing is verified
    signer     the key, of those that the policy gives the issuer, that signed it
    window     the seconds in which it holds
    require_audience, require_type    what it was issued for

The order for every format: shape, issuer, algorithm, signature, and only then what the claims say.
Each function raises LinkRefused with the reason that its docstring names. Numbers of seconds are
integers here, as everywhere in helm_logic: a token with fractions of seconds is refused.

Which claims make whom a delegate of whom is for the format: `oauth_act.py`, `spiffe.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

from helm_logic.authority.adapters.jws import Jws, Verifier, read_jws
from helm_logic.authority.adapters.protocol import (
    Claims,
    Item,
    Presented,
    RefusedLink,
    Rows,
    Run,
    TokenKey,
    TokenLink,
)
from helm_logic.authority.constraint import is_plain
from helm_logic.errors import InputError, LinkRefused
from helm_logic.kernel.encoding import JsonValue, digest
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.shape import require_integer, require_list, require_text

SKEW = 30  # seconds by which an issuer's clock may be ahead of ours
MAX_ID = 128


def opened(text: str) -> tuple[Jws, dict[str, JsonValue]]:
    """Return the token *text* and its claims; raise LinkRefused `malformed_link`."""
    jws = read_jws(text)
    return jws, jws.claims()


def signer(jws: Jws, keys: Sequence[TokenKey], verifier: Verifier) -> TokenKey:
    """Return the one of *keys* that signed *jws*.

    Raises LinkRefused `algorithm_not_permitted` if none is for its algorithm, or `bad_signature`.
    """
    refusal: LinkRefused | None = None
    for key in keys:
        try:
            verifier.verify(jws, key)
        except LinkRefused as error:
            # That no key made the signature says more than that another key has another algorithm.
            if refusal is None or error.reason == "bad_signature":
                refusal = error
        else:
            return key
    raise refusal or LinkRefused("bad_signature", "the issuer has no key")


def require_type(jws: Jws, accepted: Sequence[str]) -> None:
    """Return if the `typ` of *jws*, or "" without one, is one of *accepted*: `wrong_token_type`.

    Media types are compared without case and without `application/` (RFC 7515 4.1.9).
    """
    value = jws.header.get("typ", "")
    name = value.casefold().removeprefix("application/") if isinstance(value, str) else None
    if name not in accepted:
        wanted = ", ".join(f"`{each}`" for each in accepted)
        raise LinkRefused("wrong_token_type", f"typ: got `{str(value)[:40]}`, want one of {wanted}")


def require_audience(claims: Mapping[str, JsonValue], audience: str) -> None:
    """Return if *claims* were issued for *audience*: `wrong_audience`, `malformed_link`."""
    value = claims.get("aud", [])
    named = [value] if isinstance(value, str) else value
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        raise LinkRefused("malformed_link", "aud: want text, or a list of texts")
    if audience not in named:
        raise LinkRefused("wrong_audience", f"aud: the token is not for `{audience[:80]}`")


def window(claims: Mapping[str, JsonValue]) -> tuple[int, int]:
    """Return from when and until when a token with *claims* holds: `malformed_link`.

    From the later of `nbf` and `iat`, less `SKEW`; `exp` is required and not stretched.
    """
    try:
        times = {
            name: require_integer(claims[name], name)
            for name in ("exp", "nbf", "iat")
            if name in claims
        }
    except InputError as error:
        raise LinkRefused("malformed_link", str(error)) from None
    if times.get("exp", 0) <= 0:
        raise LinkRefused("malformed_link", "exp: the token does not say when it expires")
    begins = max(times.get("nbf", 0), times.get("iat", 0)) - SKEW
    return max(0, begins), times["exp"]


def made_id(jws: Jws) -> str:
    """Return the id that the bytes of a token give it."""
    return f"jwt-{hashlib.sha256(jws.signed.encode('ascii')).hexdigest()[:32]}"


def token_id(jws: Jws, claims: Mapping[str, JsonValue]) -> str:
    """Return the id of a token: its `jti`, or one made of its bytes: `malformed_link`."""
    name = claims.get("jti")
    if name is None:
        return made_id(jws)
    if not isinstance(name, str) or not is_plain(name) or len(name) > MAX_ID:
        raise LinkRefused("malformed_link", f"jti: want 1 to {MAX_ID} printable characters")
    return name


def texts(value: JsonValue, where: str) -> tuple[str, ...]:
    """Return the texts in the list *value*, of a policy; raise InputError."""
    return tuple(require_text(each, where) for each in require_list(value, where))


def token_link(envelope: Envelope, claims: Claims, rows: Rows) -> TokenLink:
    """Return the place of a token that a receipt attaches as *envelope*."""
    file = envelope.to_bytes()
    return TokenLink(claims, envelope, envelope.digest, rows, (), file, digest(file))


def read_alone(run: Run, read: Callable[[str, int], TokenLink]) -> Presented:
    """Return what *run* is, each token read by itself by *read*, which raises LinkRefused.

    *read* gets the token and its position.
    """
    places: list[TokenLink | RefusedLink] = []
    for position, value in enumerate(run.items, run.first):
        try:
            places.append(read(_token(value), position))
        except LinkRefused as error:
            places.append(RefusedLink(position, error.reason, str(error)))
        except InputError as error:
            places.append(RefusedLink(position, "malformed_link", str(error)))
    return Presented(tuple(places))


def _token(value: JsonValue) -> str:
    item = Item.read(value)
    if item.proof is not None:
        raise InputError("unknown_member", f"a token of `{item.format}` comes without a proof")
    return item.token
