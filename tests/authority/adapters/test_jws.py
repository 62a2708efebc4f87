# SPDX-License-Identifier: Apache-2.0
"""JWS tokens: one spelling, an algorithm that the key has, and nothing else of the header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.authority.adapters.jws import (
    Verifier,
    parse_base64url,
    print_base64url,
    read_jws,
    signing_text,
    verify_jws,
)
from helm_logic.authority.adapters.protocol import TokenKey
from helm_logic.errors import LinkRefused
from helm_logic.kernel.encoding import JsonValue
from tests.authority.adapters.tokens import HOLDERS, ROOT, Holder

ALL = (ROOT, HOLDERS[1])


@given(st.binary(max_size=40))
def test_bytes_have_one_text(data: bytes) -> None:
    """What is printed is read back."""
    assert parse_base64url(print_base64url(data)) == data


@given(st.text("AQgw-_+/= \n\u00e9", max_size=8))
def test_a_text_that_is_read_is_the_one_of_its_bytes(text: str) -> None:
    """Padding, spare bits, white space and the other alphabet are refused."""
    try:
        data = parse_base64url(text)
    except ValueError:
        return
    assert print_base64url(data) == text


@pytest.mark.parametrize("holder", ALL, ids=[each.algorithm for each in ALL])
def test_a_token_is_good_with_its_own_key_alone(holder: Holder) -> None:
    """Each algorithm: its key verifies, any other key does not, nor does another content."""
    token = read_jws(holder.sign({"a": 1}))
    verify_jws(token, holder.key)

    for other in (Holder("else", holder.algorithm).key, Holder("x", "ES256").key):
        with pytest.raises(LinkRefused):
            verify_jws(token, other)
    changed = read_jws(f"{signing_text(token.header, {'a': 2})}.{print_base64url(token.signature)}")
    with pytest.raises(LinkRefused, match="not signed"):
        verify_jws(changed, holder.key)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"}, {"alg": "ES256"}, {"alg": "HS256"}, {"alg": 7}, {}, {"alg": "eddsa"},
        {"alg": "EdDSA", "crit": ["exp"]}, {"alg": "EdDSA", "b64": False},
    ],
)  # fmt: skip
def test_a_header_chooses_nothing(header: dict[str, JsonValue]) -> None:
    """An algorithm that the key is not pinned to is refused, whoever signed, and so is `crit`."""
    with pytest.raises(LinkRefused) as refused:
        verify_jws(read_jws(ROOT.sign({}, header)), ROOT.key)

    assert refused.value.reason in ("algorithm_not_permitted", "malformed_link")


@pytest.mark.parametrize("member", ["jwk", "kid", "x5c", "jku", "x5u", "typ"])
def test_keys_and_addresses_of_a_header_are_not_looked_at(member: str) -> None:
    """The key is the verifier's; what the header says of keys changes nothing."""
    header: dict[str, JsonValue] = {"alg": "EdDSA", member: "https://attacker.example/key"}

    verify_jws(read_jws(ROOT.sign({}, header)), ROOT.key)
    with pytest.raises(LinkRefused):
        verify_jws(read_jws(ROOT.sign({}, header)), HOLDERS[0].key)


def test_the_newer_name_of_the_algorithm_is_the_same_algorithm() -> None:
    """RFC 9864 calls EdDSA with this curve Ed25519."""
    verify_jws(read_jws(ROOT.sign({}, {"alg": "Ed25519"})), ROOT.key)


@pytest.mark.parametrize(
    "text",
    ["", "a.b", "a.b.c.d", "e30.e30", "e30=.e30.AA", "e30.e30.A", "W10.e30.AA", " e30.e30.AA",
     "eyJhIjoxLCJhIjoyfQ.e30.AA", '{"payload": "e30"}'],
)  # fmt: skip
def test_what_is_no_token_is_refused(text: str) -> None:
    """Wrong parts, spellings and headers: each with the one reason."""
    with pytest.raises(LinkRefused) as refused:
        read_jws(text)

    assert refused.value.reason == "malformed_link"


def test_a_shared_secret_verifies_nothing() -> None:
    """Even a key that somebody made for HMAC is refused by its algorithm."""
    secret = TokenKey({"kty": "oct", "k": "AAAA"}, "HS256", "0" * 64)

    with pytest.raises(LinkRefused) as refused:
        verify_jws(read_jws(ROOT.sign({}, {"alg": "HS256"})), secret)
    assert refused.value.reason == "algorithm_not_permitted"


def test_a_kept_signature_is_of_these_bytes_and_this_key() -> None:
    """What was verified once is kept for exactly that, and bad ones are not kept."""
    verifier = Verifier(max_entries=1)
    good, other = read_jws(ROOT.sign({"a": 1})), read_jws(ROOT.sign({"a": 2}))
    for token in (good, good, other, good):
        verifier.verify(token, ROOT.key)
    for _ in range(2):
        with pytest.raises(LinkRefused):
            verifier.verify(good, HOLDERS[0].key)
