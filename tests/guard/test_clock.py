# SPDX-License-Identifier: Apache-2.0
"""A clock that goes wrong: what a guard decides, what its log shows, what verifies afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helm_logic.guard import Guard
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_fsck import fsck
from helm_logic.receipts import Verdict, verify
from helm_logic.receipts.log_audit import LogAudit
from helm_logic.receipts.statement import Statement
from tests.authority.world import NOW, make_chain
from tests.guard.town import Clock, approve, ask, make_folder, open_guard

HOUR, AGE = 3600, 10**9
JUMPS = (0, -HOUR, 1, AGE, -AGE, -1, HOUR)


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands at a fixed moment."""
    return Clock()


@pytest.fixture
def guard(tmp_path: Path, clock: Clock) -> Iterator[Guard]:
    """Yield a guard by that clock."""
    with open_guard(make_folder(tmp_path / "policy"), clock) as opened:
        yield opened


def statements(guard: Guard) -> list[Statement]:
    """Return the statements of all receipts in the order of the log, each receipt verified."""
    entries = list(guard._store.entries(kind=Kind.RECEIPT))
    for entry in entries:
        verify(guard.receipt(entry.digest).to_bytes(), guard.trust)
    return [Statement.parse(entry.envelope.payload) for entry in entries]


def test_the_order_is_that_of_the_log(guard: Guard, clock: Clock) -> None:
    """Back an hour, far ahead and back: each receipt has its place and says what the clock said."""
    times, places = [], []
    for number, jump in enumerate(JUMPS):
        clock.now += jump
        one = guard.decide(ask(context={"ci_passed": True, "ticket": str(number)}))
        times.append(clock.now)
        places.append(one.index or 0)
    audit = LogAudit(guard._store)
    fsck(guard._store, audit.look)
    audit.finish()

    assert places == sorted(set(places))
    assert [stated.now for stated in statements(guard)] == times
    assert audit.findings == []


def test_a_moment_of_the_past_brings_no_approval_back(guard: Guard, clock: Clock) -> None:
    """What was used is used and what is not valid yet is refused, whatever the clock says."""
    approval = approve(guard.decide(ask(env="prod")))
    request = ask(env="prod", approvals=[approval])
    used = guard.decide(request)
    clock.now -= HOUR
    again = guard.decide(request)

    assert [used.verdict, again.verdict] == [Verdict.ALLOW, Verdict.ESCALATE]
    assert again.refused_approvals[0][0] == approval.digest


def test_a_link_that_expired_is_valid_again_by_a_clock_set_back(guard: Guard, clock: Clock) -> None:
    """The guard has no other clock than its own; the log shows the step, in order and for good."""
    chain = make_chain()
    clock.now = NOW + AGE
    late = guard.decide(ask(chain=chain))
    clock.now = NOW
    back = guard.decide(ask(chain=chain))

    assert (late.verdict, back.verdict) == (Verdict.DENY, Verdict.ALLOW)
    assert [stated.now for stated in statements(guard)] == [NOW + AGE, NOW]
