# SPDX-License-Identifier: Apache-2.0
"""Thirteen ways in which a delegation system can fail, D1 to D13, each a regression test.

They were found in systems that do what helm_logic does. Each docstring states the defect first and
then what holds here. Where a defect lives in the decision as a whole (D9 to D13), its part in facts
and rules is tested here.
"""

from __future__ import annotations

from typing import Any

import pytest

from helm_logic.authority.cache import LinkCache
from helm_logic.authority.chain import verify_chain
from helm_logic.authority.constraint import Constraint
from helm_logic.authority.facts import RELATIONS, chain_facts, property_facts
from helm_logic.authority.link import PAYLOAD_TYPE, Grant, verify_link
from helm_logic.authority.revocation import RevocationSet, VerifiedRevocation
from helm_logic.errors import LinkRefused
from helm_logic.kernel.encoding import canonical_json, parse_json
from helm_logic.ledger.envelope import sign
from tests.authority.court import rule
from tests.authority.world import (
    DEPLOY,
    FOUNDER,
    HOUR,
    NOW,
    OPS,
    PEOPLE,
    STRANGER,
    TOOL,
    flipped,
    key,
    make_chain,
    make_link,
    revocation,
    signer,
)

BOT = "agent:bot"
TEAM = (*PEOPLE, BOT)


def test_d1_a_delegate_cannot_pass_on_actions_it_lacks() -> None:
    """Defect: re-delegation never checks tools, so a child may use a tool that its parent lacks.

    Here: every grant must lie within one grant of the link before, and the request within each.
    """
    prod = Grant(("prod_deploy",), "service/**")
    chain = make_chain(PEOPLE, {1: {"grants": (DEPLOY, prod)}})

    assert rule(chain[:1], OPS, action="prod_deploy").faults == ("outside_grant",)
    assert rule(chain, TOOL, action="prod_deploy").faults == ("outside_grant", "scope_widened")
    assert rule(chain, TOOL, action="deploy").faults == ("scope_widened",)


def test_d1_a_link_without_actions_grants_nothing() -> None:
    """Defect: a child without a list of tools gets all of them.

    Here: such a link is malformed, in the issuer's hands and in the verifier's.
    """
    value: Any = make_link().to_value()
    for grants in ([], [{"actions": [], "constraints": {}, "resource": "**"}]):
        chain = [sign(PAYLOAD_TYPE, canonical_json({**value, "grants": grants}), signer(FOUNDER))]
        assert rule(chain, OPS).faults == ("malformed_link",)


def test_d2_a_stranger_cannot_pass_on_another_ones_authority() -> None:
    """Defect: nobody checks that who re-delegates is the delegate of the parent grant.

    Here: issuer and key must both be those to whom the link before delegates.
    """
    for change in ({"issuer": STRANGER}, {"signer": STRANGER}):
        assert rule(make_chain(PEOPLE, {1: change}), TOOL).faults == ("stranger_delegation",)


def test_d3_revoking_the_root_reaches_every_depth() -> None:
    """Defect: revocation reaches children only; grandchildren stay authorized.

    Here: a link is sound only if every link before it is, at any depth.
    """
    people = (FOUNDER, *(f"agent:{number}" for number in range(12)))
    chain = make_chain(people)
    ones = [revocation(chain[0], FOUNDER)]

    for depth in range(2, len(chain) + 1):
        assert rule(chain[:depth], people[depth], revocations=ones).faults == ("ancestor_revoked",)
    assert rule(chain[:1], people[1], revocations=ones).faults == ("link_revoked",)


def test_d4_an_expired_parent_ends_its_children() -> None:
    """Defect: a parent's validity is looked at once, when the child is registered.

    Here: every link must hold at the time of every request, and no child may outlive its parent.
    """
    child = {1: {"expires": NOW + 240 * HOUR}}
    chain = make_chain(PEOPLE, child)

    assert rule(chain, TOOL, now=NOW + HOUR).faults == ("lifetime_widened", "link_expired")
    assert rule(chain, TOOL, now=NOW).faults == ("lifetime_widened",)


