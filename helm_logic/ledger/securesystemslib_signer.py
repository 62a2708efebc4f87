# SPDX-License-Identifier: Apache-2.0
"""Signing by what securesystemslib reaches: AWS, Azure and Google key services, Vault, PKCS#11.

Invariants:
- the key is the one that the settings state; securesystemslib is told it and never asked for it;
- whatever goes wrong in there (network, credentials, a missing library) is one SignerError.

The one importer of securesystemslib, of the extra `kms`, loaded when a signer asks for it. Each
service takes its own extra beside that: pip install 'securesystemslib[awskms]', and the like.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

import attrs

from helm_logic.errors import SignerError
from helm_logic.ledger.base64text import print_base64
from helm_logic.ledger.keys import ED25519, PublicKey
from helm_logic.ledger.passphrase import Passphrases

T = TypeVar("T")

if TYPE_CHECKING:
    from securesystemslib.signer import Signer as LibrarySigner
    from securesystemslib.signer import SSlibKey


@attrs.frozen(eq=False)
class SecuresystemslibSigner:
    """Signs by *signer*, securesystemslib's for the private key URI *uri*."""

    public_key: PublicKey
    uri: str
    signer: LibrarySigner

    @property
    def scheme(self) -> str:
        """The signature scheme, as in `PublicKey.scheme`."""
        return self.public_key.scheme

    def sign(self, message: bytes) -> bytes:
        """Return the service's signature over *message*; raise SignerError if it gives none."""
        return _called(self.uri, lambda: bytes.fromhex(self.signer.sign(message).signature))


def open_securesystemslib(
    uri: str, key: PublicKey, passphrases: Passphrases
) -> SecuresystemslibSigner:
    """Return the signer for the private key *uri*, whose public key is *key*; raise SignerError.

    A PIN that the service asks for is the first that *passphrases* give for the URI.
    """
    if find_spec("securesystemslib") is None:
        raise SignerError(
            f"the signer `{uri}` needs securesystemslib; install it: pip install 'helm-logic[kms]'"
        )
    from securesystemslib.signer import Signer as Library  # noqa: PLC0415 - an extra

    def secret(name: str) -> str:
        for given in passphrases(f"{uri} ({name})"):
            return given.decode("utf-8")
        raise SignerError(f"the signer `{uri}` asks for its {name}, and none was given")

    made = _called(uri, lambda: Library.from_priv_key_uri(uri, _library_key(key), secret))
    return SecuresystemslibSigner(key, uri, made)


def _library_key(key: PublicKey) -> SSlibKey:
    from securesystemslib.signer import SSlibKey  # noqa: PLC0415 - an extra

    if key.scheme == ED25519:
        return SSlibKey(key.keyid, "ed25519", "ed25519", {"public": key.raw.hex()})
    pem = f"-----BEGIN PUBLIC KEY-----\n{print_base64(key.spki)}\n-----END PUBLIC KEY-----\n"
    return SSlibKey(key.keyid, "ecdsa", "ecdsa-sha2-nistp256", {"public": pem})


def _called(uri: str, call: Callable[[], T]) -> T:
    try:
        return call()
    except SignerError:
        raise
    except Exception as error:  # its documentation: "generic try-except"
        raise SignerError(f"the signer `{uri}` failed: {type(error).__name__}: {error}") from error
