# SPDX-License-Identifier: Apache-2.0
"""Reading small files that only their owner may read: private keys and passphrases.

INVARIANT: what is judged is what is read. The file is opened first, and its kind and permission
bits are those of the open file, not of a name that may mean another file a moment later.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from helm_logic.errors import KeyFileError


def read_private(path: Path, what: str, most: int) -> bytes:
    """Return at most *most* bytes of the *what* (`key file`) *path*; raise KeyFileError.

    Refused is what is no regular file, what others may touch, and what is longer.
    """
    try:
        # O_NONBLOCK: opening a fifo must not wait for a writer before it is refused.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            _require_private(path, what, os.fstat(descriptor))
            data = os.read(descriptor, most + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise KeyFileError(f"{what} `{path}` was not read: {error.strerror}") from error
    if len(data) > most:
        raise KeyFileError(f"{what} `{path}` is longer than {most} bytes, and so not one of ours")
    return data


def _require_private(path: Path, what: str, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeyFileError(f"{what} `{path}` is not a regular file")
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise KeyFileError(
            f"{what} `{path}` is open to others: got mode {mode:04o}, want 0600;"
            f" run `chmod 600 {path}` and replace what it holds if others may have read it"
        )
