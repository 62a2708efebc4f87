# SPDX-License-Identifier: Apache-2.0
"""receipt-v5: three receipts that verify, and four that must not, each for its reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helm_logic.kernel.encoding import canonical_json, digest
from tests.helm_vectors.reader import (
    changed,
    content,
    flipped,
    rejection,
    require_receipt,
    signed_bytes,
    value,
)

FOLDER = "reference_packs/receipt-v5"


def receipts() -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the list of vectors, and the receipts by their ids."""
    listed = value(f"{FOLDER}/vectors.json")
    named = {each["id"]: each["receipt"]["canonical"] for each in listed["vectors"]}
    return listed, {name: value(f"{FOLDER}/{file}") for name, file in named.items()}


def test_the_three_receipts_verify() -> None:
    """Bytes, digests and signed members are those that we compute, and the signatures hold."""
    listed, found = receipts()
    for each in listed["vectors"]:
        receipt = found[each["id"]]
        assert canonical_json(receipt) == content(f"{FOLDER}/{each['receipt']['canonical']}")
        assert digest(canonical_json(receipt)) == each["receipt"]["sha256"]
        payload = signed_bytes(receipt)
        assert payload == content(f"{FOLDER}/{each['signing_payload']['canonical']}")
        assert digest(payload) == each["signing_payload"]["sha256"]
        assert f"ed25519:{receipt['signature']}" == each["signature"]
        require_receipt(receipt, listed["public_key"])
    assert len(found) == 3


def test_the_four_changes_are_rejected() -> None:
    """Another verdict, a flipped bit, a number beyond 2^53-1, a member left out."""
    listed, found = receipts()
    changes: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "set_verdict_to_ALLOW": lambda one: changed(one, "verdict", to="ALLOW"),
        "flip_signature_last_bit": lambda one: changed(
            one, "signature", to=flipped(one["signature"])
        ),
        "set_lamport_clock_above_max_safe_integer": lambda one: changed(
            one, "lamport_clock", to=2**53
        ),
        "remove_empty_policy_hash": lambda one: {
            name: each for name, each in one.items() if name != "policy_hash"
        },
    }
    for each in listed["negative_vectors"]:
        receipt = changes.pop(each["mutation"])(found[each["vector_id"]])
        why = rejection(lambda one=receipt: require_receipt(one, listed["public_key"]))  # type: ignore[misc]
        assert why == each["expected_error"]
    assert changes == {}
