# SPDX-License-Identifier: Apache-2.0
"""`helm-logic verify`: verify receipts and packs from their bytes, as FORMAT.md says.

This command loads no engine, no rule parser and no solver, only receipts, ledger and kernel; unless
`--replay` asks the engines for a second opinion on a pack.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import click

from helm_logic.cli.engines import replay_engines
from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.moments import moment_text
from helm_logic.cli.options import json_option, policy_option, progress, trust_of, trust_options
from helm_logic.cli.pack_text import pack_json, pack_text
from helm_logic.cli.palette import bad, good, plain, verdict_style
from helm_logic.cli.receipt_files import read_receipt
from helm_logic.errors import ReceiptRefused
from helm_logic.receipts.pack import is_pack
from helm_logic.receipts.redacted_verify import any_pack_report
from helm_logic.receipts.verify import Trust, VerifiedReceipt, steps_of, verify


@click.command("verify")
@click.argument("receipts", nargs=-1, required=True, metavar="RECEIPT...")
@click.option("--replay", is_flag=True, help="Of packs: let both engines derive the model again.")
@json_option
@policy_option
@trust_options
def command(
    *, receipts: tuple[str, ...], replay: bool, as_json: bool, policy: Path | None, **trusted: Any
) -> int:
    """Verify each RECEIPT (a file, `-`, an id, or a place in the log) in numbered steps.

    A file may also be a pack. Of a pack, bytes, signatures, trust, inclusion in the log, derivation
    and replay are told apart, and all that were asked for have to hold.

    Whom to trust comes from the policy folder's `helm.toml`, or, for a stranger without one, from a
    trust root (--trust), or from --trust-engine, --log-origin and --log-key; never from the
    receipt. A trust root says from which place in the log on, and up to which, the keys of engine,
    log and approvers count, so that there is one step more: keys. No rules and no engine are
    needed: the receipt carries its program, and the kernel checks the certificate against it.

    \b
    Examples:
      helm-logic verify receipts/*.json
      helm-logic verify --replay deploy.tar
      helm-logic verify deploy.tar --trust trust-root.json
      helm-logic verify r.json --trust-engine ed25519:... --log-origin example.com/log \\
        --log-key ed25519:...

    Exit code: 0 all verified, 1 one failed (the step and the cause are printed), 2 not readable.
    """
    trust = trust_of(policy, **trusted)
    code = OK
    for named in progress(receipts, "verifying"):
        data = read_receipt(named, policy)
        if is_pack(data):
            report = any_pack_report(data, trust, replay_engines() if replay else {})
            click.echo(pack_json(named, report) if as_json else pack_text(named, report))
            code = code if report.holds else FINDINGS
            continue
        if replay:
            raise click.UsageError(f"`{named}` is no pack; `helm-logic pack` makes one to replay")
        outcome = _verify(data, trust)
        steps = steps_of(trust)
        click.echo((_json if as_json else _text)(named, outcome, steps))
        if isinstance(outcome.end, ReceiptRefused):
            code = FINDINGS
    return code


@attrs.frozen
class _Outcome:
    """The steps that held, and how it ended."""

    passed: tuple[int, ...]
    end: VerifiedReceipt | ReceiptRefused


def _verify(data: bytes, trust: Trust) -> _Outcome:
    passed: list[int] = []
    try:
        end: VerifiedReceipt | ReceiptRefused = verify(
            data, trust, lambda number, _name: passed.append(number)
        )
    except ReceiptRefused as error:
        end = error
    return _Outcome(tuple(passed), end)


def _text(named: str, outcome: _Outcome, names: tuple[str, ...]) -> str:
    lines = [plain(named)]
    width = len(str(len(names)))
    for number, name in enumerate(names, start=1):
        if number in outcome.passed:
            lines.append(f"  {number:>{width}} {name:<12} {good('ok')}")
        elif isinstance(outcome.end, ReceiptRefused) and outcome.end.step == number:
            lines.append(f"  {number:>{width}} {name:<12} {bad('FAILED')}")
        else:
            lines.append(f"  {number:>{width}} {name:<12} not reached")
    end = outcome.end
    if isinstance(end, ReceiptRefused):
        return "\n".join([*lines, f"  {bad('refused')} at {plain(end)}"])
    statement, head = end.statement, end.checkpoint
    verdict = verdict_style(statement.verdict.value)
    place = f"entry {end.index} of {head.size} in the log {plain(head.origin)}"
    lines.append(f"  {good('verified')}: {verdict} at {moment_text(statement.now)}, {place}")
    return "\n".join(lines)


def _json(named: str, outcome: _Outcome, names: tuple[str, ...]) -> str:
    end = outcome.end
    steps = [
        {"name": name, "number": number, "passed": number in outcome.passed}
        for number, name in enumerate(names, start=1)
    ]
    value: dict[str, object] = {"file": named, "steps": steps}
    if isinstance(end, ReceiptRefused):
        value |= {"failed": end.step, "message": str(end), "verified": False}
        value |= {"code": end.code} if end.code else {}
    else:
        value |= {
            "index": end.index,
            "now": end.statement.now,
            "receipt": end.receipt.id,
            "treeSize": end.checkpoint.size,
            "verdict": end.statement.verdict.value,
            "verified": True,
        }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
