# SPDX-License-Identifier: Apache-2.0
"""The front door: one verdict and one receipt for every request, and never an ALLOW by accident."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helm_logic.errors import KeyFileError, PolicyError, ReceiptRefused, StoreLocked
from helm_logic.guard import Decision, Guard
from helm_logic.guard.evaluator import Evaluator
from helm_logic.receipts import Verdict, verify
from tests.authority.world import (
    FOUNDER,
    HOUR,
    NOW,
    OPS,
    STRANGER,
    TOOL,
    flipped,
    make_chain,
    revocation,
)
from tests.guard.town import Clock, approve, ask, make_folder, open_guard

ALLOW, DENY, ESCALATE = Verdict.ALLOW, Verdict.DENY, Verdict.ESCALATE


def outcome(decision: Decision) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict and the reason codes of *decision*."""
    return decision.verdict, decision.codes


def verified(guard: Guard, decision: Decision) -> bool:
    """Return whether the receipt of *decision*, read back from the log, passes verification."""
    receipt = guard.receipt(decision.receipt_id)
    return verify(receipt.to_bytes(), guard.trust).statement.verdict is decision.verdict


def test_the_founder_story(guard: Guard) -> None:
    """Staging runs, production waits, an approval lets it run once, a freeze stops it."""
    assert outcome(guard.decide(ask())) == (ALLOW, ("chain_covers_deploy",))
    escalated = guard.decide(ask(env="prod"))
    assert outcome(escalated) == (ESCALATE, ("needs_release_manager",))
    assert escalated.approvers == ("release-manager",)
    approval = approve(escalated)
    allowed = guard.decide(ask(env="prod", approvals=[approval]))
    assert ALLOW is allowed.verdict
    assert sorted((escalated.receipt_id, approval.digest)) == allowed.statement.parents
    frozen = guard.decide(ask(context={"ci_passed": True, "freeze": True}))
    assert outcome(frozen) == (DENY, ("change_freeze",))
    for decision in (escalated, allowed, frozen):
        assert verified(guard, decision)


def test_an_approval_counts_once(guard: Guard, clock: Clock) -> None:
    """The second use of an approval escalates again, in the same group as well as later."""
    approval = approve(guard.decide(ask(env="prod")))
    request = ask(env="prod", approvals=[approval])
    both = guard.decide_all([request, request])
    clock.now += 1
    later = guard.decide(request)

    assert [each.verdict for each in (*both, later)] == [ALLOW, ESCALATE, ESCALATE]
    assert ((approval.digest, "approval_consumed"),) == later.refused_approvals
    assert both[0].refused_approvals == ()


def test_an_approval_is_not_used_up_by_an_escalation(guard: Guard) -> None:
    """An approval that did not lead to an ALLOW can still be used."""
    approval = approve(guard.decide(ask(env="prod")))
    missing = guard.decide(ask(env="prod", approvals=[approval], context={}))
    allowed = guard.decide(ask(env="prod", approvals=[approval]))

    assert [missing.verdict, allowed.verdict] == [ESCALATE, ALLOW]


@pytest.mark.parametrize(
    "changes",
    [
        {"expires": NOW},
        {"issued": NOW + 1},
        {"request": "sha256:" + "0" * 64},
        {"policy": "sha256:" + "0" * 64},
        {"chain": "sha256:" + "0" * 64},
        {"receipt": "sha256:" + "0" * 64},
        {"role": "auditor"},
        {"approver": STRANGER},
    ],
)
def test_an_approval_for_something_else_does_not_count(
    guard: Guard, changes: dict[str, Any]
) -> None:
    """Another request, policy, chain, receipt, role, approver or time leaves the ESCALATE."""
    members: dict[str, Any] = {"issued": NOW - 10, **changes}
    approval = approve(guard.decide(ask(env="prod")), **members)

    assert ESCALATE is guard.decide(ask(env="prod", approvals=[approval])).verdict


def test_nobody_approves_through_his_own_chain(guard: Guard) -> None:
    """A principal of the chain may be a configured approver, but not of what it takes part in."""
    escalated = guard.decide(ask(env="prod"))

    again = guard.decide(ask(env="prod", approvals=[approve(escalated, by=TOOL)]))
    assert outcome(again) == (ESCALATE, ("needs_release_manager",))


def test_an_approval_never_turns_a_deny(guard: Guard) -> None:
    """An approval answers an ESCALATE; a freeze stays a freeze."""
    approval = approve(guard.decide(ask(env="prod")))
    frozen = {"ci_passed": True, "freeze": True}

    denied = guard.decide(ask(env="prod", approvals=[approval], context=frozen))
    assert outcome(denied) == (DENY, ("change_freeze",))