def test_d4_a_cached_chain_expires_with_its_parent() -> None:
    """Defect: what was once verified keeps authorizing.

    Here: the second before, a chain from the cache authorizes; on the second it does not.
    """
    cache, chain = LinkCache(), make_chain(PEOPLE, {1: {"expires": NOW + HOUR}})
    for now in (NOW, NOW + HOUR - 1):
        assert rule(verify_chain(chain, cache, now), TOOL, now=now).authorized

    end = NOW + HOUR
    assert rule(verify_chain(chain, cache, end), TOOL, now=end).faults == ("link_expired",)


@pytest.mark.parametrize("anchors", [{}, {OPS: [key(OPS)]}, {FOUNDER: [key(STRANGER)]}])
def test_d5_authority_begins_at_an_anchor(anchors: Any) -> None:
    """Defect: whoever has no recorded chain may grant any scope.

    Here: a chain begins with a key of an anchor that the policy names; a root is only a claim.
    """
    assert rule(make_chain(), TOOL, anchors=anchors).faults == ("untrusted_anchor",)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"expires": NOW}, "link_expired"),
        ({"grants": (Grant(("deploy", "delete"), "service/**"),)}, "scope_widened"),
        ({"grants": (Grant(("deploy",), "**"),)}, "scope_widened"),
        ({"grants": (Grant(("deploy",), "**", (Constraint("action.cents", "at_most", 9),)),)},
         "scope_widened"),
        ({"issuer": STRANGER}, "stranger_delegation"),
        ({"may_delegate": 7}, "depth_exceeded"),
    ],
)  # fmt: skip
def test_d6_verifying_a_chain_looks_at_every_hop(change: Any, fault: str) -> None:
    """Defect: verification accepts chains that are expired, unsigned, widened or not adjacent.

    Here: each of these, in the second link, is a fault of its own.
    """
    first = Grant(("deploy",), "service/**", (Constraint("action.cents", "at_most", 5),))
    ruling = rule(make_chain(PEOPLE, {0: {"grants": (first,)}, 1: change}), TOOL)

    assert fault in ruling.faults
    assert not ruling.authorized


def test_d6_an_unsigned_link_is_no_link() -> None:
    """Defect: the signature is an optional string.

    Here: a link without its one good signature never becomes a fact.
    """
    chain: list[Any] = [each.to_value() for each in make_chain()]
    chain[1]["signatures"] = []
    assert rule(chain, TOOL).faults == ("malformed_link",)

    good = make_chain()
    assert rule([good[0], flipped(good[1], "signature", 0)], TOOL).faults == ("bad_signature",)


@pytest.mark.parametrize(
    "member",
    ["policy_hash", "trust_root_ref", "created_with_mfa", "conditions", "risk_ceiling", "nonce"],
)
def test_d7_no_member_of_a_link_is_carried_and_not_evaluated(member: str) -> None:
    """Defect: a session carries a policy hash, a trust root and conditions that nobody evaluates.

    Here: a member that the format does not have is refused, so no statement is silently ignored.
    """
    value = {**make_link().to_value(), member: "false"}

    assert rule([sign(PAYLOAD_TYPE, canonical_json(value), signer(FOUNDER))], OPS).faults == (
        "malformed_link",
    )


def test_d7_every_condition_is_evaluated_or_refused() -> None:
    """Defect: conditions, even `false`, do not limit anything.

    Here: a known kind is checked against the request, and an unknown kind refuses the link.
    """
    limited = Grant(("deploy",), "service/**", (Constraint("resource.risk", "at_most", 3),))
    chain = make_chain((FOUNDER, OPS), {0: {"grants": (limited,)}})
    assert rule(chain, OPS, properties={"risk": 3}).authorized
    for properties in ({"risk": 4}, {"risk": "3"}, {}):
        assert rule(chain, OPS, properties=properties).faults == ("outside_grant",)

    value: Any = parse_json(chain[0].payload)
    value["grants"][0]["constraints"] = {"resource.risk": {"cel": "false"}}
    odd = sign(PAYLOAD_TYPE, canonical_json(value), signer(FOUNDER))
    assert rule([odd], OPS, properties={"risk": 3}).faults == ("unknown_constraint",)


def test_d8_renewing_a_child_does_not_keep_it_past_its_parent() -> None:
    """Defect: refreshing a child extends it beyond its parent's expiry.

    Here: a renewed child is a new link, and must lie within the parent's window like any other.
    """
    renewed = make_chain(PEOPLE, {1: {"id": "renewed", "expires": NOW + 9 * HOUR}})

    assert rule(renewed, TOOL).faults == ("lifetime_widened",)
    assert "link_expired" in rule(renewed, TOOL, now=NOW + HOUR).faults


