# SPDX-License-Identifier: Apache-2.0
"""`helm-logic approve`: sign an approval that answers an ESCALATE.

Whoever approves puts a key to the exact request, policy and chain of one receipt. So the receipt is
verified first, and what it asks for is shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import click

from helm_logic.authority.link import verify_link
from helm_logic.cli.decision_text import reason_text
from helm_logic.cli.moments import DURATION, clock, moment_text
from helm_logic.cli.options import (
    key_option,
    now_option,
    output_option,
    policy_option,
    trust_of,
    trust_options,
    write_signed,
)
from helm_logic.cli.palette import plain
from helm_logic.cli.receipt_files import read_receipt, trusted_receipt
from helm_logic.cli.signers import signer_of
from helm_logic.errors import PolicyError
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.policy.approval import Approval, sign_approval
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import Statement
from helm_logic.receipts.trust import TOKEN_TYPE
from helm_logic.receipts.verdict import Verdict


@click.command("approve")
@click.argument("receipt", metavar="RECEIPT")
@key_option
@click.option("--as", "approver", required=True, metavar="PRINCIPAL", help="Who approves.")
@click.option("--role", required=True, help="In which role, as the receipt asks for it.")
@click.option("--for", "lifetime", type=DURATION, default="1h", show_default=True, metavar="1h")
@now_option
@output_option
@policy_option
@trust_options
def command(  # noqa: PLR0913 - one for each option
    *,
    receipt: str,
    key: str,
    approver: str,
    role: str,
    lifetime: int,
    now: int | None,
    output: Path | None,
    policy: Path | None,
    **trusted: Any,
) -> None:
    """Approve what the ESCALATE in RECEIPT (a file, an id, or a place in the log) is about, once.

    The approval is bound to that receipt, its request, policy and chain, and holds for --for. It
    is used up by the first ALLOW that it leads to, and it never turns a DENY. Nobody approves what
    comes through a chain they are part of.

    \b
    Example:
      helm-logic approve receipts/0123456789abcdef.json --key keys/rita.key \\
        --as user:rita --role release-manager -o approval.json
      helm-logic decide requests/escalate.json --approval approval.json

    Exit code: 0; 1 if the receipt fails verification; 2 if it cannot be approved.
    """
    signer = signer_of(key)
    found, statement = trusted_receipt(read_receipt(receipt, policy), trust_of(policy, **trusted))
    _require_escalate(statement, role)
    issued = clock(now)()
    approval = Approval(
        id="unnamed",
        receipt=found.id,
        request=statement.request_digest,
        policy=statement.policy,
        chain=_chain_digest(found, statement),
        approver=approver,
        key=signer.public_key,
        role=role,
        issued=issued,
        expires=issued + lifetime,
    )
    name = "approval-" + digest(canonical_json(approval.to_value()))[7:23]
    for line in _summary(statement, approval):
        click.echo(line, err=True)
    write_signed(output, sign_approval(attrs.evolve(approval, id=name), signer))


def _require_escalate(statement: Statement, role: str) -> None:
    if statement.verdict is not Verdict.ESCALATE:
        raise PolicyError(
            f"the receipt says {statement.verdict.value}; only an ESCALATE can be approved"
        )
    asked = dict.fromkeys(each for reason in statement.reasons for each in reason.approvers)
    if role not in asked:
        wanted = ", ".join(asked) or "no approval, but a fact that is missing"
        raise PolicyError(f"the receipt does not ask for the role `{role}`; it asks for {wanted}")


def _chain_digest(receipt: Receipt, statement: Statement) -> str:
    links = receipt.envelopes[: len(_links(statement))]
    for link in links:  # a token names no key: the guard verified it, and will again
        if link.payload_type != TOKEN_TYPE:
            verify_link(link)
    return digest(canonical_json([each.digest for each in links]))


def _links(statement: Statement) -> list[dict[str, str]]:
    return list(statement.chain)  # type: ignore[call-overload, no-any-return]


def _summary(statement: Statement, approval: Approval) -> Iterator[str]:
    """Yield what is being approved, as lines of text."""
    request: dict[str, Any] = statement.request  # type: ignore[assignment]
    subject, resource = request["subject"], request["resource"]
    until = moment_text(approval.expires)
    yield f"{plain(approval.approver)} approves as {plain(approval.role)}, until {until}:"
    yield plain(
        f"  {subject['type']}:{subject['id']} may {request['action']['name']}"
        f" {resource['type']}/{resource['id']}"
    )
    members = {name: request[name]["properties"] for name in ("subject", "action", "resource")}
    for name, values in {**members, "context": request["context"]}.items():
        for key, value in values.items():
            yield plain(f"  {name}.{key} = {json.dumps(value, ensure_ascii=False)}")
    for reason in statement.reasons:
        yield from reason_text(reason, hint=False)
    if any(approval.approver in (link["issuer"], link["delegate"]) for link in _links(statement)):
        yield "warning: nobody of the chain can approve it, and the approver is one of them"
