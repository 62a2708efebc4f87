# SPDX-License-Identifier: Apache-2.0
"""The audit of a log: what a guard wrote is in order, and everything else is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from helm_logic.guard import Guard
from helm_logic.kernel.encoding import digest
from helm_logic.ledger.envelope import Envelope, sign
from helm_logic.ledger.keys import SeedSigner
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.log_config import config_envelope
from helm_logic.ledger.store_fsck import fsck
from helm_logic.ledger.store_protocol import Log, Record
from helm_logic.receipts.changes import KeyChange, PolicyChange, RootChange
from helm_logic.receipts.log_audit import LogAudit
from helm_logic.receipts.statement import PAYLOAD_TYPE, Statement
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root import RoleKeys, RootKey, TrustRoot
from helm_logic.receipts.trust_root_chain import SignedRoot, sign_root
from helm_logic.receipts.verdict import Verdict
from tests.authority.world import FOUNDER, make_chain, revocation
from tests.guard.town import ENGINE, LOG, ORIGIN, Clock, approve, ask, make_folder, open_guard

OTHER = SeedSigner(b"o" * 32)
NOTHING = digest(b"nothing of this name")
ROOT = sign_root(
    TrustRoot(
        1,
        ORIGIN,
        4,
        {
            Role.ROOT: RoleKeys((RootKey(OTHER.public_key),)),
            Role.ENGINE: RoleKeys((RootKey(ENGINE.public_key),)),
            Role.LOG: RoleKeys((RootKey(LOG.public_key, ORIGIN),)),
            Role.WITNESS: RoleKeys((), 0),
        },
    ),
    (OTHER,),
)


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[Guard]:
    """Give a guard whose log has entries of all kinds but one, and an approval that was used."""
    clock = Clock()
    folder = make_folder(tmp_path / "p")
    with open_guard(folder, clock) as opened:
        approval = approve(opened.decide(ask(env="prod")))
        opened.decide(ask(env="prod", approvals=[approval], context={"ci_passed": True}))
        opened.revoke(revocation(make_chain()[1], FOUNDER).envelope)
        clock.now += 1
        opened.decide_all([ask(), b"{", ask(env="prod", approvals=[approval])])
        yield opened


@pytest.fixture
def rooted(guard: Guard) -> Guard:
    """Give that guard, its log with a trust root as the last entry."""
    add(guard, Kind.ROOT, RootChange(ROOT.envelope, 4).signed(LOG))
    return guard


def audit(log: Log, *engines: SeedSigner) -> list[tuple[int, str]]:
    """Return places and codes of what is found in *log*, whose bytes must be sound."""
    found = LogAudit(log, [each.public_key for each in engines])
    fsck(log, found.look)
    found.finish()
    return [(each.index, each.code) for each in found.findings]


def add(guard: Guard, kind: Kind, envelope: Envelope, **more: Any) -> int:
    """Append *envelope* behind the guard's back and return its place."""
    return guard._store.append([Record(kind, envelope, **more)])[0].index


def allowed(guard: Guard) -> Statement:
    """Return the statement of the ALLOW in the log."""
    entries = guard._store.entries(kind=Kind.RECEIPT)
    statements = [Statement.parse(entry.envelope.payload) for entry in entries]
    return next(each for each in statements if each.verdict is Verdict.ALLOW)


def approvals_of(stated: Statement) -> list[dict[str, str]]:
    """Return the approvals that *stated* names."""
    return list(stated.approvals)  # type: ignore[call-overload, no-any-return]


def receipt(stated: Statement, signer: SeedSigner = ENGINE, **changes: Any) -> Envelope:
    """Return a receipt with *changes* to what is *stated*, later than all others."""
    changed = attrs.evolve(stated, **{"now": 5_000_000_000, **changes})
    return sign(PAYLOAD_TYPE, changed.to_bytes(), signer)


