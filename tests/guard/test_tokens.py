# SPDX-License-Identifier: Apache-2.0
"""Tokens that others issued, from the request to a receipt that verifies and replays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helm_logic.explain.sources import of_receipt
from helm_logic.guard import Guard
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.shape import require_object
from helm_logic.policy.replay import MADE_AGAIN, Replayer
from helm_logic.receipts.logged_pack import logged_pack
from helm_logic.receipts.pack_verify import verify_pack
from helm_logic.receipts.statement import Statement
from helm_logic.receipts.verdict import Verdict
from helm_logic.receipts.verify import verify
from tests.authority.adapters.tokens import (
    HOLDERS,
    ISSUER,
    NOW,
    ROOT,
    chain,
    items,
    proof,
)
from tests.authority.world import make_chain
from tests.guard.town import ENGINE, LOG, ORIGIN, Clock, approve, make_folder, open_guard
from tests.policy.replayed import read_log
from tests.receipts import second_verifier

SECOND = second_verifier.Trust((ENGINE.public_key.raw,), ORIGIN, LOG.public_key.raw)
ARGUMENTS: dict[str, JsonValue] = {"version": 12, "region": "eu"}
GRANTED: dict[str, JsonValue] = {
    "version": {"constraint_type": "range", "min": 10},
    "region": {"constraint_type": "one_of", "values": ["eu", "us"]},
}
NARROWED: dict[str, JsonValue] = {
    "version": {"constraint_type": "exact", "value": 12},
    "region": {"constraint_type": "one_of", "values": ["eu"]},
}
TOOLS: tuple[dict[str, JsonValue], ...] = (
    {"deploy": GRANTED, "restart": {}}, {"deploy": GRANTED}, {"deploy": NARROWED},
)  # fmt: skip
_TOKENS = f"""
[tokens."{ISSUER}"]
format = "aat"
algorithms = ["EdDSA"]
holders = ["EdDSA", "ES256"]
jwks = "issuer.jwks.json"
resource = "service/**"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the founder example, with an issuer of tokens."""
    made = make_folder(tmp_path / "policy", limits=_TOKENS)
    (made / "issuer.jwks.json").write_text(json.dumps({"keys": [ROOT.jwk]}), "utf-8")
    return made


@pytest.fixture
def guard(folder: Path) -> Iterator[Guard]:
    """Give its guard, a few seconds after the tokens were issued."""
    with open_guard(folder, Clock(NOW + 9)) as opened:
        yield opened


def ask(presented: list[JsonValue], *, env: str = "staging", **changes: Any) -> bytes:
    """Return the request of the last holder to deploy, with the chain *presented*."""
    kind, _, name = HOLDERS[2].uri.partition(":")
    request: dict[str, Any] = {
        "subject": {"type": kind, "id": name},
        "action": {"name": "deploy", "properties": ARGUMENTS},
        "resource": {"type": "service", "id": "api", "properties": {"env": env}},
        "context": {"ci_passed": True},
        "chain": presented,
        **changes,
    }
    return json.dumps(request).encode()


def good() -> list[JsonValue]:
    """Return a chain of three tokens, EdDSA and ES256, with a proof for what `ask` asks."""
    return items(chain(*TOOLS), proof(2, "deploy", ARGUMENTS))


def replayed(folder: Path, guard: Guard) -> list[tuple[str, ...]]:
    """Close *guard* and return what replaying each receipt of its log counts; none may differ."""
    guard.close()
    receipts, blobs = read_log(folder)
    replay = Replayer(guard.trust)
    outcomes = [replay(each, blobs) for each in receipts]
    assert [each.finding for each in outcomes] == [None] * len(outcomes)
    return [each.counted for each in outcomes]


def test_a_chain_of_tokens_allows_and_its_receipt_verifies(guard: Guard) -> None:
    """Three hops, two algorithms, limits on arguments: ALLOW, and a stranger can verify why."""
    decision = guard.decide(ask(good()))

    assert (decision.verdict, decision.codes) == (Verdict.ALLOW, ("chain_covers_deploy",))
    receipt = guard.receipt(decision.receipt_id).to_bytes()
    verify(receipt, guard.trust)
    pack = logged_pack(guard._store, decision.receipt_id).to_bytes()
    verify_pack(pack, guard.trust)
    for made in (receipt, pack):
        assert second_verifier.verify(made, SECOND) == "ALLOW"
    authority = require_object(decision.statement.authority, "authority")
    assert (authority["from"], authority["to"]) == (ISSUER, HOLDERS[2].uri)


def test_a_receipt_of_tokens_replays(folder: Path, guard: Guard) -> None:
    """Every fact, down to which limit lies inside which, is made again from what is attached."""
    wider = items(chain(TOOLS[0], {"deploy": {}}), None)
    guard.decide(ask(good()))
    guard.decide(ask(items(chain(*TOOLS), proof(2, "restart", ARGUMENTS))))
    guard.decide(ask(wider))
    guard.decide(ask([make_chain()[0].to_value(), *good()]))

    assert replayed(folder, guard) == [("ALLOW", MADE_AGAIN)] + [("DENY", MADE_AGAIN)] * 3


def test_an_approval_counts_with_a_fresh_proof(folder: Path, guard: Guard) -> None:
    """The proof is for one request, and not part of what an approval is bound to."""
    escalated = guard.decide(ask(good(), env="prod"))
    assert escalated.verdict is Verdict.ESCALATE
    fresh = items(chain(*TOOLS), proof(2, "deploy", ARGUMENTS, iat=NOW + 8, jti="another"))
    answer = approve(escalated, issued=NOW, expires=NOW + 600)

    decision = guard.decide(ask(fresh, env="prod", approvals=[answer.to_value()]))

    assert decision.verdict is Verdict.ALLOW
    assert replayed(folder, guard) == [("ESCALATE", MADE_AGAIN), ("ALLOW", MADE_AGAIN)]


def _other_arguments() -> list[JsonValue]:
    return items(chain(*TOOLS), proof(2, "deploy", {**ARGUMENTS, "version": 13}))


FAULTS: dict[str, tuple[list[JsonValue], str]] = {
    "without a proof": (items(chain(*TOOLS), None), "possession_not_proved"),
    "with a proof for other arguments": (_other_arguments(), "possession_not_proved"),
    "with a stale proof": (
        items(chain(*TOOLS), proof(2, "deploy", ARGUMENTS, iat=NOW - 999)), "possession_not_proved",
    ),
    "with a proof of who held it before": (
        items(chain(*TOOLS), HOLDERS[0].sign({})), "possession_not_proved",
    ),
    "without its first token": (
        items(chain(*TOOLS)[1:], proof(2, "deploy", ARGUMENTS)), "untrusted_anchor",
    ),
    "without its second token": ([good()[0], good()[2]], "algorithm_not_permitted"),
    "of which one token is changed": (
        items([chain(*TOOLS)[0], chain(*TOOLS)[1][:-2] + "QQ", chain(*TOOLS)[2]], None),
        "bad_signature",
    ),
    "in another spelling": (
        items([f"{each}=" for each in chain(*TOOLS)], None), "malformed_link",
    ),
    "of another format": ([{"format": "biscuit", "token": "x"}], "unknown_format"),
    "whose last token is wider": (
        items(chain(*TOOLS[:2], {"deploy": {}}), proof(2, "deploy", ARGUMENTS)), "scope_widened",
    ),
    "with a limit of an unknown kind": (
        items(
            chain({"deploy": {"version": {"constraint_type": "about", "value": 12}}}), None
        ), "possession_not_proved",
    ),
    "that lives too long": (
        items(chain(*TOOLS, changes={2: {"exp": NOW + 7200}}), proof(2, "deploy", ARGUMENTS)),
        "lifetime_widened",
    ),
    "behind a link of ours": ([make_chain()[0].to_value(), *good()], "broken_chain"),
    "with members that are not known": (
        [*good()[:2], {**require_object(good()[2], ""), "kid": "1"}], "malformed_link",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_chain_is_denied(guard: Guard, fault: str) -> None:
    """Each fault of a chain of tokens is a DENY with its own reason, and never an ALLOW."""
    presented, reason = FAULTS[fault]

    decision = guard.decide(ask(presented))

    assert decision.verdict is Verdict.DENY
    assert reason in decision.codes


def test_the_subject_is_whom_the_last_token_is_for(guard: Guard) -> None:
    """Whoever asks under another name than the holder's is not helped by a good chain."""
    decision = guard.decide(ask(good(), subject={"type": "tool", "id": "deploy"}))

    assert "principal_mismatch" in decision.codes


