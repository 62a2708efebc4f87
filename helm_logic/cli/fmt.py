# SPDX-License-Identifier: Apache-2.0
"""`helm-logic fmt`: rule files in the one style. A file that does not parse is left as it is."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

import click

from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.options import FILE_OR_STDIN, STDIN, read_file, shown
from helm_logic.errors import PolicyError, RuleError
from helm_logic.lang import SizeLimits, Source, format_tree, parse
from helm_logic.ledger.durable import replace_file


@click.command("fmt")
@click.argument("files", nargs=-1, required=True, type=FILE_OR_STDIN, metavar="FILE...")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if a file is not in the style.")
@click.option("--diff", is_flag=True, help="Like --check, and show what would change.")
def command(*, files: tuple[Path, ...], check: bool, diff: bool) -> int:
    """Rewrite each FILE in the one style; with `-`, from stdin to stdout.

    Comments and meaning stay. There are no options of style.

    \b
    Examples:
      helm-logic fmt rules/main.dl
      helm-logic fmt --check rules/*.dl
      helm-logic fmt - < draft.dl

    Exit code: 0, 1 with --check or --diff if a file would change, 2 if one does not parse.
    """
    code = OK
    for path in files:
        text = _read(path)
        formatted = _formatted(path, text)
        if path == STDIN and not (check or diff):
            click.echo(formatted, nl=False)
        elif formatted != text:
            if diff:
                click.echo(_diff(path, text, formatted), nl=False)
            if check or diff:
                code = FINDINGS
                click.echo(f"would change {shown(path)}", err=True)
            else:
                replace_file(path, formatted.encode("utf-8"), path.stat().st_mode & 0o777)
                click.echo(f"changed {shown(path)}", err=True)
    return code


def _read(path: Path) -> str:
    most = SizeLimits().characters * 4 + 1  # utf-8 has at most four bytes a character
    try:
        return read_file(path, most).decode("utf-8")
    except UnicodeDecodeError as error:
        raise PolicyError(f"`{path}` is not utf-8 at byte {error.start}") from None


def _formatted(path: Path, text: str) -> str:
    parsed, found = parse(Source(shown(path), text))
    if found:
        raise RuleError(f"`{shown(path)}` does not parse", found)
    return format_tree(parsed)


def _diff(path: Path, old: str, new: str) -> str:
    name = shown(path)
    lines = unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), name, f"{name} (formatted)"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ no line end\n" for line in lines)
