# SPDX-License-Identifier: Apache-2.0
"""Biscuit's own samples: tokens with their Datalog, and what must come of them.

Read from the vectors beside the project; nothing here knows one case from another.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import pytest

from helm_logic.authority.adapters.biscuit.authorizer import INVALID_RULE, Outcome
from helm_logic.authority.adapters.biscuit.evaluation import Function
from helm_logic.authority.adapters.biscuit.parser import parse_block, parse_fact
from helm_logic.authority.adapters.biscuit.syntax import AUTHORIZER, Block, Predicate
from helm_logic.authority.adapters.biscuit.values import Value, string
from helm_logic.authority.adapters.protocol import TokenKey
from helm_logic.errors import ExpressionError

FOLDER = Path(__file__).resolve().parents[5] / "shared" / "vectors" / "biscuit"
_AUTHORIZER_ORIGIN = 2**64 - 1

Facts = frozenset[tuple[frozenset[int], Predicate]]


@attrs.frozen
class Validation:
    """One authorizer for one token: *result* is what must come out, *world* the facts, if told."""

    name: str
    data: bytes
    blocks: tuple[Block, ...]
    authorizer: str
    result: Any
    world: Facts | None
    statements: Any
    revocation_ids: tuple[str, ...]

    @property
    def is_format(self) -> bool:
        """Whether the token must be refused before its Datalog is looked at."""
        return "Format" in self.result.get("Err", {})


def validations() -> list[Validation]:
    """Return all of the samples; skip the test if they are not there."""
    if not FOLDER.is_dir():
        pytest.skip("the Biscuit samples are not beside the project")
    return list(_validations())


@cache
def _validations() -> tuple[Validation, ...]:
    cases = json.loads((FOLDER / "samples.json").read_text("utf-8"))["testcases"]
    return tuple(
        Validation(
            f"{case['filename']} {name}",
            (FOLDER / case["filename"]).read_bytes(),
            tuple(parse_block(each["code"], each["external_key"]) for each in case["token"]),
            one["authorizer_code"],
            one["result"],
            None if one["world"] is None else _facts(one["world"]),
            one["world"],
            tuple(one["revocation_ids"]),
        )
        for case in cases
        for name, one in case["validations"].items()
    )


def root_key() -> TokenKey:
    """Return the key that the samples' authority blocks are signed with."""
    from helm_logic.authority.adapters.jwks import read_key  # noqa: PLC0415
    from helm_logic.authority.adapters.jws import print_base64url  # noqa: PLC0415

    text = json.loads((FOLDER / "samples.json").read_text("utf-8"))["root_public_key"]
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": print_base64url(bytes.fromhex(text))}
    return read_key(jwk, ("EdDSA",), "root key")


def _facts(world: Any) -> Facts:
    return frozenset(
        (frozenset(_origin(each) for each in group["origin"]), parse_fact(text))
        for group in world["facts"]
        for text in group["facts"]
    )


def _origin(number: int | None) -> int:
    return AUTHORIZER if number in (None, _AUTHORIZER_ORIGIN) else int(number)


def host_function(value: Value, other: Value | None = None) -> Value:
    """Be the host function that the samples call: one value is returned, two strings compared."""
    if other is None:
        return value
    if (value.kind, other.kind) != ("string", "string"):
        raise ExpressionError("InvalidType", "want two strings")
    return string("equal strings" if value == other else "different strings")


FUNCTIONS: dict[str, Function] = {"test": host_function}


def result_of(outcome: Outcome, *, texts: bool = True) -> Any:
    """Return *outcome* as the samples write it; without *texts*, with those of checks left out."""
    if outcome.error == INVALID_RULE:
        return {"Err": {"FailedLogic": {"InvalidBlockRule": [0, outcome.message]}}}
    if outcome.error is not None:
        return {"Err": {"Execution": outcome.error}}
    if outcome.is_allowed and outcome.policy is not None:
        return {"Ok": outcome.policy[1]}
    checks = []
    for each in outcome.failed:
        text = {"rule": each.text} if texts else {}
        if each.block == AUTHORIZER:
            checks.append({"Authorizer": {"check_id": each.check, **text}})
        else:
            number = {"block_id": each.block, "check_id": each.check}
            checks.append({"Block": {**number, **text}})
    if outcome.policy is None:
        return {"Err": {"FailedLogic": {"NoMatchingPolicy": {"checks": checks}}}}
    kind, place = outcome.policy
    found = {"policy": {kind.title(): place}, "checks": checks}
    return {"Err": {"FailedLogic": {"Unauthorized": found}}}
