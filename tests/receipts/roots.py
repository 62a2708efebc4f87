# SPDX-License-Identifier: Apache-2.0
"""Trust roots for the tests of this room: version 1 of the log of `sample`, and changes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from helm_logic.ledger.keys import SeedSigner
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root import RoleKeys, RootKey, TrustRoot
from helm_logic.receipts.trust_root_chain import SignedRoot, sign_root
from tests.receipts.sample import ENGINE, LOG, ORIGIN, STRANGER

ROOTS = tuple(SeedSigner(bytes([number]) * 32) for number in (11, 12, 13))
WITNESSES = tuple(SeedSigner(bytes([number]) * 32) for number in (21, 22, 23))
NEXT_ENGINE = SeedSigner(bytes([31]) * 32)
APPROVER = "user:boss"


def keys(*signers: SeedSigner, name: str = "", threshold: int = 1, **span: Any) -> RoleKeys:
    """Return a role with the keys of *signers*, all with one *span*."""
    listed = tuple(RootKey(each.public_key, name, **span) for each in signers)
    return RoleKeys(listed, threshold)


def root(*, version: int = 1, previous: str | None = None, **roles: RoleKeys) -> TrustRoot:
    """Return version *version*, with *roles* in the place of those of version 1."""
    own: dict[Role, RoleKeys] = {
        Role.ROOT: keys(*ROOTS[:2], threshold=2),
        Role.ENGINE: keys(ENGINE),
        Role.LOG: keys(LOG, name=ORIGIN),
        Role.APPROVER: keys(STRANGER, name=APPROVER),
        Role.WITNESS: RoleKeys((), 0),
    }
    changed = {Role[name.upper()]: each for name, each in roles.items()}
    return TrustRoot(version, ORIGIN, 1_800_000_000, own | changed, previous)


def signed(made: TrustRoot, signers: Iterable[SeedSigner] = ROOTS[:2]) -> SignedRoot:
    """Return *made*, signed by *signers*."""
    return sign_root(made, signers)


def following(old: SignedRoot, roles: Mapping[Role, RoleKeys], **changes: Any) -> TrustRoot:
    """Return the version after *old* with *roles* in the place of its own."""
    return attrs.evolve(
        old.root,
        version=old.root.version + 1,
        previous=old.digest,
        roles={**old.root.roles, **roles},
        **changes,
    )


def with_key(role: RoleKeys, place: int, **changes: Any) -> RoleKeys:
    """Return *role* with *changes* to the key at *place*."""
    listed = list(role.keys)
    listed[place] = attrs.evolve(listed[place], **changes)
    return RoleKeys(tuple(listed), role.threshold)
