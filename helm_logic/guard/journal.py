# SPDX-License-Identifier: Apache-2.0
"""What the log knows about approvals while a group of requests is decided.

An approval counts only if the receipt that it answers is in this log, says ESCALATE, and is about
the same request, policy and chain; and only once, within one group of requests as well.
"""

from __future__ import annotations

from helm_logic.errors import HelmError
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store import SqliteStore
from helm_logic.policy.approval import Approval, Approvals, RefusedApproval
from helm_logic.receipts.statement import Statement
from helm_logic.receipts.verdict import Verdict


class Journal:
    """The log as it stands, and the approvals that rulings not yet logged use up."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._used: set[str] = set()

    def use(self, approvals: tuple[str, ...]) -> None:
        """Remember that a ruling of this group uses up *approvals*, digests."""
        self._used.update(approvals)

    def is_consumed(self, approval: str) -> bool:
        """Say whether the approval with this digest was used, in the log or in this group."""
        return approval in self._used or self._store.is_consumed(approval)

    def only_answers(self, approvals: Approvals) -> Approvals:
        """Return *approvals*, with those that answer no ESCALATE of this log refused."""
        accepted = tuple(each for each in approvals.accepted if self._answers(each.approval))
        stray = tuple(
            RefusedApproval(
                each.digest,
                "approval_mismatch",
                f"the log has no ESCALATE receipt `{each.approval.receipt}` for this request",
            )
            for each in approvals.accepted
            if each not in accepted
        )
        return Approvals(accepted, (*approvals.refused, *stray))

    def _answers(self, approval: Approval) -> bool:
        entry = self._store.find(approval.receipt)
        if entry is None or entry.kind is not Kind.RECEIPT:
            return False
        try:
            statement = Statement.parse(entry.envelope.payload)
        except HelmError:
            return False
        asked = (statement.verdict, statement.request_digest, statement.policy)
        return asked == (Verdict.ESCALATE, approval.request, approval.policy)
