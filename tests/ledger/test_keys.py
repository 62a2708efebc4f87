# SPDX-License-Identifier: Apache-2.0
"""Keys: strict verification, reproducible key ids, and signers that show no seed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import SignatureError
from helm_logic.ledger.keys import PublicKey, SeedSigner, Signer
from tests.ledger.keyring import ENGINE, LOG
from tests.ledger.vectors import load

# RFC 8032 section 7.1: seed, public key, message, signature of TEST 1, 2 and 3.
RFC8032 = (
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
)


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC8032, ids="123")
def test_rfc_8032(seed: str, public: str, message: str, signature: str) -> None:
    """Signing gives the signatures of the standard, and they verify."""
    signer: Signer = SeedSigner(bytes.fromhex(seed))

    assert (signer.scheme, signer.public_key.raw.hex()) == ("ed25519", public)
    assert signer.sign(bytes.fromhex(message)).hex() == signature
    signer.public_key.verify(bytes.fromhex(message), bytes.fromhex(signature))


def test_wycheproof() -> None:
    """All 151 Wycheproof cases: 88 verify; 63 malleable, truncated or forged ones do not."""
    file = load("wycheproof/ed25519_test.json")
    results = {"valid": 0, "invalid": 0}
    for group in file["testGroups"]:
        key = PublicKey(bytes.fromhex(group["publicKey"]["pk"]))
        for test in group["tests"]:
            message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
            if test["result"] == "valid":
                key.verify(message, signature)
            else:
                with pytest.raises(SignatureError):
                    key.verify(message, signature)
            results[test["result"]] += 1

    assert results == {"valid": 88, "invalid": 63}


def test_a_key_id_is_that_of_the_der_key() -> None:
    """SHA-256 of the SubjectPublicKeyInfo, as `openssl pkey -pubout -outform DER` writes it.

    The key is that of RFC 8410 section 10.1.
    """
    key = PublicKey.parse("ed25519:Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=")

    assert key.keyid == "a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f"


def test_a_key_reads_as_it_prints() -> None:
    """The text form is a round trip, and equal keys are equal."""
    key = LOG.public_key

    assert PublicKey.parse(str(key)) == key == PublicKey(key.raw)
    assert str(key) == key.text
    assert key != ENGINE.public_key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ed25519",
        "ed25519:",
        "ed25519:QQ==",
        "rsa:" + LOG.public_key.text.removeprefix("ed25519:"),
        "Ed25519:" + LOG.public_key.text.removeprefix("ed25519:"),
        LOG.public_key.text + "\n",
        LOG.public_key.text.rstrip("="),
        " " + LOG.public_key.text,
    ],
)
def test_any_other_text_is_no_key(text: str) -> None:
    """Another scheme, another length, another spelling."""
    with pytest.raises(ValueError, match=r"base64|scheme|32|65"):
        PublicKey.parse(text)


@given(st.binary(max_size=50), st.integers(0, 511))
def test_a_flipped_bit_does_not_verify(message: bytes, bit: int) -> None:
    """Neither in the signature nor after it nor before its end."""
    signature = bytearray(ENGINE.sign(message))
    ENGINE.public_key.verify(message, bytes(signature))
    signature[bit // 8] ^= 1 << bit % 8

    for wrong in (bytes(signature), bytes(signature[:-1]), bytes(signature) + b"\0"):
        with pytest.raises(SignatureError):
            ENGINE.public_key.verify(message, wrong)
    with pytest.raises(SignatureError):
        LOG.public_key.verify(message, ENGINE.sign(message))


@given(st.binary(max_size=50), st.integers(1, 63))
def test_a_signature_does_not_borrow_from_the_message(message: bytes, borrowed: int) -> None:
    """The boundary between the two is where the caller put it, also for the same joined bytes."""
    joined = ENGINE.sign(message) + message
    for cut in (64 - borrowed, 64 + min(borrowed, len(message))):
        if cut != 64:
            with pytest.raises(SignatureError, match="want 64"):
                ENGINE.public_key.verify(joined[cut:], joined[:cut])


def test_generated_signers_differ_and_show_no_seed() -> None:
    """Seeds come from the system, and no repr tells them."""
    one, two = SeedSigner.generate(), SeedSigner.generate()

    assert one.public_key != two.public_key
    shown = repr(SeedSigner(b"\x5a" * 32))
    assert "Z" * 4 not in shown
    assert "seed" not in shown
    assert "secret" not in shown


def test_a_seed_has_32_bytes() -> None:
    """Anything else is refused before it reaches the cipher."""
    for length in (0, 31, 33, 64):
        with pytest.raises(ValueError, match="want 32"):
            SeedSigner(bytes(length))
