# SPDX-License-Identifier: Apache-2.0
"""Two guards on two hosts that share one log in PostgreSQL, under concurrent load."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from helm_logic.authority.revocation import Revocation, sign_revocation
from helm_logic.guard import Decision, Guard
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.open_log import open_log
from helm_logic.ledger.store_fsck import fsck
from helm_logic.policy.trust import read_log_settings
from helm_logic.receipts import Verdict, verify
from helm_logic.receipts.log_audit import LogAudit
from tests.authority.world import FOUNDER, NOW, key, make_chain, signer
from tests.guard.killed_guards import HEAD, hosts
from tests.guard.town import LOG, ORIGIN, approve, ask, open_guard
from tests.postgres import Cluster


@pytest.fixture
def folders(postgres: Cluster, tmp_path: Path) -> tuple[Path, Path]:
    """Return the policy folders of two hosts, copies of each other, whose log is one database."""
    return hosts(postgres, tmp_path)


@pytest.fixture
def guards(folders: tuple[Path, Path]) -> Iterator[tuple[Guard, Guard]]:
    """Yield a guard on each host."""
    with open_guard(folders[0]) as one, open_guard(folders[1]) as other:
        yield one, other


def at_once(guards: tuple[Guard, Guard], groups: list[list[bytes]]) -> list[Decision]:
    """Let both guards decide *groups* at the same time; return all that they answered."""
    decided: list[Decision] = []
    failures: list[BaseException] = []
    barrier = threading.Barrier(len(guards))

    def work(guard: Guard) -> None:
        try:
            for group in groups:
                barrier.wait()
                decided.extend(guard.decide_all(group))
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            failures.append(error)
            barrier.abort()

    threads = [threading.Thread(target=work, args=(guard,)) for guard in guards]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    return decided


def audited(folder: Path) -> int:
    """Check the whole log as the host of *folder* sees it; return how many receipts it has."""
    named = read_log_settings(folder)
    with open_log(folder, named.ledger, HEAD, origin=ORIGIN, key=LOG.public_key) as log:
        audit = LogAudit(log)
        assert fsck(log, audit.look).entries == log.size
        audit.finish()
        assert audit.findings == []
        return len(list(log.entries(kind=Kind.RECEIPT)))


def test_one_log_comes_of_it(folders: tuple[Path, Path], guards: tuple[Guard, Guard]) -> None:
    """Every receipt has its place and proof, whichever host is asked; the whole log is sound."""
    groups = [
        [ask(context={"ci_passed": True, "number": turn * 10 + each}) for each in range(turn + 1)]
        for turn in range(6)
    ]
    decided = at_once(guards, groups)

    assert {decision.verdict for decision in decided} == {Verdict.ALLOW}
    assert len({decision.receipt_id for decision in decided}) == 21  # equal requests, one receipt
    for decision in decided:
        for guard in guards:
            receipt = guard.receipt(decision.receipt_id)
            assert verify(receipt.to_bytes(), guard.trust).index == decision.index
    for folder in folders:
        assert audited(folder) == 21


def test_an_approval_counts_once_on_all_hosts(
    folders: tuple[Path, Path], guards: tuple[Guard, Guard]
) -> None:
    """Both hosts are asked with the same approvals at the same moment: one ALLOW for each."""
    for turn in range(5):
        resource = f"shop/api{turn}"
        escalated = guards[turn % 2].decide(ask(env="prod", resource=resource))
        approval = approve(escalated, id=f"approval-{turn}")
        request = ask(env="prod", resource=resource, approvals=[approval])
        decided = at_once(guards, [[request]])
        receipts = {decision.receipt_id: decision.verdict for decision in decided}

        assert escalated.verdict is Verdict.ESCALATE
        assert list(receipts.values()).count(Verdict.ALLOW) == 1
        assert all(guard._store.is_consumed(approval.digest) for guard in guards)
        assert guards[turn % 2].decide(request).verdict is Verdict.ESCALATE
    audited(folders[1])


def test_a_revocation_on_one_host_is_heeded_on_the_other(guards: tuple[Guard, Guard]) -> None:
    """From its next decision on, without being opened again."""
    one, other = guards
    chain = make_chain()
    assert one.decide(ask(chain=chain)).verdict is Verdict.ALLOW
    withdrawn = Revocation("founder-ops", chain[0].digest, key(FOUNDER), NOW)
    other.revoke(sign_revocation(withdrawn, signer(FOUNDER)))

    denied = one.decide(ask(chain=chain, context={"ci_passed": True, "again": 1}))
    assert denied.verdict is Verdict.DENY
