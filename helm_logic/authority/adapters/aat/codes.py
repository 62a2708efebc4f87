# SPDX-License-Identifier: Apache-2.0
"""The format's codes, and the reason of ours that each of them is.

`RULED` are faults that the rules find by the facts of the links: the adapter does not refuse for
them, so that one decision names every fault of a chain. `REFUSED` are those that facts could not
tell, or that leave nothing to state a fact with: the token is refused, and what follows it is not
read. That the rules find each fault of `RULED` is tested on chains of every kind; but a token that
is out of place is not compared with the one before, so that this is all that is told of it.

Sources: OAAF 0.1 reason codes; `rules/authority.dl` for the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping

RULED: Mapping[str, str] = {
    "chain_empty": "empty_chain",
    "par_hash_missing": "broken_chain",
    "par_hash_mismatch": "broken_chain",
    "par_hash_present_on_root": "broken_chain",
    "issuer_thumbprint_mismatch": "stranger_delegation",
    "expired": "link_expired",
    "not_yet_valid": "link_not_yet_valid",
    "expiry_exceeds_parent": "lifetime_widened",
    "issued_before_parent": "lifetime_widened",
    "delegation_depth_exceeded": "depth_exceeded",
    "delegation_ceiling_raised": "depth_exceeded",
    "tool_not_delegated": "scope_widened",
    "argument_key_set_mismatch": "scope_widened",
    "constraint_type_not_permitted": "scope_widened",
    "constraint_expansion": "scope_widened",
    "subject_identity_mismatch": "principal_mismatch",
    "identity_binding_unavailable": "principal_mismatch",
    "tool_not_authorized": "outside_grant",
    "argument_missing": "outside_grant",
    "argument_not_permitted": "outside_grant",
    "argument_constraint_violated": "outside_grant",
}
REFUSED: Mapping[str, str] = {
    "chain_too_long": "depth_exceeded",
    "chain_cycle_detected": "duplicate_link",
    "token_too_large": "malformed_link",
    "token_malformed": "malformed_link",
    "untrusted_root": "untrusted_anchor",
    "algorithm_not_permitted": "algorithm_not_permitted",
    "invalid_signature": "bad_signature",
    "private_key_material": "malformed_link",
    "holder_key_invalid": "malformed_link",
    "root_depth_invalid": "broken_chain",
    "delegation_depth_invalid": "broken_chain",
    "depth_exceeds_own_ceiling": "depth_exceeded",
    "delegation_ceiling_invalid": "malformed_link",
    "not_before": "link_not_yet_valid",  # ours: the format has no `nbf`, and does not skip it
    "expiry_not_after_issuance": "malformed_link",
    "lifetime_exceeded": "malformed_link",
    "authorization_details_invalid": "malformed_link",
    "constraint_too_deep": "malformed_link",
    "constraint_type_unrecognized": "unknown_constraint",
    "authority_revoked": "link_revoked",
    "status_unavailable": "status_unavailable",
    "pop_missing": "possession_not_proved",
    "pop_malformed": "possession_not_proved",
    "pop_signature_invalid": "possession_not_proved",
    "pop_token_mismatch": "possession_not_proved",
    "pop_tool_mismatch": "possession_not_proved",
    "pop_stale": "possession_not_proved",
    "pop_binding_mismatch": "possession_not_proved",
    "pop_recipient_mismatch": "wrong_audience",
}


def reason_of(code: str) -> str:
    """Return our reason for the format's *code*."""
    return RULED.get(code) or REFUSED[code]
