# SPDX-License-Identifier: Apache-2.0
"""Approvals: two quorums with six forgeries, and one consumption with four."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from helm_logic.kernel.encoding import canonical_json, digest
from tests.helm_vectors.reader import (
    changed,
    content,
    flipped,
    quorum,
    rejection,
    require_consumption,
    require_signature,
    value,
)

FOLDER = "reference_packs/approval"
CONSUMED = "reference_packs/approval-consumption-v1"


@attrs.frozen
class Ceremony:
    """One challenge, whose keys may answer it, and their answers by key id."""

    listed: dict[str, Any]
    challenge: dict[str, Any]
    authority: dict[str, Any]
    assertions: dict[str, dict[str, Any]]

    def signers(self, *keys: str) -> dict[str, Any]:
        """Return the signer set of the answers of *keys*."""
        given = [self.assertions[key] for key in keys]
        return quorum(self.challenge, self.listed["challenge"]["sha256"], self.authority, given)

    def with_assertion(self, key: str, name: str, to: str) -> Ceremony:
        """Return the ceremony with one member of one answer changed."""
        return attrs.evolve(self, assertions=changed(self.assertions, key, name, to=to))


@pytest.fixture
def ceremony() -> Ceremony:
    """Return the ceremony of the vectors."""
    listed = value(f"{FOLDER}/vectors.json")
    return Ceremony(
        listed,
        value(f"{FOLDER}/challenge.c14n.json"),
        value(f"{FOLDER}/authority_snapshot.c14n.json"),
        {each["key_id"]: each["assertion"] for each in listed["assertions"]},
    )


def test_every_hash_and_signature_is_ours(ceremony: Ceremony) -> None:
    """Snapshot, challenge, assertions: bytes and digests; what is signed is the digest itself."""
    for name in ("authority_snapshot", "challenge"):
        data = content(f"{FOLDER}/{ceremony.listed[name]['canonical']}")
        assert canonical_json(value(f"{FOLDER}/{ceremony.listed[name]['canonical']}")) == data
        assert digest(data) == ceremony.listed[name]["sha256"]
    for each in ceremony.listed["assertions"]:
        payload = {name: one for name, one in each["assertion"].items() if name != "signature"}
        assert canonical_json(payload) == content(f"{FOLDER}/{each['signing_payload']}")
        assert digest(canonical_json(payload)) == each["signing_digest"]
        assert digest(canonical_json(each["assertion"])) == each["assertion_hash"]
        signed = bytes.fromhex(each["signing_digest"].removeprefix("sha256:"))
        require_signature(each["public_key"], signed, each["signature"])


def test_the_two_quorums_are_reached(ceremony: Ceremony) -> None:
    """Two of two and three where two are enough: the signer set, and what is projected from it."""
    for case in ceremony.listed["cases"]:
        signers = ceremony.signers(*case["assertion_key_ids"])
        projected = value(f"{FOLDER}/{case['verified_projection']['canonical']}")

        assert canonical_json(signers) == content(f"{FOLDER}/{case['signer_set']['canonical']}")
        assert digest(canonical_json(signers)) == case["signer_set"]["sha256"]
        assert digest(canonical_json(projected)) == case["verified_projection"]["sha256"]
        assert projected["signer_set_hash"] == case["signer_set"]["sha256"]
        assert projected["signers"] == signers["signers"]
        over = len(signers["signers"]) > projected["quorum"]
        assert case["expected_status"] == ("verified_over_quorum" if over else "verified")
    assert len(ceremony.listed["cases"]) == 2


def test_the_six_forgeries_are_rejected(ceremony: Ceremony) -> None:
    """A flipped bit, a key for another, another tenant, connector or key id, a wrong surplus."""
    bad_a, bad_c = (flipped(ceremony.assertions[key]["signature"]) for key in ("key-a", "key-c"))
    keys = {each["key_id"]: each["public_key"] for each in ceremony.authority["keys"]}
    places = {each["key_id"]: n for n, each in enumerate(ceremony.authority["keys"])}
    crossed = changed(ceremony.authority, "keys", places["key-a"], "public_key", to=keys["key-b"])
    tenant = changed(ceremony.challenge, "tenant_id", to="tenant-b")
    connector = changed(ceremony.challenge, "connector_authority", "connector_id", to="connector-b")
    pair, every = ("key-b", "key-a"), ("key-c", "key-a", "key-b")
    forged: dict[str, tuple[Ceremony, tuple[str, ...]]] = {
        "flip_key-a_signature_last_bit": (
            ceremony.with_assertion("key-a", "signature", bad_a), pair,
        ),
        "verify_key-a_with_key-b": (attrs.evolve(ceremony, authority=crossed), pair),
        "set_challenge_tenant_id_to_tenant-b": (attrs.evolve(ceremony, challenge=tenant), pair),
        "set_connector_authority_connector_id_to_connector-b": (
            attrs.evolve(ceremony, challenge=connector), pair,
        ),
        "set_key-a_assertion_key_id_to_key-b": (
            ceremony.with_assertion("key-a", "key_id", "key-b"), pair,
        ),
        "flip_key-c_signature_in_over_quorum": (
            ceremony.with_assertion("key-c", "signature", bad_c), every,
        ),
    }  # fmt: skip
    for each in ceremony.listed["negative_vectors"]:
        made, answering = forged.pop(each["mutation"])
        why = rejection(lambda one=made, given=answering: one.signers(*given))  # type: ignore[misc]
        assert why == each["expected_error"]
    assert forged == {}


def test_one_key_cannot_be_two_signers(ceremony: Ceremony) -> None:
    """Not among their vectors: the same answer twice is one principal, and no quorum of two."""
    assert rejection(lambda: ceremony.signers("key-a", "key-a")) == "quorum_not_reached"


def test_the_consumption_verifies_and_its_four_forgeries_do_not() -> None:
    """Another consumer or certification, the very moment of expiry, a flipped bit."""
    listed = value(f"{CONSUMED}/vectors.json")
    stated = listed["consumption"]
    said = value(f"{CONSUMED}/{stated['canonical']}")
    payload = value(f"{CONSUMED}/{stated['signing_payload']['canonical']}")
    key, signature = stated["public_key"], stated["signature"]

    assert digest(canonical_json(said)) == stated["sha256"]
    assert digest(canonical_json(payload)) == stated["signing_payload"]["sha256"]
    require_consumption(said, payload, key, signature)

    consumer = said["consumed_by"].replace("data-plane-a", "data-plane-b")
    tampered = "sha256:" + "0" * 64
    forged: dict[str, Callable[[], None]] = {
        "set_consumed_by_to_data-plane-b": lambda: require_consumption(
            changed(said, "consumed_by", to=consumer), payload, key, signature
        ),
        "set_connector_authority_certification_hash_to_tampered": lambda: require_consumption(
            changed(said, "connector_authority", "certification_hash", to=tampered),
            payload, key, signature,
        ),
        "set_consumed_at_to_grant_expiry": lambda: require_consumption(
            changed(said, "consumed_at", to=said["grant_expires_at"]), payload, key, signature
        ),
        "flip_signature_last_bit": lambda: require_consumption(
            said, payload, key, flipped(signature)
        ),
    }  # fmt: skip
    for each in listed["negative_vectors"]:
        assert rejection(forged.pop(each["mutation"])) == each["expected_error"]
    assert forged == {}
