# SPDX-License-Identifier: Apache-2.0
"""The OAAF conformance corpus: decision and reason of every vector, by the adapter and the rules.

The format is told in ../shared/vectors/oaaf/FORMAT.md. Status and Identity are answers of channels
that the vectors carry with them; the rest of what A2A adds is what `NO_CHANNEL` lists.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helm_logic.authority.adapters.aat.adapter import AatAdapter
from helm_logic.authority.adapters.aat.codes import REFUSED, RULED, reason_of
from helm_logic.authority.adapters.aat.faults import Walk
from helm_logic.authority.adapters.aat.possession import (
    Identity,
    Status,
    Use,
    check_status,
    check_use,
    subject_of,
)
from helm_logic.authority.adapters.aat.token import TokenFault
from helm_logic.authority.adapters.jwks import read_key, thumbprint_uri
from helm_logic.authority.adapters.jws import Verifier, read_jws
from helm_logic.authority.adapters.protocol import Anchor, Asked, own_keys
from helm_logic.authority.cache import LinkCache
from helm_logic.authority.chain import Tokens, verify_chain
from helm_logic.authority.reasons import FINALITY
from helm_logic.errors import LinkRefused
from tests.authority import court
from tests.authority.adapters.tokens import items

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "oaaf"

# Vectors about what only the channel between two agents knows, which helm_logic does not have: it
# is asked for a decision, and sees neither which extensions the peers agreed on nor whether a
# message carried material. It denies the second of them for another reason.
NO_CHANNEL = {
    "a2a-deny-extension-not-activated": "whether the peers activated the extension",
    "a2a-deny-authority-material-missing": "whether the message carried authority material",
}


def _vectors() -> list[dict[str, Any]]:
    path = FOLDER / "corpus.json"
    return json.loads(path.read_bytes())["vectors"] if path.is_file() else []


VECTORS = _vectors()
RUN = [each for each in VECTORS if each["vector_id"] not in NO_CHANNEL]
by_vector = pytest.mark.parametrize("vector", RUN, ids=[each["vector_id"] for each in RUN])
needs_corpus = pytest.mark.skipif(not VECTORS, reason=f"{FOLDER} is absent: no OAAF corpus")


def identity_of(given: dict[str, Any]) -> Identity | None:
    """Return what the vector's identity channel answers, if it has one."""
    if not {"bound_subjects", "unavailable_subjects"} & given.keys():
        return None
    return Identity(given.get("bound_subjects", ()), given.get("unavailable_subjects", ()))


def walked(vector: dict[str, Any]) -> Walk:
    """Return the reading of the chain of *vector*, and of its use."""
    given, verify = vector["input"], Verifier().verify
    keys = tuple(read_key(each, ("EdDSA",), "anchor") for each in given["trust_anchors"])
    walk = Walk(keys, given["now"], verify)
    walk.read(given["tokens"])
    try:
        if walk.tokens and not walk.is_refused:
            lists = (given.get("revoked_jti", ()), given.get("unknown_jti", ()))
            check_status(walk, Status(*lists))
            audience = given["recipient"] if vector["profile"] == "A2A" else None
            asked = (given["tool"], given["args"], given["now"], given["pop"])
            check_use(walk, Use(*asked, audience, identity_of(given)), verify)
    except TokenFault as fault:
        walk.refuse(fault)
    return walk


@needs_corpus
def test_the_whole_corpus_is_run() -> None:
    """51 vectors; those that are declined are of A2A, and none of Core, Status or Identity."""
    declined = [each for each in VECTORS if each["vector_id"] in NO_CHANNEL]

    assert (len(VECTORS), len(RUN)) == (51, 49)
    assert len(declined) == len(NO_CHANNEL)
    assert {each["profile"] for each in declined} == {"A2A"}


@needs_corpus
@by_vector
def test_decision_and_reason(vector: dict[str, Any]) -> None:
    """The first fault is the one that the corpus expects, at the token that it names."""
    walk = walked(vector)
    first = walk.faults[0] if walk.faults else None

    assert ("deny" if first else "allow") == vector["expected_decision"]
    assert (first.code if first else None) == vector["expected_normative_reason"]
    told = (vector["reference"].get("reasons") or [{}])[0].get("tokenIndex")
    if told is not None:
        assert first is not None
        assert first.position == told
    authority = vector["reference"].get("authority")
    if authority is not None:
        leaf = walk.tokens[-1]
        assert (subject_of(leaf), thumbprint_uri(leaf.holder)) == (
            authority["subject"], authority["holder"],
        )  # fmt: skip


