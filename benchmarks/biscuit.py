# SPDX-License-Identifier: Apache-2.0
"""The same decision by biscuit-python: a token of attenuating blocks, verified and authorized.

What is alike: three delegations that narrow action, resource, environment and time; a request that
carries them; rules that also want a passed ci run and no freeze; an Ed25519 signature by PyNaCl of
a JSON record of request and verdict. What biscuit does not do: name the delegate of each block,
answer ESCALATE, revoke, say why, or leave a certificate that a stranger can check.

It is given its best: policies and authorizer are parsed once, and facts are built as objects.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from biscuit_auth import (
    AuthorizationError,
    AuthorizerBuilder,
    Biscuit,
    BiscuitBuilder,
    BlockBuilder,
    Fact,
    KeyPair,
    Policy,
)
from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

from benchmarks.scene import DAY, NOW, asked_value
from helm_logic.kernel.encoding import JsonValue

_POLICIES = (
    "deny if freeze(true)",
    'deny if action($a), !["deploy"].contains($a)',
    'allow if action("deploy"), ci_passed(true), env($e), ["dev", "staging"].contains($e)',
)

_BLOCK = """
check if action($a), {actions}.contains($a);
check if resource($r), $r.starts_with("service/");
check if time($t), {since} <= $t, $t < {until};
"""
_LAST = """
check if env($e), ["dev", "staging"].contains($e);
check if subject("tool:deploy");
"""


class BiscuitSide:
    """One token, and what decides requests that carry it."""

    def __init__(self, depth: int = 3) -> None:
        root = KeyPair()
        self._root = root.public_key
        token = BiscuitBuilder(_block(0, depth), _window(0)).build(root.private_key)
        for place in range(1, depth):
            token = token.append(BlockBuilder(_block(place, depth), _window(place)))
        self._text = token.to_base64()
        self._kept: dict[str, Biscuit] = {}
        self._policies = [Policy(text) for text in _POLICIES]
        self._secret = crypto_sign_seed_keypair(bytes(32))[1]
        self._now = datetime.fromtimestamp(NOW, UTC)
        # Its default limit of 1 ms is of wall time, which a busy machine exceeds now and then.
        self._limits = _builder().limits()
        self._limits.max_time = timedelta(seconds=10)

    def request(
        self, number: int, context: Mapping[str, JsonValue] | None = None, env: str = "staging"
    ) -> bytes:
        """Return request *number*, with the token in it."""
        asked = asked_value(number, context, env)
        return json.dumps({**asked, "token": self._text}).encode("utf-8")

    def allows(self, data: bytes) -> bool:
        """Say whether the decision on *data* is ALLOW."""
        return b'"verdict":"ALLOW"' in self.decide(data)

    def decide(self, data: bytes) -> bytes:
        """Return the signed record of the decision on *data*; every signature is verified."""
        asked = json.loads(data)
        return self._record(asked, Biscuit.from_base64(asked["token"], self._root))

    def decide_kept(self, data: bytes) -> bytes:
        """Return the same, with tokens kept once they have been verified."""
        asked = json.loads(data)
        text = asked["token"]
        token = self._kept.get(text)
        if token is None:
            token = self._kept[text] = Biscuit.from_base64(text, self._root)
        return self._record(asked, token)

    def _record(self, asked: dict[str, Any], token: Biscuit) -> bytes:
        builder = _builder()
        for fact in self._facts(asked):
            builder.add_fact(fact)
        for policy in self._policies:
            builder.add_policy(policy)
        builder.set_limits(self._limits)
        try:
            matched = builder.build(token).authorize()
            verdict, why = "ALLOW", f"policy {matched}"
        except AuthorizationError as error:
            verdict, why = "DENY", str(error)
        record = {"now": NOW, "request": asked, "verdict": verdict, "why": why}
        payload = json.dumps(record, sort_keys=True, separators=(",", ":")).encode("utf-8")
        return crypto_sign(payload, self._secret)

    def _facts(self, asked: dict[str, Any]) -> list[Fact]:
        subject, action, resource, context = (
            asked[name] for name in ("subject", "action", "resource", "context")
        )
        values = {
            "subject": f"{subject['type']}:{subject['id']}",
            "action": action["name"],
            "resource": f"{resource['type']}/{resource['id']}",
            "env": resource["properties"]["env"],
            "ci_passed": context["ci_passed"],
            "freeze": context.get("freeze", False),
            "time": self._now,
        }
        return [Fact(name + "({x})", {"x": value}) for name, value in values.items()]


def _builder() -> Any:
    # Any, because the library's type stubs lack its limits.
    return AuthorizerBuilder("")


def _block(place: int, depth: int) -> str:
    last = place == depth - 1
    actions = '["deploy"]' if last else '["deploy", "restart"]'
    return _BLOCK.replace("{actions}", actions) + (_LAST if last else "")


def _window(place: int) -> dict[str, datetime]:
    return {
        "since": datetime.fromtimestamp(NOW - DAY + place, UTC),
        "until": datetime.fromtimestamp(NOW + DAY - place, UTC),
    }
