# SPDX-License-Identifier: Apache-2.0
"""Public keys, and who signs with the private ones.

Invariants:
- A key id is the hex SHA-256 of the key's DER SubjectPublicKeyInfo: anyone can compute it again
  with openssl and sha256sum. It says which key to look up and decides nothing.
- The scheme comes from the key a verifier already holds, never from what is being verified.
- Ed25519 is the scheme of every key that helm_logic makes, verified by libsodium: malleable,
  non-canonical and small-order input is refused. ECDSA, which key services have, is in `ecdsa`.
- No repr and no message contains a seed.

Seeds in files are in `key_file`; signers elsewhere (agents, commands, key services) are opened by
`open_signer`.
"""

from __future__ import annotations

import hashlib
import os
from typing import Protocol, Self

import attrs
from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import BadSignatureError

from helm_logic.errors import SignatureError
from helm_logic.ledger import ecdsa
from helm_logic.ledger.base64text import parse_base64, print_base64

ED25519 = "ed25519"
ECDSA_P256 = "ecdsa-p256-sha256"
KEY_BYTES = 32
SIGNATURE_BYTES = 64

# The bytes of a key, and what stands before them in its DER SubjectPublicKeyInfo (RFC 8410, 5480).
_SCHEMES = {
    ED25519: (KEY_BYTES, bytes.fromhex("302a300506032b6570032100")),
    ECDSA_P256: (ecdsa.POINT_BYTES, ecdsa.SPKI_PREFIX),
}


@attrs.frozen
class PublicKey:
    """A public key: *raw* is its bytes, *keyid* its 64-digit name.

    Of `ed25519` these are the 32 bytes of RFC 8032, of `ecdsa-p256-sha256` the point, 65 bytes.
    """

    raw: bytes = attrs.field()
    scheme: str = attrs.field(default=ED25519)
    keyid: str = attrs.field(init=False, eq=False)

    @keyid.default
    def _keyid(self) -> str:
        return hashlib.sha256(self.spki if self.scheme in _SCHEMES else b"").hexdigest()

    @keyid.validator
    def _is_key(self, _: object, __: str) -> None:
        if self.scheme not in _SCHEMES:
            raise ValueError(f"got the scheme `{self.scheme[:24]}`, want {' or '.join(_SCHEMES)}")
        want, _prefix = _SCHEMES[self.scheme]
        if len(self.raw) != want:
            raise ValueError(f"got a public key of {len(self.raw)} bytes, want {want}")
        if self.scheme == ECDSA_P256 and not ecdsa.is_point(self.raw):
            raise ValueError("got 65 bytes that are not an uncompressed point of P-256")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key printed as *text*, its scheme, `:` and base64; raise ValueError."""
        scheme, _, encoded = text.partition(":")
        return cls(parse_base64(encoded), scheme)

    @property
    def text(self) -> str:
        """The key as `parse` reads it."""
        return f"{self.scheme}:{print_base64(self.raw)}"

    @property
    def spki(self) -> bytes:
        """The key as DER SubjectPublicKeyInfo (RFC 5280), as other programs read it."""
        return _SCHEMES[self.scheme][1] + self.raw

    def __str__(self) -> str:
        return self.text

    def verify(self, message: bytes, signature: bytes) -> None:
        """Return if *signature* is this key's over *message*; raise SignatureError otherwise."""
        if self.scheme == ECDSA_P256:
            ecdsa.verify(self.raw, message, signature)
            return
        if len(signature) != SIGNATURE_BYTES:
            got = len(signature)
            raise SignatureError(f"got a signature of {got} bytes, want {SIGNATURE_BYTES}")
        try:
            crypto_sign_open(signature + message, self.raw)
        except BadSignatureError:
            raise SignatureError(
                f"the signature is not the one of key `{self.keyid[:16]}` over these bytes"
            ) from None


class Signer(Protocol):
    """Whoever can sign: a seed in memory, an agent, a key service."""

    @property
    def scheme(self) -> str:
        """The signature scheme, as in `PublicKey.scheme`."""

    @property
    def public_key(self) -> PublicKey:
        """The key that verifies what this signer signs."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature over *message*."""


@attrs.frozen(eq=False)
class SeedSigner:
    """Signs with an Ed25519 seed (32 bytes) held in memory."""

    _seed: bytes = attrs.field(repr=False)
    public_key: PublicKey = attrs.field(init=False)
    _secret: bytes = attrs.field(init=False, repr=False)

    @public_key.default
    def _derive_public(self) -> PublicKey:
        if len(self._seed) != KEY_BYTES:
            raise ValueError(f"got a seed of {len(self._seed)} bytes, want {KEY_BYTES}")
        return PublicKey(crypto_sign_seed_keypair(self._seed)[0])

    @_secret.default
    def _derive_secret(self) -> bytes:
        return crypto_sign_seed_keypair(self._seed)[1]

    @classmethod
    def generate(cls) -> Self:
        """Return a signer with a fresh seed from the operating system."""
        return cls(os.urandom(KEY_BYTES))

    @property
    def scheme(self) -> str:
        """The signature scheme, as in `PublicKey.scheme`."""
        return self.public_key.scheme

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature over *message* (deterministic, RFC 8032)."""
        return crypto_sign(message, self._secret)[:SIGNATURE_BYTES]
