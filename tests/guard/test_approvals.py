# SPDX-License-Identifier: Apache-2.0
"""Approvals in the log: each an entry of its own, for one thing alone, and used up once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from helm_logic.errors import ApprovalConsumed
from helm_logic.guard import Decision, Guard
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_fsck import fsck
from helm_logic.ledger.store_protocol import Appended, Record, Store
from helm_logic.policy.approval import verify_approval
from helm_logic.receipts import Verdict, verify
from tests.authority.world import OPS, STRANGER, key, make_chain
from tests.guard.town import MANAGER, Clock, approve, ask, make_folder, open_guard
from tests.ledger.keyring import envelope

ALLOW, DENY, ESCALATE = Verdict.ALLOW, Verdict.DENY, Verdict.ESCALATE
PROD = ask(env="prod")
QUORUM = """
#include "authority".
#input env : string from resource.properties.env.
known_action("deploy").
@reason("two release managers are needed")  @approver("release-manager")
escalate(needs_two) :- env("prod"), not two.
two :- count { P : approval(_, P, "release-manager") } >= 2.
allow(ok) :- authorized, env(_).
"""


def entries(guard: Guard, kind: Kind) -> list[tuple[int, str]]:
    """Return place and digest of the entries of *kind*."""
    return [(entry.index, entry.digest) for entry in guard._store.entries(kind=kind)]


def refusals(decision: Decision) -> list[str]:
    """Return the codes for which approvals were refused."""
    return [code for _, code in decision.refused_approvals]


def test_an_approval_is_an_entry_before_the_receipt_that_names_it(guard: Guard) -> None:
    """Its envelope, as it was signed; the receipt's parents are it and what it answers."""
    escalated = guard.decide(PROD)
    approval = approve(escalated)
    allowed = guard.decide(ask(env="prod", approvals=[approval]))

    assert allowed.index is not None
    assert entries(guard, Kind.APPROVAL) == [(allowed.index - 1, approval.digest)]
    assert guard._store.read(approval.digest).envelope == approval
    assert allowed.statement.parents == sorted((escalated.receipt_id, approval.digest))
    assert guard._store.consumed_by(approval.digest) == allowed.index
    assert verify(guard.receipt(allowed.receipt_id).to_bytes(), guard.trust).index == allowed.index
    fsck(guard._store)


def test_an_approval_is_logged_once_however_often_it_is_named(guard: Guard, clock: Clock) -> None:
    """Accepted by an ESCALATE that lacks a fact, twice, and used by the ALLOW after it."""
    approval = approve(guard.decide(PROD))
    lacking = ask(env="prod", approvals=[approval], context={})
    first = guard.decide_all([lacking, lacking, lacking])
    clock.now += 1
    second = guard.decide(lacking)
    used = guard.decide(ask(env="prod", approvals=[approval]))

    assert [each.verdict for each in (*first, second, used)] == [ESCALATE] * 4 + [ALLOW]
    assert [name for _, name in entries(guard, Kind.APPROVAL)] == [approval.digest]
    assert guard._store.consumed_by(approval.digest) == used.index


def test_an_approval_that_does_not_count_is_no_entry(guard: Guard, clock: Clock) -> None:
    """Refused ones are named in the facts of the receipt, and the log has no entry of them."""
    approval = approve(guard.decide(PROD))
    clock.now += 10_000
    late = guard.decide(ask(env="prod", approvals=[approval]))

    assert refusals(late) == ["approval_expired"]
    assert entries(guard, Kind.APPROVAL) == []
    assert late.statement.parents == []


def test_an_approval_that_became_a_fact_of_a_deny_is_an_entry_and_is_not_used(
    tmp_path: Path,
) -> None:
    """The receipt names it, so the log has it; it can still be used."""
    rules = QUORUM + "deny(closed) :- now(T), T > 1800000000.\n"
    with open_guard(make_folder(tmp_path / "p", rules=rules), clock := Clock()) as guard:
        approval = approve(guard.decide(PROD))
        clock.now += 1
        denied = guard.decide(ask(env="prod", approvals=[approval]))

        assert (denied.verdict, denied.codes) == (DENY, ("closed",))
        assert [name for _, name in entries(guard, Kind.APPROVAL)] == [approval.digest]
        assert not guard._store.is_consumed(approval.digest)


