# SPDX-License-Identifier: Apache-2.0
"""JWTs of an authorization server: what they give, what they only say, and every fault by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.authority.adapters.oauth_act import MAX_HOPS
from helm_logic.authority.adapters.protocol import Anchor, own_keys
from helm_logic.authority.chain import Chain
from helm_logic.authority.facts import chain_facts
from helm_logic.authority.link import sign_link
from helm_logic.authority.revocation import RevocationSet
from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue
from tests.authority import court
from tests.authority.adapters.issued import (
    ANN,
    ANN_KEY,
    HELPER,
    ISSUER,
    OPS,
    OPTIONS,
    access_token,
    act,
    item,
    oauth_anchor,
    read,
)
from tests.authority.adapters.tokens import NOW, Holder
from tests.authority.world import make_link


def ruled(chain: Chain, anchor: Anchor, subject: str = ANN, **members: Any) -> court.Ruling:
    """Return what the stock rules say of *chain*."""
    keys = [(anchor.issuer, each.keyid) for each in own_keys(anchor)]
    return court.rule(chain, subject, anchors={}, token_keys=keys, **{"now": NOW, **members})


def ruling(*tokens: str, subject: str = ANN, **options: JsonValue) -> court.Ruling:
    """Return what the stock rules say of *tokens*, of an issuer with *options*."""
    anchor = oauth_anchor(**options)
    chain = read([item("oauth", each) for each in tokens], anchor, subject=subject)
    return ruled(chain, anchor, subject)


def facts(token: str, **options: JsonValue) -> dict[str, list[Any]]:
    """Return the facts of a chain of one *token*."""
    chain = read([item("oauth", token)], oauth_anchor(**options))
    return chain_facts(chain, RevocationSet())


def test_a_token_gives_its_subject_what_the_policy_says_that_its_scopes_grant() -> None:
    """Issuer and subject are its link; a scope that the policy does not know grants nothing."""
    assert ruling(access_token()).authorized
    assert ruling(access_token(scope="openid")).faults == ("outside_grant",)
    assert ruling(access_token(scope=None)).faults == ("outside_grant",)
    assert ruling(access_token(), subject=OPS).faults == ("principal_mismatch",)


FAULTS: dict[str, tuple[str, str]] = {
    "not a token": ("a.b", "malformed_link"),
    "of an unknown issuer": (access_token(iss="https://evil.example"), "untrusted_anchor"),
    "of no issuer": (access_token(iss=None), "untrusted_anchor"),
    "by another algorithm": (access_token(ANN_KEY), "algorithm_not_permitted"),
    "by no algorithm": (access_token(header={"alg": "none"}), "algorithm_not_permitted"),
    "by another key": (access_token(Holder("thief", "ES256")), "bad_signature"),
    "of another type": (access_token(header={"typ": "logout+jwt"}), "wrong_token_type"),
    "whose type is no text": (access_token(header={"typ": 1}), "wrong_token_type"),
    "with an extension that must be known": (
        access_token(header={"crit": ["b64"], "b64": False}), "malformed_link",
    ),
    "for somebody else": (access_token(aud="https://other.example"), "wrong_audience"),
    "for nobody": (access_token(aud=None), "wrong_audience"),
    "whose audience is a number": (access_token(aud=1), "malformed_link"),
    "that never expires": (access_token(exp=None), "malformed_link"),
    "that expires at a text": (access_token(exp="soon"), "malformed_link"),
    "that has expired": (access_token(exp=NOW), "link_expired"),
    "that is not valid yet": (access_token(nbf=NOW + 31), "link_not_yet_valid"),
    "that was issued in the future": (access_token(iat=NOW + 31), "link_not_yet_valid"),
    "of nobody": (access_token(sub=None), "malformed_link"),
    "of a subject with a space": (access_token(sub="a nn"), "malformed_link"),
    "whose id is a number": (access_token(jti=1), "malformed_link"),
    "whose scope is a list": (access_token(scope=["deploy"]), "malformed_link"),
    "bound to a key": (access_token(cnf={"jkt": "x"}), "possession_not_proved"),
    "bound to nothing": (access_token(cnf="x"), "malformed_link"),
    "handed on": (access_token(act=act("ops")), "asserted_delegation"),
    "handed on by text": (access_token(act="ops"), "malformed_link"),
    "handed on to nobody": (access_token(act={"act": {"sub": "ops"}}), "malformed_link"),
    "handed on to one of another issuer": (
        access_token(act={"iss": "https://evil.example", "sub": "ops"}), "untrusted_anchor",
    ),
    "handed on in a circle": (access_token(act=act("ops", "b", "ops")), "cyclic_chain"),
    "handed on too often": (
        access_token(act=act(*(f"a{n}" for n in range(MAX_HOPS + 1)))), "depth_exceeded",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_own_reason(fault: str) -> None:
    """A token with one fault is denied for exactly that one."""
    token, reason = FAULTS[fault]
    found = ruling(token)
    assert not found.authorized
    assert found.faults == (reason,)


def test_a_token_stands_first_in_its_chain() -> None:
    """A token names no link before it, so that a second one is out of place."""
    assert ruling(access_token(), access_token(jti="access-2")).faults == (
        "broken_chain", "cyclic_chain",
    )  # fmt: skip
    assert "duplicate_link" in ruling(access_token(), access_token(exp=NOW + 60)).faults


def test_hops_are_asserted_in_the_order_in_which_they_were_taken() -> None:
    """The subject first, who acts now last; the link is the issuer's and the subject's alone."""
    found = facts(access_token(act=act("ops", "helper")))
    name = "s:access-1"
    assert found["link"] == [(name, f"s:{ISSUER}", f"s:{ANN}")]
    assert found["asserted_link"] == [
        (name, 1, f"s:{ANN}", f"s:{HELPER}"),
        (name, 2, f"s:{HELPER}", f"s:{OPS}"),
    ]


@pytest.mark.parametrize("subject", [ANN, HELPER, OPS])
def test_nobody_holds_anything_by_an_asserted_hop(subject: str) -> None:
    """Neither who acts, nor who handed on, nor the subject whose hands the token has left."""
    found = ruling(access_token(act=act("ops", "helper")), subject=subject)
    assert not found.authorized
    assert "asserted_delegation" in found.faults


def test_a_policy_may_believe_an_issuer_on_who_acts_now() -> None:
    """Then the issuer delegates to the outermost actor, to nobody else, and all took part."""
    token = access_token(act=act("ops", "helper"))
    assert ruling(token, subject=OPS, trust_actor=True).authorized
    for other in (ANN, HELPER):
        found = ruling(token, subject=other, trust_actor=True)
        assert (found.authorized, found.faults) == (False, ("principal_mismatch",))
    assert ruling(access_token(), trust_actor=True).authorized
    taking_part = ruling(token, subject=OPS, trust_actor=True).principals
    assert taking_part == {ISSUER, ANN, HELPER, OPS}


def _continued(anchor: Anchor, signer: Holder = ANN_KEY, **claims: Any) -> Chain:
    """Return the chain of Ann's token and the link by which she delegates to the agent."""
    token = item("oauth", access_token(cnf={"jwk": ANN_KEY.jwk}, **claims))
    (first,) = read([token, item("oauth", "x")], anchor).links
    native = signer.native
    link = make_link(
        ANN,
        OPS,
        issuer_key=native.public_key,
        parent=first.digest,
        not_before=NOW,
        expires=NOW + 60,
    )
    return read([token, sign_link(link, native).to_value()], anchor)


