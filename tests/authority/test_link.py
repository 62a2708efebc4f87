# SPDX-License-Identifier: Apache-2.0
"""Tests of `authority.link`: what is accepted as a signed delegation, and what it states."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.authority.constraint import Constraint
from helm_logic.authority.link import MAX_ACTIONS, PAYLOAD_TYPE, Grant, sign_link, verify_link
from helm_logic.errors import InputError, LinkRefused
from helm_logic.kernel.encoding import canonical_json, parse_json
from helm_logic.ledger.envelope import Envelope, sign
from tests.authority.world import FOUNDER, NOW, OPS, STRANGER, flipped, key, make_link, signer


def refusal(envelope: Any) -> str:
    """Return the reason for which *envelope* is refused."""
    with pytest.raises(LinkRefused) as caught:
        verify_link(envelope)
    return caught.value.reason


def signed(value: Any, payload_type: str = PAYLOAD_TYPE) -> Envelope:
    """Return the canonical bytes of *value* signed by the founder."""
    return sign(payload_type, canonical_json(value), signer(FOUNDER))


def test_a_signed_link_is_read_back_as_it_was() -> None:
    """Verification returns exactly the statement that was signed, from an object or from JSON."""
    link = make_link(
        grants=(
            Grant(("deploy", "rollback"), "service/*", (Constraint("context.n", "at_most", 1),)),
            Grant(("read/**",), "**"),
        ),
        may_delegate=3,
        parent="sha256:" + "0" * 64,
        delegate_key=None,
    )  # fmt: skip
    envelope = sign_link(link, signer(FOUNDER))

    assert verify_link(envelope).link == link
    assert verify_link(parse_json(envelope.to_bytes())) == verify_link(envelope)
    assert verify_link(envelope).digest == envelope.digest


def test_a_link_states_its_rows() -> None:
    """The facts of a link are its members, each under the link's id."""
    bounds = (
        Constraint("context.env", "one_of", ("a", "b")),
        Constraint("context.n", "at_most", 7),
    )
    link = make_link(id="l", grants=(Grant(("x", "y"), "r/**", bounds), Grant(("z",), "**")))

    rows = dict(verify_link(sign_link(link, signer(FOUNDER))).rows)

    assert rows == {
        "link": (("s:l", "s:user:founder", "s:agent:ops"),),
        "signed_by": (("s:l", f"s:{key(FOUNDER).keyid}"),),
        "delegate_key": (("s:l", f"s:{key(OPS).keyid}"),),
        "valid": (("s:l", NOW - 3600, NOW + 3600),),
        "depth_left": (("s:l", 0),),
        "grant": (
            ("s:l", 0, "s:x", "s:r/**"), ("s:l", 0, "s:y", "s:r/**"), ("s:l", 1, "s:z", "s:**"),
        ),
        "constraint": (("s:l", 0, 0), ("s:l", 0, 1)),
        "one_of": (("s:l", 0, "s:context.env", "s:a"), ("s:l", 0, "s:context.env", "s:b")),
        "at_most": (("s:l", 1, "s:context.n", 7),),
    }  # fmt: skip


def test_only_the_issuer_key_signs() -> None:
    """Nobody signs in the name of a key that is not theirs, and such a signature is refused."""
    link = make_link()
    forged = sign(PAYLOAD_TYPE, canonical_json(link.to_value()), signer(STRANGER))

    with pytest.raises(LinkRefused) as caught:
        sign_link(link, signer(STRANGER))
    assert caught.value.reason == "bad_signature"
    assert refusal(forged) == "bad_signature"


def test_a_signature_under_the_right_key_id_must_be_right() -> None:
    """Naming the right key beside a stranger's signature helps nothing."""
    good = sign_link(make_link(), signer(FOUNDER))
    other = sign_link(make_link(), signer(FOUNDER)).signatures[0]
    foreign = sign(PAYLOAD_TYPE, good.payload, signer(STRANGER)).signatures[0].signature

    assert refusal(attrs.evolve(good, signatures=(attrs.evolve(other, signature=foreign),))) == (
        "bad_signature"
    )


def test_a_second_signature_is_refused() -> None:
    """An envelope carries nothing that was not verified."""
    good = sign_link(make_link(), signer(FOUNDER))
    more = sign(PAYLOAD_TYPE, good.payload, signer(STRANGER)).signatures

    assert refusal(attrs.evolve(good, signatures=(*good.signatures, *more))) == "malformed_link"