@needs_corpus
@by_vector
def test_the_rules_decide_alike(vector: dict[str, Any]) -> None:
    """By the adapter's facts, `rules/authority.dl` authorizes or finds our reason for the code."""
    given = vector["input"]
    ruling = _ruled(vector)
    code = vector["expected_normative_reason"]

    assert ruling.authorized == (code is None)
    if code is not None and given["trust_anchors"]:
        assert reason_of(code) in _spelled(ruling.faults)


@needs_corpus
@by_vector
def test_no_answer_tells_an_argument(vector: dict[str, Any]) -> None:
    """What is said of a fault has names only: no value of the request, no token."""
    said = repr([(each.code, each.message) for each in walked(vector).faults])

    for value in vector["input"]["args"].values():
        assert len(str(value)) < 4 or str(value) not in said
    assert not any(token in said for token in vector["input"]["tokens"])


@needs_corpus
def test_every_part_of_every_token_is_canonical() -> None:
    """Our check of base64url refuses nothing of the corpus but what is no token at all."""
    refused = []
    for vector in VECTORS:
        for token in (*vector["input"]["tokens"], vector["input"]["pop"]):
            try:
                if token:
                    read_jws(token)
            except LinkRefused:
                refused.append(token)

    assert refused == ["not.a.jws"]


def test_every_code_is_a_reason_of_ours() -> None:
    """Each code that the format knows is either found by the rules or refuses the token."""
    assert not RULED.keys() & REFUSED.keys()
    assert {*RULED.values(), *REFUSED.values()} <= FINALITY.keys()
    if VECTORS:
        listed = json.loads((FOLDER / "reason-codes.json").read_bytes())["codes"]
        elsewhere = {
            "extension_not_activated", "authority_material_missing", "caller_holder_mismatch",
            "chain_length_mismatch",  # cannot happen behind `delegation_depth_invalid`
        }  # fmt: skip
        assert {each["code"] for each in listed} == {*RULED, *REFUSED, *elsewhere} - {"not_before"}


def _ruled(vector: dict[str, Any]) -> court.Ruling:
    given = vector["input"]
    issuer = _issuer(given["tokens"])
    keys = tuple(read_key(each, ("EdDSA",), "anchor") for each in given["trust_anchors"])
    options: dict[str, Any] = {"resource": "**"}
    if "revoked_jti" in given or "unknown_jti" in given:
        options["status"] = {"revoked": given["revoked_jti"], "unknown": given["unknown_jti"]}
    if vector["profile"] == "A2A":
        options["audience"] = given["recipient"]
    anchor = Anchor(issuer, "aat", keys, options)
    adapter = AatAdapter([anchor] if keys else [])
    subject = _subject(vector)
    asked = Asked(subject, given["tool"], given["args"], given["now"])
    presented = items(given["tokens"], given["pop"] or None)
    tokens = Tokens({"aat": adapter}, asked)
    chain = verify_chain(presented, LinkCache(), given["now"], 64, tokens)
    return court.rule(
        chain,
        subject,
        action=given["tool"],
        now=given["now"],
        anchors={},
        token_keys=[(issuer, each.keyid) for each in own_keys(anchor)],
    )


def _subject(vector: dict[str, Any]) -> str:
    """Return who asks: whom the identity channel binds, or else whoever the chain is for."""
    identity, walk = identity_of(vector["input"]), walked(vector)
    if identity is not None:
        return next(iter(identity.bound), "agent:unknown")
    return subject_of(walk.tokens[-1]) if walk.tokens else "agent:unknown"


def _issuer(tokens: list[str]) -> str:
    try:
        return str(read_jws(tokens[0]).claims()["iss"])
    except (IndexError, LinkRefused):
        return "https://authority.example"


def _spelled(faults: tuple[str, ...]) -> tuple[str, ...]:
    # Of a revoked token the rules tell whether it is the last.
    return tuple("link_revoked" if each == "ancestor_revoked" else each for each in faults)
