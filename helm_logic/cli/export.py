# SPDX-License-Identifier: Apache-2.0
"""`helm-logic export`: the same program for other engines, so that anyone can ask those too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from helm_logic.cli.options import FILE
from helm_logic.kernel.program import Program
from helm_logic.policy.folder import read_rules


def _pydatalog(program: Program) -> str:
    from helm_logic.engine.pydatalog import export_text

    return export_text(program)


def _clingo(program: Program) -> str:
    from helm_logic.engine.export import export_clingo

    return export_clingo(program)


_PRINTERS: Mapping[str, Callable[[Program], str]] = {"clingo": _clingo, "pydatalog": _pydatalog}


@click.command("export")
@click.option("--to", "target", required=True, type=click.Choice(sorted(_PRINTERS)))
@click.argument("rules", type=FILE, metavar="RULES")
def command(*, target: str, rules: Path) -> None:
    """Print the program of RULES, with what it includes, for another engine.

    What is printed is the checked program after lowering: with it, and the facts of a receipt, that
    engine finds the same model.

    \b
    Examples:
      helm-logic export --to clingo rules/main.dl > main.lp
      helm-logic export --to pydatalog rules/main.dl

    Exit code: 0, or 2 if the rules do not load.
    """
    click.echo(_PRINTERS[target](read_rules(rules).program), nl=False)
