# SPDX-License-Identifier: Apache-2.0
"""Opening signers by name: what each name means, and that nothing unverified comes out."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from helm_logic.errors import KeyFileError, SignerError
from helm_logic.ledger.key_file import write_key_file
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.open_signer import CheckedSigner, open_signer, public_key_of, split_name
from helm_logic.ledger.passphrase import FILE_VARIABLE
from helm_logic.ledger.sealed_seed import Cost
from tests.ledger.keyring import ENGINE, LOG

KEY = ENGINE.public_key


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with the engine's key in the open, and encrypted, and its passphrase."""
    (tmp_path / "keys").mkdir()
    write_key_file(tmp_path / "keys" / "engine.key", ENGINE)
    write_key_file(tmp_path / "keys" / "sealed.key", ENGINE, b"secret", Cost(1, 8192))
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text("secret\n")
    return tmp_path


def test_a_file_is_named_by_its_path(folder: Path) -> None:
    """Alone or after `file:`; relative to the folder or not; encrypted or not."""
    environment = {FILE_VARIABLE: str(folder / "secret")}
    for name in (
        "keys/engine.key",
        "file:keys/engine.key",
        f"{folder}/keys/engine.key",
        f"file:{folder}/keys/engine.key",
        "keys/sealed.key",
    ):
        signer = open_signer(name, folder, None, environment)

        assert (signer.public_key, signer.scheme) == (KEY, "ed25519")
        assert signer.sign(b"m") == ENGINE.sign(b"m")
        assert public_key_of(name, folder) == KEY
    with pytest.raises(KeyFileError, match="no passphrase was given"):
        open_signer("keys/sealed.key", folder, None, {})


def test_a_name_that_is_no_kind_is_a_path(folder: Path) -> None:
    """A colon alone makes no kind, so that a misspelt one is a file that is not there."""
    assert split_name("agnet:SHA256:x") == ("file", "agnet:SHA256:x")
    assert split_name("file:a:b") == ("file", "a:b")
    assert split_name("agent:SHA256:x") == ("agent", "SHA256:x")
    assert split_name("agent") == ("file", "agent")
    with pytest.raises(KeyFileError, match=r"`.*agnet:SHA256:x` was not read"):
        open_signer("agnet:SHA256:x", folder)


@pytest.mark.parametrize("kind", ["command", "securesystemslib"])
@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("", "followed by the public key"),
        ("sign --now", "followed by the public key"),
        (f"{KEY}", "followed by nothing"),
        (f"{KEY}  ", "followed by nothing"),
        (f"{KEY}x sign", "followed by the public key"),
    ],
)
def test_a_signer_elsewhere_is_named_with_its_key(kind: str, rest: str, message: str) -> None:
    """Otherwise its answers could be held to nothing."""
    for use in (open_signer, public_key_of):
        with pytest.raises(SignerError, match=message):
            use(f"{kind}:{rest}", Path())


def test_the_key_of_a_signer_is_told_without_asking_it(folder: Path) -> None:
    """`public_key_of` starts no command and reaches no service."""
    for kind in ("command", "securesystemslib"):
        assert public_key_of(f"{kind}:{KEY} absent:command", folder) == KEY


def test_words_that_do_not_split_are_an_error(folder: Path) -> None:
    """A quote without its other half."""
    with pytest.raises(SignerError, match="No closing quotation"):
        open_signer(f"command:{KEY} sign 'it", folder)


@attrs.frozen
class Faulty:
    """A signer for the engine's key that answers *given*."""

    given: bytes
    public_key: PublicKey = KEY
    scheme: str = KEY.scheme

    def sign(self, message: bytes) -> bytes:
        """Answer what it was told to, whatever the message."""
        assert message
        return self.given


def test_nothing_unverified_comes_out() -> None:
    """Another key's signature, another message's, each single bit wrong, too short, nothing."""
    good = ENGINE.sign(b"m")
    flipped = [good[:at] + bytes([good[at] ^ 1 << at % 8]) + good[at + 1 :] for at in range(64)]
    for given in (LOG.sign(b"m"), ENGINE.sign(b"n"), *flipped, good[:-1], good + b"\0", b""):
        with pytest.raises(SignerError, match=f"`the name` did not sign as {KEY.text[:8]}"):
            CheckedSigner(Faulty(given), "the name").sign(b"m")
    assert CheckedSigner(Faulty(good), "the name").sign(b"m") == good
