# SPDX-License-Identifier: Apache-2.0
"""Tests of `policy.approval`: an approval counts for exactly one thing, once, in its time."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import InputError, LinkRefused
from helm_logic.kernel.encoding import canonical_json, digest, parse_json
from helm_logic.ledger.envelope import Envelope, sign
from helm_logic.policy.approval import (
    MAX_APPROVALS,
    PAYLOAD_TYPE,
    Approval,
    Approvals,
    Circumstances,
    judge_approvals,
    sign_approval,
    verify_approval,
)
from tests.authority.world import NOW, STRANGER, flipped, key, make_chain, signer

MANAGER, ROLE = "user:manager", "release-manager"
REQUEST, POLICY, CHAIN, RECEIPT = (digest(name) for name in (b"request", b"policy", b"chain", b"r"))


def make_approval(**changes: Any) -> Approval:
    """Return an approval that counts now, with *changes* to its members."""
    members: dict[str, Any] = {
        "id": "a1",
        "receipt": RECEIPT,
        "request": REQUEST,
        "policy": POLICY,
        "chain": CHAIN,
        "approver": MANAGER,
        "key": key(MANAGER),
        "role": ROLE,
        "issued": NOW - 10,
        "expires": NOW + 10,
    }
    return Approval(**{**members, **changes})


def signed(approval: Approval, who: str = MANAGER) -> Envelope:
    """Return *approval* signed by *who*."""
    return sign_approval(approval, signer(who))


def judged(*envelopes: Any, consumed: frozenset[str] = frozenset(), **changes: Any) -> Approvals:
    """Return which of *envelopes* count, the manager being trusted as release manager."""
    wanted: dict[str, Any] = {
        "request": REQUEST,
        "policy": POLICY,
        "chain": CHAIN,
        "trusted": {(MANAGER, ROLE): (key(MANAGER),)},
        "now": NOW,
        "is_consumed": consumed.__contains__,
    }
    return judge_approvals(envelopes, Circumstances(**{**wanted, **changes}))


def codes(*envelopes: Any, **changes: Any) -> list[str]:
    """Return the reasons for which *envelopes*, of which none counts, are refused."""
    approvals = judged(*envelopes, **changes)
    assert approvals.accepted == ()
    assert approvals.facts()["approval"] == []
    return [one.reason for one in approvals.refused]


def test_an_approval_is_read_back_as_it_was() -> None:
    """Verification returns exactly what was signed, from an object or from JSON."""
    envelope = signed(make_approval())

    assert verify_approval(envelope).approval == make_approval()
    assert verify_approval(parse_json(envelope.to_bytes())) == verify_approval(envelope)


def test_a_fitting_approval_is_a_fact() -> None:
    """Its row names it by digest, with approver and role."""
    envelope = signed(make_approval())
    approvals = judged(envelope.to_value())

    assert approvals.facts() == {
        "approval": [(f"s:{envelope.digest}", f"s:{MANAGER}", f"s:{ROLE}")],
        "rejected_approval": [],
    }
    assert [one.approval.receipt for one in approvals.accepted] == [RECEIPT]


@pytest.mark.parametrize("member", ["request", "policy", "chain"])
def test_an_approval_of_anything_else_does_not_count(member: str) -> None:
    """Another request, policy or chain: each alone refuses it, and is named."""
    other = signed(make_approval(**{member: digest(b"other")}))

    assert codes(other) == [f"approval_other_{member}"]
    wanted: Any = {member: digest(b"other")}
    assert codes(signed(make_approval()), **wanted) == [f"approval_other_{member}"]


@pytest.mark.parametrize(
    "trusted",
    [
        {}, {(MANAGER, ROLE): ()}, {(MANAGER, ROLE): (key(STRANGER),)},
        {(STRANGER, ROLE): (key(MANAGER),)},
    ],
)  # fmt: skip
def test_only_a_configured_key_speaks_for_an_approver(trusted: Any) -> None:
    """The right key under another name, or another key under this one, is not trusted."""
    assert codes(signed(make_approval()), trusted=trusted) == ["approval_untrusted"]


def test_a_key_speaks_only_in_the_roles_it_is_configured_for() -> None:
    """The right key of the right approver, in a role that is not his."""
    trusted = {(MANAGER, "auditor"): (key(MANAGER),), (STRANGER, ROLE): (key(STRANGER),)}

    assert codes(signed(make_approval()), trusted=trusted) == ["approval_wrong_role"]


def test_one_key_is_one_approver_whatever_it_is_called() -> None:
    """Configured for two approvers it speaks for the first that is presented, never for both."""
    mine, alias = signed(make_approval()), signed(make_approval(approver=STRANGER))
    trusted = {(name, ROLE): (key(MANAGER),) for name in (MANAGER, STRANGER)}
    for one, two in ((mine, alias), (alias, mine)):
        approvals = judged(one, two, trusted=trusted)

        assert [each.digest for each in approvals.accepted] == [one.digest]
        assert [each.reason for each in approvals.refused] == ["approval_same_key"]


def test_one_approver_may_speak_in_two_roles_with_one_key() -> None:
    """Roles are not persons: a quorum of roles is another thing than one of approvers."""
    both = [signed(make_approval(role=role)) for role in (ROLE, "auditor")]
    trusted = {(MANAGER, role): (key(MANAGER),) for role in (ROLE, "auditor")}

    assert judged(*both, trusted=trusted).refused == ()


def test_another_key_id_scheme_or_second_signature_is_no_signature() -> None:
    """What names a key, or says how it signs, changes nothing about who signed."""
    good = signed(make_approval())
    (one,) = good.signatures
    other = attrs.evolve(one, keyid=key(STRANGER).keyid)
    swapped = attrs.evolve(good, signatures=(other,))
    twice = attrs.evolve(good, signatures=(one, other))
    payload = make_approval().to_value()
    scheme = canonical_json({**payload, "key": key(MANAGER).text.replace("ed25519", "ed448")})

    assert codes(swapped) == ["bad_signature"]
    assert codes(twice) == ["malformed_approval"]
    assert codes(sign(PAYLOAD_TYPE, scheme, signer(MANAGER))) == ["malformed_approval"]
    same: Any = good.to_value()
    same["signatures"] *= 2
    assert codes(same) == ["malformed_approval"]


def test_a_stranger_approves_nothing_by_naming_an_approver() -> None:
    """A good signature of a key that is not the approver's does not count."""
    approval = make_approval(key=key(STRANGER))

    assert codes(signed(approval, STRANGER)) == ["approval_untrusted"]


