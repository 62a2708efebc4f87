# SPDX-License-Identifier: Apache-2.0
"""`helm-logic pack`: a receipt with all that it names, in one file for people elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from helm_logic.cli.options import (
    NEW_FILE,
    policy_folder,
    policy_option,
    shown,
    trust_of,
    trust_options,
)
from helm_logic.cli.receipt_files import read_receipt
from helm_logic.errors import HelmError, PolicyError, StoreError
from helm_logic.ledger.durable import create_file
from helm_logic.receipts.logged_pack import logged_pack
from helm_logic.receipts.pack import Pack
from helm_logic.receipts.pack_verify import verify_pack
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import Statement


@click.command("pack")
@click.argument("receipt", metavar="RECEIPT")
@click.option(
    "-o", "--output", required=True, type=NEW_FILE, metavar="FILE", help="Write the pack here."
)
@policy_option
@trust_options
def command(*, receipt: str, output: Path, policy: Path | None, **trusted: Any) -> None:
    """Pack RECEIPT (a file, `-`, an id, or a place in the log) with all that it names.

    The pack is one uncompressed tar file: the receipt with its request, rules, facts, links,
    approvals, revocations and certificate; the receipts that its approvals answer; proofs that the
    log holds them, all for its tree head of now; the policy with its rule files as they were
    written; and story.txt, which says in words what happened. It is verified before it is written.

    \b
    Examples:
      helm-logic pack 6 -o deploy.tar
      helm-logic verify deploy.tar --replay

    Exit code: 0, 1 if what was found does not verify, 2 if it cannot be read or written.
    """
    trust = trust_of(policy, **trusted)
    pack = _pack(Receipt.parse(read_receipt(receipt, policy)), policy)
    data = pack.to_bytes()
    verify_pack(data, trust)
    try:
        create_file(output, data, 0o644)
    except FileExistsError:
        raise click.UsageError(f"`{output}` exists and is not replaced; name another") from None
    size, parents = len(data), len(pack.parents)
    click.echo(f"wrote {shown(output)} ({size} bytes, receipt {pack.receipt.id})", err=True)
    if parents:
        click.echo(f"  with the receipts that its approvals answer: {parents}", err=True)
    missing = {said.policy for _, said in pack.receipts()} - pack.policies.keys()
    for name in sorted(missing):
        click.echo(f"  without the rule texts of {name}: log and folder have others", err=True)


def _pack(receipt: Receipt, policy: Path | None) -> Pack:
    """Return the pack of *receipt* from the log; without a folder, of the file alone."""
    from helm_logic.ledger.open_log import open_log
    from helm_logic.policy.trust import read_log_settings

    try:
        folder = policy_folder(policy)
    except PolicyError:
        if Statement.parse(receipt.envelope.payload).approvals:
            raise
        return Pack(receipt)
    log = read_log_settings(folder)
    where = (folder, log.ledger, log.head)
    with open_log(*where, origin=log.origin, key=log.trusted_log) as reader:
        if reader.find(receipt.id) is None:
            raise StoreError(f"the log of `{folder}` does not hold the receipt {receipt.id}")
        return logged_pack(reader, receipt.id, _files(folder))


def _files(folder: Path) -> dict[str, bytes]:
    """Return the policy and rule texts of *folder* by digest, or none if it does not load."""
    from helm_logic.policy.folder import read_bundle

    try:
        return read_bundle(folder).files()
    except HelmError:
        return {}
