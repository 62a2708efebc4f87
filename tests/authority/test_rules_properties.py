# SPDX-License-Identifier: Apache-2.0
"""Tests of `rules/authority.dl` over chains of every kind: what holds whatever is presented."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from helm_logic.authority.link import PAYLOAD_TYPE, Grant, sign_link, verify_link
from helm_logic.kernel.pattern import matches, subsumes
from helm_logic.ledger.envelope import Envelope, sign
from tests.authority.court import rule
from tests.authority.world import (
    FOUNDER,
    NOW,
    STRANGER,
    flipped,
    key,
    make_chain,
    revocation,
    signer,
)

PATTERNS = ("**", "a/**", "a/*", "*/b", "a/b", "a", "*")
VALUES = ("a", "a/b", "a/c", "c/b", "c")


@st.composite
def grant_lists(draw: st.DrawFn) -> tuple[Grant, ...]:
    """Draw one or two grants over a few patterns."""
    pattern = st.sampled_from(PATTERNS)
    pairs = draw(st.lists(st.tuples(pattern, pattern), min_size=1, max_size=2))
    return tuple(Grant((action,), resource) for action, resource in pairs)


def people(length: int) -> tuple[str, ...]:
    """Return the founder and *length* agents."""
    return (FOUNDER, *(f"agent:{number}" for number in range(length)))


def narrower(grants: tuple[Grant, ...], before: tuple[Grant, ...]) -> bool:
    """Say, without the rules, whether each of *grants* lies within one of those *before*."""
    return all(
        any(
            subsumes(f"s:{wide.actions[0]}", f"s:{narrow.actions[0]}")
            and subsumes(f"s:{wide.resource}", f"s:{narrow.resource}")
            for wide in before
        )
        for narrow in grants
    )


def covered(grants: tuple[Grant, ...], action: str, resource: str) -> bool:
    """Say, without the rules, whether one of *grants* covers the request."""
    return any(
        matches(f"s:{grant.actions[0]}", f"s:{action}")
        and matches(f"s:{grant.resource}", f"s:{resource}")
        for grant in grants
    )


@given(st.data())
def test_a_chain_authorizes_exactly_what_narrows_and_covers_everywhere(data: st.DataObject) -> None:
    """For chains of any depth: authority iff each link lies within the one before and covers."""
    length = data.draw(st.integers(1, 6))
    wide = (Grant(("**",), "**"),)
    grants = [data.draw(st.just(wide) | grant_lists()) for _ in range(length)]
    action, resource = data.draw(st.sampled_from(VALUES)), data.draw(st.sampled_from(VALUES))
    team = people(length)
    chain = make_chain(team, {n: {"grants": each} for n, each in enumerate(grants)})

    ruling = rule(chain, team[-1], action=action, resource=resource)

    narrows = all(narrower(*pair) for pair in zip(grants[1:], grants[:-1], strict=True))
    covers = all(covered(each, action, resource) for each in grants)
    assert ruling.authorized is (narrows and covers)
    assert ("scope_widened" in ruling.faults) is not narrows
    assert ("outside_grant" in ruling.faults) is not covers


@settings(max_examples=50)
@given(st.lists(grant_lists(), min_size=1, max_size=4), st.data())
def test_another_link_never_grants_what_the_one_before_did_not(
    grants: list[tuple[Grant, ...]], data: st.DataObject
) -> None:
    """Whatever the end may do, the end of the chain without its last link may do."""
    action, resource = data.draw(st.sampled_from(VALUES)), data.draw(st.sampled_from(VALUES))
    team = people(len(grants) + 1)
    wide = ((Grant(("**",), "**"),), *grants)
    chain = make_chain(team, {n: {"grants": each} for n, each in enumerate(wide)})

    allowed = [
        rule(chain[:length], team[length], action=action, resource=resource).authorized
        for length in range(len(chain) + 1)
    ]

    assert allowed == sorted(allowed, reverse=True)


def dropped(chain: list[Any], position: int, _: int) -> list[Any]:
    """Leave one link out."""
    return chain[:position] + chain[position + 1 :]


def swapped(chain: list[Any], position: int, other: int) -> list[Any]:
    """Let two links change places."""
    other %= len(chain)
    assume(position != other)
    chain[position], chain[other] = chain[other], chain[position]
    return chain


def repeated(chain: list[Any], position: int, other: int) -> list[Any]:
    """Present one link twice."""
    return [*chain[:other], chain[position], *chain[other:]]


def resigned(chain: list[Any], position: int, _: int) -> list[Any]:
    """Sign one link's bytes with a stranger's key."""
    chain[position] = sign(PAYLOAD_TYPE, chain[position].payload, signer(STRANGER))
    return chain


def reissued(chain: list[Any], position: int, _: int) -> list[Any]:
    """State a stranger's key as the issuer's, and sign with it."""
    link = verify_link(chain[position]).link
    chain[position] = sign_link(attrs.evolve(link, issuer_key=key(STRANGER)), signer(STRANGER))
    return chain


def flipped_somewhere(chain: list[Any], position: int, other: int) -> list[Any]:
    """Change one bit of one link's payload or signature."""
    member = ("payload", "signature")[other % 2]
    chain[position] = flipped(chain[position], member, other // 16, other // 2 % 8)
    return chain


def rekeyed(chain: list[Any], position: int, other: int) -> list[Any]:
    """Change one bit of the key id beside a signature."""
    (signature,) = chain[position].signatures
    digits = signature.keyid
    place = other % len(digits)
    digit = f"{int(digits[place], 16) ^ 1:x}"
    changed = attrs.evolve(signature, keyid=digits[:place] + digit + digits[place + 1 :])
    chain[position] = attrs.evolve(chain[position], signatures=(changed,))
    return chain


def exchanged(chain: list[Any], position: int, other: int) -> list[Any]:
    """Put the signature of one link under another."""
    other %= len(chain)
    assume(position != other)
    chain[position] = attrs.evolve(chain[position], signatures=chain[other].signatures)
    return chain


def inserted(chain: list[Any], position: int, _: int) -> list[Any]:
    """Present a link between strangers among the others."""
    return [
        *chain[:position],
        *make_chain((STRANGER, "agent:9"), {0: {"id": "x"}}),
        *chain[position:],
    ]


TAMPERINGS: tuple[Callable[[list[Any], int, int], list[Any]], ...] = (
    dropped, swapped, repeated, resigned, reissued, flipped_somewhere, rekeyed, exchanged, inserted,
)  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda one: one.__name__)
@settings(max_examples=50)
@given(st.integers(1, 5), st.integers(0, 5), st.integers(0, 30_000))
def test_no_tampering_is_authorized(
    tamper: Callable[[list[Any], int, int], list[Any]], length: int, position: int, other: int
) -> None:
    """A sound chain, changed in one way in one place, authorizes nobody, and says why."""
    team = people(length)
    chain = tamper(list(make_chain(team)), position % length, other)

    ruling = rule(chain, team[-1])

    assert not ruling.authorized
    assert ruling.faults


