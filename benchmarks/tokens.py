# SPDX-License-Identifier: Apache-2.0
"""Attenuating tokens for benchmarks: chains of EdDSA JWS, their proofs, and requests with them.

    https://authority.example -> agent-1 -> ... -> agent-N

Each token narrows the one before it in time, and the last also by its argument. Keys are made from
names, as those of `scene.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache

import attrs

from benchmarks.scene import ENGINE, NOW, deploy_scene, signer
from helm_logic.authority.adapters.aat.token import DETAILS
from helm_logic.authority.adapters.jwks import read_key, thumbprint_uri
from helm_logic.authority.adapters.jws import print_base64url, signing_text
from helm_logic.authority.adapters.protocol import Anchor, TokenKey
from helm_logic.authority.adapters.registry import make_adapters
from helm_logic.authority.revocation import RevocationSet
from helm_logic.guard.evaluator import Evaluator
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.keys import SeedSigner
from helm_logic.policy.bundle import Bundle, make_bundle
from helm_logic.policy.judge import Judge

ISSUER = "https://authority.example"
ARGUMENTS: dict[str, JsonValue] = {"env": "staging"}
MOST = 9  # tokens that a chain may have, for the ceiling of a token is 8

_ENVS: dict[str, JsonValue] = {"constraint_type": "one_of", "values": ["prod", "staging"]}
_STAGING: dict[str, JsonValue] = {"constraint_type": "exact", "value": "staging"}


def key_of(number: int) -> SeedSigner:
    """Return the key of agent *number*; the issuer is number 0."""
    return signer(f"agent-{number}" if number else ISSUER)


def token_key(number: int) -> TokenKey:
    """Return the public key of agent *number*, as policies have it."""
    x = print_base64url(key_of(number).public_key.raw)
    return read_key({"crv": "Ed25519", "kty": "OKP", "x": x}, ("EdDSA",), "a benchmark's key")


def token_chain(depth: int, tag: str = "") -> tuple[str, ...]:
    """Return *depth* tokens, the issuer's first; another *tag* makes other tokens."""
    tokens: list[str] = []
    for place in range(depth):
        claims: dict[str, object] = {
            "authorization_details": [{"type": DETAILS, "tools": _tools(place, depth)}],
            "cnf": {"jwk": dict(token_key(place + 1).jwk)},
            "del_depth": place,
            "del_max_depth": depth - 1,
            "exp": NOW + 3600 - place,
            "iat": NOW - 600 + place,
            "iss": thumbprint_uri(token_key(place)) if place else ISSUER,
            "jti": f"token-{place}{tag}",
        }
        if tokens:
            signed = tokens[-1].rpartition(".")[0].encode("ascii")
            claims["par_hash"] = print_base64url(hashlib.sha256(signed).digest())
        tokens.append(_signed(place, claims))
    return tuple(tokens)


def token_request(number: int, tokens: Sequence[str], tag: str = "") -> bytes:
    """Return request *number* of whoever holds the last of *tokens*, which *tag* made."""
    kind, _, name = thumbprint_uri(token_key(len(tokens))).partition(":")
    proof = {
        "aat_id": f"token-{len(tokens) - 1}{tag}", "aat_tool": "deploy", "hta": ARGUMENTS,
        "iat": NOW - 5, "jti": f"proof-{number}",
    }  # fmt: skip
    chain: list[dict[str, str]] = [{"format": "aat", "token": token} for token in tokens]
    chain[-1]["proof"] = _signed(len(tokens), proof)
    asked = {
        "subject": {"type": kind, "id": name},
        "action": {"name": "deploy", "properties": ARGUMENTS},
        "resource": {
            "type": "service", "id": f"shop/api-{number}", "properties": {"env": "staging"},
        },
        "context": {"ci_passed": True, "run": number},
        "chain": chain,
    }  # fmt: skip
    return json.dumps(asked).encode("utf-8")


ANCHOR = Anchor(ISSUER, "aat", (token_key(0),), {"resource": "service/**"})


@attrs.frozen
class TokenScene:
    """The shipped founder example, which trusts the issuer of tokens."""

    bundle: Bundle
    judge: Judge

    def evaluator(self) -> Evaluator:
        """Return a fresh evaluator, which knows no token."""
        bundle = attrs.evolve(self.bundle, adapters=make_adapters((ANCHOR,)))
        return Evaluator(bundle, ENGINE, RevocationSet(), judge=self.judge)


@cache
def token_scene() -> TokenScene:
    """Return the scene of tokens, made once."""
    base = deploy_scene(1).bundle
    bundle = make_bundle(base.rule_set, base.settings, {}, (ANCHOR,))
    return TokenScene(bundle, Judge(bundle))


def _tools(place: int, depth: int) -> dict[str, JsonValue]:
    limit = _STAGING if place == depth - 1 else _ENVS
    return {"deploy": {"env": limit}, **({"restart": {}} if place == 0 else {})}


def _signed(number: int, payload: object) -> str:
    text = signing_text({"alg": "EdDSA"}, payload)
    return f"{text}.{print_base64url(key_of(number).sign(text.encode('ascii')))}"
