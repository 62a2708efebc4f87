# SPDX-License-Identifier: Apache-2.0
"""Biscuits, from the request to a receipt that verifies and replays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from helm_logic.policy.replay import MADE_AGAIN
from helm_logic.receipts.verdict import Verdict
from helm_logic.receipts.verify import verify
from tests.authority.adapters.biscuit.tokens import AUTHORIZER, ISSUER, NOW, issue, item, jwk
from tests.authority.world import make_chain
from tests.guard.test_tokens import replayed
from tests.guard.town import Clock, make_folder, open_guard

_TOKENS = f'''
[tokens."{ISSUER}"]
format = "biscuit"
algorithms = ["EdDSA"]
jwks = "biscuits.jwks.json"
resource = "service/*"
subject = "subject"
revoked = "revoked.json"
authorizer = """{AUTHORIZER}"""
'''
_RULES = """
#include "authority".

known_action("deploy").
@reason("a check of the token did not pass")
deny(check_failed) :- claim(_, "biscuit:failed", _).
@reason("the issuer knows the operator")
allow(operator) :- authorized, claim(_, "role", "operator").
"""


def ask(presented: list[Any], *, subject: str = "ops", action: str = "deploy") -> bytes:
    """Return the request of an agent with the chain *presented*."""
    request = {
        "subject": {"type": "agent", "id": subject},
        "action": {"name": action, "properties": {"version": 12}},
        "resource": {"type": "service", "id": "api"},
        "chain": presented,
    }
    return json.dumps(request).encode()


def folder(tmp_path: Path) -> Path:
    """Return a policy folder with an issuer of biscuits, who withdrew one."""
    made = make_folder(tmp_path / "policy", rules=_RULES, limits=_TOKENS)
    (made / "biscuits.jwks.json").write_text(json.dumps({"keys": [jwk()]}), "utf-8")
    (made / "revoked.json").write_text(json.dumps(["00" * 64]), "utf-8")
    return made


def test_a_biscuit_is_decided_and_its_receipt_verifies_and_replays(tmp_path: Path) -> None:
    """The token allows, rules read its issuer's facts and failed checks, and all is made again."""
    made = folder(tmp_path)
    guard = open_guard(made, Clock(NOW))
    right = 'subject("agent:ops"); role("operator"); right("deploy", "service/api");'
    good = guard.decide(ask([item(issue(right))]))
    failed = guard.decide(ask([item(issue(right, 'check if resource("service/db");'))]))
    other = guard.decide(ask([item(issue(right))], subject="eve"))
    foreign = guard.decide(ask([item(issue(right, seed=b"f" * 32))]))
    below = guard.decide(ask([make_chain()[0].to_value(), item(issue(right))]))

    assert (good.verdict, good.codes) == (Verdict.ALLOW, ("operator",))
    verify(guard.receipt(good.receipt_id).to_bytes(), guard.trust)
    assert (failed.verdict, failed.codes) == (Verdict.DENY, ("check_failed", "outside_grant"))
    assert other.codes == ("principal_mismatch",)
    assert foreign.codes == ("bad_signature",)
    assert "broken_chain" in below.codes
    assert replayed(made, guard) == [("ALLOW", MADE_AGAIN)] + [("DENY", MADE_AGAIN)] * 4
