# SPDX-License-Identifier: Apache-2.0
"""Attenuating agent tokens: what the adapter checks in order, the rules find by its facts."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.authority.adapters.aat.adapter import AatAdapter
from helm_logic.authority.adapters.aat.codes import RULED, reason_of
from helm_logic.authority.adapters.aat.faults import Walk
from helm_logic.authority.adapters.aat.possession import Use, check_use, subject_of
from helm_logic.authority.adapters.aat.token import TokenFault
from helm_logic.authority.adapters.jws import Verifier
from helm_logic.authority.adapters.protocol import Asked, RefusedLink, Run, own_keys
from helm_logic.authority.adapters.registry import read_item
from helm_logic.authority.cache import LinkCache
from helm_logic.authority.chain import Chain, Tokens, verify_chain
from helm_logic.errors import InputError
from helm_logic.kernel.encoding import JsonValue
from helm_logic.ledger.envelope import parse
from tests.authority import court
from tests.authority.adapters.tokens import (
    ALGORITHMS,
    HOLDERS,
    ISSUER,
    NOW,
    TOOL,
    Holder,
    anchor,
    chain,
    items,
    proof,
)

VERIFIER = Verifier()
ARGUMENTS: dict[str, JsonValue] = {"path": "/srv/x", "size": 5}
LIMITS: dict[str, JsonValue] = {
    "path": {"constraint_type": "path_prefix", "prefix": "/srv"},
    "size": {"constraint_type": "range", "max": 9},
}
TOOLS: list[dict[str, JsonValue]] = [
    {TOOL: {}},
    {TOOL: LIMITS},
    {TOOL: {**LIMITS, "size": {"constraint_type": "exact", "value": 5}}},
    {TOOL: {**LIMITS, "size": {"constraint_type": "range"}}},
    {TOOL: {"size": {"constraint_type": "range", "max": 9}}},
    {TOOL: {**LIMITS, "size": {"constraint_type": "bogus"}}},
    {TOOL: LIMITS, "repo.delete": {}},
    {"repo.delete": {}},
]
CHANGES: dict[str, list[JsonValue]] = {
    "exp": [NOW + 1, NOW + 3600, NOW + 7200, NOW - 5, NOW + 100 * 86400],
    "iat": [NOW - 100, NOW + 9, NOW + 60, -5, "now"],
    "nbf": [NOW + 60, NOW - 60],
    "del_depth": [0, 1, 2, 3],
    "del_max_depth": [0, 1, 2, 5, 9, -1],
    "iss": [ISSUER, HOLDERS[0].uri, HOLDERS[2].uri, "nobody", "https://stranger.example"],
    "par_hash": ["AAAA", None, 7],
    "jti": ["token-0", "other", ""],
    "sub": ["agent:somebody", "no uri"],
    "cnf": [{}, {"jwk": {**HOLDERS[0].jwk, "d": "AAAA"}}, {"jwk": Holder("x", "ES256").jwk}],
}
ONE_CHANGE = st.sampled_from(sorted(CHANGES)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(CHANGES[name]))
)
COMPARED = {"scope_widened", "lifetime_widened", "depth_exceeded", "stranger_delegation"}
PROOFS = st.sampled_from(
    [{}, {}, {}, {"hta": {}}, {"aat_tool": "x"}, {"iat": NOW - 999}, {"aat_id": "x"}, {"jti": None}]
)


def walked(tokens: list[str], possession: str | None) -> Walk:
    """Return the reading of *tokens*, and of their use for `ARGUMENTS`."""
    walk = Walk(own_keys(anchor()), NOW + 9, VERIFIER.verify)
    walk.read(tokens)
    try:
        if walk.tokens and not walk.is_refused:
            check_use(walk, Use(TOOL, ARGUMENTS, NOW + 9, possession), VERIFIER.verify)
    except TokenFault as fault:
        walk.refuse(fault)
    return walk


def read(presented: list[JsonValue], subject: str) -> Chain:
    """Return the chain *presented*, as a request of *subject* for `ARGUMENTS`."""
    asked = Asked(subject, TOOL, ARGUMENTS, NOW + 9)
    tokens = Tokens({"aat": AatAdapter([anchor()])}, asked)
    return verify_chain(presented, LinkCache(), NOW + 9, 64, tokens)


def ruled(presented: Chain, subject: str) -> court.Ruling:
    """Return what the rules say of the chain *presented*."""
    keys = [(ISSUER, each.keyid) for each in own_keys(anchor())]
    return court.rule(
        presented, subject, action=TOOL, now=NOW + 9, anchors={}, token_keys=keys
    )  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(TOOLS), min_size=1, max_size=3),
    st.dictionaries(st.integers(0, 2), st.lists(ONE_CHANGE, max_size=2).map(dict), max_size=2),
    PROOFS,
)
def test_the_rules_find_what_the_adapter_finds(
    tools: list[dict[str, JsonValue]],
    changes: dict[int, dict[str, JsonValue]],
    changed_proof: dict[str, Any],
) -> None:
    """Whatever is signed, by the right keys: the two agree on authority, and on every reason."""
    tokens = chain(*tools, changes=changes)
    possession = proof(
        len(tools) - 1, TOOL, ARGUMENTS, **{**_named(changes, tools), **changed_proof}
    )
    walk = walked(tokens, possession)
    subject = subject_of(walk.tokens[-1]) if walk.tokens else "agent:nobody"
    ruling = ruled(read(items(tokens, possession), subject), subject)
    # A root in the name of another issuer is one of nobody that we trust: there is no anchor
    # behind the format's check, which knows keys and no names.
    elsewhere = changes.get(0, {}).get("iss", ISSUER) != ISSUER

    assert ruling.authorized == (not walk.faults and not elsewhere)
    if not elsewhere:
        end = walk.faults[-1].position if walk.is_refused else len(tokens)
        misplaced = {each.position for each in walk.faults if each.code.startswith("par_hash")}
        for each in walk.faults:
            reason = reason_of(each.code)
            # Of a token that is refused no fact is made, so the refusal is all that is told of it;
            # and one that is out of place is not compared with the one before.
            is_told = each.position < end or each is walk.faults[-1]
            if is_told and not (each.position in misplaced and reason in COMPARED):
                assert reason in ruling.faults, walk.faults


def _named(
    changes: dict[int, dict[str, JsonValue]], tools: list[dict[str, JsonValue]]
) -> dict[str, JsonValue]:
    """Return the change to a proof that follows from a change of the last token's id."""
    name = changes.get(len(tools) - 1, {}).get("jti")
    return {} if name is None else {"aat_id": name}


