# SPDX-License-Identifier: Apache-2.0
"""Receipts by file, id or place in the log: where they are kept, and how they are found again.

A receipt is written to `receipts/` in the policy folder under the first 16 hexadecimal digits of
its id. The log is what counts: a file that is gone is made again from it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helm_logic.cli.options import STDIN, policy_folder, read_file
from helm_logic.errors import HelmError, PolicyError
from helm_logic.ledger.durable import create_file
from helm_logic.policy.trust import read_log_settings
from helm_logic.receipts.receipt import MAX_RECEIPT, Receipt
from helm_logic.receipts.statement import Statement
from helm_logic.receipts.verify import Trust, verify

if TYPE_CHECKING:
    from helm_logic.guard import Decision, Guard

FOLDER = "receipts"

_ID = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_PLACE = re.compile(r"[0-9]{1,15}")


def receipt_path(folder: Path, receipt_id: str) -> Path:
    """Return where the policy folder *folder* keeps the receipt *receipt_id*."""
    return folder / FOLDER / f"{receipt_id.removeprefix('sha256:')[:16]}.json"


def keep_receipt(folder: Path, receipt: Receipt) -> Path:
    """Write *receipt* into the policy folder *folder* and return its path.

    A file of the same receipt stays as it is, also if its proof is of an older tree. Raises
    PolicyError if the name is taken by anything else.
    """
    path = receipt_path(folder, receipt.id)
    path.parent.mkdir(exist_ok=True)
    try:
        create_file(path, receipt.to_bytes(), 0o644)
    except FileExistsError:
        if _id_in(path) != receipt.id:
            raise PolicyError(
                f"`{path}` exists and is not the receipt {receipt.id}; move it away"
            ) from None
    return path


def keep_decided(folder: Path, guard: Guard, decision: Decision) -> Path | None:
    """Write the receipt of *decision*; None, and a warning, if it cannot be written.

    The verdict stands all the same: its receipt is in the log, or it is a DENY for want of one.
    """
    if decision.index is None:
        return None
    try:
        return keep_receipt(folder, guard.receipt(decision.receipt_id))
    except (HelmError, OSError) as error:
        click.echo(f"warning: the receipt file was not written: {error}", err=True)
        return None


def read_receipt(named: str, policy: Path | None) -> bytes:
    """Return the receipt *named* by path, `-`, id or place; raise HelmError if there is none.

    An id is looked up in the policy folder, in `receipts/` first, then in the log; a place, the
    number of a log entry, in the log.
    """
    path = Path(named)
    if path == STDIN or path.is_file():
        return read_file(path, MAX_RECEIPT + 1)
    if _PLACE.fullmatch(named):
        return _from_log(policy_folder(policy), int(named))
    found = _ID.fullmatch(named)
    if found is None:
        raise PolicyError(
            f"`{named}` is no receipt file, no id (sha256: and 64 hexadecimal digits) and no place "
            "in the log (a number)"
        )
    folder, receipt_id = policy_folder(policy), f"sha256:{found[1]}"
    path = receipt_path(folder, receipt_id)
    if path.is_file() and _id_in(path) == receipt_id:
        return read_file(path, MAX_RECEIPT + 1)
    return _from_log(folder, receipt_id)


def trusted_receipt(data: bytes, trust: Trust | None) -> tuple[Receipt, Statement]:
    """Return the receipt in *data* and its statement, verified; unverified if *trust* is None.

    Raises ReceiptRefused at the step that fails; InputError or EnvelopeError without trust.
    """
    if trust is None:
        receipt = Receipt.parse(data)
        return receipt, Statement.parse(receipt.envelope.payload)
    verified = verify(data, trust)
    return verified.receipt, verified.statement


def _from_log(folder: Path, named: str | int) -> bytes:
    from helm_logic.ledger.open_log import open_log
    from helm_logic.receipts.logged import logged_receipt

    log = read_log_settings(folder)
    key = log.trusted_log
    with open_log(folder, log.ledger, log.head, origin=log.origin, key=key) as reader:
        receipt_id = reader.entry(named).envelope.digest if isinstance(named, int) else named
        return logged_receipt(reader, receipt_id).to_bytes()


def _id_in(path: Path) -> str:
    try:
        return Receipt.parse(read_file(path, MAX_RECEIPT + 1)).id
    except HelmError:
        return ""
