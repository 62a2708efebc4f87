# SPDX-License-Identifier: Apache-2.0
"""Every stable reason code that is not a policy author's own, and what an agent should do about it.

The *finality* of a reason is one of
- `stop`: asking again with the same links and the same facts will not help; do not retry;
- `ask`: a human, or whoever issued the link, can change the answer;
- `fact`: come back with a fact, a document or a moment that is missing now;
- `none`: there is nothing to come back for, because the action may run.

A code that is not in the table is a policy's own: `stop` for a DENY; for an ESCALATE the caller
says `ask`. What each code means in words is the `@reason` of its rule.
"""

from __future__ import annotations

from collections.abc import Mapping

STOP = "stop"
ASK = "ask"
FACT = "fact"
NONE = "none"

FINALITY: Mapping[str, str] = {
    # faults of a chain: rules/authority.dl
    "ancestor_revoked": STOP,
    "bad_signature": STOP,
    "broken_chain": STOP,
    "cyclic_chain": STOP,
    "depth_exceeded": STOP,
    "duplicate_link": STOP,
    "empty_chain": FACT,
    "lifetime_widened": STOP,
    "link_expired": ASK,
    "link_not_yet_valid": FACT,
    "link_revoked": STOP,
    "malformed_link": STOP,
    "outside_grant": ASK,
    "principal_mismatch": STOP,
    "scope_widened": STOP,
    "stranger_delegation": STOP,
    "unknown_constraint": STOP,
    "untrusted_anchor": STOP,
    # faults of tokens that others issued: rules/authority.dl, authority/adapters
    "algorithm_not_permitted": STOP,
    "asserted_delegation": ASK,
    "possession_not_proved": FACT,
    "status_unavailable": FACT,
    "unknown_format": STOP,
    "wrong_audience": STOP,
    "wrong_token_type": STOP,
    # faults of an approval: policy/approval.py, and guard/journal.py for those of its receipt
    "approval_consumed": ASK,
    "approval_expired": ASK,
    "approval_not_escalated": STOP,
    "approval_not_yet_valid": FACT,
    "approval_other_chain": ASK,
    "approval_other_policy": ASK,
    "approval_other_receipt": ASK,
    "approval_other_request": ASK,
    "approval_same_key": STOP,
    "approval_unknown_receipt": ASK,
    "approval_untrusted": STOP,
    "approval_wrong_role": STOP,
    "malformed_approval": STOP,
    "too_many_approvals": STOP,
    # faults of a request, and of deciding it
    "invalid_input": FACT,
    "limit_reached": STOP,
    "missing_fact": FACT,
    "no_rule_allows": STOP,
    "replayed_token": STOP,
    "unknown_action": STOP,
}


def finality(code: str, otherwise: str = STOP) -> str:
    """Return the finality of the reason *code*; *otherwise* if it is not in the table."""
    return FINALITY.get(code, otherwise)
