# SPDX-License-Identifier: Apache-2.0
"""What the log knows about approvals while a group of requests is decided.

An approval counts only if the receipt that it answers is in this log, says ESCALATE, and is about
the same request, policy and chain; and only once, within one group of requests as well. Each of
these has its own reason code.
"""

from __future__ import annotations

from helm_logic.errors import EnvelopeError, InputError
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.shape import require_object, require_text
from helm_logic.ledger.store_protocol import Log
from helm_logic.policy.approval import Approval, Approvals, RefusedApproval
from helm_logic.receipts.statement import Statement
from helm_logic.receipts.verdict import Verdict


class Journal:
    """The log as it stands, and the approvals that rulings not yet logged use up."""

    def __init__(self, store: Log) -> None:
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
        accepted, refused = [], list(approvals.refused)
        for each in approvals.accepted:
            fault = self._fault(each.approval)
            if fault is None:
                accepted.append(each)
            else:
                refused.append(RefusedApproval(each.digest, *fault))
        return Approvals(tuple(accepted), tuple(refused))

    def _fault(self, approval: Approval) -> tuple[str, str] | None:
        # Returns the reason code, and its text, why the receipt is not one that this answers.
        entry = self._store.find(approval.receipt)
        if entry is None or entry.kind is not Kind.RECEIPT:
            return "approval_unknown_receipt", f"the log has no receipt `{approval.receipt}`"
        try:
            statement = Statement.parse(entry.envelope.payload)
            chain = _chain_digest(statement)
        except (EnvelopeError, InputError) as error:
            return "approval_unknown_receipt", f"entry {entry.index} is no receipt: {error}"
        if statement.verdict is not Verdict.ESCALATE:
            verdict = statement.verdict.value
            return "approval_not_escalated", f"the receipt says {verdict}, not ESCALATE"
        about = (statement.request_digest, statement.policy, chain)
        if about != (approval.request, approval.policy, approval.chain):
            return "approval_other_receipt", "the receipt is about another request, policy or chain"
        return None


def _chain_digest(statement: Statement) -> str:
    links = [require_object(link, "chain") for link in statement.chain]  # type: ignore[attr-defined]
    return digest(canonical_json([require_text(link.get("digest"), "digest") for link in links]))
