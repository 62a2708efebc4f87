# SPDX-License-Identifier: Apache-2.0
"""`helm-logic check`: every finding about rule files in one run, each in its place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.options import FILE, json_option, policy_folder, policy_option, shown
from helm_logic.cli.palette import good
from helm_logic.lang import Diagnostic, Source, diagnose, render
from helm_logic.lang.codes import CODES, ERROR, WARNING
from helm_logic.policy.folder import IncludeResolver, prelude, read_source
from helm_logic.policy.settings import parse_settings
from helm_logic.policy.trust import SETTINGS


def _explain(ctx: click.Context, _option: click.Parameter, code: str | None) -> None:
    if code is None:
        return
    known = CODES.get(code.upper())
    if known is None:
        raise click.UsageError(
            f"there is no code `{code}`; they run from {min(CODES)} to {max(CODES)}"
        )
    click.echo(f"{known.code} {known.title} ({known.severity})\n")
    click.echo(click.wrap_text(known.explanation, 100))
    ctx.exit(OK)


@click.command("check")
@click.argument("rules", nargs=-1, type=FILE, metavar="RULES...")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@click.option(
    "--explain",
    metavar="CODE",
    callback=_explain,
    expose_value=False,
    is_eager=True,
    help="Say what a code such as HL003 is about.",
)
@json_option
@policy_option
def command(*, rules: tuple[Path, ...], strict: bool, as_json: bool, policy: Path | None) -> int:
    """Find what is wrong with RULES files; without any, with the rules of the policy folder.

    Each file is read with what it includes, as `decide` would. One run shows every finding, with
    its line, what was expected and, where there is one, the fix. Nothing is evaluated.

    \b
    Examples:
      helm-logic check
      helm-logic check --strict rules/main.dl
      helm-logic check --explain HL003

    Exit code: 0 no errors (warnings may be shown), 1 findings, 2 if a file cannot be read.
    """
    found: list[Diagnostic] = []
    for path in rules or (_main_rules(policy),):
        found += _diagnose(path)
    found = list(dict.fromkeys(found))
    if as_json:
        click.echo(json.dumps([_value(each) for each in found], ensure_ascii=False, indent=2))
    else:
        for each in found:
            click.echo(render(each, colour=True) + "\n")
        click.echo(_summary(found))
    failing = (ERROR, WARNING) if strict else (ERROR,)
    return FINDINGS if any(each.severity in failing for each in found) else OK


def _main_rules(policy: Path | None) -> Path:
    folder = policy_folder(policy)
    return folder / parse_settings((folder / SETTINGS).read_bytes()).rules


def _diagnose(path: Path) -> Sequence[Diagnostic]:
    stock, source = prelude(), read_source(path)
    if source not in stock:
        source = Source(shown(path), source.text)
    return diagnose(source, IncludeResolver(path.parent), prelude=stock)


def _summary(found: Sequence[Diagnostic]) -> str:
    counts = [sum(each.severity == grade for each in found) for grade in (ERROR, WARNING)]
    if not any(counts):
        return good("no errors, no warnings")
    return ", ".join(
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in zip(counts, (ERROR, WARNING), strict=True)
    )


def _value(each: Diagnostic) -> dict[str, object]:
    return {
        "code": each.code,
        "column": each.span.column,
        "expected": each.expected or None,
        "file": each.span.source.name,
        "fix": each.fix or None,
        "line": each.span.line,
        "message": each.message,
        "notes": [
            {"file": note.span.source.name, "line": note.span.line, "message": note.message}
            for note in each.notes
        ],
        "severity": each.severity,
    }
