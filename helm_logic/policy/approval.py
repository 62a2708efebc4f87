# SPDX-License-Identifier: Apache-2.0
"""Approvals: signed statements that answer one ESCALATE, and the facts that they become.

    {"format": "helm-logic/approval/v1", "id": TEXT, "receipt": DIGEST, "request": DIGEST,
     "policy": DIGEST, "chain": DIGEST, "approver": PRINCIPAL, "key": KEY, "role": TEXT,
     "issued": SECONDS, "expires": SECONDS}

Invariants:
- an approval is a fact only for exactly the request, policy and chain that it names, by a key that
  is configured for that approver in that role, in `issued <= now < expires`, and once;
- one key speaks for one approver in a request, however many it is configured for, so that a quorum
  of approvers is one of keys;
- what is not a fact is a `rejected_approval` row with its code, so that a refusal can say why;
- an approval is used up by its envelope's digest: the same statement under a second signature, or
  another approver's choice of the same id, changes nothing.

Who may approve what, quorums, and that nobody of the chain approves it, are rules.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import attrs

from helm_logic.authority.constraint import is_plain
from helm_logic.authority.principal import require_principal
from helm_logic.authority.signed import (
    read_envelope,
    read_statement,
    require_digest,
    require_key,
    require_signature,
    sign_statement,
)
from helm_logic.errors import InputError, LinkRefused
from helm_logic.kernel.encoding import MAX_INTEGER, JsonValue
from helm_logic.kernel.terms import Row
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.keys import PublicKey, Signer
from helm_logic.ledger.shape import require_integer, require_text

PAYLOAD_TYPE = "application/vnd.helm-logic.approval+json"
FORMAT = "helm-logic/approval/v1"
MAX_APPROVALS = 16

_DIGESTS = ("receipt", "request", "policy", "chain")
_MEMBERS = ("id", *_DIGESTS, "approver", "key", "role", "issued", "expires")


@attrs.frozen
class Approval:
    """*approver*, in *role*, approves what the ESCALATE *receipt* was about; times are seconds."""

    id: str
    receipt: str
    request: str
    policy: str
    chain: str
    approver: str
    key: PublicKey
    role: str
    issued: int
    expires: int

    def __attrs_post_init__(self) -> None:
        for name in _DIGESTS:
            require_digest(getattr(self, name), f"approval {name}")
        require_principal(self.approver, "approval approver")
        if not is_plain(self.id) or not is_plain(self.role):
            raise InputError("wrong_shape", "approval id and role: want printable text")
        if not 0 <= self.issued < self.expires <= MAX_INTEGER:
            raise InputError("wrong_shape", "approval: want 0 <= issued < expires, in seconds")

    def to_value(self) -> dict[str, JsonValue]:
        """Return the JSON form: what is signed, before it is printed."""
        parts: dict[str, JsonValue] = {name: getattr(self, name) for name in _MEMBERS}
        return {**parts, "format": FORMAT, "key": self.key.text}


@attrs.frozen
class VerifiedApproval:
    """An approval whose signature was verified. Only `verify_approval` makes one."""

    approval: Approval
    envelope: Envelope
    digest: str


@attrs.frozen
class RefusedApproval:
    """An approval that is no fact: its digest (or `#` and its place, if unread), and why."""

    name: str
    reason: str
    message: str


@attrs.frozen
class Approvals:
    """The approvals of one request: those that count, each once, and those that do not."""

    accepted: tuple[VerifiedApproval, ...]
    refused: tuple[RefusedApproval, ...]

    def facts(self) -> dict[str, list[Row]]:
        """Return rows of `approval(digest, approver, role)` and `rejected_approval(name, code)`."""
        accepted: list[Row] = [
            (f"s:{one.digest}", f"s:{one.approval.approver}", f"s:{one.approval.role}")
            for one in self.accepted
        ]
        refused: list[Row] = [(f"s:{one.name}", f"y:{one.reason}") for one in self.refused]
        return {"approval": accepted, "rejected_approval": refused}


@attrs.frozen
class Circumstances:
    """What an approval has to fit: the digests that are decided on, the approvers, the time.

    *trusted* maps (approver, role) to the keys that may speak for it; *is_consumed* says whether
    the approval with a digest was used.
    """

    request: str
    policy: str
    chain: str
    trusted: Mapping[tuple[str, str], Collection[PublicKey]]
    now: int
    is_consumed: Callable[[str], bool]


def sign_approval(approval: Approval, signer: Signer) -> Envelope:
    """Return *approval* signed; raise LinkRefused unless *signer* has its key."""
    return sign_statement(PAYLOAD_TYPE, approval.to_value(), approval.key, signer)


def verify_approval(envelope: Envelope | JsonValue) -> VerifiedApproval:
    """Return the approval in *envelope*, signed by the key that it names.

    Raises LinkRefused `malformed_approval` or `bad_signature`.
    """
    whole = read_envelope(envelope, "malformed_approval")
    try:
        parts = read_statement(whole, PAYLOAD_TYPE, _MEMBERS, FORMAT)
        approval = Approval(
            id=require_text(parts["id"], "approval id"),
            receipt=require_digest(parts["receipt"], "approval receipt"),
            request=require_digest(parts["request"], "approval request"),
            policy=require_digest(parts["policy"], "approval policy"),
            chain=require_digest(parts["chain"], "approval chain"),
            approver=require_text(parts["approver"], "approval approver"),
            key=require_key(parts["key"], "approval key"),
            role=require_text(parts["role"], "approval role"),
            issued=require_integer(parts["issued"], "approval issued"),
            expires=require_integer(parts["expires"], "approval expires"),
        )
    except InputError as error:
        raise LinkRefused("malformed_approval", str(error)) from None
    require_signature(whole, approval.key)
    return VerifiedApproval(approval, whole, whole.digest)


def judge_approvals(
    envelopes: Sequence[Envelope | JsonValue], circumstances: Circumstances
) -> Approvals:
    """Return which of *envelopes*, whatever they are, count in *circumstances*."""
    if len(envelopes) > MAX_APPROVALS:
        message = f"got {len(envelopes)} approvals, at most {MAX_APPROVALS} are read"
        refused = RefusedApproval(f"#{MAX_APPROVALS}", "too_many_approvals", message)
        return Approvals((), (refused,))
    accepted: dict[str, VerifiedApproval] = {}
    refusals: dict[str, RefusedApproval] = {}
    for place, envelope in enumerate(envelopes):
        name = f"#{place}"
        try:
            one = verify_approval(envelope)
            name = one.digest
            _require_fitting(one, circumstances)
            _require_own_key(one, accepted.values())
            accepted[name] = one
        except LinkRefused as error:
            refusals[name] = RefusedApproval(name, error.reason, str(error))
    return Approvals(tuple(accepted.values()), tuple(refusals.values()))


def _require_fitting(one: VerifiedApproval, wanted: Circumstances) -> None:
    """Return if *one* counts; raise LinkRefused with the reason why it does not."""
    approval = one.approval
    if approval.key not in wanted.trusted.get((approval.approver, approval.role), ()):
        known = any(
            name == approval.approver and approval.key in keys
            for (name, _), keys in wanted.trusted.items()
        )
        raise LinkRefused(
            "approval_wrong_role" if known else "approval_untrusted",
            f"the key is not configured for `{approval.approver}` as `{approval.role}`",
        )
    for name in ("request", "policy", "chain"):
        if getattr(approval, name) != getattr(wanted, name):
            raise LinkRefused(f"approval_other_{name}", f"the approval is for another {name}")
    if wanted.now < approval.issued:
        raise LinkRefused("approval_not_yet_valid", f"the approval holds from {approval.issued} on")
    if wanted.now >= approval.expires:
        raise LinkRefused("approval_expired", f"the approval held until {approval.expires}")
    if wanted.is_consumed(one.digest):
        raise LinkRefused("approval_consumed", "the approval was used before; ask for a new one")


def _require_own_key(one: VerifiedApproval, accepted: Iterable[VerifiedApproval]) -> None:
    for other in accepted:
        if (
            other.approval.key == one.approval.key
            and other.approval.approver != one.approval.approver
        ):
            raise LinkRefused(
                "approval_same_key",
                f"the key of `{one.approval.approver}` is the one that `{other.approval.approver}`"
                " approves with; each approver needs one of their own",
            )