CHAIN = make_chain()
FAULTS = {
    "empty_chain": ask(chain=()),
    "bad_signature": ask(chain=[CHAIN[0], flipped(CHAIN[1], "signature", 3)]),
    "untrusted_anchor": ask(chain=make_chain((STRANGER, OPS, TOOL))),
    "stranger_delegation": ask(chain=make_chain(changes={1: {"signer": STRANGER}})),
    "broken_chain": ask(chain=CHAIN[::-1]),
    "principal_mismatch": ask(subject="tool:other"),
    "cyclic_chain": ask(chain=make_chain((FOUNDER, OPS, FOUNDER, TOOL))),
    "duplicate_link": ask(chain=[CHAIN[0], CHAIN[0]]),
    "depth_exceeded": ask().replace(b'"chain": [', b'"chain": [' + b"{}," * 10_000),
    "link_expired": ask(chain=make_chain(changes={1: {"expires": NOW}})),
    "lifetime_widened": ask(chain=make_chain(changes={1: {"expires": NOW + 2 * HOUR}})),
    "unknown_action": ask(action="restart"),
    "invalid_input": ask(env="qa"),
}


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_each_fault_of_a_request_is_a_deny_with_its_reason(guard: Guard, code: str) -> None:
    """Whatever is wrong with chain, action or input is named, receipted and verified."""
    decision = guard.decide(FAULTS[code])

    assert DENY is decision.verdict
    assert code in decision.codes
    assert verified(guard, decision)


def test_outside_the_grant_is_denied(guard: Guard) -> None:
    """A resource that no pattern of the chain matches is outside the grant."""
    request = json.loads(ask())
    request["resource"]["type"] = "database"

    assert outcome(guard.decide(json.dumps(request).encode())) == (DENY, ("outside_grant",))


def test_a_link_holds_to_its_last_second(guard: Guard, clock: Clock) -> None:
    """Half open: valid one second before it expires, expired at that second."""
    clock.now = NOW + HOUR - 1
    last = guard.decide(ask())
    clock.now += 1

    assert ALLOW is last.verdict
    assert outcome(guard.decide(ask())) == (DENY, ("link_expired",))


def test_a_missing_fact_escalates_and_is_named(guard: Guard) -> None:
    """A required input that the request lacks, and that matters, is asked for by name."""
    decision = guard.decide(ask(context={}))

    assert outcome(decision) == (ESCALATE, ("missing_fact",))
    assert decision.reasons[0].about == ("ci_passed",)
    assert verified(guard, decision)


BAD_BYTES = {
    "malformed_json": b"{",
    "duplicate_key": b'{"a":1,"a":2}',
    "float": b'{"a":1.5}',
    "not_a_number": b'{"a":NaN}',
    "lone_surrogate": b'{"a":"\\ud800"}',
    "too_deep": b"[" * 100_000,
    "too_large": b" " * (1 << 21),
    "not_utf8": b"\xff",
    "missing_member": b"{}",
    "wrong_shape": b"[]",
}


@pytest.mark.parametrize("code", sorted(BAD_BYTES))
def test_bytes_that_are_no_request_get_a_deny_and_a_receipt(guard: Guard, code: str) -> None:
    """Malformed input is denied by name; the receipt names the digest of the bytes."""
    decision = guard.decide(BAD_BYTES[code])

    assert (DENY, (code,)) == outcome(decision)
    assert decision.statement.request is None
    assert verified(guard, decision)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_are_denied(guard: Guard, data: bytes) -> None:
    """No bytes crash the guard, and none are allowed."""
    assert DENY is guard.decide(data).verdict


def test_a_revoked_link_counts_no_more(guard: Guard) -> None:
    """A revocation is heeded from the next decision on, by the founder for any link below."""
    before = guard.decide(ask())
    guard.revoke(revocation(CHAIN[0], FOUNDER).envelope)
    after = guard.decide(ask())

    assert ALLOW is before.verdict
    assert outcome(after) == (DENY, ("ancestor_revoked",))
    assert verified(guard, after)


def test_a_revocation_by_a_stranger_changes_nothing(guard: Guard) -> None:
    """Anyone can sign a revocation; only a key above the link may withdraw it."""
    guard.revoke(revocation(CHAIN[0], STRANGER).envelope)

    assert ALLOW is guard.decide(ask()).verdict


def test_revocations_are_read_from_the_folder(folder: Path) -> None:
    """A guard that is opened later heeds the revocations in its folder; a broken one stops it."""
    file = folder / "revocations" / "one.json"
    file.write_bytes(revocation(CHAIN[1], FOUNDER).envelope.to_bytes())
    with open_guard(folder) as guard:
        assert outcome(guard.decide(ask())) == (DENY, ("link_revoked",))
    file.write_bytes(b"{}")
    with pytest.raises(PolicyError, match=r"one\.json"):
        open_guard(folder)


def test_the_same_request_in_the_same_second_is_one_receipt(guard: Guard, clock: Clock) -> None:
    """Asking twice without any difference is one decision; a second later it is another."""
    first, second = guard.decide_all([ask(), ask()])
    third = guard.decide(ask())
    clock.now += 1
    fourth = guard.decide(ask())

    assert first.receipt_id == second.receipt_id == third.receipt_id != fourth.receipt_id
    assert first.index == third.index


