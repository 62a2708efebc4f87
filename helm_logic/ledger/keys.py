# SPDX-License-Identifier: Apache-2.0
"""Public keys, signers and private key files.

Invariants:
- A key id is the hex SHA-256 of the key's DER SubjectPublicKeyInfo (RFC 8410): anyone can compute
  it again with openssl and sha256sum. It says which key to look up and decides nothing.
- The scheme comes from the key a verifier already holds, never from what is being verified.
- Verification is libsodium's: malleable, non-canonical and small-order input is refused.
- A private key file is created once (never overwritten) with mode 0600 and is not read when group
  or others may touch it. No repr, message or log line contains a seed.

Other signers (agents, commands, key services) implement `Signer`; envelopes are in `envelope`.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Protocol, Self

import attrs
from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import BadSignatureError

from helm_logic.errors import KeyFileError, SignatureError
from helm_logic.ledger.base64text import parse_base64, print_base64
from helm_logic.ledger.durable import create_file

ED25519 = "ed25519"
KEY_BYTES = 32
SIGNATURE_BYTES = 64

_SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: algorithm 1.3.101.112
_FILE_HEADER = "helm-logic private key v1"
_MAX_FILE_BYTES = 1024


@attrs.frozen
class PublicKey:
    """One Ed25519 public key: *raw* is its 32 bytes (RFC 8032), *keyid* its 64-digit name."""

    raw: bytes = attrs.field()
    scheme: str = attrs.field(default=ED25519)
    keyid: str = attrs.field(init=False, eq=False)

    @raw.validator
    def _raw_length(self, _: object, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise ValueError(f"got a public key of {len(raw)} bytes, want {KEY_BYTES}")

    @scheme.validator
    def _known_scheme(self, _: object, scheme: str) -> None:
        if scheme != ED25519:
            raise ValueError(f"got the scheme `{scheme[:24]}`, want `{ED25519}`")

    @keyid.default
    def _keyid(self) -> str:
        return hashlib.sha256(_SPKI_PREFIX + self.raw).hexdigest()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key printed as *text*, `ed25519:` and base64; raise ValueError otherwise."""
        scheme, _, encoded = text.partition(":")
        return cls(parse_base64(encoded), scheme)

    @property
    def text(self) -> str:
        """The key as `parse` reads it."""
        return f"{self.scheme}:{print_base64(self.raw)}"

    def __str__(self) -> str:
        return self.text

    def verify(self, message: bytes, signature: bytes) -> None:
        """Return if *signature* is this key's over *message*; raise SignatureError otherwise."""
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


def write_key_file(path: Path, signer: SeedSigner) -> None:
    """Write *signer*'s seed to the new file *path*, mode 0600, durably.

    Raises KeyFileError if the file exists or cannot be written; nothing is left behind then.
    """
    try:
        create_file(path, _print_key_file(signer), 0o600)
    except FileExistsError:
        raise KeyFileError(
            f"key file `{path}` exists and is never overwritten; choose another name"
        ) from None
    except OSError as error:
        raise KeyFileError(f"key file `{path}` was not written: {error.strerror}") from error


def read_key_file(path: Path) -> SeedSigner:
    """Return the signer whose seed is in *path*; raise KeyFileError if it is unsafe or not one."""
    text = _read_private(path)
    lines = text.split("\n")
    if lines[0] != _FILE_HEADER:
        raise KeyFileError(f"key file `{path}` does not begin with `{_FILE_HEADER}`")
    try:
        signer = SeedSigner(parse_base64(lines[-2].removeprefix("seed: ")))
    except (ValueError, IndexError):
        raise KeyFileError(f"key file `{path}` holds no seed of {KEY_BYTES} bytes") from None
    if _print_key_file(signer).decode("ascii") != text:
        raise KeyFileError(
            f"key file `{path}` is damaged: its lines do not fit its seed; restore it from a backup"
        )
    return signer


def _print_key_file(signer: SeedSigner) -> bytes:
    seed = print_base64(signer._seed)  # noqa: SLF001 - the file is the seed's one way out
    return f"{_FILE_HEADER}\npublic: {signer.public_key}\nseed: {seed}\n".encode("ascii")


def _read_private(path: Path) -> str:
    try:
        # O_NONBLOCK: opening a fifo must not wait for a writer before it is refused.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            _require_private(path, os.fstat(descriptor))  # of what was opened, not of its name
            data = os.read(descriptor, _MAX_FILE_BYTES + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise KeyFileError(f"key file `{path}` was not read: {error.strerror}") from error
    if len(data) > _MAX_FILE_BYTES or not data.isascii():
        raise KeyFileError(f"key file `{path}` is not a helm-logic private key")
    return data.decode("ascii")


def _require_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeyFileError(f"key file `{path}` is not a regular file")
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise KeyFileError(
            f"key file `{path}` is open to others: got mode {mode:04o}, want 0600;"
            f" run `chmod 600 {path}` and replace the key if others may have read it"
        )
