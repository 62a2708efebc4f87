# SPDX-License-Identifier: Apache-2.0
"""Trust roots in a pack: told, not believed; and nothing gets in that the log did not sign."""

from __future__ import annotations

from typing import cast

import attrs
import pytest

from helm_logic.ledger.envelope import Envelope, EnvelopeSignature, sign
from helm_logic.ledger.keys import SeedSigner
from helm_logic.ledger.store_protocol import Log
from helm_logic.receipts.changes import RootChange
from helm_logic.receipts.pack import Pack
from helm_logic.receipts.pack_results import State
from helm_logic.receipts.pack_roots import MAX_ROOTS, logged_roots
from helm_logic.receipts.pack_verify import pack_report
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root_judge import root_trust
from tests.receipts.pack_sample import Story, members, repacked
from tests.receipts.roots import APPROVER, NEXT_ENGINE, following, keys, root, signed
from tests.receipts.sample import ENGINE, LOG, TRUST
from tests.receipts.test_logged_pack import Kept

FIRST = signed(root())
SECOND = signed(following(FIRST, {Role.ENGINE: keys(ENGINE, NEXT_ENGINE)}))
OWN = root_trust(FIRST.root)
PLAIN = Story(approval={"approver": APPROVER}).pack()


def changes(signer: SeedSigner = LOG) -> list[Envelope]:
    """Return the entries of two versions, signed by *signer*."""
    first = RootChange(FIRST.envelope, 5).signed(signer)
    return [first, RootChange(SECOND.envelope, 6, first.digest).signed(signer)]


def packed(*roots: Envelope) -> Pack:
    """Return the sample's pack with *roots*."""
    return attrs.evolve(PLAIN, roots={each.digest: each.to_bytes() for each in roots})


def states(data: bytes) -> dict[str, State]:
    """Return the results about the pack *data* by version 1 of the root."""
    return {each.name: each.state for each in pack_report(data, OWN).results}


def test_a_pack_tells_of_roots_and_is_judged_by_ones_own() -> None:
    """All versions or none: the verifier's is what counts, and the newest one told is named."""
    data = packed(*changes()).to_bytes()
    for trust in (OWN, TRUST, root_trust(SECOND.root)):
        report = pack_report(data, trust)
        assert report.holds
        assert "version 2 of its trust root" in report.results[2].detail
    assert Pack.parse(data).to_bytes() == data
    assert pack_report(PLAIN.to_bytes(), OWN).holds
    other = Story(approval={"approver": APPROVER}, engine=NEXT_ENGINE).pack()
    roots = packed(*changes()).roots
    assert states(attrs.evolve(other, roots=roots).to_bytes())["trust"] is State.FAILED


def test_a_log_gives_all_its_roots_or_none() -> None:
    """As its entries have them; more than a pack has room for are left out."""
    found = changes()
    assert list(logged_roots(cast("Log", Kept({}, roots=tuple(found))))) == [
        each.digest for each in found
    ]
    many = tuple(RootChange(FIRST.envelope, now).signed(LOG) for now in range(MAX_ROOTS + 1))
    assert logged_roots(cast("Log", Kept({}, roots=many))) == {}


def test_what_the_log_did_not_sign_is_no_member() -> None:
    """Another signer, a second signature, another name, what is no root: each is found out."""
    first, second = changes()
    (own,) = first.signatures
    twice = attrs.evolve(first, signatures=(own, EnvelopeSignature("0" * 64, own.signature)))
    bare = sign(first.payload_type, b"{}", LOG)
    assert states(packed(*changes(ENGINE)).to_bytes())["signature"] is State.FAILED
    for bad in (packed(twice), packed(bare), attrs.evolve(PLAIN, roots={first.digest: b"{}"})):
        assert states(bad.to_bytes())["bytes"] is State.FAILED
    swapped = attrs.evolve(PLAIN, roots={first.digest: second.to_bytes()})
    assert states(swapped.to_bytes())["bytes"] is State.FAILED


@pytest.mark.parametrize("place", range(0, 1200, 37))
def test_a_byte_changed_in_a_root_is_noticed(place: int) -> None:
    """Also if the manifest is made to fit."""
    pack = packed(*changes())
    parts = members(pack.to_bytes())
    name = next(each for each in parts if each.startswith("roots/"))
    changed = bytearray(parts[name])
    changed[place] ^= 1
    data = repacked({**parts, name: bytes(changed)}, pack.receipt.id)
    assert not pack_report(data, OWN).holds
