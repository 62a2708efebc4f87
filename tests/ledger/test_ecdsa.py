# SPDX-License-Identifier: Apache-2.0
"""ECDSA keys: published vectors, one form of key and signature, and nothing without the library."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import CheckpointError, SignatureError
from helm_logic.ledger import ecdsa
from helm_logic.ledger.base64text import parse_base64
from helm_logic.ledger.envelope import pae
from helm_logic.ledger.keys import ECDSA_P256, PublicKey
from helm_logic.ledger.note import note_key_id
from tests.ledger.openssl import OPENSSL, make_key, public_key

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PRIVATE = ec.generate_private_key(ec.SECP256R1())
KEY = PublicKey(
    PRIVATE.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    ),
    ECDSA_P256,
)

# RFC 6979 appendix A.2.5: the key, and r and s with SHA-256 over each message.
RFC6979_KEY = (
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
)
RFC6979 = {
    b"sample": (
        0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
        0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
    ),
    b"test": (
        0xF1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367,
        0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083,
    ),
}

# github.com/secure-systems-lab/dsse, protocol.md: the test vector's key and signature (r and s).
DSSE_KEY = (
    46950820868899156662930047687818585632848591499744589407958293238635476079160,
    5640078356564379163099075877009565129882514886557779369047442380624545832820,
)
DSSE_SIGNATURE = parse_base64(
    "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="
)


def sign(message: bytes) -> bytes:
    """Return a signature over *message* as a service gives it: with either s."""
    return PRIVATE.sign(message, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("message", RFC6979, ids=str)
def test_rfc_6979(message: bytes) -> None:
    """The vectors verify in their one form: the first has the upper s, and is brought to it."""
    key = PublicKey(bytes.fromhex(RFC6979_KEY), ECDSA_P256)
    r, s = RFC6979[message]
    given = utils.encode_dss_signature(r, s)
    other = utils.encode_dss_signature(r, ORDER - s)
    good, bad = (given, other) if s <= ORDER // 2 else (other, given)

    key.verify(message, good)
    assert ecdsa.lower_half(given) == ecdsa.lower_half(other) == good
    with pytest.raises(SignatureError, match="one form"):
        key.verify(message, bad)


def test_the_vector_of_dsse() -> None:
    """The envelope that the protocol gives as its example is one of ours, once in DER."""
    key = PublicKey(b"\x04" + b"".join(each.to_bytes(32) for each in DSSE_KEY), ECDSA_P256)
    r, s = (int.from_bytes(half) for half in (DSSE_SIGNATURE[:32], DSSE_SIGNATURE[32:]))

    message = pae("http://example.com/HelloWorld", b"hello world")
    key.verify(message, utils.encode_dss_signature(r, s))


def test_a_key_reads_as_it_prints_and_is_on_the_curve() -> None:
    """The text form is a round trip; another length, or a point beside the curve, is no key."""
    assert PublicKey.parse(str(KEY)) == KEY
    assert str(KEY).startswith("ecdsa-p256-sha256:")
    for raw in (KEY.raw[:-1], KEY.raw + b"\0", b"\x02" + KEY.raw[1:33], KEY.raw[1:33]):
        with pytest.raises(ValueError, match="want 65"):
            PublicKey(raw, ECDSA_P256)
    past = (2**256 - 1).to_bytes(32)
    for raw in (b"\x05" + KEY.raw[1:], b"\x04" + past + past, b"\x04" + bytes(64)):
        with pytest.raises(ValueError, match="not an uncompressed point"):
            PublicKey(raw, ECDSA_P256)


@given(st.integers(8, 65 * 8 - 1))
def test_a_flipped_bit_of_a_key_leaves_the_curve(bit: int) -> None:
    """No other key is one bit away."""
    raw = bytearray(KEY.raw)
    raw[bit // 8] ^= 1 << bit % 8

    assert not ecdsa.is_point(bytes(raw))


@given(st.binary(max_size=50), st.integers(0, 8 * 72 - 1))
def test_a_flipped_bit_does_not_verify(message: bytes, bit: int) -> None:
    """Neither in the signature, nor after it, nor before its end."""
    good = ecdsa.lower_half(sign(message))
    KEY.verify(message, good)
    changed = bytearray(good)
    changed[bit // 8 % len(good)] ^= 1 << bit % 8

    for wrong in (bytes(changed), good[:-1], good + b"\0", b"", bytes(64)):
        with pytest.raises(SignatureError):
            KEY.verify(message, wrong)
    with pytest.raises(SignatureError, match="not the one of this key"):
        KEY.verify(message + b"x", good)


def test_numbers_outside_the_group_are_no_signature() -> None:
    """Zero, the order of the group, a negative number, an integer in more bytes than it takes."""
    for r, s in ((0, 1), (1, 0), (ORDER, 1), (1, ORDER)):
        with pytest.raises(SignatureError, match="outside the group"):
            ecdsa.lower_half(utils.encode_dss_signature(r, s))
    for der in ("30060201ff020101", "300702020001020101"):
        with pytest.raises(SignatureError, match="not the DER"):
            ecdsa.lower_half(bytes.fromhex(der))


@pytest.mark.skipif(OPENSSL is None, reason="there is no openssl command here")
def test_openssl_agrees(tmp_path: Path) -> None:
    """Its signatures verify here, ours-in-one-form verify there, and so does the key id."""
    pem = make_key(tmp_path / "k.pem", "EC")
    key = public_key(pem)
    (tmp_path / "m").write_bytes(b"message")
    signed = _openssl("dgst", "-sha256", "-sign", str(pem), str(tmp_path / "m"))
    (tmp_path / "s").write_bytes(ecdsa.lower_half(signed))
    _openssl("pkey", "-in", str(pem), "-pubout", "-out", str(tmp_path / "p"))
    said = _openssl(
        *("dgst", "-sha256", "-verify", str(tmp_path / "p")),
        *("-signature", str(tmp_path / "s"), str(tmp_path / "m")),
    )

    key.verify(b"message", ecdsa.lower_half(signed))
    assert said == b"Verified OK\n"


def test_a_log_has_no_such_key() -> None:
    """Signed notes are Ed25519 here: a log's or a witness's key of another scheme has no id."""
    with pytest.raises(CheckpointError, match="a log signs with ed25519"):
        note_key_id("example.com/log", KEY)


def test_without_the_library_no_such_signature_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key can be held, printed and compared; what it signed is refused, with a way out."""
    message, good = b"message", ecdsa.lower_half(sign(b"message"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    assert PublicKey.parse(str(KEY)) == KEY
    with pytest.raises(SignatureError, match=r"pip install 'helm-logic\[kms\]'"):
        KEY.verify(message, good)


def _openssl(*arguments: str) -> bytes:
    done = subprocess.run([str(OPENSSL), *arguments], capture_output=True, check=True)
    return done.stdout
