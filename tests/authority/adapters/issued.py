# SPDX-License-Identifier: Apache-2.0
"""JWTs of an authorization server and of a trust domain, for tests, with throw-away keys."""

from __future__ import annotations

from collections.abc import Mapping

from helm_logic.authority.adapters.protocol import Adapter, Anchor, Asked
from helm_logic.authority.adapters.registry import make_adapters
from helm_logic.authority.cache import LinkCache
from helm_logic.authority.chain import Chain, Tokens, verify_chain
from helm_logic.kernel.encoding import JsonValue
from tests.authority.adapters.tokens import NOW, Holder

ISSUER, DOMAIN, AUDIENCE = "https://sts.example", "spiffe://example.org", "https://api.example"
ANN, OPS, HELPER = "user:ann", "agent:ops", "agent:helper"
WORKLOAD = f"{DOMAIN}/deployer"
SERVER, BUNDLE, ANN_KEY = Holder("sts", "ES256"), Holder("bundle", "ES256"), Holder("ann")

DEPLOY: JsonValue = {"actions": ["deploy"], "resource": "service/**"}
OPTIONS: Mapping[str, JsonValue] = {
    "audience": AUDIENCE,
    "scopes": {"deploy": [DEPLOY]},
    "subject_type": "user",
    "actor_type": "agent",
}


def oauth_anchor(**options: JsonValue) -> Anchor:
    """Return the authorization server as anchor, with *options* laid over the usual ones."""
    return Anchor(ISSUER, "oauth", (SERVER.key,), {**OPTIONS, **options})


def spiffe_anchor() -> Anchor:
    """Return the trust domain as anchor."""
    return Anchor(DOMAIN, "spiffe", (BUNDLE.key,), {"audience": AUDIENCE})


def _signed(
    signer: Holder,
    claims: Mapping[str, JsonValue],
    changes: Mapping[str, JsonValue],
    header: Mapping[str, JsonValue],
) -> str:
    made = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return signer.sign(made, {"alg": signer.algorithm, **header})


def access_token(
    signer: Holder = SERVER, header: Mapping[str, JsonValue] | None = None, **changes: JsonValue
) -> str:
    """Return an access token of Ann's; a claim that is changed to None is left out."""
    claims: dict[str, JsonValue] = {
        "aud": [AUDIENCE, "https://other.example"], "exp": NOW + 600, "iat": NOW, "iss": ISSUER,
        "jti": "access-1", "scope": "openid deploy", "sub": "ann",
    }  # fmt: skip
    return _signed(signer, claims, changes, header or {"typ": "at+jwt"})


def act(*actors: str) -> JsonValue:
    """Return the claim `act` of *actors*, who acts now first."""
    nested: JsonValue = None
    for actor in reversed(actors):
        nested = {"sub": actor} if nested is None else {"act": nested, "sub": actor}
    return nested


def svid(
    signer: Holder = BUNDLE, header: Mapping[str, JsonValue] | None = None, **changes: JsonValue
) -> str:
    """Return the JWT-SVID of the deployer; a claim that is changed to None is left out."""
    claims: dict[str, JsonValue] = {
        "aud": [AUDIENCE], "exp": NOW + 300, "iat": NOW, "sub": WORKLOAD,
    }  # fmt: skip
    return _signed(signer, claims, changes, header or {"typ": "JWT"})


def item(form: str, token: str) -> dict[str, JsonValue]:
    """Return the place of *token* in a chain."""
    return {"format": form, "token": token}


def adapters(*anchors: Anchor) -> Mapping[str, Adapter]:
    """Return the adapters of *anchors*, or of both issuers."""
    return make_adapters(anchors or (oauth_anchor(), spiffe_anchor()))


def read(items: list[JsonValue], *anchors: Anchor, subject: str = ANN, now: int = NOW) -> Chain:
    """Return the chain of *items*, read at *now*."""
    asked = Asked(subject, "deploy", {}, now)
    return verify_chain(items, LinkCache(), now, 64, Tokens(adapters(*anchors), asked))
