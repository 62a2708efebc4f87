# SPDX-License-Identifier: Apache-2.0
"""Tests of `rules/authority.dl`: each fault, alone, gives exactly its reason and no authority."""

from __future__ import annotations

from typing import Any

import pytest

from helm_logic.authority.link import PAYLOAD_TYPE, Grant
from helm_logic.authority.reasons import FINALITY
from helm_logic.kernel.encoding import canonical_json, parse_json
from helm_logic.ledger.envelope import Envelope, sign
from tests.authority.court import program, rule
from tests.authority.world import (
    FOUNDER,
    HOUR,
    NOW,
    OPS,
    STRANGER,
    TOOL,
    flipped,
    key,
    make_chain,
    revocation,
    signer,
)

BOT = "agent:bot"
TEAM = (FOUNDER, OPS, TOOL, BOT)
LAST = len(TEAM) - 2
EVERY_LINK = pytest.mark.parametrize("position", range(len(TEAM) - 1))
LATER_LINK = pytest.mark.parametrize("position", range(1, len(TEAM) - 1))


def faults(envelopes: Any, subject: str = BOT, **asked: Any) -> tuple[str, ...]:
    """Return the faults of a request; it has some exactly if it is not authorized."""
    ruling = rule(envelopes, subject, **asked)
    assert ruling.authorized is not bool(ruling.faults)
    return ruling.faults


def changed(position: int, **changes: Any) -> list[Envelope]:
    """Return the chain of the team with *changes* to one link."""
    return make_chain(TEAM, {position: changes})


def test_a_sound_chain_authorizes_its_end() -> None:
    """Nothing wrong: authority, and no fault."""
    assert faults(make_chain(TEAM)) == ()
    assert rule(make_chain(TEAM), BOT).principals == set(TEAM)


def test_an_anchor_acts_without_a_chain() -> None:
    """The founder needs nobody's leave."""
    assert faults([], FOUNDER) == ()


def test_whoever_is_no_anchor_needs_a_chain() -> None:
    """No links is no authority."""
    assert faults([], OPS) == ("empty_chain",)
    assert faults([], FOUNDER, anchors={}) == ("empty_chain",)


@EVERY_LINK
def test_a_link_is_dead_at_the_second_it_expires(position: int) -> None:
    """Valid to the second before, expired on it."""
    changes = {n: {"expires": NOW + 10 - n} for n in range(position, LAST + 1)}
    chain = make_chain(TEAM, changes)
    end = NOW + 10 - LAST

    assert faults(chain, now=end - 1) == ()
    assert faults(chain, now=end) == ("link_expired",)


@EVERY_LINK
def test_a_link_is_alive_from_its_first_second(position: int) -> None:
    """Not valid one second before, valid on it."""
    chain = make_chain(TEAM, {n: {"not_before": NOW} for n in range(position, LAST + 1)})

    assert faults(chain, now=NOW - 1) == ("link_not_yet_valid",)
    assert faults(chain, now=NOW) == ()


@pytest.mark.parametrize("revoker", [FOUNDER, OPS, TOOL])
def test_the_last_link_is_revoked_by_its_issuer_and_everyone_before(revoker: str) -> None:
    """Its issuer's key, or that of any link before it."""
    chain = make_chain(TEAM)

    assert faults(chain, revocations=[revocation(chain[LAST], revoker)]) == ("link_revoked",)


@pytest.mark.parametrize(("position", "revoker"), [(0, FOUNDER), (1, FOUNDER), (1, OPS)])
def test_a_revoked_ancestor_ends_the_whole_chain(position: int, revoker: str) -> None:
    """However far above the end: what was revoked gives nothing to anyone below."""
    chain = make_chain(TEAM)

    assert faults(chain, revocations=[revocation(chain[position], revoker)]) == (
        "ancestor_revoked",
    )


