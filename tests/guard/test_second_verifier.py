# SPDX-License-Identifier: Apache-2.0
"""Whatever a guard writes, the verifier that was written from FORMAT.md reads, and agrees."""

from __future__ import annotations

from helm_logic.guard import Guard
from helm_logic.receipts.logged_pack import logged_pack
from helm_logic.receipts.verdict import Verdict
from tests.authority.world import FOUNDER, STRANGER, make_chain, revocation
from tests.guard.town import ENGINE, LOG, ORIGIN, approve, ask
from tests.receipts import second_verifier

CHAIN = make_chain()
TRUST = second_verifier.Trust((ENGINE.public_key.raw,), ORIGIN, LOG.public_key.raw)


def test_every_receipt_and_pack_of_a_guard_is_verified(guard: Guard) -> None:
    """Allowed, asked, approved, faulty, unreadable and revoked: by the founder's real rules."""
    asked = guard.decide(ask(env="prod"))
    answer = approve(asked)
    made = [asked]
    requests = (
        ask(),
        ask(env="prod", approvals=[answer]),
        ask(env="prod", approvals=[answer]),
        ask(env="prod", approvals=[approve(asked, receipt="sha256:" + "0" * 64)]),
        ask(env=None),
        ask(context={"ci_passed": False}),
        ask(chain=[]),
        ask(chain=CHAIN[:1]),
        ask(resource="bank/vault"),
        ask(subject="tool:other"),
        b"{",
        b'{"subject": {"type": "a", "id": "a", "id": "b"}}',
    )
    made += map(guard.decide, requests)
    guard.revoke(revocation(CHAIN[0], STRANGER).envelope)
    made.append(guard.decide(ask(env="dev")))
    guard.revoke(revocation(CHAIN[0], FOUNDER).envelope)
    made.append(guard.decide(ask(env="dev")))

    for each in made:
        receipt, pack = guard.receipt(each.receipt_id), logged_pack(guard._store, each.receipt_id)
        assert second_verifier.verify(receipt.to_bytes(), TRUST) == each.verdict.value
        assert second_verifier.verify(pack.to_bytes(), TRUST) == each.verdict.value
    assert {each.verdict for each in made} == set(Verdict)
