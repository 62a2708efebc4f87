# SPDX-License-Identifier: Apache-2.0
"""Version 1 of a trust root, from what `helm.toml` says: every key in it, for the whole log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from helm_logic.ledger.keys import PublicKey
from helm_logic.policy.settings import Settings
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root import RoleKeys, RootKey, TrustRoot


def first_root(
    settings: Settings, owners: Iterable[PublicKey], now: int, threshold: int = 1
) -> TrustRoot:
    """Return the root of the log of *settings*, whose next version takes *threshold* of *owners*.

    Raises TrustRefused if the settings say what no root may, such as one key for engine and log.
    """
    approvers = {name: each.keys for name, each in settings.approvers.items()}
    roles = {
        Role.ROOT: RoleKeys(tuple(RootKey(key) for key in owners), threshold),
        Role.ENGINE: RoleKeys(tuple(RootKey(key) for key in settings.trusted_engines)),
        Role.LOG: RoleKeys((RootKey(settings.trusted_log, settings.origin),)),
        Role.APPROVER: _named(approvers),
        Role.WITNESS: RoleKeys((), 0),
        Role.ANCHOR: _named(settings.anchors),
    }
    return TrustRoot(1, settings.origin, now, roles)


def _named(keys: Mapping[str, tuple[PublicKey, ...]]) -> RoleKeys:
    return RoleKeys(tuple(RootKey(key, name) for name in sorted(keys) for key in keys[name]))
