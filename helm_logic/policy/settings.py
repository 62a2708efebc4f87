# SPDX-License-Identifier: Apache-2.0
"""Settings: what `helm.toml` says, read strictly.

Unknown tables and members are refused, because a misspelt limit or anchor that is silently ignored
is a policy that does not do what it says. Paths are relative to the folder that holds the file.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from helm_logic.engine import Limits
from helm_logic.errors import InputError, PolicyError
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text
from helm_logic.policy.tokens import TokenSettings, token_settings
from helm_logic.policy.trust import log_settings, public_keys, read_toml

_TABLES = ("policy", "keys", "ledger", "trust", "anchors")
_OPTIONAL_TABLES = ("approvers", "limits", "relations", "tokens")


@attrs.frozen
class Approver:
    """Who may approve: the roles and keys of one principal."""

    roles: tuple[str, ...]
    keys: tuple[PublicKey, ...]


@attrs.frozen
class Settings:
    """The content of `helm.toml`."""

    rules: str
    anchors: Mapping[str, tuple[PublicKey, ...]]
    approvers: Mapping[str, Approver]
    relations: Mapping[str, str]
    revocations: str
    engine_key: str
    log_key: str
    ledger: str
    head: str
    origin: str
    trusted_engines: tuple[PublicKey, ...]
    trusted_log: PublicKey
    limits: Limits
    chain_depth: int
    request_bytes: int
    root: str | None = None
    tokens: Mapping[str, TokenSettings] = attrs.field(factory=dict)


def parse_settings(data: bytes) -> Settings:
    """Return the settings in *data*; raise PolicyError naming the table and member at fault."""
    try:
        whole = require_object(read_toml(data), "helm.toml", _TABLES, _OPTIONAL_TABLES)
        return _settings(whole)
    except (InputError, ValueError) as error:
        raise PolicyError(f"helm.toml: {error}") from None


def _settings(tables: Mapping[str, object]) -> Settings:
    policy = require_object(tables["policy"], "[policy]", ("rules",), ("revocations",))
    keys = require_object(tables["keys"], "[keys]", ("engine", "log"))
    log = log_settings(tables)
    bounds = _bounds(tables.get("limits", {}))
    return Settings(
        rules=require_text(policy["rules"], "[policy] rules"),
        revocations=require_text(policy.get("revocations", "revocations"), "[policy] revocations"),
        anchors=_anchors(tables["anchors"]),
        approvers=_approvers(tables.get("approvers", {})),
        relations=_relations(tables.get("relations", {})),
        engine_key=require_text(keys["engine"], "[keys] engine"),
        log_key=require_text(keys["log"], "[keys] log"),
        ledger=log.ledger,
        head=log.head,
        origin=log.origin,
        trusted_engines=log.trusted_engines,
        trusted_log=log.trusted_log,
        chain_depth=bounds.pop("chain_depth", 64),
        request_bytes=bounds.pop("request_bytes", 1 << 20),
        limits=Limits(**bounds),
        root=log.root,
        tokens=token_settings(tables.get("tokens", {})),
    )


def _bounds(value: object) -> dict[str, int]:
    known = ("facts", "rounds", "firings", "chain_depth", "request_bytes")
    table = require_object(value, "[limits]", (), known)
    bounds = {name: require_integer(bound, f"[limits] {name}") for name, bound in table.items()}
    for name, bound in bounds.items():
        if bound < 1:
            raise ValueError(f"[limits] {name}: got {bound}, want at least 1")
    return bounds


def _anchors(value: object) -> dict[str, tuple[PublicKey, ...]]:
    table = require_object(value, "[anchors]")
    return {name: public_keys(keys, f"[anchors] {name}") for name, keys in table.items()}


def _approvers(value: object) -> dict[str, Approver]:
    approvers = {}
    for name, entry in require_object(value, "[approvers]").items():
        where = f"[approvers] {name}"
        table = require_object(entry, where, ("roles", "keys"))
        roles = tuple(require_text(role, where) for role in require_list(table["roles"], where))
        approvers[name] = Approver(roles, public_keys(table["keys"], where))
    return approvers


def _relations(value: object) -> dict[str, str]:
    table = require_object(value, "[relations]")
    return {name: require_text(path, f"[relations] {name}") for name, path in table.items()}
