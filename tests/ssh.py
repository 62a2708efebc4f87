# SPDX-License-Identifier: Apache-2.0
"""A real ssh-agent of OpenSSH, for the tests that sign with one."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import pytest

_PATH = "/usr/local/bin:/usr/bin:/bin"


@attrs.frozen
class Agent:
    """A running ssh-agent: its socket, and the folder that it and its keys are in."""

    socket: str
    folder: Path

    def add(self, name: str, kind: str) -> str:
        """Make the key *name*, give it to the agent, and return what `ssh-keygen -l` says of it."""
        path = self.folder / name
        self.run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", f"{name}'s key", "-f", str(path))
        self.run("ssh-add", "-q", str(path))
        return self.run("ssh-keygen", "-lf", str(path))

    def run(self, *command: str) -> str:
        """Run *command* for this agent, and return what it prints."""
        environment = {"SSH_AUTH_SOCK": self.socket, "HOME": str(self.folder), "PATH": _PATH}
        done = subprocess.run(
            command, env=environment, capture_output=True, check=True, text=True, timeout=60
        )
        return done.stdout


@contextmanager
def running_agent() -> Iterator[Agent]:
    """Yield an agent of one's own, which ends with the block; skip the test if there is none."""
    program = shutil.which("ssh-agent", path=_PATH)
    if program is None:
        pytest.skip("there is no ssh-agent here; Debian has it in openssh-client")
    with TemporaryDirectory(prefix="a") as folder:  # a name of a socket is short
        command = [program, "-D", "-a", f"{folder}/s"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env={"PATH": _PATH}) as process:
            try:
                assert process.stdout is not None
                process.stdout.readline()  # it prints where it listens, once it does
                yield Agent(f"{folder}/s", Path(folder))
            finally:
                process.terminate()
