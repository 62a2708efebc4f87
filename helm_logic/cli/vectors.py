# SPDX-License-Identifier: Apache-2.0
"""`helm-logic vectors`: run delegation vectors, ours or another's in the same format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.options import json_option, progress
from helm_logic.cli.palette import bad, dim, good, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helm_logic.guard.vectors import Outcome


@click.group("vectors")
def command() -> None:
    """Run delegation vectors: chains with the verdict and the reason that must come out.

    \b
    Example:
      helm-logic vectors run tests/vectors/delegation

    Exit code: 0 every case came out as it must, 1 some did not, 2 the folder cannot be read.
    """


@command.command("run")
@click.argument(
    "folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--all", "show_all", is_flag=True, help="Show the cases that passed too.")
@json_option
def run(folder: Path, *, show_all: bool, as_json: bool) -> int:
    """Run every case in DIR through the evaluator, and compare what came out.

    DIR holds a manifest.json, the rules that decide and files of cases; tests/vectors/delegation
    is such a folder, and its FORMAT.md tells the format. Each case is decided by itself:
    signatures, tokens, rules and kernel as in `helm-logic decide`, at the case's own moment, and
    no receipt is kept.

    \b
    Examples:
      helm-logic vectors run tests/vectors/delegation
      helm-logic vectors run DIR --json

    Exit code: 0 every case came out as it must, 1 some did not, 2 DIR cannot be read.
    """
    from helm_logic.guard.vector_file import read_suite
    from helm_logic.guard.vectors import Runner

    suite = read_suite(folder)
    runner = Runner(suite)
    outcomes = [runner.run(each) for each in progress(suite.vectors, "vectors")]
    failed = sum(bool(each.faults) for each in outcomes)
    if as_json:
        click.echo(json.dumps(_value(outcomes, failed), indent=2))
    else:
        _print(outcomes, failed, show_all=show_all)
    return FINDINGS if failed else OK


def _print(outcomes: list[Outcome], failed: int, *, show_all: bool) -> None:
    shown = [each for each in outcomes if show_all or each.faults]
    width = max((len(each.vector.name) for each in shown), default=0)
    for each in shown:
        mark = bad("FAIL") if each.faults else good("ok  ")
        name = plain(each.vector.name).ljust(width)
        click.echo(f"  {mark} {name}  {each.verdict.value:<8} {dim(', '.join(each.reasons))}")
        for line in (plain(each.vector.says), *each.faults) if each.faults else ():
            click.echo(f"         {plain(line)}")
    passed = f"{len(outcomes) - failed} of {len(outcomes)} vectors passed"
    click.echo(bad(f"{passed}, {failed} failed") if failed else good(passed))


def _value(outcomes: Iterable[Outcome], failed: int) -> dict[str, object]:
    cases = [
        {
            "derivation": each.derivation,
            "faults": each.faults,
            "file": each.vector.file,
            "name": each.vector.name,
            "passed": not each.faults,
            "reason": each.reason,
            "reasons": each.reasons,
            "rules": each.rules,
            "verdict": each.verdict.value,
        }
        for each in outcomes
    ]
    return {"cases": cases, "failed": failed, "passed": len(cases) - failed}
