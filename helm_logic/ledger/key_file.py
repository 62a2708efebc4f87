# SPDX-License-Identifier: Apache-2.0
"""Private key files: an Ed25519 seed in the open, or sealed by a passphrase.

    helm-logic private key v1        helm-logic private key v2
    public: ed25519:<base64>         public: ed25519:<base64>
    seed: <base64>                   kdf: argon2id <passes> <bytes of memory> <salt>
                                     box: <base64>

Invariants:
- a file has mode 0600 and is not read when group or others may touch it;
- `write_key_file` never overwrites; `replace_key_file` leaves the old file or the new one, whole;
- a file has one byte form, and its public key is that of its seed: any changed byte is noticed, in
  a sealed file at the latest when it is opened. No message contains a seed or a passphrase.

The sealing itself is in `sealed_seed`, the passphrases come from `passphrase`.
"""

from __future__ import annotations

from pathlib import Path

import attrs

from helm_logic.errors import KeyFileError
from helm_logic.ledger.base64text import parse_base64, print_base64
from helm_logic.ledger.durable import create_file, replace_file
from helm_logic.ledger.keys import KEY_BYTES, PublicKey, SeedSigner
from helm_logic.ledger.passphrase import FILE_VARIABLE, Passphrases, environment_passphrases
from helm_logic.ledger.private_file import read_private
from helm_logic.ledger.sealed_seed import Cost, SealedSeed, seal

_PLAIN = "helm-logic private key v1"
_SEALED = "helm-logic private key v2"
_MAX_FILE_BYTES = 1024


@attrs.frozen
class KeyFile:
    """A key file as it was read: the public key that it states, and a seed, open or sealed."""

    path: Path
    public_key: PublicKey
    _seed: SeedSigner | SealedSeed = attrs.field(repr=False)

    @property
    def sealed(self) -> bool:
        """Whether it takes a passphrase to sign with."""
        return isinstance(self._seed, SealedSeed)

    def unlock(self, passphrases: Passphrases) -> SeedSigner:
        """Return the signer; raise KeyFileError if none of *passphrases* opens the file."""
        if isinstance(self._seed, SeedSigner):
            return self._seed
        tried = 0
        for tried, passphrase in enumerate(passphrases(str(self.path)), 1):  # noqa: B007 - counted
            seed = self._seed.open(passphrase)
            if seed is not None:
                return self._fitting(seed)
        if tried:
            raise KeyFileError(f"key file `{self.path}` is encrypted, and no passphrase fits")
        raise KeyFileError(
            f"key file `{self.path}` is encrypted and no passphrase was given; start this in a"
            f" terminal, or set {FILE_VARIABLE} to a file that holds it"
        )

    def _fitting(self, seed: bytes) -> SeedSigner:
        if len(seed) != KEY_BYTES or SeedSigner(seed).public_key != self.public_key:
            raise _damaged(self.path)
        return SeedSigner(seed)


def write_key_file(
    path: Path, signer: SeedSigner, passphrase: bytes | None = None, cost: Cost | None = None
) -> None:
    """Write *signer*'s seed to the new file *path*, mode 0600, durably; sealed by *passphrase*.

    Raises KeyFileError if the file exists or cannot be written; nothing is left behind then.
    """
    try:
        create_file(path, _print(signer, passphrase, cost), 0o600)
    except FileExistsError:
        raise KeyFileError(
            f"key file `{path}` exists and is never overwritten; choose another name"
        ) from None
    except OSError as error:
        raise KeyFileError(f"key file `{path}` was not written: {error.strerror}") from error


def replace_key_file(
    path: Path, signer: SeedSigner, passphrase: bytes | None = None, cost: Cost | None = None
) -> None:
    """Make *path* hold *signer*'s seed in one step, in the form that `write_key_file` gives it."""
    try:
        replace_file(path, _print(signer, passphrase, cost), 0o600)
    except OSError as error:
        raise KeyFileError(f"key file `{path}` was not written: {error.strerror}") from error


def open_key_file(path: Path) -> KeyFile:
    """Return the key file *path*, unlocked or not; raise KeyFileError if it is unsafe or none."""
    data = read_private(path, "key file", _MAX_FILE_BYTES)
    if not data.isascii():
        raise KeyFileError(f"key file `{path}` is not a helm-logic private key")
    text = data.decode("ascii")
    header, *lines = text.split("\n")
    if header == _PLAIN:
        return _plain(path, text, lines)
    if header == _SEALED:
        return _sealed(path, text, lines)
    raise KeyFileError(f"key file `{path}` does not begin with `{_PLAIN}`, nor the like with `v2`")


def read_key_file(path: Path, passphrases: Passphrases | None = None) -> SeedSigner:
    """Return the signer whose seed is in *path*; raise KeyFileError if it is unsafe or not one.

    An encrypted file is opened by *passphrases*: by default, those that the environment leads to.
    """
    return open_key_file(path).unlock(passphrases or environment_passphrases())


def _plain(path: Path, text: str, lines: list[str]) -> KeyFile:
    try:
        signer = SeedSigner(parse_base64(lines[1].removeprefix("seed: ")))
    except (ValueError, IndexError):
        raise KeyFileError(f"key file `{path}` holds no seed of {KEY_BYTES} bytes") from None
    if _print(signer).decode("ascii") != text:
        raise _damaged(path)
    return KeyFile(path, signer.public_key, signer)


def _sealed(path: Path, text: str, lines: list[str]) -> KeyFile:
    try:
        public, kdf, box, _ = (line.partition(": ")[2] for line in lines)
        sealed = SealedSeed.parse(kdf, box)
        key = PublicKey.parse(public)
    except ValueError:
        raise _damaged(path) from None
    if _print_sealed(key, sealed) != text:
        raise _damaged(path)
    return KeyFile(path, key, sealed)


def _damaged(path: Path) -> KeyFileError:
    return KeyFileError(
        f"key file `{path}` is damaged: its lines do not fit its seed; restore it from a backup"
    )


def _print(signer: SeedSigner, passphrase: bytes | None = None, cost: Cost | None = None) -> bytes:
    seed = signer._seed  # noqa: SLF001 - the file is the seed's one way out
    if passphrase is not None:
        sealed = seal(seed, passphrase, cost or Cost())
        return _print_sealed(signer.public_key, sealed).encode("ascii")
    return f"{_PLAIN}\npublic: {signer.public_key}\nseed: {print_base64(seed)}\n".encode("ascii")


def _print_sealed(key: PublicKey, sealed: SealedSeed) -> str:
    kdf, box = sealed.lines()
    return f"{_SEALED}\npublic: {key}\nkdf: {kdf}\nbox: {box}\n"
