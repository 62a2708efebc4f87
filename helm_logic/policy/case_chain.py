# SPDX-License-Identifier: Apache-2.0
"""The signed chain of a policy test: links by keys that follow from the names of principals.

Such a key protects nothing and is never written to a file; it makes a test give the same bytes
everywhere. What a case is, is `case_file.py`; how it is run, `cases.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

from helm_logic.authority.link import Link, sign_link
from helm_logic.ledger.envelope import Envelope
from helm_logic.ledger.keys import SeedSigner
from helm_logic.policy.case_file import LinkPlan

_SEED = b"helm-logic policy test, a key that protects nothing\0"


@lru_cache(maxsize=1024)
def signer_of(principal: str) -> SeedSigner:
    """Return the throw-away signer of *principal* in every policy test."""
    return SeedSigner(hashlib.sha256(_SEED + principal.encode("utf-8")).digest())


def sign_chain(plans: Sequence[LinkPlan]) -> tuple[Envelope, ...]:
    """Return the links of a chain, each signed and naming the one before it."""
    envelopes: list[Envelope] = []
    for plan in plans:
        envelopes.append(_signed_link(plan, envelopes[-1].digest if envelopes else None))
    return tuple(envelopes)


def _signed_link(plan: LinkPlan, parent: str | None) -> Envelope:
    signer = signer_of(plan.signer)
    link = Link(
        id=plan.id,
        issuer=plan.issuer,
        issuer_key=signer.public_key,
        delegate=plan.delegate,
        delegate_key=signer_of(plan.delegate).public_key,
        grants=(plan.grant,),
        not_before=plan.since,
        expires=plan.until,
        may_delegate=plan.may_delegate,
        parent=parent,
    )
    return sign_link(link, signer)
