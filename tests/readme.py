# SPDX-License-Identifier: Apache-2.0
"""The README as a session: its commands are run, and what they print is compared or written.

- A `console` block holds commands after `$ ` (continued after `> `) with what they print below.
  All of them run in one shell, in an empty folder at first, so `cd` and files carry over.
- A `python` block runs in the folder where the shell then is; the `text` block after it is its
  output.
- Digests, key ids, public keys and times differ in every run. They are compared as kinds, and the
  one that came out is put into later commands in the place of the one that stands on the page.

`python -m tests.readme` runs the page and writes what came out into it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

import attrs

README: Final = Path(__file__).resolve().parents[1] / "README.md"

_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Longest first: a digest holds what would be an id by itself.
VARIABLE: Final = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"
    r"|(?P<key>ed25519:[A-Za-z0-9+/]{43}=)"
    r"|(?P<digest>\b[0-9a-f]{64}\b)"
    r"|(?P<id>\b[0-9a-f]{16}\b)"
    r"|(?P<beginning>(?<=sha256:)[0-9a-f]{12}\b)"
)
_END: Final = "\x1e"


@attrs.frozen
class Block:
    """One fenced block: its language, its text, and where the text stands in the page."""

    language: str
    text: str
    start: int

    @property
    def commands(self) -> Iterator[tuple[str, str]]:
        """The commands of a `console` block as a shell reads them, each with what it prints."""
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            typed, _, printed = part.partition("\n")
            while printed.startswith("> "):
                more, _, printed = printed.removeprefix("> ").partition("\n")
                typed += "\n" + more
            yield typed, printed


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of *page* in order."""
    return [Block(found[1], found[2], found.start(2)) for found in _BLOCK.finditer(page)]


class Shell:
    """A shell that keeps its folder and variables between commands."""

    def __init__(self, folder: Path) -> None:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self._process = subprocess.Popen(
            ["/bin/sh"],
            cwd=folder,
            env={**os.environ, "PATH": path, "COLUMNS": "100"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, command: str) -> str:
        """Return what *command* prints, on stdout or stderr; `$?` stays its exit code."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{command}\ncode=$?; printf '\\036\\n'; (exit $code)\n")
        stdin.flush()
        lines = []
        for line in stdout:
            before, end, _ = line.partition(_END)
            lines.append(before)
            if end:
                break
        return "".join(lines)


def normalised(text: str) -> str:
    """Return *text* with everything that differs in every run replaced by its kind."""
    return VARIABLE.sub(lambda found: f"<{found.lastgroup}>", text)


@attrs.frozen
class Played:
    """A command as it was run, what the page says that it prints, and what it did print."""

    command: str
    expected: str
    printed: str


class Session:
    """Runs the blocks of a page in *shell*; *names* maps what the page says to what came out."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._names: dict[str, str] = {}

    def run(self, command: str, expected: str) -> Played:
        """Run *command*; learn from what it prints what the names in *expected* stand for."""
        command = VARIABLE.sub(self._known, command)
        printed = self._shell.run(command)
        said, came = (list(VARIABLE.finditer(text)) for text in (expected, printed))
        if [each.lastgroup for each in said] == [each.lastgroup for each in came]:
            self._names.update((one[0], other[0]) for one, other in zip(said, came, strict=True))
        return Played(command, expected, printed)

    def _known(self, found: re.Match[str]) -> str:
        return self._names.get(found[0], found[0])


def play(page: str) -> Iterator[tuple[Block, Played]]:
    """Run *page*; yield each command with its block, for a program its `text` block."""
    with tempfile.TemporaryDirectory() as folder, Shell(Path(folder)) as shell:
        session = Session(shell)
        program = ""
        for block in blocks(page):
            if block.language == "console":
                for command, expected in block.commands:
                    yield block, session.run(command, expected)
            elif block.language == "python":
                program = f"python - <<'PROGRAM'\n{block.text}PROGRAM"
            elif block.language == "text":
                yield block, session.run(program, block.text)


def written(page: str) -> str:
    """Return *page* with the commands as they were run and what they printed."""
    texts: dict[Block, str] = {}
    for block, played in play(page):
        typed = played.command.replace("\n", "\n> ")
        session = f"{texts.get(block, '')}$ {typed}\n{played.printed}"
        texts[block] = played.printed if block.language == "text" else session
    for block, text in reversed(texts.items()):
        page = page[: block.start] + text + page[block.start + len(block.text) :]
    return page


if __name__ == "__main__":
    README.write_text(written(README.read_text("utf-8")), "utf-8")
