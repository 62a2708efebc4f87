# SPDX-License-Identifier: Apache-2.0
"""Small files that are on the disk when the call returns.

Invariants:
- A file is synced before its name is, and its directory before the call returns, so a power cut
  leaves the old file or the new one and never half of one.
- `create_file` never replaces a file, `replace_file` does so in one step.

Failures are OSError, as the system gave them; the callers say what they mean for keys and stores.
"""

from __future__ import annotations

import os
from pathlib import Path


def create_file(path: Path, data: bytes, mode: int) -> None:
    """Write *data* to the new file *path*, permission bits *mode*; FileExistsError if it exists."""
    _write(path, data, mode, os.O_EXCL)
    sync_directory(path.parent)


def replace_file(path: Path, data: bytes, mode: int) -> None:
    """Make *path* hold *data*, atomically. One writer at a time: the temporary name is fixed."""
    temporary = path.with_name(path.name + ".tmp")
    _write(temporary, data, mode, os.O_TRUNC | os.O_NOFOLLOW)
    temporary.replace(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in the directory *path* durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, data: bytes, mode: int, flags: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flags, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)  # the umask may have taken bits away
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        path.unlink(missing_ok=True)  # a half-written key must not block the next attempt
        raise