def mismatched(guard: Guard, clock: Clock) -> Iterator[tuple[str, Envelope]]:
    """Yield approvals of PROD that do not fit, each with the one reason code for it."""
    escalated, allowed = guard.decide(PROD), guard.decide(ask())
    other_request = guard.decide(ask(env="prod", resource="shop/web"))
    chain = make_chain(changes={0: {"id": "another"}})
    other_chain = guard.decide(ask(env="prod", chain=chain))
    clock.now += 1
    later = guard.decide(PROD)
    nothing = "sha256:" + "0" * 64
    mine = {"chain": approve_chain(escalated), "request": escalated.statement.request_digest}
    yield "approval_other_request", approve(other_request)
    yield "approval_other_chain", approve(other_chain)
    yield "approval_other_policy", approve(escalated, policy=nothing)
    yield "approval_unknown_receipt", approve(escalated, receipt=nothing)
    yield "approval_unknown_receipt", approve(escalated, receipt=guard._store.entry(0).digest)
    yield "approval_other_receipt", approve(other_request, **mine)
    yield "approval_other_receipt", approve(other_chain, **mine)
    yield "approval_not_escalated", approve(allowed, **mine)
    yield "approval_expired", approve(later, expires=clock.now)
    yield "approval_not_yet_valid", approve(later, issued=clock.now + 1)
    yield "approval_wrong_role", approve(escalated, role="auditor")
    yield "approval_untrusted", approve(escalated, by=STRANGER)
    yield "approval_untrusted", approve(escalated, by=OPS)


def approve_chain(decision: Decision) -> str:
    """Return the digest of the chain of *decision*, as an approval of it names it."""
    return verify_approval(approve(decision)).approval.chain


def test_an_approval_fits_one_thing_alone(guard: Guard, clock: Clock) -> None:
    """Each way of not fitting has its own reason, and none lets the action run."""
    for code, approval in mismatched(guard, clock):
        decision = guard.decide(ask(env="prod", approvals=[approval]))

        assert (decision.verdict, refusals(decision)) == (ESCALATE, [code])
        assert decision.approvers == ("release-manager",)
    assert entries(guard, Kind.APPROVAL) == []


def test_an_approval_under_one_policy_is_none_under_another(folder: Path) -> None:
    """A rule file changed between asking and approving: the question has to be asked again."""
    with open_guard(folder) as guard:
        approval = approve(guard.decide(PROD))
    rules = folder / "rules" / "main.dl"
    rules.write_text(rules.read_text("utf-8") + "\n% changed\n", "utf-8")
    with open_guard(folder) as guard:
        decision = guard.decide(ask(env="prod", approvals=[approval]))

        assert (decision.verdict, refusals(decision)) == (ESCALATE, ["approval_other_policy"])


def test_two_requests_of_one_group_do_not_share_an_approval(guard: Guard) -> None:
    """Each escalated by itself; an approval of one is refused for the other."""
    requests = [ask(env="prod", resource=name) for name in ("shop/api", "shop/web")]
    approvals = [approve(each) for each in guard.decide_all(requests)]
    crossed = [
        ask(env="prod", resource=name, approvals=[approval])
        for name, approval in zip(("shop/web", "shop/api"), approvals, strict=True)
    ]

    for decision in guard.decide_all(crossed):
        assert (decision.verdict, refusals(decision)) == (ESCALATE, ["approval_other_request"])


