# SPDX-License-Identifier: Apache-2.0
"""A pack made from the log, which holds all of it but, in older logs, the policies.

All proofs are made for one tree head, the log's as it was last looked at. Witnesses cosign a copy
of it, which can then take its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from helm_logic.errors import CheckpointError, StoreCorrupt, StoreError
from helm_logic.ledger.note import parse_note
from helm_logic.ledger.store_protocol import Log
from helm_logic.ledger.tlog_proof import parse_tlog_proof
from helm_logic.receipts.logged import logged_receipt
from helm_logic.receipts.pack import Pack, answered_receipts, logged_approvals, rule_names
from helm_logic.receipts.pack_roots import logged_roots
from helm_logic.receipts.receipt import Receipt
from helm_logic.receipts.statement import Statement

_NO_FILES: Mapping[str, bytes] = MappingProxyType({})


def logged_pack(log: Log, receipt_id: str, files: Mapping[str, bytes] = _NO_FILES) -> Pack:
    """Return the pack of the receipt *receipt_id* of *log*.

    *files* are policies and rule texts by digest that the log may lack. Raises StoreError if the
    log does not hold the receipt, or one that it leads to.
    """
    found: dict[str, Receipt] = {}
    approvals: set[str] = set()
    policies: dict[str, bytes] = {}
    rules: dict[str, bytes] = {}
    waiting = [receipt_id]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = logged_receipt(log, name)
        statement = Statement.parse(found[name].envelope.payload)
        waiting += answered_receipts(statement)
        approvals |= logged_approvals(statement)
        if (policy := _policy(log, statement.policy, files)) is not None:
            policies[statement.policy], texts = policy
            rules |= texts
    proofs = {name: log.inclusion(log.read(name).index).to_bytes() for name in approvals}
    return Pack(found.pop(receipt_id), found, proofs, policies, rules, logged_roots(log))


def cosigned_pack(pack: Pack, note: bytes) -> Pack:
    """Return *pack* with all its proofs under *note*, a copy of their tree head with cosignatures.

    Raises CheckpointError if it is the tree head of another size, log or tree.
    """
    text = parse_note(note).text

    def under(data: bytes) -> bytes:
        proof = parse_tlog_proof(data)
        if (own := parse_note(proof.checkpoint).text) != text:
            got, want = (" ".join(each.split("\n")[:2]) for each in (text, own))
            raise CheckpointError(f"got the tree head `{got}`, want a copy of `{want}`")
        return attrs.evolve(proof, checkpoint=note).to_bytes()

    def proved(receipt: Receipt) -> Receipt:
        return attrs.evolve(receipt, proof=under(receipt.proof.encode("utf-8")).decode("utf-8"))

    return attrs.evolve(
        pack,
        receipt=proved(pack.receipt),
        parents={name: proved(each) for name, each in pack.parents.items()},
        proofs={name: under(each) for name, each in pack.proofs.items()},
    )


def _policy(
    log: Log, name: str, files: Mapping[str, bytes]
) -> tuple[bytes, dict[str, bytes]] | None:
    """Return the bundle contents *name* and the rule texts they name; None if any is missing."""
    contents = _file(log, name, files)
    if contents is None:
        return None
    texts = {each: _file(log, each, files) for each in rule_names(contents)}
    kept = {each: text for each, text in texts.items() if text is not None}
    return (contents, kept) if len(kept) == len(texts) else None


def _file(log: Log, name: str, files: Mapping[str, bytes]) -> bytes | None:
    if name in files:
        return files[name]
    try:
        return log.blob(name)
    except StoreCorrupt:
        raise
    except StoreError:  # it was never stored: logs from before policy entries have none
        return None
