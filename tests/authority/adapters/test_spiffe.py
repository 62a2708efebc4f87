# SPDX-License-Identifier: Apache-2.0
"""JWT-SVIDs: whom they identify, that they give nothing, and every fault by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.authority.adapters.jwks import read_jwks
from helm_logic.authority.adapters.protocol import Anchor, own_keys
from helm_logic.authority.adapters.registry import key_use
from helm_logic.authority.facts import chain_facts
from helm_logic.authority.link import sign_link
from helm_logic.authority.revocation import RevocationSet
from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue, canonical_json
from tests.authority import court
from tests.authority.adapters.issued import (
    ANN,
    AUDIENCE,
    BUNDLE,
    DOMAIN,
    ISSUER,
    OPS,
    WORKLOAD,
    access_token,
    act,
    item,
    oauth_anchor,
    read,
    spiffe_anchor,
    svid,
)
from tests.authority.adapters.tokens import NOW, Holder, chain, items, proof
from tests.authority.adapters.tokens import anchor as aat_anchor
from tests.authority.world import key as native_key
from tests.authority.world import make_link
from tests.authority.world import signer as native_signer

OAUTH = item("oauth", access_token())


def ruling(presented: Sequence[JsonValue], subject: str, **members: Any) -> court.Ruling:
    """Return what the stock rules say of the chain *presented*, with no anchor but the issuers."""
    anchors = oauth_anchor(), spiffe_anchor()
    keys = [(each.issuer, key.keyid) for each in anchors for key in own_keys(each)]
    found = read(list(presented), subject=subject)
    return court.rule(found, subject, **{"now": NOW, "anchors": {}, "token_keys": keys, **members})


def _native() -> JsonValue:
    """Return the link by which an anchor delegates to the workload."""
    link = make_link(OPS, WORKLOAD, not_before=NOW, expires=NOW + 60)
    return sign_link(link, native_signer(OPS)).to_value()


ANCHORED = {OPS: (native_key(OPS),)}


def test_an_identity_is_a_fact_and_no_link() -> None:
    """The chain is as long as its links, and ends where they do."""
    found = read([_native(), item("spiffe", svid())])
    facts = chain_facts(found, RevocationSet())
    (token,) = (each for each in found.links if each not in found.delegations)
    assert facts["identified"] == [(f"s:{token.link.id}", f"s:{WORKLOAD}")]
    assert facts["chain_length"] == [(1,)]
    assert facts["last"] == [(f"s:{OPS}-to-{WORKLOAD}",)]
    assert facts["link"] == [(f"s:{OPS}-to-{WORKLOAD}", f"s:{OPS}", f"s:{WORKLOAD}")]


def test_whom_a_link_delegates_to_may_show_who_they_are() -> None:
    """It takes nothing away from the caller or from any hop, and gives a stranger nothing."""
    shown = [_native(), item("spiffe", svid())]
    assert ruling(shown, WORKLOAD, anchors=ANCHORED).authorized
    stranger = [_native(), item("spiffe", svid(sub=f"{DOMAIN}/thief"))]
    assert ruling(stranger, WORKLOAD, anchors=ANCHORED).faults == ("principal_mismatch",)
    assert ruling([OAUTH, item("spiffe", svid())], ANN).faults == ("principal_mismatch",)


def test_an_identity_alone_gives_nothing() -> None:
    """Neither does the trust domain's key, which signs no link."""
    assert ruling([item("spiffe", svid())], WORKLOAD).faults == ("empty_chain",)
    anchored = ruling([item("spiffe", svid())], WORKLOAD, anchors={WORKLOAD: ()})
    assert anchored.authorized  # an anchor needs no chain, and may show who it is


def test_the_digest_of_a_chain_covers_whom_an_identity_shows_and_not_the_token() -> None:
    """An approval counts when the same chain comes back with a fresh identity."""
    first = read([OAUTH, item("spiffe", svid())])
    again = read([OAUTH, item("spiffe", svid(exp=NOW + 60))])
    other = read([OAUTH, item("spiffe", svid(sub=f"{DOMAIN}/other"))])
    assert first.digest == again.digest
    assert first.digest not in (other.digest, read([OAUTH]).digest)


