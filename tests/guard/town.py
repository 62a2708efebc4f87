# SPDX-License-Identifier: Apache-2.0
"""A policy folder with the founder example, its guard at a chosen time, and requests to ask it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from helm_logic.guard import Decision, Guard
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.key_file import write_key_file
from helm_logic.ledger.keys import SeedSigner
from helm_logic.ledger.store import SqliteStore
from helm_logic.policy.approval import Approval, sign_approval
from helm_logic.policy.folder import stock_rules
from tests.authority.world import FOUNDER, NOW, TOOL, key, make_chain, signer

ENGINE, LOG = SeedSigner(b"e" * 32), SeedSigner(b"l" * 32)
ORIGIN = "test.example/guard"
MANAGER, ROLE = "user:manager", "release-manager"

_SETTINGS = f"""
[policy]
rules = "rules/main.dl"
[keys]
engine = "keys/engine.key"
log = "keys/log.key"
[ledger]
path = "ledger/log.sqlite"
head = "ledger/head"
origin = "{ORIGIN}"
[trust]
engine = ["{ENGINE.public_key}"]
log = "{LOG.public_key}"
[anchors]
"{FOUNDER}" = ["{key(FOUNDER)}"]
[approvers."{MANAGER}"]
roles = ["{ROLE}"]
keys = ["{key(MANAGER)}"]
[approvers."{TOOL}"]
roles = ["{ROLE}"]
keys = ["{key(TOOL)}"]
"""


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        """Return the moment at which the clock stands."""
        return self.now


def make_folder(folder: Path, *, rules: str | None = None, limits: str = "") -> Path:
    """Return *folder*, made a policy folder with *rules* (the founder example if None)."""
    for name in ("rules", "keys", "ledger", "revocations"):
        (folder / name).mkdir(parents=True)
    text = (stock_rules() / "deploy" / "main.dl").read_text("utf-8") if rules is None else rules
    (folder / "rules" / "main.dl").write_text(text, "utf-8")
    (folder / "helm.toml").write_text(_SETTINGS + limits, "utf-8")
    write_key_file(folder / "keys" / "engine.key", ENGINE)
    write_key_file(folder / "keys" / "log.key", LOG)
    path, head = folder / "ledger" / "log.sqlite", folder / "ledger" / "head"
    SqliteStore.create(path, head, origin=ORIGIN, signer=LOG).close()
    return folder


def open_guard(folder: Path, clock: Clock | None = None) -> Guard:
    """Return the guard of *folder*."""
    return Guard.open(folder, Clock() if clock is None else clock)


def ask(  # noqa: PLR0913 - each part of a request, by name
    *,
    env: str | None = "staging",
    chain: Sequence[Envelope] | None = None,
    approvals: Iterable[Envelope] = (),
    context: Mapping[str, Any] | None = None,
    resource: str = "shop/api",
    action: str = "deploy",
    subject: str = TOOL,
) -> bytes:
    """Return a request of the deploy tool, with a good chain unless another is given."""
    kind, _, name = subject.partition(":")
    links = make_chain() if chain is None else chain
    return json.dumps(
        {
            "subject": {"type": kind, "id": name},
            "action": {"name": action},
            "resource": {
                "type": "service",
                "id": resource,
                "properties": {} if env is None else {"env": env},
            },
            "context": {"ci_passed": True} if context is None else dict(context),
            "chain": [link.to_value() for link in links],
            "approvals": [each.to_value() for each in approvals],
        }
    ).encode()


def approve(decision: Decision, by: str = MANAGER, **changes: Any) -> Envelope:
    """Return the approval by *by* that answers *decision*, with *changes* to its members."""
    stated = decision.statement
    links: list[dict[str, str]] = list(stated.chain)  # type: ignore[call-overload]

    members: dict[str, Any] = {
        "id": "approval-1",
        "receipt": decision.receipt_id,
        "request": stated.request_digest,
        "policy": stated.policy,
        "chain": digest(canonical_json([link["digest"] for link in links])),
        "approver": by,
        "key": key(by),
        "role": ROLE,
        "issued": NOW,
        "expires": NOW + 600,
    }
    return sign_approval(Approval(**{**members, **changes}), signer(by))
