# SPDX-License-Identifier: Apache-2.0
"""`helm-logic log metrics`: how large the proofs of a log are, and which of its rules do the work.

The receipts are read as the log holds them. What they prove is not checked again here, but for the
derivation, which the kernel has to accept: `helm-logic log fsck` checks the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from helm_logic.cli.log_source import log_source, source_options
from helm_logic.cli.options import json_option, progress
from helm_logic.cli.palette import plain
from helm_logic.explain.build import verdict_dag
from helm_logic.explain.metrics import COLUMNS, Decided, RuleUse, csv_lines, metrics, rule_use
from helm_logic.explain.sources import of_receipt
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_protocol import Log
from helm_logic.receipts.logged import logged_receipt
from helm_logic.receipts.statement import Statement

_TOTALS = ("steps", "height", "rules", "sharing", "given", "links", "model")


@click.command("metrics")
@click.option("--csv", "as_csv", is_flag=True, help="A line for each decision, to compute with.")
@click.option("--rules", is_flag=True, help="Which rules decide, and which never fire.")
@json_option
@source_options
def command(*, as_csv: bool, rules: bool, as_json: bool, **named: Any) -> None:
    """Measure the derivations of all receipts of the log: steps, height, sharing, depth of chains.

    Receipts without a derivation, whose requests could not be read, are left out.

    \b
    Examples:
      helm-logic log metrics
      helm-logic log metrics --csv > proofs.csv
      helm-logic log metrics --rules

    Exit code: 0, 1 if the kernel refuses a derivation, or 2 if the log cannot be opened.
    """
    if as_csv and (rules or as_json):
        raise click.UsageError("--csv is one table by itself: leave out --rules and --json")
    with log_source(**named).open() as log:
        found = list(_decided(log))
    if as_csv:
        click.echo("\n".join(csv_lines(found)))
    elif rules:
        used = rule_use(each.subject for each in found)
        value = [each.to_value() for each in used]
        click.echo(json.dumps(value) if as_json else "\n".join(_rule_lines(used)))
    elif as_json:
        sizes = [{"place": each.place, "receipt": each.receipt, **_size(each)} for each in found]
        click.echo(json.dumps(sizes, sort_keys=True))
    else:
        click.echo("\n".join(_totals(found)))


def _decided(log: Log) -> Iterator[Decided]:
    entries = list(log.entries(kind=Kind.RECEIPT))
    for entry in progress(entries, "reading"):
        statement = Statement.parse(entry.envelope.payload)
        if statement.certificate is None:
            continue
        subject = of_receipt(logged_receipt(log, entry.envelope.digest), statement)
        yield Decided(
            entry.index, entry.envelope.digest, statement.now, subject, verdict_dag(subject)
        )


def _size(decided: Decided) -> dict[str, object]:
    return metrics(decided.subject, decided.dag).to_value()


def _totals(found: list[Decided]) -> Iterator[str]:
    yield f"decisions with a derivation: {len(found)}"
    sizes = [metrics(each.subject, each.dag) for each in found]
    if sizes:
        yield f"{'':<10}{'least':>8}{'median':>8}{'most':>8}"
    for name in (each for each in COLUMNS if each in _TOTALS and sizes):
        numbers = sorted(getattr(size, name) for size in sizes)
        median = numbers[len(numbers) // 2]
        yield f"{name:<10}{numbers[0]:>8}{median:>8}{numbers[-1]:>8}"


def _rule_lines(used: tuple[RuleUse, ...]) -> Iterator[str]:
    yield f"{'decides':>8}{'proves':>8}{'fires':>8}  rule"
    for each in used:
        note = "" if each.fired else "  never fires"
        yield f"{each.decided:>8}{each.proved:>8}{each.fired:>8}  {plain(each.rule)}{note}"