@EVERY_LINK
def test_any_anchor_may_revoke(position: int) -> None:
    """An anchor that took no part in the chain can end it."""
    anchors = {FOUNDER: [key(FOUNDER)], "user:security": [key("user:security")]}
    chain = make_chain(TEAM)
    ones = [revocation(chain[position], "user:security")]

    assert faults(chain, anchors=anchors, revocations=ones) == (
        "link_revoked" if position == LAST else "ancestor_revoked",
    )


@pytest.mark.parametrize(
    ("position", "revoker"), [(0, OPS), (0, BOT), (1, TOOL), (2, BOT), (0, STRANGER), (2, STRANGER)]
)
def test_nobody_else_may_revoke(position: int, revoker: str) -> None:
    """Neither a delegate nor a stranger ends what they were not party to give."""
    chain = make_chain(TEAM)

    assert faults(chain, revocations=[revocation(chain[position], revoker)]) == ()


def test_a_revocation_holds_from_its_time_on() -> None:
    """Announced for later, it is not in force before."""
    chain = make_chain(TEAM)
    ones = [revocation(chain[LAST], FOUNDER, NOW)]

    assert faults(chain, revocations=ones, now=NOW - 1) == ()
    assert faults(chain, revocations=ones, now=NOW) == ("link_revoked",)


@EVERY_LINK
def test_a_signature_of_another_key_is_bad(position: int) -> None:
    """The key that the link names is not the one that signed: whichever link it is."""
    chain = make_chain(TEAM)
    chain[position] = sign(PAYLOAD_TYPE, chain[position].payload, signer(STRANGER))

    assert faults(chain) == ("bad_signature",)


@EVERY_LINK
def test_a_changed_signature_is_bad(position: int) -> None:
    """One bit of a signature is enough."""
    chain = make_chain(TEAM)
    chain[position] = flipped(chain[position], "signature", 40)

    assert faults(chain) == ("bad_signature",)


@EVERY_LINK
@pytest.mark.parametrize("value", [None, {}, "link", {"payload": "AAAA"}])
def test_what_is_no_link_is_malformed(position: int, value: object) -> None:
    """Whatever stands in a link's place."""
    chain: list[Any] = make_chain(TEAM)
    chain[position] = value

    assert faults(chain) == ("malformed_link",)


@EVERY_LINK
def test_an_unknown_kind_of_constraint_is_named(position: int) -> None:
    """A limit that is not known here is not taken for none."""
    chain = make_chain(TEAM)
    value: Any = parse_json(chain[position].payload)
    value["grants"][0]["constraints"] = {"context.a": {"cel": "false"}}
    chain[position] = sign(PAYLOAD_TYPE, canonical_json(value), signer(TEAM[position]))

    assert faults(chain) == ("unknown_constraint",)


@LATER_LINK
def test_two_links_with_one_id_are_named(position: int) -> None:
    """The second of them is no fact, so nothing merges."""
    assert faults(changed(position, id="link-0")) == ("duplicate_link",)


def test_a_root_that_no_anchor_issued_is_untrusted() -> None:
    """A chain vouches for nobody's right to begin it."""
    assert faults(make_chain(TEAM), anchors={}) == ("untrusted_anchor",)
    assert faults(make_chain((STRANGER, *TEAM[1:]))) == ("untrusted_anchor",)


def test_an_anchor_speaks_by_its_keys_only() -> None:
    """Naming the anchor, or having some anchor's key, is not enough: both must fit."""
    both = {FOUNDER: [key(FOUNDER)], OPS: [key(OPS)]}

    assert faults(changed(0, signer=STRANGER)) == ("untrusted_anchor",)
    assert faults(changed(0, signer=OPS), anchors=both) == ("untrusted_anchor",)
    assert faults(make_chain(TEAM), anchors={FOUNDER: []}) == ("untrusted_anchor",)


