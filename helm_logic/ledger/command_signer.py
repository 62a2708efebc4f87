# SPDX-License-Identifier: Apache-2.0
"""Signing by a command: the bytes to sign on its stdin, the signature on its stdout.

Invariants:
- the command is started without a shell, in the policy folder, and its stdout is the signature and
  nothing else: 64 bytes for Ed25519, DER for ECDSA;
- it has a time to end in. After that it is killed, and so is whatever it started;
- any end but exit code 0 is an error, whatever was printed.

Its stderr is that of this process, for it may have something to say to a person.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import attrs

from helm_logic.errors import SignerError
from helm_logic.ledger.keys import PublicKey

PATIENCE = 60.0  # seconds
MAX_OUTPUT = 4096


@attrs.frozen(eq=False)
class CommandSigner:
    """Signs by running *arguments* in *folder*; *public_key* is the one it is said to sign with."""

    public_key: PublicKey
    arguments: tuple[str, ...]
    folder: Path
    patience: float = PATIENCE

    @property
    def scheme(self) -> str:
        """The signature scheme, as in `PublicKey.scheme`."""
        return self.public_key.scheme

    def sign(self, message: bytes) -> bytes:
        """Return what the command prints when it is given *message*; raise SignerError."""
        name = self.arguments[0]
        try:
            # A session of its own: the command and what it starts can be ended as one.
            process = subprocess.Popen(  # noqa: S603 - the policy's owner wrote it into helm.toml
                self.arguments,
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise SignerError(f"the signer `{name}` was not started: {error.strerror}") from error
        with process:
            try:
                output, _ = process.communicate(message, self.patience)
            except subprocess.TimeoutExpired:
                raise SignerError(
                    f"the signer `{name}` did not end within {self.patience:g} seconds"
                ) from None
            finally:
                _end(process)
        if process.returncode != 0:
            raise SignerError(f"the signer `{name}` failed with exit code {process.returncode}")
        if not 1 <= len(output) <= MAX_OUTPUT:
            raise SignerError(f"the signer `{name}` printed {len(output)} bytes, no signature")
        return output


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the session of *process*; if it ended by itself, there is none left to kill."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
