# SPDX-License-Identifier: Apache-2.0
"""A receipt put together again from the log, which holds all of it.

The log keeps the envelope and, by digest, what the envelope names; the proof is made afresh for the
tree as it is now. So a receipt file that was lost can be had again, with a newer proof.
"""

from __future__ import annotations

from helm_logic.errors import StoreError
from helm_logic.kernel.encoding import parse_json
from helm_logic.ledger.envelope import parse
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_protocol import Log
from helm_logic.receipts.receipt import MAX_RECEIPT, Receipt
from helm_logic.receipts.statement import Statement


def logged_receipt(log: Log, receipt_id: str) -> Receipt:
    """Return the receipt *receipt_id* of *log*; raise StoreError if it holds none of that id."""
    entry = log.read(receipt_id)
    if entry.kind is not Kind.RECEIPT:
        kind = entry.kind.words
        raise StoreError(f"entry {entry.index} of the log is a {kind}, not a receipt")
    statement = Statement.parse(entry.envelope.payload)
    program = None
    if statement.certificate is not None:
        program = parse_json(log.blob(statement.program), max_bytes=MAX_RECEIPT)
    named = tuple(parse(log.blob(file)) for _, file in statement.named_envelopes())
    proof = log.inclusion(entry.index).to_bytes().decode("utf-8")
    return Receipt(entry.envelope, proof, program, named)