def test_who_holds_the_key_of_a_token_can_delegate_by_links() -> None:
    """The token names the key of its subject, and a link that this key signed follows."""
    anchor = oauth_anchor(may_delegate=1)
    assert ruled(_continued(anchor), anchor, OPS).authorized
    assert ruled(_continued(oauth_anchor()), anchor, OPS).faults == ("depth_exceeded",)
    thief = _continued(anchor, Holder("thief"))
    assert ruled(thief, anchor, OPS).faults == ("stranger_delegation",)
    acted = _continued(anchor, act=act("helper"))
    assert ruled(acted, anchor, OPS).faults == ("asserted_delegation", "stranger_delegation")


def test_the_key_of_an_issuer_signs_tokens_alone() -> None:
    """A native link by it is no link of an anchor, or it could grant what no scope does."""
    issuer = Holder("native issuer")
    anchor = Anchor(ISSUER, "oauth", (issuer.key,), OPTIONS)
    link = make_link(
        ISSUER, ANN, issuer_key=issuer.native.public_key, not_before=NOW, expires=NOW + 60
    )
    chain = read([sign_link(link, issuer.native).to_value()], anchor)
    assert ruled(chain, anchor).faults == ("untrusted_anchor",)


def test_claims_are_facts_if_the_policy_asks_for_them() -> None:
    """Texts, the texts of lists, and the words of `scope`; nothing that is no text."""
    token = access_token(acr="phr", groups=["a", "b", 1, "a"], level=3)
    assert facts(token)["claim"] == []
    found = facts(token, claims=["acr", "groups", "level", "scope", "missing"])
    name = "s:access-1"
    assert [row[1:] for row in found["claim"]] == [
        ("s:acr", "s:phr"), ("s:groups", "s:a"), ("s:groups", "s:b"),
        ("s:scope", "s:openid"), ("s:scope", "s:deploy"),
    ]  # fmt: skip
    assert {row[0] for row in found["claim"]} == {name}


@pytest.mark.parametrize(
    "options",
    [
        {"audience": None},
        {"unknown": 1},
        {"subject_type": "us:er"},
        {"trust_actor": "yes"},
        {"may_delegate": -1},
        {"scopes": {"deploy": [{"actions": ["deploy"]}]}},
        {"scopes": {"deploy": [{"actions": [f"a{n}" for n in range(65)], "resource": "**"}]}},
        {"types": "jwt"},
    ],
)
def test_options_of_another_shape_are_refused(options: dict[str, JsonValue]) -> None:
    """A misspelt option is no option that is silently ignored."""
    with pytest.raises(InputError):
        read([], oauth_anchor(**options))


NAMES = st.sampled_from(["ann", "ops", "helper", "root", ISSUER])
ACTS = st.lists(NAMES, max_size=4).map(lambda names: act(*names))


@given(subject=NAMES, nested=ACTS, asks=st.sampled_from([ANN, OPS, HELPER, "agent:root", ISSUER]))
def test_no_nesting_of_actors_gives_anybody_anything(
    subject: str, nested: JsonValue, asks: str
) -> None:
    """With any actors, whoever asks has no authority; without, the subject alone has it."""
    found = ruling(access_token(sub=subject, act=nested), subject=asks)
    assert found.authorized == (nested is None and asks == f"user:{subject}")
    assert found.authorized == (not found.faults)
