# SPDX-License-Identifier: Apache-2.0
"""One version of a trust root: its one byte form, and which roots may not exist."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.errors import HelmError, InputError, TrustRefused
from helm_logic.kernel.encoding import canonical_json
from helm_logic.ledger.keys import PublicKey
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root import RoleKeys, RootKey, TrustRoot
from tests.receipts.roots import APPROVER, ROOTS, WITNESSES, keys, root
from tests.receipts.sample import ENGINE, LOG, ORIGIN, STRANGER

_INDEX = st.integers(0, 2**53 - 1)
_END = st.none() | _INDEX
_KEYS = st.builds(PublicKey, st.binary(min_size=32, max_size=32))
_LISTED = st.lists(
    st.builds(RootKey, _KEYS, st.text(max_size=8), _INDEX, _END, _END, st.text(max_size=8)),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each.key,
).map(tuple)


@settings(max_examples=50)
@given(_LISTED, _INDEX, _END)
def test_a_root_reads_as_it_was_written(
    listed: tuple[RootKey, ...], now: int, expires: int | None
) -> None:
    """Every root that may exist prints as the bytes that it is read from."""
    try:
        made = attrs.evolve(root(engine=RoleKeys(listed)), now=now, expires=expires)
    except TrustRefused as error:
        assert error.code == "key_in_two_roles"  # noqa: PT017 - a seed of another role was drawn
        return
    assert TrustRoot.parse(made.to_bytes()) == made


def test_every_role_is_written_also_without_keys() -> None:
    """A role that is left out reads as one without keys: nothing is trusted by omission."""
    value = json.loads(root().to_bytes())
    assert set(value["roles"]) == {role.value for role in Role}
    assert TrustRoot.parse(root().to_bytes()).keys(Role.ANCHOR).keys == ()


def _drop(value: dict[str, Any]) -> None:
    del value["roles"]["anchor"]


def _more(value: dict[str, Any]) -> None:
    value["roles"]["boss"] = {"keys": [], "threshold": 1}


def _below(value: dict[str, Any]) -> None:
    value["roles"]["engine"]["keys"][0]["fromIndex"] = -1


def _other(value: dict[str, Any]) -> None:
    value["format"] = "helm-logic/trust-root/v2"


@pytest.mark.parametrize("damage", [_drop, _more, _below, _other])
def test_another_shape_is_refused(damage: Callable[[dict[str, Any]], None]) -> None:
    """A role too few or too many, an index below zero, another format."""
    value = json.loads(root().to_bytes())
    damage(value)
    with pytest.raises(InputError):
        TrustRoot.parse(canonical_json(value))
    with pytest.raises(InputError, match="canonical"):
        TrustRoot.parse(root().to_bytes() + b"\n")


TWICE = RoleKeys((RootKey(ROOTS[0].public_key, "a"), RootKey(ROOTS[0].public_key, "b")), 2)


@pytest.mark.parametrize(
    ("code", "role", "listed"),
    [
        ("threshold_unreachable", "root", TWICE),
        ("threshold_unreachable", "root", keys(*ROOTS[:2], threshold=3)),
        ("threshold_unreachable", "root", keys(ROOTS[0], to_index=5)),
        ("threshold_unreachable", "log", keys(LOG, name=ORIGIN, threshold=2)),
        ("threshold_unreachable", "witness", keys(name="w", threshold=1)),
        ("bad_threshold", "root", keys(ROOTS[0], threshold=0)),
        ("bad_threshold", "engine", keys(ENGINE, ROOTS[2], threshold=2)),
        ("bad_threshold", "witness", keys(WITNESSES[0], name="w", threshold=-1)),
        ("key_twice", "approver", keys(STRANGER, STRANGER, name=APPROVER)),
        ("key_in_two_roles", "engine", keys(LOG)),
        ("key_in_two_roles", "witness", keys(LOG, name="w.example")),
        ("key_in_two_roles", "approver", keys(ENGINE, name=APPROVER)),
        ("bad_name", "log", keys(LOG, name="other.example/log")),
        ("bad_name", "approver", keys(STRANGER)),
        ("bad_name", "witness", keys(WITNESSES[0], name="two words")),
    ],
)
def test_a_root_that_says_what_cannot_be_is_refused(code: str, role: str, listed: RoleKeys) -> None:
    """Thresholds that no distinct keys reach, keys with two roles, names that cannot be."""
    with pytest.raises(TrustRefused) as caught:
        attrs.evolve(root(), roles={**root().roles, Role(role): listed})
    assert caught.value.code == code


@pytest.mark.parametrize(("version", "previous"), [(0, None), (1, "sha256:"), (2, None)])
def test_only_version_1_has_nothing_before_it(version: int, previous: str | None) -> None:
    """A later version names the one before, and the first one none."""
    with pytest.raises(TrustRefused, match="malformed_root"):
        root(version=version, previous=previous)


def test_a_key_of_another_scheme_is_refused() -> None:
    """The bytes of one scheme are no key of another: what verifies is never chosen by a label."""
    for text in ("rot13:", "ecdsa-p256-sha256:", "ed25519:AA"):
        value = json.loads(root().to_bytes())
        listed = value["roles"]["engine"]["keys"][0]
        listed["key"] = text + listed["key"].partition(":")[2]
        with pytest.raises(TrustRefused) as caught:
            TrustRoot.parse(canonical_json(value))
        assert caught.value.code == "bad_key"
        assert isinstance(caught.value, HelmError)


def test_revocation_is_of_a_key_and_not_of_a_line() -> None:
    """A key revoked in one role, or under one name, is revoked from the lowest index on."""
    both = RoleKeys(
        (
            RootKey(STRANGER.public_key, APPROVER, revoked_from_index=9),
            RootKey(STRANGER.public_key, "user:other", revoked_from_index=4),
        )
    )
    made = root(approver=both, anchor=keys(STRANGER, name="user:founder"))
    assert made.revoked_from(STRANGER.public_key) == 4
    assert made.revoked_from(ENGINE.public_key) is None