def test_an_issuer_does_not_act_without_a_chain(guard: Guard) -> None:
    """To be trusted with tokens is not to be an anchor that acts by itself."""
    kind, _, name = ISSUER.partition(":")
    decision = guard.decide(ask([], subject={"type": kind, "id": name}))

    assert "empty_chain" in decision.codes


def test_other_keys_of_an_issuer_are_another_policy(folder: Path, guard: Guard) -> None:
    """Keys are read when the folder is opened, and the policy's digest covers them."""
    before = guard.decide(ask(good()))
    guard.close()
    (folder / "issuer.jwks.json").write_text(json.dumps({"keys": [HOLDERS[0].jwk]}), "utf-8")
    with open_guard(folder, Clock(NOW + 9)) as opened:
        after = opened.decide(ask(good()))

    assert before.statement.policy != after.statement.policy
    assert "untrusted_anchor" in after.codes


def test_an_explanation_names_the_limit_in_the_way(guard: Guard) -> None:
    """Where an argument is beyond a token's limit, the limit's property and kind are told."""
    beyond: dict[str, JsonValue] = {**ARGUMENTS, "version": 9}
    presented = items(chain(*TOOLS), proof(2, "deploy", beyond))
    decision = guard.decide(ask(presented, action={"name": "deploy", "properties": beyond}))

    assert decision.codes == ("outside_grant",)
    receipt = guard.receipt(decision.receipt_id)
    told = of_receipt(receipt, Statement.parse(receipt.envelope.payload)).links
    assert "`action.version` is not within its limit `exact`" in told[-1].why
