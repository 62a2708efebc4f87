# SPDX-License-Identifier: Apache-2.0
"""A small reader of helm-ai-kernel's signed files: its formats, and our primitives underneath.

Canonical JSON, SHA-256 names and Ed25519 are ours (`kernel.encoding`, `ledger.keys`); which members
are signed, and how signer sets and consumptions are put together, is theirs, as ../shared/vectors
describes it. `Rejected` carries the error that their vectors expect.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from helm_logic.errors import InputError, SignatureError
from helm_logic.kernel.encoding import canonical_json, digest, parse_json
from helm_logic.ledger.keys import PublicKey

_VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "helm"

SIGNED_MEMBERS = (
    "signature_version", "receipt_id", "decision_id", "effect_id", "status", "output_hash",
    "prev_hash", "lamport_clock", "args_hash", "verdict", "reason_code", "policy_hash",
    "session_id",
)  # fmt: skip


class Rejected(Exception):
    """A file of theirs does not verify; the text is the name of their error."""


def content(name: str) -> bytes:
    """Return the bytes of a vector file without its last newline, or skip the test that asked."""
    path = _VECTORS / name
    if not path.exists():
        pytest.skip(f"helm-ai-kernel's vectors are not here: {path}")
    return path.read_bytes().removesuffix(b"\n")


def value(name: str) -> Any:
    """Return the JSON value in a vector file."""
    return parse_json(content(name), max_bytes=1 << 20)


def signed_bytes(receipt: dict[str, Any]) -> bytes:
    """Return what the signature of a receipt.v5 covers; raise Rejected."""
    if not set(SIGNED_MEMBERS) <= receipt.keys():
        raise Rejected("contract_mismatch")
    return canonical({name: receipt[name] for name in SIGNED_MEMBERS})


def canonical(what: Any) -> bytes:
    """Return canonical JSON; raise Rejected for a number that a strict reader would refuse."""
    data = canonical_json(what)
    try:
        parse_json(data)
    except InputError:
        raise Rejected("non_interoperable_number") from None
    return data


def require_signature(key: str, message: bytes, signature: str) -> None:
    """Return if *signature* is that of *key* over *message*; raise Rejected."""
    raw, signed = (bytes.fromhex(text.removeprefix("ed25519:")) for text in (key, signature))
    try:
        PublicKey(raw).verify(message, signed)
    except SignatureError:
        raise Rejected("signature_rejected") from None


def require_receipt(receipt: dict[str, Any], key: str) -> None:
    """Return if *key* signed the receipt.v5; raise Rejected."""
    require_signature(key, signed_bytes(receipt), receipt["signature"])


def require_authority(said: dict[str, Any]) -> None:
    """Return if a connector authority has the hash that it names; raise Rejected."""
    authority = dict(said["connector_authority"])
    if authority.pop("authority_hash") != digest(canonical(authority)):
        raise Rejected("connector_authority_rejected")


def quorum(
    challenge: dict[str, Any], wanted: str, authority: dict[str, Any], given: Sequence[Any]
) -> dict[str, Any]:
    """Return the signer set of the assertions *given* to *challenge*; raise Rejected.

    *wanted* is the hash that the challenge has to have. Every assertion must hold: one that is
    wrong spoils the set, however many others there are.
    """
    require_authority(challenge)
    if digest(canonical(challenge)) != wanted:
        raise Rejected("challenge_hash_mismatch")
    keys = {key["key_id"]: key for key in authority["keys"]}
    signers = [_signer(challenge, wanted, keys, each) for each in given]
    if len({each["principal_id"] for each in signers}) < challenge["quorum"]:
        raise Rejected("quorum_not_reached")
    order = ("principal_id", "credential_id", "device_id", "key_id")
    return {
        "authority_snapshot_hash": digest(canonical(authority)),
        "challenge_hash": wanted,
        "domain": "HELM/ApprovalSignerSet/v1",
        "signers": sorted(signers, key=lambda each: [each[name] for name in order]),
    }


def _signer(
    challenge: dict[str, Any], wanted: str, keys: dict[str, Any], assertion: dict[str, Any]
) -> dict[str, Any]:
    payload = {name: each for name, each in assertion.items() if name != "signature"}
    key = keys.get(assertion["key_id"])
    if key is None or payload["challenge_hash"] != wanted:
        raise Rejected("signature_rejected")
    message = bytes.fromhex(digest(canonical(payload)).removeprefix("sha256:"))
    require_signature(key["public_key"], message, assertion["signature"])
    may = (
        key["enabled"]
        and challenge["required_role"] in key["roles"]
        and challenge["action"] in key["actions"]
        and challenge["audience"] in key["audiences"]
        and challenge["tenant_id"] == key["tenant_id"]
        and challenge["workspace_id"] in key["workspace_ids"]
        and key["not_before"] <= challenge["issued_at"] < key["not_after"]
    )
    if not may:
        raise Rejected("authority_rejected")
    named = {name: key[name] for name in ("credential_id", "device_id", "key_id", "principal_id")}
    role = challenge["required_role"]
    return {**named, "assertion_hash": digest(canonical(assertion)), "role": role}


def require_consumption(said: dict[str, Any], payload: dict[str, Any], key: str, by: str) -> None:
    """Return if the approval was consumed in time, as *payload* says, signed *by* *key*."""
    require_authority(said)
    if not said["grant_issued_at"] <= said["consumed_at"] < said["grant_expires_at"]:
        raise Rejected("inactive_consumption")
    hashed = digest(canonical({name: said[name] for name in said if name != "consumption_hash"}))
    if not hashed == said["consumption_hash"] == payload["consumption_hash"]:
        raise Rejected("hash_mismatch")
    require_signature(key, canonical(payload), by)


def rejection(check: Callable[[], object]) -> str:
    """Return the name of the error with which *check* rejects."""
    with pytest.raises(Rejected) as caught:
        check()
    return str(caught.value)


def changed(original: Any, *path: str | int, to: Any) -> Any:
    """Return a copy of *original* with what stands at *path* set *to* something else."""
    result = copy.deepcopy(original)
    place = result
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = to
    return result


def flipped(signature: str) -> str:
    """Return *signature* with its last bit changed."""
    return signature[:-1] + f"{int(signature[-1], 16) ^ 1:x}"
