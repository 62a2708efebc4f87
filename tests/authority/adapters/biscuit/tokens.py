# SPDX-License-Identifier: Apache-2.0
"""Biscuit tokens for tests, issued by biscuit-python with a key that is always the same."""

from __future__ import annotations

import hashlib
from typing import Any

from biscuit_auth import (
    Biscuit,
    BiscuitBuilder,
    BlockBuilder,
    KeyPair,
    PrivateKey,
)

from helm_logic.authority.adapters.jwks import read_key
from helm_logic.authority.adapters.jws import print_base64url
from helm_logic.authority.adapters.protocol import Anchor, Asked, TokenKey
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.keys import SeedSigner

NOW = 1_780_000_000
ISSUER = "https://biscuits.example"
SUBJECT = "agent:ops"
AUTHORIZER = """
allow if subject($s), operation($o), resource($r), right($o, $r);
deny if true;
"""
AUTHORITY = 'subject("agent:ops"); role("operator"); right("deploy", "service/api");'
_SEED = hashlib.sha256(b"a test's issuer of biscuits").digest()
ROOT = SeedSigner(_SEED)


def jwk() -> dict[str, JsonValue]:
    """Return the issuer's public key."""
    raw = ROOT.public_key.raw
    return {"kty": "OKP", "crv": "Ed25519", "x": print_base64url(raw)}


def key() -> TokenKey:
    """Return the issuer's public key as an anchor has it."""
    return read_key(jwk(), ("EdDSA",), "a key")


def private_key(seed: bytes = _SEED) -> PrivateKey:
    """Return the private key of *seed*."""
    return PrivateKey(f"ed25519-private/{seed.hex()}")


def issue(authority: str = AUTHORITY, *blocks: str, seed: bytes = _SEED) -> Any:
    """Return a token with the Datalog *authority*, and of each of *blocks*."""
    private = private_key(seed)
    token: Biscuit = BiscuitBuilder(authority).build(private)
    for each in blocks:
        token = token.append(BlockBuilder(each))
    return token


def by_third_party(token: Any, code: str, seed: bytes) -> tuple[Any, str]:
    """Return *token* with a block of a third party, and the party's key as Biscuit writes it."""
    pair = KeyPair.from_private_key(private_key(seed))
    block = token.third_party_request().create_block(pair.private_key, BlockBuilder(code))
    return token.append_third_party(pair.public_key, block), repr(pair.public_key)


def item(token: Any) -> dict[str, JsonValue]:
    """Return *token* as an item of a chain."""
    return {"format": "biscuit", "token": token.to_base64()}


def anchor(**options: JsonValue) -> Anchor:
    """Return the issuer as a policy names it, with *options* changed."""
    told: dict[str, JsonValue] = {
        "resource": "service/*", "authorizer": AUTHORIZER, "subject": "subject", **options,
    }  # fmt: skip
    return Anchor(ISSUER, "biscuit", (key(),), {k: v for k, v in told.items() if v is not None})


def asked(**changes: Any) -> Asked:
    """Return the request that the token is good for, with *changes*."""
    members = {
        "subject": SUBJECT, "action": "deploy", "arguments": {"version": 12}, "now": NOW,
        "resource": "service/api", **changes,
    }  # fmt: skip
    return Asked(**members)
