# SPDX-License-Identifier: Apache-2.0
"""Requests: the AuthZEN shape is read, everything ambiguous is refused by name."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import InputError
from helm_logic.policy.request import Request, parse_request

PLAIN: dict[str, Any] = {
    "subject": {"type": "agent", "id": "ops"},
    "action": {"name": "deploy"},
    "resource": {"type": "service", "id": "shop/api", "properties": {"env": "prod"}},
}


def parsed(value: object) -> Request:
    """Return the request that *value* is, by way of its bytes."""
    return parse_request(json.dumps(value).encode())


def refusal(value: object) -> str:
    """Return the code with which *value* is refused."""
    with pytest.raises(InputError) as caught:
        parsed(value)
    return caught.value.code


def changed(path: str, value: object) -> dict[str, Any]:
    """Return the plain request with the member at *path* set to *value*."""
    copy: dict[str, Any] = json.loads(json.dumps(PLAIN))
    *parents, last = path.split(".")
    place = copy
    for name in parents:
        place = place[name]
    place[last] = value
    return copy


def test_names_are_joined_with_their_types() -> None:
    """Subject and resource carry their type, so that equal ids of two types stay apart."""
    request = parsed(PLAIN)

    assert (
        request.subject,
        request.action,
        request.resource,
        request.resource_type,
    ) == ("agent:ops", "deploy", "service/shop/api", "service")


def test_unknown_members_are_ignored_and_named_by_nothing() -> None:
    """Members outside AuthZEN change neither the request nor its digest."""
    extra = PLAIN | {"options": {"x": 1}, "subject": PLAIN["subject"] | {"alias": "root"}}

    assert parsed(PLAIN) == parsed(extra)


def test_chain_and_approvals_are_no_part_of_the_digest() -> None:
    """An approval is bound to what is asked, so presenting it must not change what is asked."""
    more = parsed(PLAIN | {"chain": [{}], "approvals": [{}]})

    assert parsed(PLAIN).digest == more.digest
    assert (more.chain, more.approvals) == (({},), ({},))


@pytest.mark.parametrize("path", ["subject.id", "action.name", "resource.type", "context"])
def test_what_is_asked_is_part_of_the_digest(path: str) -> None:
    """Each part of the request changes the digest."""
    value = {"x": 1} if path == "context" else "other"

    assert parsed(PLAIN).digest != parsed(changed(path, value)).digest


@pytest.mark.parametrize("member", ["subject", "action", "resource"])
def test_a_missing_member_is_refused(member: str) -> None:
    """Subject, action and resource must be there."""
    assert refusal({k: v for k, v in PLAIN.items() if k != member}) == "missing_member"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("subject.type", "a:b"),
        ("resource.type", "a/b"),
        ("resource.id", "shop/../db"),
        ("resource.id", "shop//db"),
        ("resource.id", "shop/."),
        ("resource.id", "/shop"),
        ("subject.id", ""),
        ("subject.id", "a\nb"),
        ("subject.id", "a" * 1025),
        ("subject.id", 7),
        ("action.name", None),
        ("context", []),
        ("subject.properties", "x"),
        ("chain", {}),
        ("approvals", "x"),
        ("resource", "service/shop"),
    ],
)
def test_an_ambiguous_or_misshapen_member_is_refused(path: str, value: object) -> None:
    """A name that could mean another principal or resource elsewhere is not guessed at."""
    assert refusal(changed(path, value)) == "wrong_shape"


def test_an_oversized_request_is_refused() -> None:
    """The size is bounded before anything is read."""
    with pytest.raises(InputError) as caught:
        parse_request(json.dumps(PLAIN).encode(), max_bytes=10)

    assert caught.value.code == "too_large"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(
    st.dictionaries(st.sampled_from(["subject", "action", "resource", "context", "chain"]), JSON)
)
def test_arbitrary_json_is_a_request_or_refused_by_name(value: dict[str, object]) -> None:
    """Nothing but InputError, with a code, comes out of reading a request."""
    with contextlib.suppress(InputError):
        assert parsed(value).digest


@given(st.binary())
def test_arbitrary_bytes_are_a_request_or_refused_by_name(data: bytes) -> None:
    """Bytes of any kind are refused by name, too."""
    with pytest.raises(InputError):
        parse_request(data)
