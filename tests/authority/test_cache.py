# SPDX-License-Identifier: Apache-2.0
"""Tests of `authority.cache`: it never knows more than a fresh verification would say."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.authority.cache import LinkCache
from helm_logic.authority.link import VerifiedLink, sign_link, verify_link
from helm_logic.authority.revocation import RevocationSet
from tests.authority.world import FOUNDER, HOUR, NOW, OPS, make_link, revocation, signer


def link(number: int = 0, expires: int = NOW + HOUR) -> VerifiedLink:
    """Return a verified link of its own."""
    return verify_link(sign_link(make_link(id=f"l{number}", expires=expires), signer(FOUNDER)))


def test_what_was_put_is_served() -> None:
    """The wire form finds the very link that was verified."""
    cache, one = LinkCache(), link()
    cache.put(one, NOW)

    assert cache.get(copy.deepcopy(one.envelope.to_value()), NOW) is one


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("payloadType",), "application/json"), (("payload",), "AAAA"), (("more",), None),
        (("signatures", 0, "sig"), "A" * 86 + "=="), (("signatures", 0, "keyid"), "0" * 64),
        (("signatures", 0, "more"), 1), (("signatures",), []),
    ],
)  # fmt: skip
def test_any_other_wire_form_is_not_served(path: tuple[Any, ...], value: Any) -> None:
    """A cached statement lets no other signature, key id or member pass."""
    cache, one = LinkCache(), link()
    cache.put(one, NOW)
    wire: Any = copy.deepcopy(one.envelope.to_value())
    target = wire
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value

    assert cache.get(wire, NOW) is None
    assert cache.get(one.envelope.to_value(), NOW) is one


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, {"payload": 1}, {"signatures": [None]}])
def test_what_is_no_envelope_is_not_found(value: Any) -> None:
    """Looking up anything at all is safe."""
    assert LinkCache().get(value, NOW) is None


def test_a_link_is_served_to_the_second_before_it_expires() -> None:
    """Half open: at its last second it is gone, and does not come back."""
    cache, one = LinkCache(), link()
    cache.put(one, NOW)

    assert cache.get(one.envelope.to_value(), one.link.expires - 1) is one
    assert cache.get(one.envelope.to_value(), one.link.expires) is None
    assert len(cache) == 0
    assert cache.get(one.envelope.to_value(), NOW) is None


def test_an_expired_link_is_not_kept() -> None:
    """Nothing is put that could not be served."""
    cache, one = LinkCache(), link()
    cache.put(one, one.link.expires)

    assert len(cache) == 0


def test_a_revoked_link_is_forgotten_and_not_taken_again() -> None:
    """From the revocation on, the cache neither serves the link nor keeps it."""
    cache, one, other = LinkCache(), link(), link(1)
    cache.put(one, NOW)
    cache.put(other, NOW)
    cache.revoke(RevocationSet([revocation(one.envelope, OPS)]))
    cache.put(one, NOW)

    assert cache.get(one.envelope.to_value(), NOW) is None
    assert cache.get(other.envelope.to_value(), NOW) is other


def test_a_cache_may_begin_with_revocations() -> None:
    """Revocations known from the start hold from the start."""
    one = link()
    cache = LinkCache(revoked=RevocationSet([revocation(one.envelope, FOUNDER)]))
    cache.put(one, NOW)

    assert len(cache) == 0


def test_the_one_unused_for_longest_makes_room() -> None:
    """A full cache forgets by use, not by age."""
    cache, links = LinkCache(max_entries=2), [link(number) for number in range(3)]
    cache.put(links[0], NOW)
    cache.put(links[1], NOW)
    cache.get(links[0].envelope.to_value(), NOW)
    cache.put(links[2], NOW)

    served = [cache.get(one.envelope.to_value(), NOW) for one in links]
    assert served == [links[0], None, links[2]]


def test_a_cache_without_room_is_refused() -> None:
    """A cache holds at least one link."""
    with pytest.raises(ValueError, match="at least 1"):
        LinkCache(0)


@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.sampled_from("pgr"), st.integers(0, 5), st.integers(-2, 3)), max_size=30),
)
def test_a_cache_is_bounded_and_never_serves_what_has_ended(
    room: int, events: list[tuple[str, int, int]]
) -> None:
    """Whatever the order of events, it stays within bounds, in time, unrevoked and true."""
    cache = LinkCache(room)
    links = {number: LINKS[number] for number in range(6)}
    revoked: set[str] = set()
    for event, number, offset in events:
        one = links[number]
        if event == "p":
            cache.put(one, NOW + offset)
        elif event == "r":
            revoked.add(one.digest)
            cache.revoke(frozenset(revoked))
        else:
            served = cache.get(one.envelope.to_value(), NOW + offset)
            assert served is None or served is one
            assert served is None or NOW + offset < one.link.expires
            assert served is None or one.digest not in revoked
        assert len(cache) <= room


LINKS = [link(number, NOW + number - 2) for number in range(6)]
