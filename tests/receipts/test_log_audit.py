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
from helm_logic.receipts.changes import KeyChange, PolicyChange
from helm_logic.receipts.log_audit import LogAudit
from helm_logic.receipts.statement import PAYLOAD_TYPE, Statement
from helm_logic.receipts.verdict import Verdict
from tests.authority.world import FOUNDER, make_chain, revocation
from tests.guard.town import ENGINE, LOG, ORIGIN, Clock, approve, ask, make_folder, open_guard

OTHER = SeedSigner(b"o" * 32)
NOTHING = digest(b"nothing of this name")


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[Guard]:
    """Give a guard whose log has an entry of every kind, and an approval that was used."""
    clock = Clock()
    folder = make_folder(tmp_path / "p")
    with open_guard(folder, clock) as opened:
        approval = approve(opened.decide(ask(env="prod")))
        opened.decide(ask(env="prod", approvals=[approval], context={"ci_passed": True}))
        opened.revoke(revocation(make_chain()[1], FOUNDER).envelope)
        clock.now += 1
        opened.decide_all([ask(), b"{", ask(env="prod", approvals=[approval])])
        yield opened


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


def test_what_a_guard_writes_is_in_order(guard: Guard) -> None:
    """Every kind of entry, without being told a key: the log names those of its engines."""
    kinds = {entry.kind for entry in guard._store.entries()}

    assert kinds == set(Kind)
    assert audit(guard._store) == []


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
