# SPDX-License-Identifier: Apache-2.0
"""Which version of a trust root may follow which: rotation, lost thresholds, rollback."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.errors import TrustRefused
from helm_logic.ledger.envelope import EnvelopeSignature, sign
from helm_logic.ledger.keys import SeedSigner
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root import RoleKeys
from helm_logic.receipts.trust_root_chain import (
    SignedRoot,
    accept_all,
    accept_first,
    accept_next,
    add_signature,
)
from tests.receipts.roots import NEXT_ENGINE, ROOTS, following, keys, root, signed, with_key
from tests.receipts.sample import ENGINE, LOG, STRANGER

FIRST = signed(root())
ROTATED = RoleKeys(
    (*with_key(FIRST.root.keys(Role.ENGINE), 0, to_index=9).keys,
     *keys(NEXT_ENGINE, from_index=9).keys),
)  # fmt: skip
SECOND = signed(following(FIRST, {Role.ENGINE: ROTATED}))
NEW_ROOTS = RoleKeys(
    (*with_key(FIRST.root.keys(Role.ROOT), 0, revoked_from_index=0).keys, *keys(ROOTS[2]).keys), 2
)
THIRD = signed(following(SECOND, {Role.ROOT: NEW_ROOTS}), ROOTS)
FOURTH = signed(following(THIRD, {}), ROOTS[1:])


def code_of(old: SignedRoot, new: SignedRoot) -> str:
    """Return the code for which *new* may not follow *old*."""
    with pytest.raises(TrustRefused) as caught:
        accept_next(old, new)
    return caught.value.code


def swapped(made: SignedRoot, signatures: Iterable[tuple[str, bytes]]) -> SignedRoot:
    """Return *made* with other *signatures*: key ids, each with bytes."""
    lines = tuple(EnvelopeSignature(*each) for each in signatures)
    return SignedRoot(made.root, attrs.evolve(made.envelope, signatures=lines))


def test_versions_follow_each_other() -> None:
    """An engine key replaced, then a root key: from version 1 to 4, and from any to the next."""
    versions = [SECOND, THIRD, FOURTH]
    assert accept_all(FIRST, versions) == FOURTH
    assert accept_all(FIRST, [FIRST, *versions, FOURTH]) == FOURTH
    assert SignedRoot.parse(FOURTH.envelope.to_bytes()) == FOURTH


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        ("root_rollback", THIRD, SECOND),
        ("root_rollback", SECOND, FIRST),
        ("root_gap", FIRST, THIRD),
        ("root_fork", SECOND, signed(following(FIRST, {}))),
        ("root_broken_chain", SECOND, signed(following(signed(following(FIRST, {})), {}))),
        ("root_other_log", FIRST, signed(following(
            FIRST, {Role.LOG: keys(LOG, name="other/log")}, origin="other/log"))),
    ],
)  # fmt: skip
def test_another_than_the_next_version_is_refused(
    code: str, old: SignedRoot, new: SignedRoot
) -> None:
    """An older one, one too far, another of the same number, of another past, of another log."""
    assert code_of(old, new) == code


def test_a_new_version_takes_old_and_new_root_keys() -> None:
    """Neither a threshold of the old ones alone nor one of the new ones alone is enough."""
    made = following(SECOND, {Role.ROOT: NEW_ROOTS})
    assert code_of(SECOND, signed(made, ROOTS[:2])) == "threshold_not_met"
    assert code_of(SECOND, signed(made, ROOTS[1:])) == "old_threshold_not_met"
    assert code_of(SECOND, signed(made, (STRANGER, ENGINE))) == "old_threshold_not_met"
    assert accept_next(SECOND, signed(made, ROOTS)).root.version == 3


def test_a_root_key_that_ended_signs_no_version_any_more() -> None:
    """Retired or revoked, its signature counts for nothing from the next version on."""
    assert code_of(THIRD, signed(following(THIRD, {}), ROOTS[:2])) == "old_threshold_not_met"


def test_lost_thresholds_are_not_made_up_for() -> None:
    """With fewer root keys left than it takes, no version follows; the last one stays."""
    alone = signed(following(FIRST, {}), ROOTS[:1])
    lowered = {Role.ROOT: RoleKeys(FIRST.root.keys(Role.ROOT).keys, 1)}
    assert code_of(FIRST, alone) == "old_threshold_not_met"
    assert code_of(FIRST, signed(following(FIRST, lowered), ROOTS[:1])) == "old_threshold_not_met"


def test_signatures_are_counted_by_key_bytes() -> None:
    """One key under two key ids is one; its signature under another's id is a bad one."""
    (one, other) = FIRST.envelope.signatures
    made_up = "0" * 64
    twice = swapped(FIRST, [(one.keyid, one.signature), (made_up, one.signature)])
    crossed = swapped(FIRST, [(one.keyid, one.signature), (other.keyid, one.signature)])
    for code, each in (("threshold_not_met", twice), ("bad_signature", crossed)):
        with pytest.raises(TrustRefused) as caught:
            accept_first(each)
        assert caught.value.code == code
    with pytest.raises(TrustRefused, match="duplicate_signature"):
        add_signature(FIRST, ROOTS[0])