@LATER_LINK
@pytest.mark.parametrize("parent", [None, "sha256:" + "0" * 64])
def test_a_link_that_names_another_parent_breaks_the_chain(
    position: int, parent: str | None
) -> None:
    """No parent, or the digest of something else."""
    assert faults(changed(position, parent=parent)) == ("broken_chain",)


def test_a_root_with_a_parent_is_the_middle_of_another_chain() -> None:
    """A chain cannot begin in its middle, even with a link that an anchor signed."""
    assert faults(changed(0, parent="sha256:" + "0" * 64)) == ("broken_chain",)
    assert faults(make_chain(TEAM)[1:]) == ("broken_chain",)


@LATER_LINK
def test_a_missing_link_breaks_the_chain(position: int) -> None:
    """What the end received, it received through every link."""
    chain = make_chain((*TEAM, "agent:end"))
    del chain[position]

    assert faults(chain, "agent:end") == ("broken_chain",)


def test_links_out_of_order_break_the_chain() -> None:
    """Order is part of what was signed."""
    chain = make_chain((*TEAM, "agent:end"))
    chain[1], chain[2] = chain[2], chain[1]

    assert faults(chain, "agent:end") == ("broken_chain",)


@LATER_LINK
def test_a_stranger_passes_nothing_on(position: int) -> None:
    """Not with its own name and key, nor with the delegate's name and its own key."""
    assert faults(changed(position, issuer=STRANGER)) == ("stranger_delegation",)
    assert faults(changed(position, signer=STRANGER)) == ("stranger_delegation",)


@LATER_LINK
def test_a_key_speaks_for_one_name(position: int) -> None:
    """The delegate's key under another name passes nothing on either."""
    assert faults(changed(position, issuer=STRANGER, signer=TEAM[position])) == (
        "stranger_delegation",
    )


def test_an_earlier_delegate_passes_nothing_on_in_a_later_place() -> None:
    """Whoever has delegated does not take the place of the one to whom it was delegated."""
    assert faults(changed(LAST, issuer=OPS)) == ("stranger_delegation",)


@LATER_LINK
def test_a_delegate_without_a_key_passes_nothing_on(position: int) -> None:
    """Authority to act is not authority to delegate."""
    assert faults(changed(position - 1, delegate_key=None)) == ("stranger_delegation",)


def test_the_last_delegate_needs_no_key() -> None:
    """Whoever only acts is named, not keyed."""
    assert faults(changed(LAST, delegate_key=None)) == ()


@pytest.mark.parametrize("subject", [FOUNDER, OPS, TOOL, STRANGER])
def test_only_the_end_of_a_chain_uses_it(subject: str) -> None:
    """Nobody before the end either, and not even the anchor: it would act by itself."""
    assert faults(make_chain(TEAM), subject) == ("principal_mismatch",)


@LATER_LINK
def test_a_wider_grant_is_named(position: int) -> None:
    """An action, or a resource, that the link before does not grant, unasked for though it is."""
    for grants in (
        (Grant(("deploy", "delete"), "service/**"),),
        (Grant(("deploy",), "**"),),
        (Grant(("deploy",), "service/**"), Grant(("read",), "service/api")),
    ):
        narrow = {n: {"grants": grants} for n in range(position, LAST + 1)}
        assert faults(make_chain(TEAM, narrow)) == ("scope_widened",)


@LATER_LINK
def test_a_longer_life_is_named(position: int) -> None:
    """Earlier than the link before, or later, by a second, though both hold now."""
    later = range(position, LAST + 1)

    assert faults(make_chain(TEAM, {n: {"expires": NOW + HOUR + 1} for n in later})) == (
        "lifetime_widened",
    )
    assert faults(make_chain(TEAM, {n: {"not_before": NOW - HOUR - 1} for n in later})) == (
        "lifetime_widened",
    )


