# SPDX-License-Identifier: Apache-2.0
"""The library of disk.c: building it, running a module under it, and using it from there.

It needs Linux and a C compiler; where there is none the tests that need it are skipped.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from enum import IntEnum
from pathlib import Path

ROOT = Path(__file__).parents[3]
_SOURCE = Path(__file__).with_name("disk.c")


class How(IntEnum):
    """How an operation fails, as disk.c numbers them."""

    REFUSED = 0
    KILLED_BEFORE = 1
    KILLED_AFTER = 2
    HALF = 3
    HALF_KILLED = 4
    DONE_AND_REFUSED = 5
    REFUSED_FROM_HERE = 6


class Disk:
    """What stands between this process and its files: it must have been started by `run_under`."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None)

    def arm(self, folder: Path, number: int = 0, how: How = How.REFUSED, error: int = 0) -> None:
        """Count operations below *folder* from one; let *number* of them fail (0: none)."""
        self._library.disk_arm(os.fsencode(folder), number, int(how), error)

    def trace(self, descriptor: int) -> None:
        """Write every operation from now on to *descriptor*."""
        self._library.disk_trace(descriptor)

    def mark(self, text: str) -> None:
        """Write *text*, without a line break, into the trace."""
        self._library.disk_mark(text.encode())

    def count(self) -> int:
        """Return how many operations there were since `arm`."""
        found: int = self._library.disk_count()
        return found


def compiler() -> str | None:
    """Return the C compiler that builds the library here, None if there is none."""
    return shutil.which("cc") if sys.platform == "linux" else None


def run_under(module: str, *arguments: str) -> str:
    """Run *module* in a process with the library before its files; return what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "disk.so"
        command = [compiler() or "cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE)]
        subprocess.run([*command, "-ldl"], check=True)
        environment = {
            # Nothing measures what runs there: it would be most of the time.
            **{name: each for name, each in os.environ.items() if not name.startswith("COVERAGE")},
            "LD_PRELOAD": str(library),
        }
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(command, check=True, cwd=ROOT, env=environment, capture_output=True)
        return done.stdout.decode()
