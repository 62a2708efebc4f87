# SPDX-License-Identifier: Apache-2.0
"""Keys made by the openssl command, for signers that are not ours."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from helm_logic.ledger.keys import ECDSA_P256, ED25519, PublicKey

OPENSSL = shutil.which("openssl")

_MAKE = {"EC": ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"), "ED25519": ("ED25519",)}


def make_key(path: Path, kind: str) -> Path:
    """Make a private key of *kind*, `EC` (P-256) or `ED25519`, in the new PEM file *path*."""
    command = [str(OPENSSL), "genpkey", "-algorithm", *_MAKE[kind], "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


def public_key(path: Path) -> PublicKey:
    """Return the public key of the PEM file *path*, as openssl tells it."""
    command = [str(OPENSSL), "pkey", "-in", str(path), "-pubout", "-outform", "DER"]
    der = subprocess.run(command, check=True, capture_output=True).stdout
    key = PublicKey(der[26:], ECDSA_P256) if len(der) == 91 else PublicKey(der[12:], ED25519)
    assert key.spki == der
    return key
