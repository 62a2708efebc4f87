# SPDX-License-Identifier: Apache-2.0
"""Wycheproof's JWS tests: nothing invalid is accepted, and what valid is refused has a reason.

The algorithm is the one of the key (`alg`); a header that names another is refused. Keys come
through the reader of key sets, which has no shared secrets; so that the tests of HMAC say something
about spelling too, their tokens are also verified by joserfc alone, behind our reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OctKey
from joserfc.jws import JWSRegistry

from helm_logic.authority.adapters.jwks import read_key
from helm_logic.authority.adapters.jws import read_jws, verify_jws
from helm_logic.errors import InputError, LinkRefused

PATH = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "wycheproof"
FILE = PATH / "json_web_signature_test.json"
needs_vectors = pytest.mark.skipif(not FILE.is_file(), reason=f"{FILE} is absent")

# Valid tokens that are refused, by `tcId`, and why.
HMAC = "the key is a shared secret: whoever verifies could sign (HS256)"
OTHER_ALGORITHM = "the header names PS384 and the key is pinned to PS256"
NO_ALGORITHM = "the key's `alg` is ES521, which is no algorithm (it means ES512)"
NOT_CANONICAL = "a character that base64url does not have, in a token that is signed over it"
REFUSED = {
    1: HMAC, 348: HMAC, 352: HMAC, 357: HMAC,
    358: HMAC, 359: HMAC, 376: HMAC, 377: HMAC,
    346: OTHER_ALGORITHM, 350: OTHER_ALGORITHM,
    347: NO_ALGORITHM, 351: NO_ALGORITHM,
    372: NOT_CANONICAL, 373: NOT_CANONICAL,
}  # fmt: skip
# Said to be padded wrongly, but as printed they are not padded at all: two canonical tokens with
# the right code. Only the shared secret speaks against them, and that they are refused for.
NOT_PADDED = [367, 370]


def _tests() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for group in json.loads(FILE.read_bytes())["testGroups"]:
        for test in group["tests"]:
            yield group.get("public", group["private"]), test


def _accepted(jwk: dict[str, Any], token: str) -> bool:
    algorithms = (str(jwk["alg"]),) if "alg" in jwk else ("RS256", "ES256")
    try:
        verify_jws(read_jws(token), read_key(jwk, algorithms, "key"))
    except (InputError, LinkRefused):
        return False
    return True


@needs_vectors
def test_no_invalid_token_is_accepted() -> None:
    """Of the 355 invalid ones every single one is refused; of the valid ones those of the list."""
    outcomes = {test["tcId"]: (_accepted(jwk, test["jws"]), test) for jwk, test in _tests()}
    valid = {name for name, (_, test) in outcomes.items() if test["result"] == "valid"}
    accepted = {name for name, (good, _) in outcomes.items() if good}

    assert len(outcomes) == 401
    assert accepted <= valid
    assert valid - accepted == REFUSED.keys()


@needs_vectors
def test_behind_our_reader_joserfc_accepts_no_other_spelling() -> None:
    """The tokens of shared secrets: with the secret, what is invalid is refused as well."""
    wrong = []
    for jwk, test in _tests():
        if jwk["kty"] == "oct":
            good = _has_mac(jwk, test["jws"])
            if good and test["result"] == "invalid":
                wrong.append(test["tcId"])
            if not good and test["result"] == "valid":
                assert REFUSED[test["tcId"]] == NOT_CANONICAL

    assert wrong == NOT_PADDED


def _has_mac(jwk: dict[str, Any], text: str) -> bool:
    try:
        token = read_jws(text)
    except LinkRefused:
        return False
    key = OctKey.import_key(jwk)
    signed = token.signed.encode()
    is_pinned = token.algorithm == "HS256"
    return is_pinned and JWSRegistry.algorithms["HS256"].verify(signed, token.signature, key)
