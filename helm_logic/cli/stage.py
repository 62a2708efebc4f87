# SPDX-License-Identifier: Apache-2.0
"""The stage of `helm-logic demo`: runs real commands in a folder and shows them with their output.

Invariants:
- what stands after `$` is what was run, and below it is what that printed; only digests are
  shortened, long lines wrapped, and lines left out that the story has no use for;
- a command that ends with another exit code than the story wants stops the story;
- it reads the same without colour, at 100 columns.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import textwrap
from collections.abc import Iterable
from pathlib import Path

import click

from helm_logic.cli.main import main
from helm_logic.errors import HelmError

_WIDTH = 88
_OVER = 9  # what a line of output may be longer, up to column 100
_DIGEST = re.compile(r"(sha256:[0-9a-f]{8})[0-9a-f]{56}")


class StoryError(HelmError):
    """A command of the story did not end as it had to."""


class Stage:
    """Plays in *folder*; *commands* are those run so far, each with its exit code."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commands: list[tuple[str, int]] = []
        self._titles = 0

    def title(self, text: str) -> None:
        """Begin a part."""
        self._titles += 1
        click.echo("\n" + click.style(f"{self._titles}. {text}", bold=True))

    def say(self, text: str) -> None:
        """Show *text* as a paragraph."""
        click.echo()
        for line in textwrap.wrap(text, _WIDTH, break_on_hyphens=False, break_long_words=False):
            click.echo(f"   {line}")

    def show(self, lines: Iterable[str]) -> None:
        """Show *lines* as they are, indented, with short digests; those too long are wrapped."""
        click.echo()
        for line in lines:
            for part in _wrapped(_DIGEST.sub(r"\1...", line)):
                click.echo(f"   {part}".rstrip())

    def run(self, command: str, *, want: int, only: str = "", tree: bool = False) -> None:
        """Run *command*, what a shell has after `helm-logic`, and show what it prints.

        Of that, only the lines in which the regular expression *only* is found; with *tree*, only
        what follows the first empty line. Raises StoryError if the exit code is not *want*.
        """
        command = f"helm-logic {command}"
        code, printed = self._run(shlex.split(command.replace("\\\n", ""))[1:])
        if code != want:
            raise StoryError(f"`{command}` ended with {code}, want {want}: {printed}")
        self.commands.append((command, code))
        lines = (printed.partition("\n\n")[2] if tree else printed).splitlines()
        typed = click.style(f"$ {command}", bold=True).split("\n")
        self.show([*typed, *(line for line in lines if re.search(only, line))])

    def _run(self, words: list[str]) -> tuple[int, str]:
        printed = io.StringIO()
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            try:
                main.main(words)
            except SystemExit as end:
                code = end.code
        return code if isinstance(code, int) else 0, printed.getvalue()


def _wrapped(line: str) -> list[str]:
    if len(click.unstyle(line)) <= _WIDTH + _OVER:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(line, _WIDTH, subsequent_indent=indent, break_on_hyphens=False)
