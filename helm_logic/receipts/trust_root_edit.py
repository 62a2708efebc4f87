# SPDX-License-Identifier: Apache-2.0
"""The version after a trust root: keys added, retired, revoked, thresholds set. Nothing is signed.

Each function returns a new version that names the one before and may follow it, once enough of its
root keys and of the old ones have signed.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from helm_logic.errors import TrustRefused
from helm_logic.ledger.keys import PublicKey
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root import RoleKeys, RootKey, TrustRoot
from helm_logic.receipts.trust_root_chain import SignedRoot


@attrs.frozen
class Rotation:
    """What becomes of *role* from entry *index* on: a key *added*, one *retired*, a *threshold*."""

    role: Role
    index: int
    added: RootKey | None = None
    retired: PublicKey | None = None
    threshold: int | None = None


def rotated(old: SignedRoot, change: Rotation, now: int) -> TrustRoot:
    """Return the version after *old* with *change*; raise TrustRefused."""
    listed = old.root.keys(change.role)
    keys = listed.keys
    if (retired := change.retired) is not None:
        if retired not in {each.key for each in keys}:
            raise TrustRefused("unknown_key", f"{retired} is no key of {change.role.value}")
        keys = tuple(_end(each, retired, change.index) for each in keys)
    if change.added is not None:
        keys = (*keys, attrs.evolve(change.added, from_index=change.index))
    threshold = listed.threshold if change.threshold is None else change.threshold
    return _next(old, lambda role, own: own if role is not change.role else keys, now, {
        change.role: threshold})  # fmt: skip


def revoked(old: SignedRoot, key: PublicKey, index: int, reason: str, now: int) -> TrustRoot:
    """Return the version after *old* by which *key* counts for nothing from entry *index* on.

    In every role. Raises TrustRefused if it is no key of *old*, or was revoked from before.
    """
    if all(each.key != key for _, each in old.root.entries()):
        raise TrustRefused("unknown_key", f"{key} is no key of this trust root")
    before = old.root.revoked_from(key)
    if before is not None and before <= index:
        raise TrustRefused("key_revoked", f"{key} is revoked from entry {before} on")

    def change(_: Role, own: tuple[RootKey, ...]) -> tuple[RootKey, ...]:
        return tuple(
            attrs.evolve(each, revoked_from_index=index, reason=reason) if each.key == key else each
            for each in own
        )

    return _next(old, change, now, {})


def _end(each: RootKey, retired: PublicKey, index: int) -> RootKey:
    if each.key != retired or (each.to_index is not None and each.to_index <= index):
        return each
    return attrs.evolve(each, to_index=index)


def _next(
    old: SignedRoot,
    change: Callable[[Role, tuple[RootKey, ...]], tuple[RootKey, ...]],
    now: int,
    thresholds: dict[Role, int],
) -> TrustRoot:
    roles = {
        role: RoleKeys(
            change(role, old.root.keys(role).keys),
            thresholds.get(role, old.root.keys(role).threshold),
        )
        for role in Role
    }
    version = old.root.version + 1
    return attrs.evolve(old.root, version=version, now=now, roles=roles, previous=old.digest)
