# SPDX-License-Identifier: Apache-2.0
"""Links and approvals given beside a request."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.cli.request_additions import Additions
from helm_logic.kernel.encoding import JsonValue, canonical_json, parse_json

ENVELOPES = st.lists(st.fixed_dictionaries({"payload": st.text(max_size=3)}), max_size=3)


@settings(max_examples=30)
@given(ENVELOPES, ENVELOPES, ENVELOPES, ENVELOPES)
def test_additions_come_after_what_a_request_carries(
    chain: list[JsonValue],
    approvals: list[JsonValue],
    more_chain: list[JsonValue],
    more_approvals: list[JsonValue],
) -> None:
    """Nothing a request carries is lost or moved; an absent list is an empty one."""
    request: dict[str, JsonValue] = {"subject": "x", "chain": chain}
    if approvals:
        request["approvals"] = approvals
    added = Additions(tuple(more_chain), tuple(more_approvals))

    completed = parse_json(added.complete(canonical_json(request)))

    assert isinstance(completed, dict)
    assert completed["subject"] == "x"
    assert completed.get("chain") == [*chain, *more_chain]
    assert completed.get("approvals", []) == [*approvals, *more_approvals]


@given(st.binary(max_size=40))
def test_what_is_no_request_is_handed_on_as_it_is(data: bytes) -> None:
    """Bytes that are no JSON object are for the guard to deny, by their own name."""
    link: tuple[JsonValue, ...] = ({"payload": ""},)

    assert Additions(link, ()).complete(data) == data


def test_without_additions_not_a_byte_is_changed() -> None:
    """A request that needs nothing reaches the guard as it was written."""
    for data in (b'{ "chain" : [ ] }', b"", b"{"):
        assert Additions((), ()).complete(data) == data
