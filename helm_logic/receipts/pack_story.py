# SPDX-License-Identifier: Apache-2.0
"""The page of a pack: what happened, in words, from the signed receipts and from nothing else.

INVARIANT: the same receipts give the same bytes everywhere. Text from outside stands in quotation
marks, as JSON writes it with every character escaped that is not printable ASCII, so that it can
neither steer a terminal nor pass for a sentence of the page. FORMAT.md gives the sentences.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.shape import require_object
from helm_logic.ledger.tlog_proof import parse_tlog_proof
from helm_logic.receipts.statement import Statement

_LAST_SECOND = 253402300799  # of the year 9999
_ASKED = (
    ("subject", "type"),
    ("subject", "id"),
    ("action", "name"),
    ("resource", "type"),
    ("resource", "id"),
)
_HEAD = "What happened, as the signed receipts in this pack tell it."
_FOOT = (
    "The receipts count, not this page. `helm-logic verify FILE` checks them with your own trust."
)


def story(
    receipts: Sequence[tuple[str, bytes, Statement]], withheld: Sequence[Sequence[str]] = ()
) -> bytes:
    """Return the page about *receipts*, each its id, its tlog-proof and what it says.

    *withheld* are the paths of values that it does not show. Raises CheckpointError.
    """
    placed = [(parse_tlog_proof(proof).index, name, said) for name, proof, said in receipts]
    placed.sort(key=lambda each: each[:2])
    parts = ["\n".join(_event(*each)) for each in placed]
    parts += [f"The value of {quoted('.'.join(path))} is withheld." for path in withheld]
    return ("\n\n".join([_HEAD, *parts, _FOOT]) + "\n").encode("ascii")


def quoted(value: object) -> str:
    """Return *value*, if it is text, as a JSON string in printable ASCII; else `null`."""
    return json.dumps(value) if type(value) is str else "null"


def moment(seconds: int) -> str:
    """Return *seconds* since the epoch as RFC 3339 in UTC; outside 1970 to 9999, as digits."""
    if not 0 <= seconds <= _LAST_SECOND:
        return str(seconds)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _event(index: int, receipt: str, said: Statement) -> Iterator[str]:
    yield f"{moment(said.now)}: {_asked(said.request)}"
    yield f"  The verdict was {said.verdict.value}."
    for reason in said.reasons:
        told = f": {quoted(reason.text)}" if reason.text else ""
        yield f"  Reason {quoted(reason.code)}{told}."
    for each in _objects(said.chain):
        issuer, delegate, name = (quoted(each.get(part)) for part in ("issuer", "delegate", "id"))
        yield f"  By the link {name}, {issuer} lets {delegate} act."
    for each in _objects(said.approvals):
        approver, role, answered = (
            quoted(each.get(part)) for part in ("approver", "role", "receipt")
        )
        yield f"  {approver} approved it as {role}, answering the receipt {answered}."
    for each in _objects(said.revocations):
        yield f"  The link {quoted(each.get('link'))} was revoked."
    yield f"  This is entry {index} of the log, with the receipt {receipt}."


def _asked(request: object) -> str:
    if request is None:
        return "somebody asked what could not be read."
    texts = []
    for entity, member in _ASKED:
        parts = request.get(entity) if isinstance(request, dict) else None
        texts.append(quoted(parts.get(member) if isinstance(parts, dict) else None))
    return "{} {} asked for {} on {} {}.".format(*texts)


def _objects(values: object) -> Iterator[Mapping[str, JsonValue]]:
    for each in values:  # type: ignore[attr-defined]  # Statement.parse gives lists
        yield require_object(each, "named")