def test_what_a_guard_writes_is_in_order(rooted: Guard) -> None:
    """Every kind of entry, without being told a key: the log names those of its engines."""
    kinds = {entry.kind for entry in rooted._store.entries()}

    assert kinds == set(Kind)
    assert audit(rooted._store) == []


def test_a_log_from_before_there_were_such_entries_is_in_order(
    guard: Guard, tmp_path: Path
) -> None:
    """Receipts whose parents are receipts alone, no entries for policy, keys and approvals."""
    stated = allowed(guard)
    (named,) = approvals_of(stated)
    with open_guard(make_folder(tmp_path / "old")) as other:
        store = other._store
        escalated = guard._store.read(named["receipt"]).envelope
        blobs = {
            name: guard._store.blob(name)
            for name in (stated.program, *(file for _, file in stated.named_envelopes()))
        }
        store.append([Record(Kind.RECEIPT, escalated, blobs)])
        before = receipt(stated, parents=[named["receipt"]])
        store.append([Record(Kind.RECEIPT, before, consumes=(named["digest"],))])

        assert audit(store, ENGINE) == []
        assert audit(store) == [(1, "unknown_engine"), (2, "unknown_engine")]


def _faults(guard: Guard) -> Iterator[tuple[str, Kind, Envelope]]:
    stated = allowed(guard)
    approval = next(guard._store.entries(kind=Kind.APPROVAL)).envelope
    withdrawn = revocation(make_chain()[0], FOUNDER).envelope
    good: dict[str, Any] = {"approvals": [], "parents": []}
    yield "unknown_engine", Kind.RECEIPT, receipt(stated, OTHER, **good)
    yield "bad_signature", Kind.RECEIPT, _damaged(receipt(stated, now=6, **good))
    yield "policy_not_logged", Kind.RECEIPT, receipt(stated, policy=NOTHING, **good)
    yield "blob_missing", Kind.RECEIPT, receipt(stated, program=NOTHING, **good)
    yield "wrong_parents", Kind.RECEIPT, receipt(stated, approvals=[], parents=[NOTHING])
    named = {"digest": withdrawn.digest, "file": stated.program, "link": "x"}
    yield "not_logged", Kind.RECEIPT, receipt(stated, revocations=[named], **good)
    yield "unreadable", Kind.RECEIPT, sign(PAYLOAD_TYPE, b"{}", ENGINE)
    yield "unreadable", Kind.APPROVAL, sign("a", b"{}", ENGINE)
    yield "unreadable", Kind.REVOCATION, sign("x", b'{"key":"rot13"}', ENGINE)
    yield "unreadable", Kind.POLICY, sign("p", b"{}", LOG)
    yield "unreadable", Kind.KEYS, sign("k", b"{}", LOG)
    yield "bad_signature", Kind.APPROVAL, sign("x", approval.payload, ENGINE)
    yield "bad_signature", Kind.REVOCATION, _damaged(withdrawn)
    bundle = stated.policy
    yield "bad_signature", Kind.POLICY, PolicyChange(bundle, stated.program, 5).signed(OTHER)
    yield "blob_missing", Kind.POLICY, PolicyChange(NOTHING, stated.program, 5).signed(LOG)
    yield "not_logged", Kind.POLICY, PolicyChange(bundle, NOTHING, 5, NOTHING).signed(LOG)
    crossed = next(guard._store.entries(kind=Kind.KEYS)).digest
    yield "not_logged", Kind.POLICY, PolicyChange(bundle, NOTHING, 5, crossed).signed(LOG)
    keys = KeyChange(OTHER.public_key, LOG.public_key, (), 5, NOTHING)
    yield "not_logged", Kind.KEYS, keys.signed(LOG)
    yield "bad_signature", Kind.KEYS, attrs.evolve(keys, previous=None).signed(OTHER)
    yield "second_config", Kind.CONFIG, config_envelope(f"{ORIGIN}/2", LOG)


