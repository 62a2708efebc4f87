# SPDX-License-Identifier: Apache-2.0
"""`helm-logic decide`: rule on requests, from files or from a stream.

Requests named together are read before the first is decided, so a file that is missing stops all of
them. What is wrong inside a request is not an error of the command: it is a DENY with a receipt.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from helm_logic.cli import exit_codes
from helm_logic.cli.decide_stream import GROUP, decide_stream
from helm_logic.cli.decision_text import Setting, decision_json, decision_text
from helm_logic.cli.moments import clock
from helm_logic.cli.options import (
    FILE,
    FILE_OR_STDIN,
    json_option,
    now_option,
    policy_folder,
    policy_option,
    progress,
    read_file,
)
from helm_logic.cli.receipt_files import keep_decided
from helm_logic.cli.request_additions import Additions
from helm_logic.cli.signers import asked_passphrases
from helm_logic.guard import Decision, Guard
from helm_logic.policy.settings import parse_settings
from helm_logic.policy.trust import SETTINGS


@click.command("decide")
@click.argument("requests", nargs=-1, type=FILE_OR_STDIN, metavar="REQUEST...")
@click.option("--chain", multiple=True, type=FILE, metavar="FILE", help="Add this link, in order.")
@click.option("--approval", multiple=True, type=FILE, metavar="FILE", help="Add this approval.")
@click.option("--stream", is_flag=True, help="One JSON request a line in, one decision a line out.")
@click.option(
    "--receipts/--no-receipts",
    default=None,
    help="Write each receipt to a file.  [default: yes, except with --stream]",
)
@now_option
@json_option
@policy_option
def command(  # noqa: PLR0913 - one for each option
    *,
    requests: tuple[Path, ...],
    chain: tuple[Path, ...],
    approval: tuple[Path, ...],
    stream: bool,
    receipts: bool | None,
    now: int | None,
    as_json: bool,
    policy: Path | None,
) -> int:
    """Rule on each REQUEST (a JSON file, or `-` for stdin) by the rules of a policy folder.

    A request is `subject`, `action`, `resource` and `context` as in OpenID AuthZEN, with `chain`
    (delegation links, root first) and `approvals` beside them. Every request gets one verdict and
    one signed receipt in the log, also if it cannot be read: then it is DENY.

    \b
    Examples, after `helm-logic init policy` and `cd policy`:
      helm-logic decide requests/allow.json
      helm-logic decide requests/escalate.json --approval approval.json
      helm-logic decide --json requests/*.json
      helm-logic decide --stream < requests.ndjson

    With --stream, lines that wait together are decided together and share one commit of the log; a
    line that is no request gets a DENY line. Their receipts are in the log: `verify ID` finds them.

    Exit code: 0 ALLOW, 3 DENY, 4 ESCALATE, 2 nothing could be decided, 70 internal error. With
    several requests, the gravest: 70, 2, 3, 4, 0.
    """
    if stream == bool(requests):
        raise click.UsageError("name REQUEST files, or give --stream to read them from stdin")
    folder = policy_folder(policy)
    settings = parse_settings((folder / SETTINGS).read_bytes())
    additions = Additions.read(chain, approval)
    most = settings.request_bytes + 1  # one more than is accepted shows that there is more
    asked = [additions.complete(read_file(path, most)) for path in requests]
    setting = Setting(folder, settings.approvers)
    codes = []
    with Guard.open(folder, clock(now), asked_passphrases()) as guard:
        if stream:
            return decide_stream(guard, additions, most, folder if receipts else None)
        for path, decision in zip(requests, _decisions(guard, asked), strict=True):
            kept = keep_decided(folder, guard, decision) if receipts is not False else None
            if as_json:
                click.echo(decision_json(decision, kept))
            else:
                click.echo("\n".join(decision_text(path, decision, kept, setting)))
            codes.append(exit_codes.of_verdict(decision.verdict.value))
    return exit_codes.gravest(codes)


def _decisions(guard: Guard, asked: list[bytes]) -> Iterator[Decision]:
    for start in progress(range(0, len(asked), GROUP), "deciding"):
        yield from guard.decide_all(asked[start : start + GROUP])
