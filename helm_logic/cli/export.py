# SPDX-License-Identifier: Apache-2.0
"""`helm-logic export`: the same program for other engines, so that anyone can ask those too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from helm_logic.cli.options import FILE, policy_option, trust_of, trust_options
from helm_logic.cli.receipt_files import read_receipt, trusted_receipt
from helm_logic.errors import PolicyError
from helm_logic.kernel.certificate import Facts
from helm_logic.kernel.program import Program
from helm_logic.policy.folder import read_rules
from helm_logic.receipts.decode import decode_facts, decode_program


@click.command("export")
@click.option("--to", "target", required=True, type=click.Choice(["clingo", "pydatalog"]))
@click.option("--receipt", metavar="RECEIPT", help="The program and facts of this receipt.")
@click.argument("rules", required=False, type=FILE, metavar="[RULES]")
@policy_option
@trust_options
def command(
    *, target: str, receipt: str | None, rules: Path | None, policy: Path | None, **trusted: Any
) -> None:
    """Print the program of RULES, with what it includes, or of a receipt, for another engine.

    What is printed is the checked program after lowering. That of a receipt comes, for clingo, with
    the facts that were given: it finds the same model, and in it the same verdict.

    \b
    Examples:
      helm-logic export --to pydatalog rules/main.dl
      helm-logic export --to clingo --receipt receipts/0123456789abcdef.json | clingo

    Exit code: 0, 1 if the receipt fails verification, 2 if there is nothing to print.
    """
    if rules is not None and receipt is None:
        program, facts = read_rules(rules).program, None
    elif receipt is not None and rules is None:
        program, facts = _of_receipt(receipt, policy, trusted)
    else:
        raise click.UsageError("name a RULES file, or a receipt with --receipt")
    click.echo(_text(target, program, facts), nl=False)


def _of_receipt(named: str, policy: Path | None, trusted: dict[str, Any]) -> tuple[Program, Facts]:
    trust = trust_of(policy, **trusted)
    receipt, statement = trusted_receipt(read_receipt(named, policy), trust)
    if statement.certificate is None:
        raise PolicyError("the receipt has no program: its request was refused before any rule")
    program = decode_program(receipt.program)  # type: ignore[arg-type]
    return program, decode_facts(statement.facts)  # type: ignore[arg-type]


def _text(target: str, program: Program, facts: Facts | None) -> str:
    if target == "clingo":
        from helm_logic.engine.export import export_clingo

        return export_clingo(program, facts)
    from helm_logic.engine.pydatalog import export_text

    return export_text(program)