def following(**changes: Any) -> SignedRoot:
    """Return the version after `ROOT`, with *changes*."""
    second: dict[str, Any] = {"version": 2, "previous": ROOT.digest, **changes}
    return sign_root(attrs.evolve(ROOT.root, **second), (OTHER,))


def test_a_trust_root_is_followed_version_by_version(rooted: Guard) -> None:
    """One that may not follow is named with its code; a receipt is judged by the one before it."""
    guard = rooted
    stated = allowed(guard)
    bare: dict[str, Any] = {"approvals": [], "parents": []}
    entry = next(guard._store.entries(kind=Kind.ROOT)).digest
    size = guard._store.size
    revoked = RoleKeys((RootKey(ENGINE.public_key, revoked_from_index=size),))
    roles = {**ROOT.root.roles, Role.ENGINE: revoked}
    again = attrs.evolve(ROOT.root, now=5)
    changes = (
        ("bad_signature", RootChange(following().envelope, 5, entry).signed(OTHER)),
        ("root_fork", RootChange(sign_root(again, (OTHER,)).envelope, 5, entry).signed(LOG)),
        ("unreadable", sign("r", b"{}", LOG)),
        ("not_logged", RootChange(following(roles=roles).envelope, 5, NOTHING).signed(LOG)),
    )
    expected = [(add(guard, Kind.ROOT, envelope), code) for code, envelope in changes]
    index = add(guard, Kind.RECEIPT, receipt(stated, **bare))

    assert audit(guard._store) == [*expected, (index, "key_revoked")]


def _damaged(envelope: Envelope) -> Envelope:
    (one,) = envelope.signatures
    return attrs.evolve(envelope, signatures=(attrs.evolve(one, signature=bytes(64)),))


def test_each_fault_is_named_with_its_place(guard: Guard) -> None:
    """One entry after the other that no guard would write, each found for what it is."""
    expected = [(add(guard, kind, envelope), code) for code, kind, envelope in _faults(guard)]

    assert audit(guard._store) == expected


def test_a_key_counts_only_if_the_log_says_so(guard: Guard) -> None:
    """From the key change on that the log signed; not from one that somebody else signed."""
    stated = allowed(guard)
    bare: dict[str, Any] = {"approvals": [], "parents": []}
    change = KeyChange(OTHER.public_key, LOG.public_key, (OTHER.public_key,), 9)
    before = add(guard, Kind.RECEIPT, receipt(stated, OTHER, now=6_000_000_000, **bare))
    forged = add(guard, Kind.KEYS, change.signed(OTHER))
    after = add(guard, Kind.RECEIPT, receipt(stated, OTHER, now=6_000_000_001, **bare))
    add(guard, Kind.KEYS, attrs.evolve(change, now=10).signed(LOG))
    add(guard, Kind.RECEIPT, receipt(stated, OTHER, now=6_000_000_002, **bare))

    assert audit(guard._store) == [
        (before, "unknown_engine"),
        (forged, "bad_signature"),
        (after, "unknown_engine"),
    ]


def test_an_approval_is_used_by_the_receipt_that_says_so(guard: Guard) -> None:
    """Used and not said, said and not used, used twice, named without being there."""
    stated = allowed(guard)
    bare: dict[str, Any] = {"approvals": [], "parents": []}
    unsaid = add(guard, Kind.RECEIPT, receipt(stated, **bare), consumes=(NOTHING,))
    twice = add(guard, Kind.RECEIPT, receipt(stated))
    (named,) = approvals_of(stated)
    other = {**named, "digest": NOTHING}
    parents = sorted((NOTHING, named["receipt"]))
    lost = add(guard, Kind.RECEIPT, receipt(stated, approvals=[other], parents=parents))

    assert sorted(audit(guard._store)) == sorted(
        [
            (twice, "approval_used_twice"),
            (lost, "not_logged"),
            (unsaid, "use_without_allow"),
            (lost, "use_not_recorded"),
        ]
    )
