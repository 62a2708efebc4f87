# SPDX-License-Identifier: Apache-2.0
"""`helm-logic explain`: why a receipt says what it says.

The receipt is verified first: a derivation that nobody checked explains nothing. Rules are shown as
their authors wrote them where the policy folder still has exactly those, else as the receipt has
them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from helm_logic.cli.decision_text import reason_text
from helm_logic.cli.derivation import DerivationStep, RuleSource, derivation
from helm_logic.cli.derivation_outline import derivation_outline
from helm_logic.cli.derivation_text import derivation_text
from helm_logic.cli.moments import moment_text
from helm_logic.cli.options import (
    json_option,
    policy_folder,
    policy_option,
    trust_of,
    trust_options,
)
from helm_logic.cli.palette import dim, plain, verdict_style
from helm_logic.cli.receipt_files import read_receipt, trusted_receipt
from helm_logic.errors import CertificateRefused, EvaluationError, HelmError, ReceiptRefused
from helm_logic.kernel.check import check
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.ledger.shape import require_object
from helm_logic.policy.request import read_request
from helm_logic.receipts.decode import decode_certificate, decode_facts, decode_program
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import Statement
from helm_logic.receipts.verdict import Verdict

_WIDTH = 100


@click.command("explain")
@click.argument("receipt", metavar="RECEIPT")
@click.option("--outline", is_flag=True, help="One line for each derived fact, without rules.")
@click.option("--width", type=click.IntRange(40, 1000), help="Wrap here.  [default: the terminal]")
@click.option(
    "--unverified", is_flag=True, help="Do not look at signatures and log; only at the derivation."
)
@json_option
@policy_option
@trust_options
def command(  # noqa: PLR0913 - one for each option
    *,
    receipt: str,
    outline: bool,
    width: int | None,
    unverified: bool,
    as_json: bool,
    policy: Path | None,
    **trusted: Any,
) -> None:
    """Show why RECEIPT (a file, `-`, an id, or a place in the log) says what it says.

    First the verdict and its reasons, then the derivation as a tree: every step with its rule, the
    place of the rule, the values it was used with, and below it what it rests on. For each `not`,
    that the fact is absent from the model, which the kernel certified to be complete.

    \b
    Examples:
      helm-logic explain receipts/0123456789abcdef.json
      helm-logic explain --outline 1
      helm-logic explain --json sha256:... | jq .steps

    Exit code: 0, 1 if the receipt fails verification, 2 if it cannot be read.
    """
    trust = None if unverified else trust_of(policy, **trusted)
    found, statement = trusted_receipt(read_receipt(receipt, policy), trust)
    steps = _steps(found, statement, _sources(found, policy))
    if as_json:
        click.echo(_json(found, statement, steps, verified=not unverified))
        return
    columns = width or shutil.get_terminal_size((_WIDTH, 0)).columns
    if unverified:
        click.echo(
            "warning: signatures and log were not looked at: anyone may have made it", err=True
        )
    tree = derivation_outline(steps) if outline else derivation_text(steps, columns)
    click.echo("\n".join(_text(found, statement, tree if steps else ())))


def _steps(
    receipt: Receipt, statement: Statement, sources: Mapping[str, RuleSource]
) -> tuple[DerivationStep, ...]:
    if statement.certificate is None:
        return ()
    program = decode_program(receipt.program)  # type: ignore[arg-type]
    certificate = decode_certificate(statement.certificate)  # type: ignore[arg-type]
    try:
        check(program, decode_facts(statement.facts), certificate)  # type: ignore[arg-type]
    except (CertificateRefused, EvaluationError) as error:
        raise ReceiptRefused(7, "certificate", str(error)) from error
    return derivation(program, certificate, sources)


def _sources(receipt: Receipt, policy: Path | None) -> dict[str, RuleSource]:
    """Return the rules as the policy folder has them, or nothing if it has others."""
    from helm_logic.policy.folder import read_bundle

    try:
        bundle = read_bundle(policy_folder(policy))
    except HelmError:
        return {}
    rules = bundle.rule_set
    if digest(canonical_json(receipt.program)) != bundle.program_digest:
        return {}
    return {
        name: RuleSource(rules.annotations[name].text, f"{span.source.name}:{span.line}")
        for name, span in rules.spans.items()
    }


def _text(receipt: Receipt, statement: Statement, tree: Iterable[str]) -> Iterator[str]:
    yield f"{verdict_style(statement.verdict.value)}  {receipt.id}"
    for reason in statement.reasons:
        yield from reason_text(reason, hint=statement.verdict is not Verdict.ALLOW)
        if reason.rules:
            yield dim(f"    by rule {plain(', '.join(reason.rules))}")
    yield from _asked(statement)
    yield ""
    yield from tree
    if statement.certificate is None:
        yield "No derivation: the request was refused before the rules were asked, or they failed."
        error = require_object(statement.error, "error", ("code", "message"))
        yield plain(f"  {error['code']}: {error['message']}")


def _asked(statement: Statement) -> Iterator[str]:
    yield f"  at       {moment_text(statement.now)}"
    if statement.request is not None:
        request = read_request(statement.request)  # type: ignore[arg-type]
        yield plain(f"  subject  {request.subject}")
        yield plain(f"  action   {request.action}")
        yield plain(f"  resource {request.resource}")


def _json(
    receipt: Receipt, statement: Statement, steps: Sequence[DerivationStep], *, verified: bool
) -> str:
    value = {
        "error": statement.error,
        "now": statement.now,
        "reasons": [reason.to_value() for reason in statement.reasons],
        "receipt": receipt.id,
        "request": statement.request,
        "steps": [step.to_value() for step in steps],
        "verdict": statement.verdict.value,
        "verified": verified,
    }
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