@pytest.mark.parametrize("signed_by_one", [True, False])
def test_a_quorum_is_one_of_keys(tmp_path: Path, *, signed_by_one: bool) -> None:
    """Two approvers with two keys are two; one key configured for two approvers is one."""
    folder = make_folder(tmp_path / "p", rules=QUORUM)
    settings = folder / "helm.toml"
    text = settings.read_text("utf-8")
    second = key(MANAGER if signed_by_one else STRANGER)
    alias = f'[approvers."{STRANGER}"]\nroles = ["release-manager"]\nkeys = ["{second}"]\n'
    settings.write_text(text + alias, "utf-8")
    with open_guard(folder) as guard:
        escalated = guard.decide(PROD)
        own: dict[str, Any] = {"approver": STRANGER}
        other = approve(escalated, **own) if signed_by_one else approve(escalated, by=STRANGER)
        pair = [approve(escalated), other]
        one = guard.decide(ask(env="prod", approvals=pair[:1]))
        two = guard.decide(ask(env="prod", approvals=pair))

        assert one.verdict is ESCALATE
        if signed_by_one:
            assert (two.verdict, refusals(two)) == (ESCALATE, ["approval_same_key"])
            return
        assert two.verdict is ALLOW
        names = sorted((escalated.receipt_id, *(each.digest for each in pair)))
        assert two.statement.parents == names
        assert {guard._store.consumed_by(each.digest) for each in pair} == {two.index}
        assert len(entries(guard, Kind.APPROVAL)) == 2


def test_an_approval_is_used_once_whoever_asks_at_once(guard: Guard) -> None:
    """Many threads, one approval: exactly one of them is allowed."""
    request = ask(env="prod", approvals=[approve(guard.decide(PROD))])
    answers: list[Decision] = []

    def work() -> None:
        answers.extend(guard.decide_all([request, request]))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 12
    assert sum(each.allowed for each in answers) == 1
    assert {code for each in answers for code in refusals(each)} == {"approval_consumed"}
    fsck(guard._store)


class Rival:
    """A log to which somebody else appends just before this guard: an ALLOW by the same approval.

    After *times* it lets the guard be.
    """

    def __init__(self, store: Store, times: int) -> None:
        self._store = store
        self.times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def append(self, batch: Sequence[Record]) -> tuple[Appended, ...]:
        """Append *batch*, after the other's record if it uses an approval."""
        used = tuple(one for record in batch for one in record.consumes)
        if used and self.times:
            self.times -= 1
            other = Record(Kind.RECEIPT, envelope(f"by another guard {self.times}"), consumes=used)
            self._store.append([other])
        return self._store.append(batch)


def test_if_another_guard_was_faster_the_question_is_put_again(guard: Guard) -> None:
    """The approval was good when it was judged, and used when the receipt came to be logged."""
    approval = approve(guard.decide(PROD))
    store = guard._store
    guard._store = cast("Store", Rival(store, times=1))
    slow, other = guard.decide_all([ask(env="prod", approvals=[approval]), ask()])

    assert (slow.verdict, refusals(slow)) == (ESCALATE, ["approval_consumed"])
    assert other.verdict is ALLOW
    assert [name for _, name in entries(guard, Kind.APPROVAL)] == []
    assert verify(guard.receipt(slow.receipt_id).to_bytes(), guard.trust).index == slow.index
    guard._store = store
    fsck(store)


class Broken(Rival):
    """A log that says of every approval that it was used, and is asked again without end."""

    def append(self, batch: Sequence[Record]) -> tuple[Appended, ...]:
        """Refuse *batch* if it uses an approval."""
        if any(record.consumes for record in batch):
            raise ApprovalConsumed("used", position=0, approval="")
        return self._store.append(batch)


def test_a_log_that_does_not_take_the_receipt_denies_and_uses_nothing(guard: Guard) -> None:
    """Fail closed: no ALLOW without its receipt, and the approval can still be used."""
    request = ask(env="prod", approvals=[approve(guard.decide(PROD))])
    store = guard._store
    guard._store = cast("Store", Broken(store, times=0))
    decision = guard.decide(request)

    assert (decision.verdict, decision.codes) == (DENY, ("ledger_unavailable",))
    assert decision.index is None
    guard._store = store
    assert guard.decide(request).verdict is ALLOW


def test_two_records_of_one_batch_never_use_one_approval(guard: Guard) -> None:
    """Whatever a guard might send: the store takes neither."""
    approval = approve(guard.decide(PROD))
    batch = [
        Record(Kind.RECEIPT, envelope(text), consumes=(approval.digest,)) for text in ("a", "b")
    ]
    size = guard._store.size
    with pytest.raises(ApprovalConsumed, match="record 1 of the batch"):
        guard._store.append(batch)

    assert guard._store.size == size
    assert not guard._store.is_consumed(approval.digest)
