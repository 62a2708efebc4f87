# SPDX-License-Identifier: Apache-2.0
"""The command as a process of its own, for what only processes show: pipes, imports, exit codes."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMMAND = (sys.executable, "-m", "helm_logic.cli.main")
GIVE_UP = 120  # seconds until a process that hangs is ended, and its test fails for want of output


def run(*arguments: str, folder: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command with *arguments* in *folder* to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        check=False,
        timeout=GIVE_UP,
    )


@contextmanager
def started(*arguments: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start the command with *arguments* in *folder*; its pipes are open, and unbuffered here."""
    with subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        watch = threading.Timer(GIVE_UP, process.kill)
        watch.start()
        try:
            yield process
        finally:
            watch.cancel()
            process.kill()


def modules_after(*arguments: str, folder: Path) -> set[str]:
    """Return the names of the modules that the command with *arguments* has loaded at its end."""
    program = (
        "import sys\n"
        "from helm_logic.cli.main import main\n"
        "try:\n"
        f"    main({list(arguments)!r})\n"
        "except SystemExit:\n"
        "    print(*sys.modules, sep='\\n', file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, check=True
    )
    return set(done.stderr.decode().split())
