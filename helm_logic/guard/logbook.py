# SPDX-License-Identifier: Apache-2.0
"""Writing to the log what is there once: approvals, revocations, what is in force, receipts.

An entry that the log holds already is not an error: the same statement was logged before, here or
by another guard of the same log, and its place is what the caller wants to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from helm_logic.authority.revocation import VerifiedRevocation, verify_revocation
from helm_logic.errors import AlreadyLogged, InputError, LinkRefused, StoreCorrupt
from helm_logic.guard.roots import logged_root
from helm_logic.ledger.keys import PublicKey, Signer
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_protocol import Entry, Log, Record, Store
from helm_logic.receipts.changes import KeyChange, PolicyChange, RootChange
from helm_logic.receipts.trust_root_chain import SignedRoot, accept_next


@attrs.frozen
class InForce:
    """What a guard decides by: policy and program digests with the *blobs* they name, and keys.

    *root* is its trust root, if it has one.
    """

    bundle: str
    program: str
    blobs: Mapping[str, bytes]
    engine: PublicKey
    trusted: tuple[PublicKey, ...]
    root: SignedRoot | None = None


def append_once(store: Store, records: Iterable[Record]) -> dict[str, int]:
    """Append those of *records* that *store* lacks, in one commit; return the index of each.

    Raises StoreError; ApprovalConsumed if another writer used up an approval in the meantime.
    """
    wanted = {record.envelope.digest: record for record in records}
    known: dict[str, int] = {}
    for name, record in wanted.items():
        # Receipts are nearly always new, the rest often is not; asking first saves a refused batch.
        found = None if record.kind is Kind.RECEIPT else store.find(name)
        if found is not None:
            known[name] = found.index
    while True:
        waiting = [record for name, record in wanted.items() if name not in known]
        try:
            appended = store.append(waiting)
        except AlreadyLogged as error:
            name = waiting[error.position].envelope.digest
            known[name] = store.read(name).index
            continue
        entries = zip(waiting, appended, strict=True)
        return {**known, **{record.envelope.digest: entry.index for record, entry in entries}}


def announce(store: Store, log: Signer, what: InForce, now: int) -> tuple[Record, ...]:
    """Return the entries that say what is in force, each unless the last one says the same.

    A trust root says whose keys count, so that with one there is no key change. Raises TrustRefused
    if it may not follow the one that the log has.
    """
    records = []
    last = _last(store, Kind.POLICY)
    if last is None or _policy(last).bundle != what.bundle:
        policy = PolicyChange(what.bundle, what.program, now, _name(last))
        records.append(Record(Kind.POLICY, policy.signed(log), what.blobs))
    if what.root is not None:
        return (*records, *announce_root(store, log, what.root, now))
    last = _last(store, Kind.KEYS)
    keys = KeyChange(what.engine, log.public_key, what.trusted, now, _name(last))
    if last is None or _said(_keys(last)) != _said(keys):
        records.append(Record(Kind.KEYS, keys.signed(log)))
    return tuple(records)


def announce_root(store: Store, log: Signer, root: SignedRoot, now: int) -> list[Record]:
    """Return the entry that puts *root* in force, none if the log has it or a later version.

    Raises TrustRefused if it may not follow the version that the log has.
    """
    last = _last(store, Kind.ROOT)
    if last is not None:
        known = logged_root(last)
        if known.root.version > root.root.version or known.digest == root.digest:
            return []
        accept_next(known, root)
    return [Record(Kind.ROOT, RootChange(root.envelope, now, _name(last)).signed(log))]


def logged_revocations(log: Log, start: int = 0) -> list[VerifiedRevocation]:
    """Return the revocations that *log* holds from entry *start* on.

    One that cannot be read is not skipped, as it may be the one that matters: StoreCorrupt.
    """
    found = []
    for entry in log.entries(start, Kind.REVOCATION):
        try:
            found.append(verify_revocation(entry.envelope))
        except LinkRefused as error:
            raise StoreCorrupt(f"entry {entry.index} is no revocation: {error}") from error
    return found


def _last(log: Log, kind: Kind) -> Entry | None:
    last = None
    for last in log.entries(0, kind):  # noqa: B007 - the last one is what is wanted
        pass
    return last


def _name(entry: Entry | None) -> str | None:
    return None if entry is None else entry.digest


def _policy(entry: Entry) -> PolicyChange:
    try:
        return PolicyChange.read(entry.envelope)
    except InputError as error:
        raise StoreCorrupt(f"entry {entry.index} is no policy change: {error}") from error


def _keys(entry: Entry) -> KeyChange:
    try:
        return KeyChange.read(entry.envelope)
    except InputError as error:
        raise StoreCorrupt(f"entry {entry.index} is no key change: {error}") from error


def _said(change: KeyChange) -> tuple[PublicKey, PublicKey, tuple[PublicKey, ...]]:
    return change.engine, change.log, change.trusted