FAULTS: dict[str, tuple[str, str]] = {
    "not a token": ("x", "malformed_link"),
    "of no workload": (svid(sub=DOMAIN), "malformed_link"),
    "with an empty segment": (svid(sub=f"{DOMAIN}/a//b"), "malformed_link"),
    "with a segment upwards": (svid(sub=f"{DOMAIN}/a/../b"), "malformed_link"),
    "of a person": (svid(sub=ANN), "malformed_link"),
    "of nobody": (svid(sub=None), "malformed_link"),
    "of another domain": (svid(sub="spiffe://evil.example/deployer"), "untrusted_anchor"),
    "by another algorithm": (svid(Holder("x")), "algorithm_not_permitted"),
    "by another key": (svid(Holder("x", "ES256")), "bad_signature"),
    "of another type": (svid(header={"typ": "at+jwt"}), "wrong_token_type"),
    "for somebody else": (svid(aud=["https://other.example"]), "wrong_audience"),
    "for nobody": (svid(aud=None), "wrong_audience"),
    "that never expires": (svid(exp=None), "malformed_link"),
    "that has expired": (svid(exp=NOW), "link_expired"),
    "that is not valid yet": (svid(nbf=NOW + 31), "link_not_yet_valid"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_own_reason(fault: str) -> None:
    """Behind a sound chain, a faulty identity is denied for exactly its fault."""
    token, reason = FAULTS[fault]
    found = ruling([OAUTH, item("spiffe", token)], ANN)
    assert (found.authorized, found.faults) == (False, (reason,))


def test_an_identity_stands_behind_all_links() -> None:
    """Before a link it is out of place; if one of two is refused, neither counts."""
    shown = item("spiffe", svid())
    before = ruling([shown, _native()], WORKLOAD, anchors=ANCHORED)
    assert (before.authorized, before.faults) == (False, ("broken_chain",))
    both = read([_native(), shown, item("spiffe", "x")])
    assert [each.reason for each in both.refused] == ["unread", "malformed_link"]
    assert not chain_facts(both, RevocationSet())["identified"]


def test_an_identity_takes_the_place_of_no_proof() -> None:
    """Behind tokens whose last one has to be proved to be held, that stays so."""
    tools: dict[str, JsonValue] = {"deploy": {}}
    anchors = aat_anchor(), spiffe_anchor()
    shown = item("spiffe", svid(sub=f"{DOMAIN}/x"))
    without = read([*items(chain(tools), None), shown], *anchors)
    assert [each.reason for each in without.refused] == ["possession_not_proved"]
    tokens = items(chain(tools), proof(0, "deploy", {}))
    assert read([*tokens, shown], *anchors).refused == ()
    assert read([*tokens, shown], *anchors).links[:1] == read(tokens, *anchors).links


def test_the_keys_of_a_bundle_have_a_use_of_their_own() -> None:
    """Those for certificates are left out, and so is the whole set of another use."""
    jwks = {"keys": [{**BUNDLE.jwk, "use": use} for use in ("x509-svid", "jwt-svid")]}
    data = canonical_json({**jwks, "spiffe_sequence": 1})
    assert len(read_jwks(data, ("ES256",), "bundle", key_use("spiffe"))) == 1
    with pytest.raises(InputError):
        read_jwks(data, ("ES256",), "bundle", key_use("oauth"))


@pytest.mark.parametrize(
    ("issuer", "key", "options"),
    [
        (ISSUER, BUNDLE, {"audience": AUDIENCE}),
        (f"{DOMAIN}/path", BUNDLE, {"audience": AUDIENCE}),
        (DOMAIN, Holder("ed"), {"audience": AUDIENCE}),
        (DOMAIN, BUNDLE, {}),
        (DOMAIN, BUNDLE, {"audience": AUDIENCE, "scopes": {}}),
    ],
)
def test_what_is_no_trust_domain_is_refused(
    issuer: str, key: Holder, options: dict[str, JsonValue]
) -> None:
    """Another name, an algorithm that SVIDs do not have, options that there are not."""
    with pytest.raises(InputError):
        read([], Anchor(issuer, "spiffe", (key.key,), options))


@given(
    subject=st.sampled_from([ANN, OPS, WORKLOAD]),
    shown=st.lists(st.sampled_from([svid(), svid(sub=f"{DOMAIN}/other"), svid(exp=1)]), max_size=2),
    nested=st.sampled_from([None, act("ops")]),
)
def test_showing_who_somebody_is_never_gives_what_the_chain_does_not(
    subject: str, shown: list[str], nested: JsonValue
) -> None:
    """Whatever identities stand behind a chain: who is authorized with them is so without."""
    links = [item("oauth", access_token(act=nested))]
    bare = ruling([*links], subject)
    found = ruling([*links, *(item("spiffe", each) for each in shown)], subject)
    assert bare.authorized or not found.authorized
    assert found.authorized == (not found.faults)
