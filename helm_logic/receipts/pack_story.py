# SPDX-License-Identifier: Apache-2.0
"""The page of a pack: what happened, in words, from the signed receipts and from nothing else.

INVARIANT: the same receipts give the same bytes everywhere. Text from outside stands in quotation
marks, as JSON writes it with every character escaped that is not printable ASCII, so that it can
neither steer a terminal nor pass for a sentence of the page. FORMAT.md gives the sentences.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from helm_logic.errors import CheckpointError
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.shape import require_object
from helm_logic.ledger.tlog_proof import parse_tlog_proof
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import Statement

_LAST_SECOND = 253402300799  # of the year 9999
_HEAD = "What happened, as the signed receipts in this pack tell it."
_FOOT = (
    "The receipts count, not this page. `helm-logic verify FILE` checks them with your own trust."
)


def story(receipts: Sequence[tuple[Receipt, Statement]]) -> bytes:
    """Return the page about *receipts*, in the order of the log; raise CheckpointError."""
    ordered = sorted((_index(receipt), receipt, said) for receipt, said in receipts)
    parts = ["\n".join(_event(*each)) for each in ordered]
    return "\n\n".join([_HEAD, *parts, _FOOT, ""]).removesuffix("\n").encode("ascii")


def _event(index: int, receipt: Receipt, said: Statement) -> Iterator[str]:
    yield f"{_moment(said.now)}  {_asked(said.request)}"
    yield f"  The verdict was {said.verdict.value}."
    for reason in said.reasons:
        yield f"  Reason: {_quoted(reason.code)}, {_quoted(reason.text)}."
    for link in _objects(said.chain):
        granted = f"{_quoted(link.get('issuer'))} let {_quoted(link.get('delegate'))} act"
        yield f"  Chain: {granted}, by link {_quoted(link.get('id'))}."
    for each in _objects(said.approvals):
        who = f"{_quoted(each.get('approver'))} as {_quoted(each.get('role'))}"
        yield f"  Approved by {who}, answering {_quoted(each.get('receipt'))}."
    for each in _objects(said.revocations):
        yield f"  Revoked: link {_quoted(each.get('link'))}."
    yield f"  Entry {index} of the log, receipt {receipt.id}."


def _asked(request: object) -> str:
    try:
        parts = require_object(request, "request")  # type: ignore[arg-type]
    except Exception:
        raise
    return str(parts)


def _index(receipt: Receipt) -> int:
    return parse_tlog_proof(receipt.proof.encode("utf-8")).index
