# SPDX-License-Identifier: Apache-2.0
"""Packs from a log that has everything, lacks policies, or is damaged."""

from __future__ import annotations

from typing import Any, cast

import attrs
import pytest

from helm_logic.errors import StoreCorrupt, StoreError
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_protocol import Entry, Log
from helm_logic.ledger.tlog_proof import TlogProof, parse_tlog_proof
from helm_logic.receipts.logged_pack import logged_pack
from tests.receipts.pack_sample import Story

WHOLE = Story().pack()
RECEIPTS = (WHOLE.receipt, *WHOLE.parents.values())


@attrs.define
class Kept:
    """What a log answers about the sample, from memory; *corrupt* blobs cannot be read."""

    blobs: dict[str, bytes]
    corrupt: bool = False
    roots: tuple[Envelope, ...] = ()

    def read(self, name: str) -> Entry:
        """Return the entry *name*."""
        kinds = {each.digest: Kind.APPROVAL for each in WHOLE.receipt.envelopes}
        envelopes = [each.envelope for each in RECEIPTS] + [*WHOLE.receipt.envelopes]
        (found,) = (each for each in envelopes if each.digest == name)
        kind = kinds.get(name, Kind.RECEIPT)
        return Entry(self._proofs()[name].index, kind, found, b"")

    def inclusion(self, index: int) -> TlogProof:
        """Return the proof of entry *index*."""
        return {each.index: each for each in self._proofs().values()}[index]

    def entries(self, start: int, kind: Kind) -> list[Entry]:
        """Return the entries of *kind*: there is a trust root."""
        assert (start, kind) == (0, Kind.ROOT)
        return [Entry(number, kind, each, b"") for number, each in enumerate(self.roots)]

    def blob(self, name: str) -> bytes:
        """Return the bytes *name*."""
        if name not in self.blobs:
            raise StoreCorrupt(name) if self.corrupt else StoreError(name)
        return self.blobs[name]

    def _proofs(self) -> dict[str, TlogProof]:
        receipts = {each.id: parse_tlog_proof(each.proof.encode()) for each in RECEIPTS}
        return receipts | {name: parse_tlog_proof(data) for name, data in WHOLE.proofs.items()}


def kept(*, policies: bool = True, rules: bool = True, corrupt: bool = False) -> Log:
    """Return the log of the sample, with or without what packs can be without."""
    needed = [each.to_bytes() for each in WHOLE.receipt.envelopes]
    blobs = {digest(each): each for each in (*needed, canonical_json(WHOLE.receipt.program))}
    blobs |= dict(WHOLE.policies) if policies else {}
    blobs |= dict(WHOLE.rules) if rules else {}
    return cast("Log", Kept(blobs, corrupt))


def test_the_log_has_all_of_a_pack() -> None:
    """What was packed by hand is packed from the log, to the byte."""
    assert logged_pack(kept(), WHOLE.receipt.id).to_bytes() == WHOLE.to_bytes()


@pytest.mark.parametrize("has", [{"policies": False}, {"rules": False}])
def test_a_policy_comes_whole_or_not_at_all(has: dict[str, Any]) -> None:
    """Without its contents or a rule text there is no policy, unless files make up for it."""
    bare = logged_pack(kept(**has), WHOLE.receipt.id)
    assert (bare.policies, bare.rules) == ({}, {})
    files = {**WHOLE.policies, **WHOLE.rules}
    assert logged_pack(kept(**has), WHOLE.receipt.id, files).to_bytes() == WHOLE.to_bytes()


def test_a_damaged_log_is_an_error() -> None:
    """What is there and cannot be read is not taken for what was never there."""
    with pytest.raises(StoreCorrupt):
        logged_pack(kept(policies=False, corrupt=True), WHOLE.receipt.id)
