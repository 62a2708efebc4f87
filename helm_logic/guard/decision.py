# SPDX-License-Identifier: Apache-2.0
"""A decision: the one answer to one request, as services read it.

The JSON form follows the OpenID AuthZEN 1.0 response: `decision` is true for ALLOW alone, and
`context` carries the verdict, its reasons and the receipt. ESCALATE is `decision: false` with
`context.approve`: who may approve, and the receipt id that an approval must be bound to.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from helm_logic.receipts.statement import Reason, Statement
from helm_logic.receipts.verdict import Verdict


@attrs.frozen
class Decision:
    """The answer to one request.

    *index* is the receipt's place in the log; None means that the log could not take the receipt,
    in which case the verdict is DENY and *receipt_id* names a signed receipt that is only here.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    receipt_id: str
    index: int | None
    statement: Statement

    @property
    def allowed(self) -> bool:
        """Whether the action may run: true for ALLOW alone."""
        return self.verdict is Verdict.ALLOW

    @property
    def codes(self) -> tuple[str, ...]:
        """The reason codes, each once."""
        return tuple(dict.fromkeys(reason.code for reason in self.reasons))

    @property
    def approvers(self) -> tuple[str, ...]:
        """The roles that may approve, if the verdict is ESCALATE."""
        if self.verdict is not Verdict.ESCALATE:
            return ()
        return tuple(dict.fromkeys(role for each in self.reasons for role in each.approvers))

    @property
    def refused_approvals(self) -> tuple[tuple[str, str], ...]:
        """The approvals that did not count: digest (or place in the request) and reason code."""
        facts: Mapping[str, list[tuple[str, str]]] = self.statement.facts  # type: ignore[assignment]
        rows = facts.get("rejected_approval", [])
        return tuple((name.removeprefix("s:"), code.removeprefix("y:")) for name, code in rows)

    def to_value(self) -> dict[str, object]:
        """Return the JSON form."""
        context: dict[str, object] = {
            "index": self.index,
            "reasons": [reason.to_value() for reason in self.reasons],
            "receipt": self.receipt_id,
            "verdict": self.verdict.value,
        }
        if self.refused_approvals:
            context["refusedApprovals"] = dict(self.refused_approvals)
        if self.verdict is Verdict.ESCALATE:
            context["approve"] = {"receipt": self.receipt_id, "roles": self.approvers}
        return {"context": context, "decision": self.allowed}