@LATER_LINK
def test_a_link_deeper_than_allowed_is_named(position: int) -> None:
    """Each link leaves less depth than the one before it, and nought leaves none."""
    assert faults(changed(position, may_delegate=LAST - position + 1)) == ("depth_exceeded",)
    flat = {n: {"may_delegate": 0} for n in range(position - 1, LAST + 1)}
    assert faults(make_chain(TEAM, flat)) == ("depth_exceeded",)


@pytest.mark.parametrize("length", [65, 10_000])
def test_a_chain_of_any_length_is_refused_in_one_step(length: int) -> None:
    """Too long is too long, and nothing else is said."""
    assert faults([make_chain(TEAM)[0]] * length) == ("depth_exceeded",)


def test_the_longest_chain_that_is_read_is_sound() -> None:
    """Sixty-four links are not too many."""
    people = (FOUNDER, *(f"agent:{n}" for n in range(64)))

    assert faults(make_chain(people), people[-1]) == ()


@pytest.mark.parametrize(
    "people",
    [
        (FOUNDER, OPS, FOUNDER), (FOUNDER, OPS, TOOL, OPS), (FOUNDER, FOUNDER),
        (FOUNDER, OPS, OPS), (FOUNDER, OPS, FOUNDER, TOOL),
    ],
)  # fmt: skip
def test_a_principal_twice_is_a_cycle(people: tuple[str, ...]) -> None:
    """Authority does not come back to where it has been, nor pass from someone to themselves."""
    assert faults(make_chain(people), people[-1]) == ("cyclic_chain",)


@EVERY_LINK
@pytest.mark.parametrize(
    "asked",
    [
        {"action": "delete"},
        {"action": "deploy/x"},
        {"resource": "secret/api"},
        {"resource": "services/api"},
    ],
)
def test_what_no_grant_covers_is_outside(position: int, asked: dict[str, str]) -> None:
    """An action or a resource that a link does not name is outside it, whatever the others say."""
    wide = Grant(("**",), "**")
    changes = {n: {"grants": (wide,)} for n in range(position)}

    assert faults(make_chain(TEAM, changes), **asked) == ("outside_grant",)


def test_a_request_must_be_inside_every_link() -> None:
    """The last link covers it, an earlier one does not: only the grants' own fault is added."""
    wide = {LAST: {"grants": (Grant(("**",), "**"),)}}

    assert faults(make_chain(TEAM, wide), action="delete") == ("outside_grant", "scope_widened")


def test_action_and_resource_must_be_in_one_grant() -> None:
    """Two grants do not add up to a third."""
    grants = (Grant(("deploy",), "service/a"), Grant(("delete",), "service/b"))
    chain = make_chain(TEAM, {n: {"grants": grants} for n in range(len(TEAM) - 1)})

    assert faults(chain, resource="service/a") == ()
    assert faults(chain, action="delete", resource="service/b") == ()
    assert faults(chain, resource="service/b") == ("outside_grant",)


def test_several_faults_are_all_named() -> None:
    """One fault hides no other."""
    chain = make_chain(
        TEAM,
        {
            0: {"signer": STRANGER},
            1: {"issuer": TOOL, "signer": OPS, "may_delegate": 9},
            2: {
                "expires": NOW + 2 * HOUR,
                "grants": (Grant(("**",), "**"),),
                "not_before": NOW + 9,
            },
        },
    )
    ones = [revocation(chain[1], OPS)]

    assert faults(chain, STRANGER, action="delete", revocations=ones) == (
        "ancestor_revoked", "depth_exceeded", "lifetime_widened", "link_not_yet_valid",
        "outside_grant", "principal_mismatch", "scope_widened", "stranger_delegation",
        "untrusted_anchor",
    )  # fmt: skip


def test_every_fault_of_the_rules_has_a_finality() -> None:
    """No code can be derived that an agent would not know what to do about."""
    codes = {str(one.head.terms[0])[2:] for one in program().rules if one.head.predicate == "deny"}

    assert codes <= FINALITY.keys()
    assert len(codes) == 25