@pytest.mark.parametrize("position", range(3))
def test_flipping_any_character_of_any_token_denies(position: int) -> None:
    """A token in another spelling or with another content never authorizes."""
    tokens = chain({TOOL: {}}, {TOOL: {}}, {TOOL: {}})
    possession = proof(2, TOOL, ARGUMENTS)
    subject = HOLDERS[2].uri
    assert ruled(read(items(tokens, possession), subject), subject).authorized
    for place in range(0, len(tokens[position]), 7):
        text = tokens[position]
        changed = "A" if text[place] != "A" else "B"
        others = [*tokens]
        others[position] = text[:place] + changed + text[place + 1 :]
        assert not ruled(read(items(others, possession), subject), subject).authorized


def test_a_token_may_be_followed_by_a_link_of_ours_and_by_no_other_root() -> None:
    """The holder of a token delegates natively; two chains of tokens do not make one."""
    tokens = chain({TOOL: {}})
    twice = items(tokens, None) + items(chain({TOOL: {}}, changes={0: {"jti": "b"}}), None)
    found = read(twice, HOLDERS[0].uri)

    assert [type(each).__name__ for each in found.places] == ["RefusedLink", "RefusedLink"] or (
        not ruled(found, HOLDERS[0].uri).authorized
    )


def test_what_a_receipt_attaches_is_what_was_presented() -> None:
    """Each token and its proof come back from the file, to the letter."""
    presented = items(chain({TOOL: {}}, {TOOL: {}}), proof(1, TOOL, ARGUMENTS))
    found = read(presented, HOLDERS[1].uri)

    assert not found.refused
    again: list[JsonValue] = [read_item(parse(each.file)).to_value() for each in found.links]
    assert again == presented


def test_the_digest_of_a_chain_does_not_depend_on_the_proof() -> None:
    """What an approval is bound to stays the same with a fresh proof."""
    tokens = chain({TOOL: {}})
    first, second = (proof(0, TOOL, ARGUMENTS, jti=name) for name in ("1", "2"))
    chains = [read(items(tokens, each), HOLDERS[0].uri) for each in (first, second)]

    assert chains[0].digest == chains[1].digest
    assert chains[0].links[0].file != chains[1].links[0].file


def test_the_audience_of_a_proof_is_held_to() -> None:
    """Where the policy names its audience, a proof for somebody else, or for nobody, is none."""
    adapter = AatAdapter([anchor(audience="https://gate.example")])
    asked = Asked(HOLDERS[0].uri, TOOL, ARGUMENTS, NOW + 9)
    for aimed, good in (
        ("https://gate.example", True),
        ("https://x.example", False),
        (None, False),
    ):
        given_items = items(chain({TOOL: {}}), proof(0, TOOL, ARGUMENTS, aat_aud=aimed))
        (place,) = adapter.read(Run(tuple(given_items), 0, 1, asked)).places
        assert isinstance(place, RefusedLink) != good
        assert good or getattr(place, "reason", "") == "wrong_audience"


@pytest.mark.parametrize(
    "options",
    [
        {"resource": None}, {"resource": "a//b"}, {"audience": 1}, {"holders": ["HS256"]},
        {"status": {"valid": []}}, {"status": {"revoked": "x"}}, {"trust": True},
    ],
)  # fmt: skip
def test_options_that_the_format_does_not_have_are_refused(options: Any) -> None:
    """A misspelt option is an error of the policy, and not one less check."""
    with pytest.raises(InputError):
        AatAdapter([anchor(**options)])


def test_deciding_without_tokens_loads_no_jose_library() -> None:
    """Whoever presents native links pays nothing for the formats of others."""
    code = (
        "import sys, helm_logic.guard, helm_logic.authority.adapters.aat.adapter;"
        "print([name for name in sys.modules if name.startswith(('joserfc', 'cryptography'))])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert json.loads(ran.stdout) == []


def test_both_algorithms_are_used() -> None:
    """The chains of these tests are signed with each algorithm that the format has."""
    assert {each.algorithm for each in HOLDERS} == set(ALGORITHMS)
    assert set(RULED.values()) >= {"scope_widened", "lifetime_widened", "depth_exceeded"}
