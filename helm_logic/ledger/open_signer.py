# SPDX-License-Identifier: Apache-2.0
"""Opening a signer by what the settings and commands call it: the one place that knows which exist.

    keys/engine.key, file:keys/engine.key      a key file, encrypted or not
    agent:SHA256:<fingerprint>                 an Ed25519 key in an ssh-agent ($SSH_AUTH_SOCK)
    command:<public key> <program> <words>     a program: bytes on stdin, the signature on stdout
    securesystemslib:<public key> <URI>        awskms:, azurekms:, gcpkms:, hv:, hsm:, file2:, ...

A relative path, of a key file or a program, is taken from the folder of helm.toml, or the current
one on a command line. A public key is written as `helm-logic keys show` does: it is what the
signer's answers are held to, so nobody has to be asked for it.

Invariants:
- what a signer opened here gives is verified with its public key before anyone gets it: a fault, a
  wrong slot or another key is an error where it happens, not a receipt that nobody can verify;
- only deciding and signing open one. Whoever verifies or reads somebody else's folder runs no
  command that its helm.toml names.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

import attrs

from helm_logic.errors import SignatureError, SignerError
from helm_logic.ledger import ecdsa
from helm_logic.ledger.command_signer import CommandSigner
from helm_logic.ledger.key_file import open_key_file
from helm_logic.ledger.keys import ECDSA_P256, PublicKey, Signer
from helm_logic.ledger.passphrase import Passphrases, environment_passphrases
from helm_logic.ledger.ssh_agent import AgentSigner, find_agent_key

FILE, AGENT, COMMAND, SECURESYSTEMSLIB = "file", "agent", "command", "securesystemslib"
KINDS = (FILE, AGENT, COMMAND, SECURESYSTEMSLIB)

_SOCKET = "SSH_AUTH_SOCK"


@attrs.frozen(eq=False)
class CheckedSigner:
    """Signs by *signer*, and gives a signature only if *public_key* verifies it."""

    signer: Signer
    name: str

    @property
    def public_key(self) -> PublicKey:
        """The key that verifies what this signer signs."""
        return self.signer.public_key

    @property
    def scheme(self) -> str:
        """The signature scheme, as in `PublicKey.scheme`."""
        return self.public_key.scheme

    def sign(self, message: bytes) -> bytes:
        """Return the signature over *message* in its one form; raise SignerError."""
        signature = self.signer.sign(message)
        try:
            if self.scheme == ECDSA_P256:
                signature = ecdsa.lower_half(signature)
            self.public_key.verify(message, signature)
        except SignatureError as error:
            key = self.public_key
            raise SignerError(f"`{self.name}` did not sign as {key}: {error}") from error
        return signature


def open_signer(
    name: str,
    folder: Path,
    passphrases: Passphrases | None = None,
    environment: Mapping[str, str] | None = None,
) -> Signer:
    """Return the signer called *name*, with paths from *folder*; raise KeyFileError or SignerError.

    *passphrases* open encrypted files and tokens, by default those that *environment* leads to.
    """
    variables = os.environ if environment is None else environment
    asked = passphrases or environment_passphrases(variables)
    kind, rest = split_name(name)
    signer: Signer
    match kind:
        case "agent":
            path = variables.get(_SOCKET, "")
            signer = AgentSigner(find_agent_key(path, rest), path)
        case "command":
            key, words = _stated_key(kind, rest)
            signer = CommandSigner(key, _words(words), folder)
        case "securesystemslib":
            from helm_logic.ledger.securesystemslib_signer import (  # noqa: PLC0415 - of an extra
                open_securesystemslib,
            )

            key, uri = _stated_key(kind, rest)
            signer = open_securesystemslib(uri, key, asked)
        case _:
            signer = open_key_file(folder / rest).unlock(asked)
    return CheckedSigner(signer, name)


def public_key_of(
    name: str, folder: Path, environment: Mapping[str, str] | None = None
) -> PublicKey:
    """Return the public key of the signer called *name*; raise KeyFileError or SignerError.

    Nothing is signed and no passphrase is asked for: it is the key that the signer is held to.
    """
    variables = os.environ if environment is None else environment
    kind, rest = split_name(name)
    if kind == AGENT:
        return find_agent_key(variables.get(_SOCKET, ""), rest).public_key
    if kind == FILE:
        return open_key_file(folder / rest).public_key
    return _stated_key(kind, rest)[0]


def split_name(name: str) -> tuple[str, str]:
    """Return which of `KINDS` *name* is, and what follows; without one of them it is a file."""
    kind, colon, rest = name.partition(":")
    return (kind, rest) if colon and kind in KINDS else (FILE, name)


def _stated_key(kind: str, rest: str) -> tuple[PublicKey, str]:
    text, _, words = rest.strip().partition(" ")
    try:
        key = PublicKey.parse(text)
    except ValueError as error:
        raise SignerError(f"`{kind}:` is followed by the public key: {error}") from None
    if not words.strip():
        raise SignerError(f"`{kind}:{text}` is followed by nothing; say who signs with that key")
    return key, words.strip()


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise SignerError(f"`command:` has words that do not split: {error}") from None
