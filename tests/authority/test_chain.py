# SPDX-License-Identifier: Apache-2.0
"""Tests of `authority.chain`: every envelope keeps its place, refused or not."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.authority import chain as chain_module
from helm_logic.authority.cache import LinkCache
from helm_logic.authority.chain import RefusedLink, verify_chain
from helm_logic.kernel.encoding import canonical_json, digest
from tests.authority.world import NOW, PEOPLE, TOOL, flipped, make_chain, verified

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["payload", "payloadType", "signatures", "sig", "keyid", "x"]), inner
        )
    ),
    max_leaves=8,
)


def test_a_good_chain_is_its_links_in_order() -> None:
    """Links keep the order in which they were presented, as objects or as JSON."""
    envelopes = make_chain()
    chain = verified(envelopes)

    assert [link.digest for link in chain.links] == [each.digest for each in envelopes]
    assert (chain.refused, chain.length) == ((), 2)
    assert verified([each.to_value() for each in envelopes]) == chain
    assert chain.digest == digest(canonical_json([each.digest for each in envelopes]))


def test_an_empty_chain_is_a_chain() -> None:
    """No links is a chain of length nought; whether that suffices is for the rules."""
    assert verified([]).length == 0
    assert verified([]).places == ()


def test_a_refused_link_keeps_its_place_and_reason() -> None:
    """One bad link hides none of the others."""
    first, second = make_chain()
    chain = verified([first, flipped(second, "signature", 3), None, second])

    assert [type(place).__name__ for place in chain.places] == [
        "VerifiedLink", "RefusedLink", "RefusedLink", "VerifiedLink",
    ]  # fmt: skip
    assert [(one.position, one.reason) for one in chain.refused] == [
        (1, "bad_signature"), (2, "malformed_link"),
    ]  # fmt: skip
    assert chain.to_value() == [
        {"digest": first.digest, "id": "link-0"},
        {"position": 1, "reason": "bad_signature"},
        {"position": 2, "reason": "malformed_link"},
        {"digest": second.digest, "id": "link-1"},
    ]


def test_a_second_link_with_one_id_is_refused() -> None:
    """Facts are about ids, so the first link keeps the id and the second is no fact."""
    chain = verified(make_chain((*PEOPLE, "tool:other"), {2: {"id": "link-0"}}))

    assert [link.link.id for link in chain.links] == ["link-0", "link-1"]
    assert [(one.position, one.reason) for one in chain.refused] == [(2, "duplicate_link")]


def test_the_same_link_twice_is_a_duplicate() -> None:
    """A link does not count twice."""
    first, second = make_chain()

    assert [one.reason for one in verified([first, first, second]).refused] == ["duplicate_link"]


@pytest.mark.parametrize("length", [65, 10_000])
def test_a_chain_that_is_too_long_is_refused_before_any_signature(length: int) -> None:
    """The length alone refuses: no link of ten thousand is verified."""
    envelopes = [make_chain()[0]] * length
    with mock.patch.object(chain_module, "verify_link") as verify:
        chain = verified(envelopes)

    verify.assert_not_called()
    assert chain.length == length
    assert [(one.position, one.reason) for one in chain.refused] == [(64, "depth_exceeded")]


def test_the_depth_is_a_setting_and_reached_exactly() -> None:
    """A chain of just so many links is read."""
    assert verified(make_chain(), max_depth=2).refused == ()
    assert verified(make_chain(), max_depth=1).refused[0].reason == "depth_exceeded"


def test_a_digest_tells_chains_apart() -> None:
    """Another order, another link or a missing one is another chain."""
    first, second = make_chain()
    other = make_chain(changes={1: {"delegate": TOOL, "id": "x"}})[1]
    digests = {
        verified(each).digest for each in ([], [first], [second], [first, second], [second, first])
    }

    assert len(digests) == 5
    assert verified([first, other]).digest not in digests


def test_a_link_is_verified_once_while_it_is_cached() -> None:
    """The second time, the cache answers."""
    cache, envelopes = LinkCache(), [each.to_value() for each in make_chain()]
    first = verify_chain(envelopes, cache, NOW)
    with mock.patch.object(chain_module, "verify_link") as verify:
        second = verify_chain(envelopes, cache, NOW)

    verify.assert_not_called()
    assert second == first


@given(st.lists(JSON, max_size=4))
def test_nothing_presented_raises(values: list[Any]) -> None:
    """Whatever JSON stands where links should be, each is refused in its place."""
    chain = verified(values)

    assert [one.position for one in chain.refused] == list(range(len(values)))
    assert all(isinstance(place, RefusedLink) for place in chain.places)
