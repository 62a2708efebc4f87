# SPDX-License-Identifier: Apache-2.0
"""Signing by a command: openssl as the signer, and commands that fail in every way they can."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from helm_logic.errors import SignerError
from helm_logic.ledger.command_signer import CommandSigner
from helm_logic.ledger.envelope import sign, verify
from helm_logic.ledger.open_signer import open_signer
from tests.ledger.keyring import ENGINE, TYPE
from tests.ledger.openssl import OPENSSL, make_key, public_key

needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="there is no openssl command here")


def run(*words: str, folder: Path, message: bytes = b"m", patience: float = 30.0) -> bytes:
    """Return what the command of *words* signs *message* with."""
    return CommandSigner(ENGINE.public_key, words, folder, patience).sign(message)


@needs_openssl
def test_openssl_signs_as_a_key_service_does(tmp_path: Path) -> None:
    """ECDSA from `openssl dgst`, whichever s it gives: the envelope verifies every time."""
    key = public_key(make_key(tmp_path / "k.pem", "EC"))
    signer = open_signer(f"command:{key} openssl dgst -sha256 -sign k.pem", tmp_path)

    assert (signer.public_key, signer.scheme) == (key, "ecdsa-p256-sha256")
    for number in range(6):  # all with the lower s by chance: 1 in 64
        envelope = sign(TYPE, b"receipt %d" % number, signer)
        assert verify(envelope, (key,)) == (key,)


@needs_openssl
def test_a_script_beside_the_settings_signs(tmp_path: Path) -> None:
    """A relative program is that of the folder; quotes keep words together; Ed25519 is 64 bytes."""
    key = public_key(make_key(tmp_path / "the key.pem", "ED25519"))
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "sign"
    script.write_text(
        '#!/bin/sh\ncat > message\nopenssl pkeyutl -sign -rawin -inkey "$1" -in message\n'
    )
    script.chmod(0o755)
    signer = open_signer(f"command:{key} bin/sign 'the key.pem'", tmp_path)

    envelope = sign(TYPE, b"a receipt", signer)
    assert verify(envelope, (key,)) == (key,)
    assert len(envelope.signatures[0].signature) == 64


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("absent-command",), "`absent-command` was not started: No such file"),
        (("./absent",), "`./absent` was not started: No such file"),
        (("/",), "`/` was not started: Permission denied"),
        (("sh", "-c", "cat; exit 3"), "`sh` failed with exit code 3"),
        (("sh", "-c", "cat; kill -9 $$"), "`sh` failed with exit code -9"),
        (("true",), "printed 0 bytes"),
        (("head", "-c", "4097", "/dev/zero"), "printed 4097 bytes"),
    ],
)
def test_a_command_that_fails(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    """Not there, not a program, ended in any way but well, or printed no signature."""
    with pytest.raises(SignerError, match=message):
        run(*words, folder=tmp_path)


def test_a_command_that_reads_nothing_is_no_broken_pipe(tmp_path: Path) -> None:
    """However much there was to read: what counts is what it prints."""
    assert run("printf", "signature", folder=tmp_path, message=bytes(1 << 20)) == b"signature"


def test_a_command_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    """After its time neither it nor its child runs on; nobody waits for the pipe they held."""
    script = "sleep 600 & echo $! > child; echo $$ > parent; wait"
    for patience in (0.3, 3.0, 30.0):  # the first that is enough to start both
        with pytest.raises(SignerError, match=f"did not end within {patience:g} seconds"):
            run("sh", "-c", script, folder=tmp_path, patience=patience)
        if (tmp_path / "parent").exists():
            break

    for name in ("parent", "child"):
        assert _ends(int((tmp_path / name).read_text()))


def test_what_a_command_complains_of_is_seen(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its stderr is ours: a person may be asked there to touch a key."""
    run("sh", "-c", "echo touch the key >&2; cat", folder=tmp_path)

    assert capfd.readouterr() == ("", "touch the key\n")


def _ends(process: int) -> bool:
    """Say whether *process* is gone or about to be; somebody else reaps it."""
    for _ in range(200):
        try:
            os.kill(process, 0)
            state = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False