def test_an_approval_holds_from_its_first_second_to_before_its_last() -> None:
    """Half open: valid at `issued` and one second before `expires`, not at `expires`."""
    envelope = signed(make_approval())

    assert codes(envelope, now=NOW - 11) == ["approval_not_yet_valid"]
    assert judged(envelope, now=NOW - 10).refused == ()
    assert judged(envelope, now=NOW + 9).refused == ()
    assert codes(envelope, now=NOW + 10) == ["approval_expired"]


def test_an_approval_counts_once() -> None:
    """A used one is refused; presented twice at once, it is one."""
    envelope = signed(make_approval())

    assert codes(envelope, consumed=frozenset({envelope.digest})) == ["approval_consumed"]
    assert len(judged(envelope, envelope.to_value()).accepted) == 1


def test_another_approver_does_not_use_up_an_id() -> None:
    """Two approvals with one id are two approvals."""
    mine, other = signed(make_approval()), signed(make_approval(role="auditor"))
    trusted = {(MANAGER, role): (key(MANAGER),) for role in (ROLE, "auditor")}
    approvals = judged(mine, other, trusted=trusted, consumed=frozenset({other.digest}))

    assert [one.digest for one in approvals.accepted] == [mine.digest]
    assert [one.reason for one in approvals.refused] == ["approval_consumed"]


def test_refusals_are_facts_by_name_and_code() -> None:
    """What was read is named by digest, what was not by its place."""
    expired = signed(make_approval(expires=NOW - 1))

    assert judged(None, expired, flipped(expired, "signature", 1)).facts() == {
        "approval": [],
        "rejected_approval": [
            ("s:#0", "y:malformed_approval"),
            (f"s:{expired.digest}", "y:approval_expired"),
            ("s:#2", "y:bad_signature"),
        ],
    }


def test_too_many_approvals_are_refused_unread() -> None:
    """More than can be meant cost no signature checks and count for nothing."""
    envelope = signed(make_approval())

    assert codes(*[envelope] * (MAX_APPROVALS + 1)) == ["too_many_approvals"]
    assert len(judged(*[envelope] * MAX_APPROVALS).accepted) == 1


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("format", "helm-logic/link/v1"), ("id", ""), ("id", 1), ("receipt", None),
        ("request", "sha256:"), ("policy", "x"), ("chain", None), ("approver", "manager"),
        ("key", "x"), ("role", ""), ("role", "a\nb"), ("issued", NOW + 10), ("issued", -1),
        ("expires", "never"), ("expires", 2**53), ("more", 1),
    ],
)  # fmt: skip
def test_a_member_that_means_nothing_is_refused(member: str, value: object) -> None:
    """Each member has one form, and there is no other member."""
    payload = canonical_json({**make_approval().to_value(), member: value})

    assert codes(sign(PAYLOAD_TYPE, payload, signer(MANAGER))) == ["malformed_approval"]


def test_a_link_is_no_approval() -> None:
    """A statement of another payload type says nothing here."""
    assert codes(make_chain()[0], {"payload": "AAAA"}) == ["malformed_approval"] * 2


def test_only_the_named_key_signs() -> None:
    """Nobody approves in the name of another key."""
    forged = sign(PAYLOAD_TYPE, canonical_json(make_approval().to_value()), signer(STRANGER))

    with pytest.raises(LinkRefused) as caught:
        signed(make_approval(), STRANGER)
    assert caught.value.reason == "bad_signature"
    assert codes(forged) == ["bad_signature"]


def test_an_approval_that_nobody_would_accept_cannot_be_built() -> None:
    """The limits hold for the one who approves too."""
    for changes in ({"id": ""}, {"expires": NOW - 10}, {"approver": "x"}, {"chain": ""}):
        with pytest.raises(InputError):
            make_approval(**changes)


@given(st.sampled_from(["payload", "signature"]), st.integers(0, 900), st.integers(0, 7))
def test_no_flipped_bit_counts(member: str, position: int, bit: int) -> None:
    """Any bit changed is noticed."""
    flip = flipped(signed(make_approval()), member, position, bit)

    assert codes(flip)[0] in {"bad_signature", "malformed_approval"}


@given(st.sets(st.sampled_from(["request", "policy", "chain", "time", "key", "used"])))
def test_an_approval_counts_exactly_when_nothing_is_wrong(faults: set[str]) -> None:
    """It takes all of the right digests, time, key and freshness at once."""
    wrong = {name: digest(b"other") for name in faults & {"request", "policy", "chain"}}
    approval = make_approval(**wrong, **({"expires": NOW} if "time" in faults else {}))
    envelope = signed(approval)
    trusted = {} if "key" in faults else {(MANAGER, ROLE): (key(MANAGER),)}
    consumed = frozenset({envelope.digest} if "used" in faults else ())

    accepted = judged(envelope, trusted=trusted, consumed=consumed).accepted

    assert bool(accepted) is not bool(faults)
