# SPDX-License-Identifier: Apache-2.0
"""The bridge to securesystemslib: its file signer for real, and services that fail or ask."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from securesystemslib.signer import (
    SIGNER_FOR_URI_SCHEME,
    CryptoSigner,
    Key,
    SecretsHandler,
    Signature,
    Signer,
)

from helm_logic.errors import SignerError
from helm_logic.ledger.envelope import pae, sign, verify
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.open_signer import open_signer
from helm_logic.ledger.securesystemslib_signer import _library_key
from tests.ledger.keyring import ENGINE, LOG, TYPE

URI = "service:slot/1"


class Service(Signer):
    """A key service that does what a test tells it, by the scheme `service:`."""

    pin = ""
    answer: Any = None

    def __init__(self, key: Key) -> None:
        """Sign for *key*."""
        self._key = key

    @property
    def public_key(self) -> Key:
        """The key that was stated."""
        return self._key

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> Signer:
        """Ask for the PIN, as a token does."""
        assert priv_key_uri == URI
        assert secrets_handler is not None
        cls.pin = secrets_handler("PIN")
        return cls(public_key)

    def sign(self, payload: bytes) -> Signature:
        """Answer, or fail with the answer."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return Signature(self._key.keyid, self.answer(payload).hex())


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> type[Service]:
    """Give the service, reached by `service:`, which signs as the engine."""
    monkeypatch.setitem(SIGNER_FOR_URI_SCHEME, "service", Service)
    monkeypatch.setattr(Service, "answer", staticmethod(ENGINE.sign))
    return Service


def opened(key: PublicKey = ENGINE.public_key, pins: tuple[bytes, ...] = (b"1234",)) -> Any:
    """Return the signer of the service for *key*."""
    return open_signer(f"securesystemslib:{key} {URI}", Path(), lambda _: pins)


@pytest.mark.parametrize("make", [CryptoSigner.generate_ed25519, CryptoSigner.generate_ecdsa])
def test_its_file_signer_signs(make: Any, tmp_path: Path) -> None:
    """A key of either scheme that it made: it signs by its URI, and both verify the envelope."""
    made = make()
    path = tmp_path / "key.pem"
    path.write_bytes(made.private_bytes)
    key = _stated(made.public_key)
    envelope = sign(TYPE, b"receipt", open_signer(f"securesystemslib:{key} file2:{path}", tmp_path))

    assert verify(envelope, (key,)) == (key,)
    for theirs in (made.public_key, _library_key(key)):
        signature = Signature(theirs.keyid, envelope.signatures[0].signature.hex())
        theirs.verify_signature(signature, pae(TYPE, b"receipt"))


def test_a_token_gets_the_pin_that_was_given(service: type[Service]) -> None:
    """It comes from where passphrases come from; without one, opening says so."""
    signer = opened()

    assert service.pin == "1234"
    assert signer.sign(b"m") == ENGINE.sign(b"m")
    with pytest.raises(SignerError, match="asks for its PIN, and none was given"):
        opened(pins=())


@pytest.mark.parametrize(
    "answer",
    [
        ConnectionError("no route"),
        KeyError("slot"),
        lambda _: b"",
        LOG.sign,
        lambda message: ENGINE.sign(message + b"x"),
        lambda message: ENGINE.sign(message)[:-1],
    ],
    ids=("network", "slot", "nothing", "key", "message", "length"),
)
def test_whatever_goes_wrong_is_one_error(service: type[Service], answer: Any) -> None:
    """A network, a missing slot, another key, another message: no signature comes out."""
    service.answer = answer if isinstance(answer, Exception) else staticmethod(answer)
    with pytest.raises(SignerError, match=URI):
        opened().sign(b"m")


def test_an_unknown_scheme_or_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """What securesystemslib says of it is in the message."""
    for uri, said in (("nosuch:1", "Unsupported private key scheme"), ("file2:absent", "absent")):
        with pytest.raises(SignerError, match=said):
            open_signer(f"securesystemslib:{ENGINE.public_key} {uri}", tmp_path)


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra, and everything else goes on without it."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr("helm_logic.ledger.securesystemslib_signer.find_spec", lambda _: None)
    with pytest.raises(SignerError, match=r"pip install 'helm-logic\[kms\]'"):
        opened()


def _stated(key: Key) -> PublicKey:
    """Return *key* of securesystemslib as one of ours."""
    public = key.keyval["public"]
    if key.scheme == "ed25519":
        return PublicKey(bytes.fromhex(public))
    loaded = serialization.load_pem_public_key(public.encode())
    assert isinstance(loaded, EllipticCurvePublicKey)
    point = loaded.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return PublicKey(point, "ecdsa-p256-sha256")
