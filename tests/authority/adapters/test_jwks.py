# SPDX-License-Identifier: Apache-2.0
"""Key sets: public keys from files, each with the one algorithm that the policy pins."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc.jwk import RSAKey, import_key

from helm_logic.authority.adapters.jwks import read_jwks, read_key, thumbprint_uri
from helm_logic.authority.adapters.jws import parse_base64url
from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.keys import PublicKey
from tests.authority.adapters.tokens import HOLDERS, ROOT

ED, EC = ROOT.jwk, HOLDERS[1].jwk


def _set(*keys: Any) -> bytes:
    return json.dumps({"keys": keys}).encode()


def test_each_key_has_the_algorithm_that_fits() -> None:
    """Of the algorithms that are pinned, each key takes the one of its type and curve."""
    keys = read_jwks(_set(ED, EC), ("ES256", "EdDSA"), "set")

    assert [each.algorithm for each in keys] == ["EdDSA", "ES256"]
    assert [each.algorithm for each in read_jwks(_set(ED, EC), ("ES256",), "set")] == ["ES256"]


def test_a_key_has_the_id_that_it_has_elsewhere() -> None:
    """An Ed25519 key goes by the id of the same native key; thumbprints are RFC 7638's."""
    assert ROOT.key.keyid == PublicKey(parse_base64url(str(ED["x"]))).keyid
    for holder in (ROOT, HOLDERS[1]):
        loaded = import_key({name: str(part) for name, part in holder.jwk.items()})
        assert thumbprint_uri(holder.key) == loaded.thumbprint_uri()


@pytest.mark.parametrize(
    "jwk",
    [
        {**ED, "d": "AAAA"},
        {"kty": "oct", "k": "AAAA"},
        {**ED, "use": "enc"},
        {**ED, "key_ops": ["sign"]},
        {**ED, "key_ops": "sign, verify"},
        {**ED, "alg": "ES256"},
        {**ED, "x": "AAAA"},
        {**ED, "x": f"{ED['x']}="},
        {**ED, "crv": "Ed448"},
        {**EC, "x": "AAAA"},
        {**EC, "y": EC["x"]},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {},
    ],
)
def test_what_is_no_key_to_verify_with_is_refused(jwk: dict[str, JsonValue]) -> None:
    """Private, for something else, too short, off its curve or in another spelling."""
    with pytest.raises(InputError):
        read_key(jwk, ("EdDSA", "ES256", "RS256"), "key")


def test_a_set_without_a_usable_key_is_refused() -> None:
    """A policy that could never accept a token says so when it is read."""
    with pytest.raises(InputError, match="no key is for ES256"):
        read_jwks(_set(ED), ("ES256",), "set")
    with pytest.raises(InputError):
        read_jwks(b'{"keys": {}}', ("ES256",), "set")


def test_an_rsa_key_is_used_with_what_is_pinned() -> None:
    """A key of a type with several algorithms gets the first one that the policy names."""
    made = RSAKey.generate_key(2048, private=False).as_dict(private=False)
    jwk: dict[str, JsonValue] = {name: str(made[name]) for name in ("e", "kty", "n")}

    assert read_key(jwk, ("PS256", "RS256"), "key").algorithm == "PS256"
    assert read_key({**jwk, "alg": "RS256"}, ("PS256", "RS256"), "key").algorithm == "RS256"