STRANGE = st.sampled_from((FOUNDER, "agent:0", "agent:1", "agent:2", STRANGER))
ODD_LINK = st.fixed_dictionaries(
    {},
    optional={
        "issuer": STRANGE, "delegate": STRANGE, "signer": STRANGE, "grants": grant_lists(),
        "delegate_key": st.none() | STRANGE.map(key), "not_before": st.integers(NOW - 3, NOW + 1),
        "expires": st.integers(NOW + 2, NOW + 4), "may_delegate": st.integers(0, 3),
        "id": st.sampled_from(["link-0", "link-1"]), "parent": st.none(),
    },
)  # fmt: skip


@given(st.data())
def test_authority_or_a_fault_and_never_both(data: st.DataObject) -> None:
    """However odd the chain: the subject is authorized, or some fault is named."""
    length = data.draw(st.integers(0, 4))
    odd = data.draw(st.lists(ODD_LINK, min_size=length, max_size=length))
    chain: list[Any] = make_chain(people(length), dict(enumerate(odd)))
    for position, action in enumerate(data.draw(st.lists(st.sampled_from("kkkdn"), max_size=4))):
        if position < len(chain) and action != "k":
            chain[position : position + 1] = [] if action == "d" else [None]
    revokers = data.draw(st.lists(st.tuples(st.integers(0, 3), STRANGE), max_size=2))
    links = [each for each in chain if isinstance(each, Envelope)]
    ones = [revocation(links[n % len(links)], who) for n, who in revokers if links]
    subject = data.draw(STRANGE | st.just(people(length)[-1]))
    now = NOW + data.draw(st.integers(-4, 4))

    ruling = rule(chain, subject, now=now, action="a", resource="a/b", revocations=ones)

    assert ruling.authorized is not bool(ruling.faults)


@settings(max_examples=40)
@given(st.integers(1, 4), st.integers(0, 3), st.integers(-2, 2), st.integers(-2, 2))
def test_a_chain_is_alive_exactly_within_every_window(
    length: int, position: int, begin: int, end: int
) -> None:
    """Half open, to the second, at every depth; a child's window lies within its parent's."""
    position %= length
    window = {"not_before": NOW + begin, "expires": NOW + max(end, begin + 1)}
    team = people(length)
    chain = make_chain(team, dict.fromkeys(range(position, length), window))

    for now in {edge + step for edge in window.values() for step in (-1, 0)}:
        ruling = rule(chain, team[-1], now=now)
        assert ruling.authorized is (window["not_before"] <= now < window["expires"])
        assert ruling.faults == (
            () if ruling.authorized
            else ("link_not_yet_valid",) if now < window["not_before"]
            else ("link_expired",)
        )  # fmt: skip


@given(st.integers(1, 5), st.data())
def test_a_link_is_revoked_by_those_above_it_and_by_nobody_else(
    length: int, data: st.DataObject
) -> None:
    """For any depth: the keys that end a link are its issuer's and those of all links before it."""
    team = people(length)
    chain = make_chain(team)
    position = data.draw(st.integers(0, length - 1))
    revoker = data.draw(st.sampled_from([*team, STRANGER]))

    ruling = rule(chain, team[-1], revocations=[revocation(chain[position], revoker)])

    may = revoker in team[: position + 1]
    assert ruling.revoked == ((f"link-{position}",) if may else ())
    assert ruling.authorized is not may
