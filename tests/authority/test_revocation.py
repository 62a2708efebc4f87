# SPDX-License-Identifier: Apache-2.0
"""Tests of `authority.revocation`: signed withdrawals, and how they are found."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.authority.revocation import (
    PAYLOAD_TYPE,
    Revocation,
    RevocationSet,
    sign_revocation,
    verify_revocation,
)
from helm_logic.errors import InputError, LinkRefused
from helm_logic.kernel.encoding import canonical_json, parse_json
from helm_logic.ledger.envelope import sign
from tests.authority.world import FOUNDER, NOW, OPS, STRANGER, flipped, key, make_chain, revocation
from tests.authority.world import signer as signer_of

STATEMENT = Revocation("link-0", "sha256:" + "0" * 64, key(FOUNDER), NOW)


def refusal(envelope: Any) -> str:
    """Return the reason for which *envelope* is refused."""
    with pytest.raises(LinkRefused) as caught:
        verify_revocation(envelope)
    return caught.value.reason


def test_a_revocation_is_read_back_as_it_was() -> None:
    """Verification returns exactly what was signed, from an object or from JSON."""
    envelope = sign_revocation(STATEMENT, signer_of(FOUNDER))

    assert verify_revocation(envelope).revocation == STATEMENT
    assert verify_revocation(parse_json(envelope.to_bytes())) == verify_revocation(envelope)


def test_only_the_named_key_signs() -> None:
    """Nobody revokes in the name of another key."""
    forged = sign(PAYLOAD_TYPE, canonical_json(STATEMENT.to_value()), signer_of(STRANGER))

    with pytest.raises(LinkRefused) as caught:
        sign_revocation(STATEMENT, signer_of(STRANGER))
    assert caught.value.reason == "bad_signature"
    assert refusal(forged) == "bad_signature"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("format", "helm-logic/link/v1"), ("link", None), ("link_digest", "sha256:"),
        ("key", "x"), ("effective", -1), ("effective", "0"), ("more", 1),
    ],
)  # fmt: skip
def test_a_member_that_means_nothing_is_refused(member: str, value: object) -> None:
    """Each member has one form, and there is no other member."""
    statement = canonical_json({**STATEMENT.to_value(), member: value})

    assert refusal(sign(PAYLOAD_TYPE, statement, signer_of(FOUNDER))) == "malformed_revocation"


def test_a_link_is_no_revocation() -> None:
    """A statement of another payload type says nothing here."""
    assert refusal(make_chain()[0]) == "malformed_revocation"
    assert refusal(None) == "malformed_revocation"


def test_a_revocation_that_nobody_would_accept_cannot_be_built() -> None:
    """The limits hold for the one who revokes too."""
    with pytest.raises(InputError):
        Revocation("l", "sha256:0", key(FOUNDER), NOW)
    with pytest.raises(InputError):
        Revocation("l", STATEMENT.link_digest, key(FOUNDER), -1)


@given(st.sampled_from(["payload", "signature"]), st.integers(0, 400), st.integers(0, 7))
def test_no_flipped_bit_is_accepted(member: str, position: int, bit: int) -> None:
    """Any bit changed is noticed."""
    envelope = sign_revocation(STATEMENT, signer_of(FOUNDER))

    assert refusal(flipped(envelope, member, position, bit)) in {
        "bad_signature", "malformed_revocation",
    }  # fmt: skip


def test_a_set_is_found_by_the_digest_of_the_link() -> None:
    """Several may withdraw one link; the same one twice is one."""
    first, second = make_chain()
    ones = [revocation(first, FOUNDER), revocation(first, OPS), revocation(first, FOUNDER)]
    revocations = RevocationSet(ones)

    assert first.digest in revocations
    assert second.digest not in revocations
    assert len(revocations) == 2
    assert revocations.of(second.digest) == ()
    assert set(revocations.of(first.digest)) == set(revocations) == set(ones)
    assert list(RevocationSet(reversed(ones))) == list(revocations)