def test_decisions_of_a_group_come_in_order(guard: Guard) -> None:
    """Each request of a group gets its own answer, in its place, bad ones included."""
    decisions = guard.decide_all([ask(), b"{", ask(env="prod"), ask(env="dev")])

    assert [each.verdict for each in decisions] == [ALLOW, DENY, ESCALATE, ALLOW]
    assert all(verified(guard, each) for each in decisions)


def test_the_log_survives_reopening(folder: Path) -> None:
    """A receipt can be read and verified by a guard that is opened later."""
    with open_guard(folder) as guard:
        decision = guard.decide(ask())
    with open_guard(folder, Clock(NOW + 5)) as guard:
        assert verified(guard, decision)


def test_a_limit_that_is_reached_denies(tmp_path: Path) -> None:
    """More facts than the policy allows is a DENY `limit_reached`, with a receipt."""
    rules = """
    #include "authority".
    #input number : int* from context.numbers.
    #predicate pair(a: int, b: int).
    known_action("deploy").
    pair(A, B) :- number(A), number(B).
    allow(any) :- authorized, pair(1, 1).
    """
    folder = make_folder(tmp_path / "p", rules=rules, limits="[limits]\nfacts = 1000\n")
    with open_guard(folder) as guard:
        decision = guard.decide(ask(context={"numbers": list(range(100))}))
        assert outcome(decision) == (DENY, ("limit_reached",))
        assert verified(guard, decision)


def test_an_overflow_denies(tmp_path: Path) -> None:
    """Arithmetic that leaves the integers is an error, and an error is a DENY."""
    rules = """
    #include "authority".
    #input number : int from context.number.
    #predicate square(n: int).
    known_action("deploy").
    square(S) :- number(N), S = N * N.
    allow(any) :- authorized, square(_).
    """
    folder = make_folder(tmp_path / "p", rules=rules)
    with open_guard(folder) as guard:
        decision = guard.decide(ask(context={"number": 2**53 - 1}))
        assert outcome(decision) == (DENY, ("evaluation_error",))
        assert verified(guard, decision)


def test_a_bug_on_the_way_denies(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception is DENY `internal_error` with a receipt, never an ALLOW."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Evaluator, "_facts", broken)
    decision = guard.decide(ask())

    assert outcome(decision) == (DENY, ("internal_error",))
    assert verified(guard, decision)


def test_a_log_that_fails_denies(folder: Path) -> None:
    """If the receipt cannot be made durable the answer is DENY `ledger_unavailable`."""
    guard = open_guard(folder)
    guard.close()
    decision = guard.decide(ask())

    assert outcome(decision) == (DENY, ("ledger_unavailable",))
    assert decision.index is None


def test_two_guards_never_share_a_log(guard: Guard, folder: Path) -> None:
    """A second writer is refused with a clear error while the first is open."""
    with pytest.raises(StoreLocked):
        open_guard(folder)
    assert ALLOW is guard.decide(ask()).verdict


def test_a_key_that_others_can_read_is_refused(folder: Path) -> None:
    """A private key file with open permissions is not used."""
    (folder / "keys" / "engine.key").chmod(0o644)

    with pytest.raises(KeyFileError):
        open_guard(folder)


@pytest.mark.parametrize("part", range(8))
def test_every_flipped_byte_of_a_real_receipt_is_refused(guard: Guard, part: int) -> None:
    """No byte of a receipt of the founder example can change unnoticed."""
    receipt = guard.receipt(guard.decide(ask()).receipt_id).to_bytes()
    for position in range(part, len(receipt), 8):
        changed = bytearray(receipt)
        changed[position] ^= 0x20
        with pytest.raises(ReceiptRefused):
            verify(bytes(changed), guard.trust)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    edit=st.sampled_from(["drop", "swap", "flip payload", "flip signature", "repeat"]),
    place=st.integers(0, 1),
    bit=st.integers(0, 4000),
)
def test_a_damaged_chain_never_allows(guard: Guard, edit: str, place: int, bit: int) -> None:
    """Dropping, reordering, repeating or flipping a bit of any link never yields ALLOW."""
    chain = list(CHAIN)
    if edit == "drop":
        del chain[place]
    elif edit == "swap":
        chain.reverse()
    elif edit == "repeat":
        chain.insert(place, chain[place])
    else:
        chain[place] = flipped(chain[place], edit.split()[1], bit // 8, bit % 8)

    assert DENY is guard.decide(ask(chain=chain)).verdict


def _decide_in_process(folder: Path, seed: str) -> str:
    code = (
        "import sys, pathlib; sys.path.insert(0, '.');"
        "from tests.guard.town import ask, open_guard;"
        "g = open_guard(pathlib.Path(sys.argv[1]));"
        "d = g.decide(ask(env='prod')); print(d.receipt_id)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    run = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


def test_the_receipt_id_does_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    """The same request at the same moment is the same receipt, whatever the hash seed."""
    seeds = ("0", "1", "12345", "4294967295")
    receipts = {_decide_in_process(make_folder(tmp_path / seed), seed) for seed in seeds}

    assert len(receipts) == 1
