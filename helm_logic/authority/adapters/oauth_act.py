# SPDX-License-Identifier: Apache-2.0
"""OAuth and OIDC JWTs, with nested `act` (RFC 8693, RFC 9068): `{"format": "oauth", "token": JWS}`.

A token is one link: its issuer, an anchor, delegates to its `sub` what the policy says that its
scopes grant. That the issuer says so is verified. `act` says through whose hands the token went:

    "sub": ann, "act": {"sub": agent, "act": {"sub": helper}}     ann -> helper -> agent

None of these hops is signed by the one who took it, so each is an *asserted* fact and no link, and
the stock rules deny what rests on one (`asserted_delegation`). A policy may believe the word of an
issuer on who acts now (`trust_actor`): then the issuer delegates to the outermost actor, and to
nobody else; who came before stays asserted, and grants nothing (RFC 8693 4.1).

Options of an anchor:

    audience      what `aud` has to name; required
    scopes        {SCOPE: [GRANT, ...]}: what each scope grants, in the form of native grants
    subject_type, actor_type    before `sub` to make it a principal; without it, `sub` has to be one
    trust_actor   whether the issuer's word on the current actor is believed
    types         the `typ` that tokens may have, in lower case; "" is none
    claims        names of claims whose text the rules may read, as `claim(LINK, NAME, TEXT)`
    may_delegate  how many links may follow, each signed by the key in `cnf`; 0 without it

A token is used by whoever has it, unless it names a key in `cnf`: then only links that this key
signed may use it, for a proof bound to the action is no part of this format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import attrs

from helm_logic.authority.adapters.jwks import read_key
from helm_logic.authority.adapters.jws import Verifier
from helm_logic.authority.adapters.jwt import (
    opened,
    read_alone,
    require_audience,
    require_type,
    signer,
    texts,
    token_id,
    token_link,
    window,
)
from helm_logic.authority.adapters.protocol import (
    Anchor,
    Claims,
    Presented,
    Run,
    TokenKey,
    TokenLink,
    own_keys,
    token_envelope,
)
from helm_logic.authority.constraint import is_plain
from helm_logic.authority.link import MAX_ACTIONS, MAX_DELEGATIONS, Grant, grant_rows
from helm_logic.authority.principal import is_principal
from helm_logic.errors import InputError, LinkRefused
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.terms import Row
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text

FORMAT = "oauth"
MAX_HOPS = 8
MAX_CLAIM_TEXTS = 64
TYPES = ("", "jwt", "at+jwt")  # RFC 9068 2.1, and what OIDC providers write
HOLDERS = ("EdDSA", "ES256")  # of keys in `cnf`: those that native links are signed with

_OPTIONS = (
    "scopes", "subject_type", "actor_type", "trust_actor", "types", "claims", "may_delegate",
)  # fmt: skip


@attrs.frozen
class Trusted:
    """An issuer of tokens, with its options read."""

    issuer: str
    keys: tuple[TokenKey, ...]
    audience: str
    scopes: Mapping[str, tuple[Grant, ...]]
    subject_type: str | None
    actor_type: str | None
    trust_actor: bool
    types: tuple[str, ...]
    claims: tuple[str, ...]
    may_delegate: int

    @classmethod
    def of(cls, anchor: Anchor) -> Trusted:
        """Return what *anchor* is; raise InputError for an option that is missing or wrong."""
        where = f"tokens {anchor.issuer}"
        options = require_object(dict(anchor.options), where, ("audience",), _OPTIONS)
        scopes = require_object(options.get("scopes", {}), f"{where} scopes")
        may_delegate = require_integer(options.get("may_delegate", 0), f"{where} may_delegate")
        if not 0 <= may_delegate <= MAX_DELEGATIONS:
            raise InputError("wrong_shape", f"{where} may_delegate: want 0 to {MAX_DELEGATIONS}")
        granted = {name: _grants(each, f"{where} scopes {name}") for name, each in scopes.items()}
        if sum(len(one.actions) for many in granted.values() for one in many) > MAX_ACTIONS:
            raise InputError("wrong_shape", f"{where} scopes: want at most {MAX_ACTIONS} actions")
        return cls(
            anchor.issuer,
            own_keys(anchor),
            require_text(options["audience"], f"{where} audience"),
            granted,
            _type(options, "subject_type", where),
            _type(options, "actor_type", where),
            _truth(options.get("trust_actor", False), f"{where} trust_actor"),
            texts(options.get("types", list(TYPES)), f"{where} types"),
            texts(options.get("claims", []), f"{where} claims"),
            may_delegate,
        )


class OAuthAdapter:
    """Reads the JWTs of the issuers that it was made with."""

    def __init__(self, anchors: Sequence[Anchor]) -> None:
        """Trust *anchors*; raise InputError if one of them has options of another shape."""
        self._trusted = {each.issuer: Trusted.of(each) for each in anchors}
        self._verifier = Verifier()

    def read(self, run: Run) -> Presented:
        """Return what *run* is: for each token a link of its own, or a refusal."""
        end = run.length - 1
        return read_alone(run, lambda text, position: self._link(text, is_end=position == end))

    def _link(self, text: str, *, is_end: bool) -> TokenLink:
        jws, claims = opened(text)
        issuer = claims.get("iss")
        trusted = self._trusted.get(issuer) if isinstance(issuer, str) else None
        if trusted is None:
            raise LinkRefused("untrusted_anchor", f"iss: `{str(issuer)[:80]}` is no issuer of ours")
        key = signer(jws, trusted.keys, self._verifier)
        require_type(jws, trusted.types)
        require_audience(claims, trusted.audience)
        hops = _hops(claims, trusted)
        bound, holder = _holder(claims)
        if bound and is_end:
            message = "cnf: the token is bound to a key, and nothing that it signed follows"
            raise LinkRefused("possession_not_proved", message)
        begins, expires = window(claims)
        grants = _granted(claims, trusted.scopes)
        stated = Claims(
            id=token_id(jws, claims),
            issuer=trusted.issuer,
            delegate=hops[-1] if trusted.trust_actor else hops[0],
            not_before=begins,
            expires=expires,
            may_delegate=trusted.may_delegate if holder is not None else 0,
            parent=None,
            grants=tuple(each.to_value() for each in grants),
        )
        rows = {
            **_link_rows(stated, key, grants),
            "asserted_link": _asserted(stated.id, hops),
            "claim": tuple(_claimed(stated.id, claims, trusted.claims)),
        }
        # The key is that of whoever has the token: the last of the hops.
        if holder is not None and stated.delegate == hops[-1]:
            rows["delegate_key"] = ((f"s:{stated.id}", f"s:{holder.keyid}"),)
        envelope = token_envelope(FORMAT, jws.signed, key.keyid, jws.signature)
        return token_link(envelope, stated, tuple(each for each in rows.items() if each[1]))


def _link_rows(
    stated: Claims, key: TokenKey, grants: Sequence[Grant]
) -> dict[str, tuple[Row, ...]]:
    name = f"s:{stated.id}"
    rows: dict[str, tuple[Row, ...]] = {
        "link": ((name, f"s:{stated.issuer}", f"s:{stated.delegate}"),),
        "signed_by": ((name, f"s:{key.keyid}"),),
        "valid": ((name, stated.not_before, stated.expires),),
        "depth_left": ((name, stated.may_delegate),),
    }
    for relation, row in grant_rows(grants, name):
        rows[relation] = (*rows.get(relation, ()), row)
    return rows


def _hops(claims: Mapping[str, JsonValue], trusted: Trusted) -> tuple[str, ...]:
    """Return through whose hands the token went: its subject first, who acts now last."""
    subject = _principal(claims.get("sub"), trusted.subject_type, "sub")
    actors: list[str] = []
    act = claims.get("act")
    while act is not None:
        if len(actors) == MAX_HOPS:
            raise LinkRefused("depth_exceeded", f"act: nests deeper than {MAX_HOPS}")
        if not isinstance(act, dict):
            raise LinkRefused("malformed_link", "act: want an object")
        if act.get("iss", trusted.issuer) != trusted.issuer:
            raise LinkRefused("untrusted_anchor", "act: names an actor of another issuer")
        actors.append(_principal(act.get("sub"), trusted.actor_type, "act sub"))
        act = act.get("act")
    hops = (subject, *reversed(actors))
    if len(set(hops)) != len(hops):
        raise LinkRefused("cyclic_chain", "act: somebody stands twice among subject and actors")
    return hops


def _principal(value: JsonValue, kind: str | None, where: str) -> str:
    name = value if kind is None or not isinstance(value, str) else f"{kind}:{value}"
    if not value or not isinstance(name, str) or not is_principal(name):
        raise LinkRefused("malformed_link", f"{where}: want text that names a principal")
    return name


def _holder(claims: Mapping[str, JsonValue]) -> tuple[bool, TokenKey | None]:
    """Return whether the token is bound to a key, and that key if it stands in the token."""
    if "cnf" not in claims:
        return False, None
    confirmation = claims["cnf"]
    if not isinstance(confirmation, dict):
        raise LinkRefused("malformed_link", "cnf: want an object")
    jwk = confirmation.get("jwk")
    try:
        return True, None if jwk is None else read_key(require_object(jwk, "cnf"), HOLDERS, "cnf")
    except InputError as error:
        raise LinkRefused("malformed_link", str(error)) from None


def _granted(
    claims: Mapping[str, JsonValue], scopes: Mapping[str, tuple[Grant, ...]]
) -> tuple[Grant, ...]:
    """Return what the policy says that the scopes of a token grant; others grant nothing."""
    scope = claims.get("scope", "")
    if not isinstance(scope, str):
        raise LinkRefused("malformed_link", "scope: want text, its words between spaces")
    words = dict.fromkeys(scope.split(" "))
    return tuple(grant for word in words for grant in scopes.get(word, ()))


def _asserted(link: str, hops: Sequence[str]) -> tuple[Row, ...]:
    name = f"s:{link}"
    return tuple(
        (name, number, f"s:{giver}", f"s:{taker}")
        for number, (giver, taker) in enumerate(pairwise(hops), 1)
    )


def _claimed(link: str, claims: Mapping[str, JsonValue], names: Sequence[str]) -> Iterator[Row]:
    """Yield the texts of the claims *names*; the words of `scope`, and what else is no text not."""
    for name in names:
        value = claims.get(name)
        if name == "scope" and isinstance(value, str):
            value = [*value.split(" ")]
        found = value if isinstance(value, list) else [value]
        if len(found) > MAX_CLAIM_TEXTS:
            raise LinkRefused("malformed_link", f"{name}: want at most {MAX_CLAIM_TEXTS} texts")
        for each in dict.fromkeys(one for one in found if isinstance(one, str)):
            if is_plain(each):
                yield f"s:{link}", f"s:{name}", f"s:{each}"


# --- The options of an anchor.


def _grants(value: JsonValue, where: str) -> tuple[Grant, ...]:
    found = []
    for each in require_list(value, where):
        parts = require_object(each, where, ("actions", "resource"), ("constraints",))
        found.append(Grant.from_value({"constraints": {}, **parts}))
    return tuple(found)


def _type(options: Mapping[str, JsonValue], name: str, where: str) -> str | None:
    if name not in options:
        return None
    kind = require_text(options[name], f"{where} {name}")
    if not is_principal(f"{kind}:x") or ":" in kind:
        raise InputError("invalid_principal", f"{where} {name}: got `{kind[:40]}`, want a type")
    return kind


def _truth(value: JsonValue, where: str) -> bool:
    if not isinstance(value, bool):
        raise InputError("wrong_shape", f"{where}: want true or false")
    return value
