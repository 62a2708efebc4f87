# SPDX-License-Identifier: Apache-2.0
"""What a receipt says about chain, approvals and revocations, and the envelopes it attaches.

Each signed statement that became facts is named by two digests: that of its envelope, which other
statements refer to, and that of its file, which covers the signatures too.
"""

from __future__ import annotations

from collections.abc import Iterable

from helm_logic.authority.chain import AnyLink, Chain
from helm_logic.authority.revocation import VerifiedRevocation
from helm_logic.kernel.encoding import digest
from helm_logic.ledger.envelope import Envelope
from helm_logic.policy.approval import VerifiedApproval


def _file_digest(envelope: Envelope) -> str:
    """Return the digest of *envelope* as a file."""
    return digest(envelope.to_bytes())


def chain_value(links: Iterable[AnyLink]) -> list[dict[str, str]]:
    """Return the `chain` member for *links* in order."""
    return [
        {
            "delegate": each.link.delegate,
            "digest": each.digest,
            "file": each.file_digest,
            "id": each.link.id,
            "issuer": each.link.issuer,
        }
        for each in links
    ]


def approvals_value(approvals: Iterable[VerifiedApproval]) -> list[dict[str, str]]:
    """Return the `approvals` member for those that became facts."""
    return [
        {
            "approver": each.approval.approver,
            "digest": each.digest,
            "file": _file_digest(each.envelope),
            "id": each.approval.id,
            "receipt": each.approval.receipt,
            "role": each.approval.role,
        }
        for each in approvals
    ]


def revocations_value(revocations: Iterable[VerifiedRevocation]) -> list[dict[str, str]]:
    """Return the `revocations` member for those that became facts."""
    return [
        {
            "digest": each.digest,
            "file": _file_digest(each.envelope),
            "link": each.revocation.link,
        }
        for each in revocations
    ]


def attached_files(
    chain: Chain, approvals: Iterable[VerifiedApproval], revocations: Iterable[VerifiedRevocation]
) -> dict[str, bytes]:
    """Return the envelopes that a receipt attaches, as files by their digests."""
    files = {each.file_digest: each.file for each in chain.links}
    others = [each.envelope for each in approvals] + [each.envelope for each in revocations]
    return files | {_file_digest(each): each.to_bytes() for each in others}