def test_d8_revoking_a_parent_ends_a_renewed_child() -> None:
    """Defect: plain revocation of the parent leaves the child active.

    Here: there is one kind of revocation, and a child issued after it is no better.
    """
    chain = make_chain()
    ones = [revocation(chain[0], FOUNDER)]
    renewed = [chain[0], make_chain(PEOPLE, {1: {"id": "renewed"}})[1]]

    for each in (chain, renewed):
        assert rule(each, TOOL, revocations=ones).faults == ("ancestor_revoked",)


def test_d9_leaving_the_chain_out_is_not_a_way_around_it() -> None:
    """Defect: delegation is looked at only if the caller mentions a session.

    Here: authority comes from a chain or from being an anchor; without either there is none.
    """
    for subject in (OPS, TOOL, STRANGER):
        assert rule([], subject).faults == ("empty_chain",)


def test_d10_a_request_cannot_state_what_verification_would() -> None:
    """Defect: plain context keys, which a caller can set, say that a delegation was validated.

    Here: a request's members become `property` and `quantity` facts under names of their own, only
    where a constraint asks, and every relation of the chain is filled by verified links alone.
    """
    names = ("authorized", "holds", "anchor", "delegation_validated", "link", "sound")
    asked = tuple(Constraint(f"context.{name}", "one_of", ("x",)) for name in names)
    limited = Grant(("deploy",), "service/**", asked)
    chain = verify_chain(make_chain((FOUNDER, OPS), {0: {"grants": (limited,)}}), LinkCache(), NOW)
    stated = property_facts(chain, {"context": dict.fromkeys(names, "x")})

    assert set(stated) == {"property", "quantity"}
    assert {row[0] for row in stated["property"]} == {f"s:context.{name}" for name in names}
    empty = chain_facts(verify_chain([], LinkCache(), NOW), RevocationSet())
    assert set(empty) == set(RELATIONS)
    assert [name for name, rows in empty.items() if rows] == ["chain_length"]


def test_d11_a_chain_serves_as_many_actions_as_it_covers() -> None:
    """Defect: the first success consumes a session's nonce, so it works once.

    Here: links state no single use; a chain serves until it expires or is revoked. What is used
    once is an approval.
    """
    cache, chain = LinkCache(), make_chain()

    for resource in ("service/a", "service/b", "service/a"):
        assert rule(verify_chain(chain, cache, NOW), TOOL, resource=resource).authorized


def test_d12_every_hop_is_evidence_by_digest() -> None:
    """Defect: delegation receipts are best effort, and none is made for a re-delegation.

    Here: what a receipt says of the chain names each link by the digest of its signed bytes, the
    refused ones by their place, and each revocation that became a fact.
    """
    envelopes: list[Any] = [*make_chain(TEAM), None]
    chain = verify_chain(envelopes, LinkCache(), NOW)

    assert chain.to_value() == [
        *({"digest": each.digest, "id": f"link-{n}"} for n, each in enumerate(envelopes[:-1])),
        {"position": 3, "reason": "malformed_link"},
    ]


def test_d13_a_delegate_is_a_principal_and_not_a_place() -> None:
    """Defect: the principal is made from the remote address, so no delegate can ever match.

    Here: a delegate is a stable `type:id`; the same principal matches whatever the context says,
    and nobody else does.
    """
    chain = make_chain()

    for place in ("10.0.0.1:4000", "10.0.0.2:4001"):
        assert rule(chain, TOOL, properties={"remote": place}).authorized
    for other in ("tool:deploy@10.0.0.1", "tool:deploy2", "agent:deploy", "deploy"):
        assert rule(chain, other).faults == ("principal_mismatch",)


def test_what_was_verified_says_so_by_its_type() -> None:
    """Only verification makes what facts are made from; a refusal is an error with its reason."""
    assert type(verify_link(make_chain()[0])).__name__ == "VerifiedLink"
    assert isinstance(revocation(make_chain()[0], FOUNDER), VerifiedRevocation)
    with pytest.raises(LinkRefused):
        verify_link(flipped(make_chain()[0], "payload", 0))