def test_another_payload_type_is_refused() -> None:
    """What was signed as something else is no link."""
    assert refusal(signed(make_link().to_value(), "application/json")) == "malformed_link"


@pytest.mark.parametrize("member", sorted(make_link().to_value()))
def test_every_member_is_required(member: str) -> None:
    """A link without one of its members is refused, and so is one with a member too many."""
    value = make_link().to_value()
    del value[member]

    assert refusal(signed(value)) == "malformed_link"
    assert refusal(signed({**make_link().to_value(), f"{member}2": None})) == "malformed_link"


GRANT = {"actions": ["deploy"], "constraints": {}, "resource": "service/**"}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("format", "helm-logic/link/v2"), ("format", 1), ("id", ""), ("id", "a b"), ("id", "é"),
        ("id", "x" * 129), ("id", "-x"), ("id", 7), ("issuer", "founder"), ("issuer", None),
        ("delegate", ":x"), ("issuer_key", "ed25519:AAAA"), ("issuer_key", None),
        ("issuer_key", "rsa:" + "A" * 43 + "="), ("delegate_key", ""), ("delegate_key", 0),
        ("grants", []), ("grants", None), ("grants", [None]), ("grants", [{}]),
        ("grants", [{**GRANT, "actions": []}]), ("grants", [{**GRANT, "actions": ["a", "a"]}]),
        ("grants", [{**GRANT, "actions": ["a//b"]}]), ("grants", [{**GRANT, "resource": "**/b"}]),
        ("grants", [{**GRANT, "resource": ""}]), ("grants", [{**GRANT, "more": 1}]),
        ("grants", [{**GRANT, "actions": [str(n) for n in range(MAX_ACTIONS + 1)]}]),
        ("not_before", NOW + 3600), ("not_before", -1), ("not_before", "0"), ("not_before", True),
        ("expires", NOW - 3600), ("expires", None), ("may_delegate", -1), ("may_delegate", 1025),
        ("may_delegate", False), ("parent", "sha256:0"), ("parent", ""), ("parent", "0" * 64),
        ("parent", "sha256:" + "A" * 64),
    ],
)  # fmt: skip
def test_a_member_that_means_nothing_is_refused(member: str, value: object) -> None:
    """Each member has one form; whoever signed another one is not understood."""
    assert refusal(signed({**make_link().to_value(), member: value})) == "malformed_link"


def test_an_unknown_kind_of_constraint_has_its_own_reason() -> None:
    """A link with a limit that is not known here is not read as one without it."""
    grant = {**GRANT, "constraints": {"resource.env": {"unless": ["prod"]}}}

    assert refusal(signed({**make_link().to_value(), "grants": [grant]})) == "unknown_constraint"


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"{", b"null", b"[]", b"\xff", b'{"a":1,"a":2}',
        canonical_json(make_link().to_value()) + b" ",
        canonical_json(make_link().to_value()).replace(b":", b": ", 1),
        b'{"x":' + b"[" * 100 + b"]" * 100 + b"}", b" " * (1 << 17),
    ],
)  # fmt: skip
def test_a_payload_that_is_not_canonical_json_is_refused(payload: bytes) -> None:
    """A rightly signed payload that has a second spelling, or none, is no link."""
    assert refusal(sign(PAYLOAD_TYPE, payload, signer(FOUNDER))) == "malformed_link"


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, {"payload": "AA=="}, [[]]])
def test_what_is_no_envelope_is_refused(value: object) -> None:
    """Whatever JSON stands in a chain, it is refused by its reason."""
    assert refusal(value) == "malformed_link"


@given(st.sampled_from(["payload", "signature"]), st.integers(0, 2000), st.integers(0, 7))
def test_no_flipped_bit_is_accepted(member: str, position: int, bit: int) -> None:
    """Any bit changed in what is signed or in the signature is noticed."""
    envelope = sign_link(make_link(), signer(FOUNDER))

    assert refusal(flipped(envelope, member, position, bit)) in {
        "bad_signature", "malformed_link", "unknown_constraint",
    }  # fmt: skip


def test_a_link_that_nobody_would_accept_cannot_be_built() -> None:
    """The limits hold for the one who issues as for the one who verifies."""
    for changes in ({"expires": NOW - 3600}, {"grants": ()}, {"id": ""}, {"may_delegate": -1}):
        with pytest.raises(InputError):
            make_link(**changes)
