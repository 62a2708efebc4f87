# SPDX-License-Identifier: Apache-2.0
"""`helm-logic pack`: a receipt with all that it names, in one file for people elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from helm_logic.cli.options import (
    FILE,
    NEW_FILE,
    policy_folder,
    policy_option,
    read_file,
    shown,
    trust_of,
    trust_options,
)
from helm_logic.cli.receipt_files import read_receipt
from helm_logic.errors import HelmError, PolicyError, ReceiptRefused, StoreError
from helm_logic.ledger.durable import create_file
from helm_logic.ledger.note import MAX_NOTE_BYTES
from helm_logic.receipts.logged_pack import cosigned_pack, logged_pack
from helm_logic.receipts.pack import Pack
from helm_logic.receipts.pack_verify import verify_pack
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import Statement
from helm_logic.receipts.verify import Trust


@click.command("pack")
@click.argument("receipt", metavar="RECEIPT")
@click.option(
    "-o", "--output", required=True, type=NEW_FILE, metavar="FILE", help="Write the pack here."
)
@click.option(
    "--redact", metavar="PATH", multiple=True, help="Leave out this value of the request."
)
@click.option("--key", metavar="FILE", help="The engine's key, to sign a redaction.")
@click.option(
    "--checkpoint", type=FILE, metavar="FILE", help="The log's tree head of now, cosigned."
)
@policy_option
@trust_options
def command(  # noqa: PLR0913 - one for each option
    *,
    receipt: str,
    output: Path,
    redact: tuple[str, ...],
    key: str | None,
    checkpoint: Path | None,
    policy: Path | None,
    **trusted: Any,
) -> None:
    """Pack RECEIPT (a file, `-`, an id, or a place in the log) with all that it names.

    The pack is one uncompressed tar file: the receipt with its request, rules, facts, links,
    approvals, revocations and certificate; the receipts that its approvals answer; proofs that the
    log holds them, all for its tree head of now; the policy with its rule files as they were
    written; versions of the trust root, for whoever wants to know; and story.txt, which says in
    words what happened. It is verified before it is written.

    With --redact (`context.NAME`, or `subject.properties.NAME` and the like) the engine, whose key
    that takes, signs anew what the receipt says without these values. Facts that came from them are
    left out, and the derivation if a rule could read one; approvals are, too. Who verifies it has
    the engine's word that the receipt in the log says the same. A value that can be guessed can be
    confirmed by its digest: redaction keeps from view, and secret only what cannot be guessed.

    If the trust root asks for witnesses, have what `helm-logic log checkpoint -o FILE` writes
    cosigned by them, and give it with --checkpoint before the log grows.

    \b
    Examples:
      helm-logic pack 6 -o deploy.tar
      helm-logic pack 6 -o deploy.tar --redact context.ticket --key keys/engine.key
      helm-logic verify deploy.tar --replay

    Exit code: 0, 1 if what was found does not verify, 2 if it cannot be read or written.
    """
    trust = trust_of(policy, **trusted)
    pack = _pack(Receipt.parse(read_receipt(receipt, policy)), policy)
    if checkpoint is not None:
        pack = cosigned_pack(pack, read_file(checkpoint, MAX_NOTE_BYTES + 1))
    verify_pack(pack.to_bytes(), trust)
    data = _redacted(pack, redact, key, trust) if redact else pack.to_bytes()
    try:
        create_file(output, data, 0o644)
    except FileExistsError:
        raise click.UsageError(f"`{output}` exists and is not replaced; name another") from None
    click.echo(f"wrote {shown(output)} ({len(data)} bytes, receipt {pack.receipt.id})", err=True)
    if redact:
        click.echo(f"  without the values of {', '.join(redact)}; their engine vouches", err=True)
    elif parents := len(pack.parents):
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


def _redacted(pack: Pack, paths: tuple[str, ...], key: str | None, trust: Trust) -> bytes:
    """Return the redacted pack of *pack* without the values at *paths*; it holds but for those."""
    from helm_logic.cli.signers import signer_of
    from helm_logic.receipts.pack_results import State
    from helm_logic.receipts.redacted_pack import redacted_pack
    from helm_logic.receipts.redacted_verify import redacted_report

    if key is None:
        raise click.UsageError("--redact takes the key of the receipt's engine: give --key FILE")
    named = [tuple(path.split(".")) for path in paths]
    data = redacted_pack(pack, named, signer_of(key)).to_bytes()
    for each in redacted_report(data, trust).results:
        if each.state in (State.FAILED, State.UNKNOWN):
            raise ReceiptRefused(1, each.name, each.detail)
        if each.state is State.WITHHELD:
            click.echo(f"warning: the {each.name} is withheld: {each.detail}", err=True)
    return data


def _files(folder: Path) -> dict[str, bytes]:
    """Return the policy and rule texts of *folder* by digest, or none if it does not load."""
    from helm_logic.policy.folder import read_bundle

    try:
        return read_bundle(folder).files()
    except HelmError:
        return {}
