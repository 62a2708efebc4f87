# SPDX-License-Identifier: Apache-2.0
"""Four verifiers that others wrote, and one question to them: is this what was signed, or logged.

- securesystemslib, the reference implementation of DSSE (with `cryptography`), in this process;
- `openssl pkeyutl -verify -rawin`, which knows signatures alone and is given the PAE;
- @sigstore/verify from npm, which reads the envelope in a Sigstore bundle, run by node;
- golang.org/x/mod/sumdb, for proofs, tree heads and roots, in `verify_proofs.go`.

`make foreign` fetches and builds the last two into build/foreign; where that was not done, or a
program is missing, the test that asks is skipped.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from securesystemslib import dsse
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from helm_logic.ledger.envelope import Envelope, pae
from helm_logic.ledger.keys import PublicKey

HERE = Path(__file__).resolve().parent
BUILT = HERE.parents[1] / "build" / "foreign"
_SPKI = bytes.fromhex("302a300506032b6570032100")  # RFC 8410, written here once more on purpose

Signed = tuple[Envelope, PublicKey]


def by_securesystemslib(asked: Iterable[Signed]) -> list[bool]:
    """Say of each envelope whether securesystemslib finds it signed by its key."""
    return [_securesystemslib(*each) for each in asked]


def by_openssl(asked: Iterable[Signed]) -> list[bool]:
    """Say of each envelope whether OpenSSL finds its PAE signed by its key."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here")
    with TemporaryDirectory() as folder:
        return [_openssl(Path(folder), *each) for each in asked]


def by_sigstore(asked: Iterable[Signed]) -> list[bool]:
    """Say of each envelope whether @sigstore/verify accepts it, in a bundle with its key's hint."""
    node = shutil.which("node")
    if node is None or not (BUILT / "node_modules" / "@sigstore" / "verify").is_dir():
        pytest.skip("@sigstore/verify is not here: install node and npm, and run `make foreign`")
    command = [node, str(HERE / "verify_envelopes.js"), str(BUILT)]
    return [accepted for accepted, _ in _answers(command, [_bundle(*each) for each in asked])]


def by_go(questions: Sequence[dict[str, Any]]) -> list[tuple[bool, str]]:
    """Give the answers of Go's x/mod; `verify_proofs.go` says what the questions are."""
    if not (BUILT / "verify_proofs").is_file():
        pytest.skip(
            "Go's x/mod is not here: install Debian's golang-go and golang-golang-x-mod-dev,"
            " and run `make foreign`"
        )
    return _answers([str(BUILT / "verify_proofs")], questions)


def encoded(data: bytes) -> str:
    """Return *data* in base64."""
    return base64.b64encode(data).decode("ascii")


def _securesystemslib(envelope: Envelope, key: PublicKey) -> bool:
    known = SSlibKey(key.keyid, "ed25519", "ed25519", {"public": key.raw.hex()})
    try:
        dsse.Envelope.from_dict(json.loads(envelope.to_bytes())).verify([known], 1)
    except VerificationError:
        return False
    return True


def _openssl(folder: Path, envelope: Envelope, key: PublicKey) -> bool:
    files = {
        "key": _SPKI + key.raw,
        "signed": pae(envelope.payload_type, envelope.payload),
        "signature": envelope.signatures[0].signature,
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    options = "pkeyutl -verify -rawin -pubin -keyform DER -inkey key -in signed -sigfile signature"
    done = subprocess.run(
        ["openssl", *options.split()],  # noqa: S607 - whichever the system has
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode == 0


def _bundle(envelope: Envelope, key: PublicKey) -> dict[str, Any]:
    value: Any = envelope.to_value()
    bundle = {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": key.keyid}, "tlogEntries": []},
        "dsseEnvelope": value,
    }
    return {"key": encoded(_SPKI + key.raw), "keyid": key.keyid, "bundle": bundle}


def _answers(command: list[str], questions: Sequence[dict[str, Any]]) -> list[tuple[bool, str]]:
    lines = "".join(json.dumps(each) + "\n" for each in questions)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=600)  # noqa: PLW1510
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, len(answers)) == (0, len(questions)), done.stderr
    return [(accepted is True, str(why)) for accepted, why in answers]