def test_a_file_that_is_no_root_is_refused() -> None:
    """Other bytes, another payload type, a payload that is none, a key id twice."""
    (one, _) = FIRST.envelope.signatures
    twice = f'{{"keyid":"{one.keyid}","sig":"AAAA"}}'
    head, _, _ = FIRST.envelope.to_bytes().partition(b'"signatures":')
    for code, data in (
        ("malformed_root", b"{}"),
        ("malformed_root", sign("text/plain", FIRST.envelope.payload, ROOTS[0]).to_bytes()),
        ("malformed_root", sign(FIRST.envelope.payload_type, b"{}", ROOTS[0]).to_bytes()),
        ("duplicate_signature", head + f'"signatures":[{twice},{twice}]}}'.encode()),
    ):
        with pytest.raises(TrustRefused) as caught:
            SignedRoot.parse(data)
        assert caught.value.code == code


def test_every_flipped_byte_of_a_root_is_refused() -> None:
    """Whatever changes in the file, it is no longer the root that its keys signed."""
    data = FIRST.envelope.to_bytes()
    for place in range(0, len(data), 7):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(TrustRefused):
            accept_first(SignedRoot.parse(bytes(changed)))


_ENGINE = FIRST.root.keys(Role.ENGINE)
_BOUND = signed(following(FIRST, {Role.ENGINE: with_key(
    _ENGINE, 0, from_index=2, to_index=9, revoked_from_index=5)}))  # fmt: skip


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("key_widened", {"from_index": 1}),
        ("key_widened", {"to_index": 10}),
        ("key_widened", {"to_index": None}),
        ("key_widened", {"revoked_from_index": 6}),
        ("key_widened", {"revoked_from_index": None}),
        ("key_dropped", {"key": NEXT_ENGINE.public_key}),
        ("key_dropped", {"name": "another"}),
        ("", {"from_index": 3, "to_index": 4, "revoked_from_index": 0, "reason": "older"}),
    ],
)
def test_what_a_key_stood_for_stays_on_record(code: str, changes: Mapping[str, Any]) -> None:
    """Spans only narrow and keys stay listed: nobody revokes and then takes it back."""
    bound = _BOUND.root.keys(Role.ENGINE)
    new = signed(following(_BOUND, {Role.ENGINE: with_key(bound, 0, **changes)}))
    if code:
        assert code_of(_BOUND, new) == code
    else:
        assert accept_next(_BOUND, new) == new


@settings(max_examples=60)
@given(st.sets(st.integers(0, 4)), st.integers(1, 3), st.integers(1, 3))
def test_a_version_is_accepted_iff_both_thresholds_are_met(
    signing: set[int], before: int, after: int
) -> None:
    """Compared with counting: of three old and three new root keys, one of them in both."""
    pool = [SeedSigner(bytes([50 + number]) * 32) for number in range(5)]
    old = signed(root(root=keys(*pool[:3], threshold=before)), pool[:3])
    listed = tuple(
        attrs.evolve(each, to_index=0) if place < 2 else each
        for place, each in enumerate(keys(*pool).keys)
    )
    made = following(old, {Role.ROOT: RoleKeys(listed, after)})
    if not signing:
        return
    new = signed(made, [pool[number] for number in sorted(signing)])
    wanted = len(signing & {0, 1, 2}) >= before and len(signing & {2, 3, 4}) >= after
    try:
        accepted = accept_next(old, new) == new
    except TrustRefused as error:
        accepted = error.code not in {"old_threshold_not_met", "threshold_not_met"}
    assert accepted == wanted
