# SPDX-License-Identifier: Apache-2.0
"""The plain evaluator, by which translations are judged: Cedar's own tests, and its arithmetic."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from helm_logic.kernel.encoding import MAX_INTEGER
from tests.analysis.cedar.evaluate import Value, World, policy_matches
from tests.analysis.cedar.policy_parser import parse_policies
from tests.analysis.cedar.syntax import Entity, Policy

_TESTS: Final = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "cedar-tests"
# Those of the published tests that need what no input of the analysis uses.
_NOT_READ: Final = {
    "decimal/1": "method `greaterThan`",
    "decimal/2": "method `greaterThanOrEqual`",
    "example_use_cases/4d": "`has`",
    "example_use_cases/4f": "`has`",
    "ip/1": "name `ip`",
    "ip/2": "method `isLoopback`",
    "ip/3": "method `isInRange`",
    "multi/3": "`unless`",
    "multi/4": "`unless`",
    "multi/5": "`unless`",
}


def _tests() -> dict[str, dict[str, Any]]:
    found = sorted(_TESTS.glob("tests/*/*.json"))
    return {f"{p.parent.name}/{p.stem}": json.loads(p.read_text(encoding="utf-8")) for p in found}


def _entity(value: Mapping[str, str]) -> Entity:
    return Entity(value["type"], value["id"])


def _value(value: Any) -> Value:
    if isinstance(value, list):
        return frozenset(_value(each) for each in value)
    if isinstance(value, dict):
        named = value.get("__entity", value)
        return _entity(named) if "type" in named else value
    plain: Value = value
    return plain


def _worlds(test: Mapping[str, Any]) -> Iterable[tuple[World, Mapping[str, Any]]]:
    entities = json.loads((_TESTS / test["entities"]).read_text(encoding="utf-8"))
    parents = {_entity(e["uid"]): tuple(map(_entity, e["parents"])) for e in entities}
    attributes = {
        _entity(e["uid"]): {name: _value(value) for name, value in e["attrs"].items()}
        for e in entities
    }
    for asked in test["requests"]:
        principal, action, resource = (
            _entity(asked[name]) for name in ("principal", "action", "resource")
        )
        context = asked["context"]
        yield World(principal, action, resource, context, attributes, parents), asked


def _policies(test: Mapping[str, Any]) -> tuple[Policy, ...]:
    return parse_policies((_TESTS / test["policies"]).read_text(encoding="utf-8"))


def test_published_decisions_come_out() -> None:
    """Who decides each published request: the forbids that match, or else the permits."""
    if not _TESTS.is_dir():
        pytest.skip("no published tests at ../shared/vectors/cedar-tests")
    counted = 0
    for name, test in _tests().items():
        if name in _NOT_READ:
            with pytest.raises(SyntaxError, match=_NOT_READ[name]):
                _policies(test)
            continue
        for world, asked in _worlds(test):
            matching = [each for each in _policies(test) if policy_matches(each, world)]
            against = [each.id for each in matching if each.effect == "forbid"]
            deciding = against or [each.id for each in matching]

            decision = "deny" if against or not matching else "allow"
            assert (decision, sorted(deciding)) == (asked["decision"], sorted(asked["reason"]))
            counted += 1

    assert counted >= 30


def _matches(condition: str, n: int) -> bool:
    (policy,) = parse_policies(f"permit(principal, action, resource) when {{ {condition} }};")
    user, view = Entity("User", "u"), Entity("Action", "view")
    return policy_matches(policy, World(user, view, user, {"n": n}, {}, {}))


@pytest.mark.parametrize(
    ("condition", "n", "matches"),
    [
        ("context.n + 1 > 0", MAX_INTEGER - 1, True),
        ("context.n + 1 > 0", MAX_INTEGER, False),
        ("!(context.n + 1 > 0)", MAX_INTEGER, False),
        ("true || context.n + 1 > 0", MAX_INTEGER, True),
        ("context.n + 1 > 0 || true", MAX_INTEGER, False),
        ("!(false && context.n + 1 > 0)", MAX_INTEGER, True),
        ("-context.n < 0", MAX_INTEGER, True),
        ("context.n * 2 - context.n == context.n", MAX_INTEGER // 2 + 1, False),
    ],
)
def test_what_has_no_value_does_not_match(condition: str, n: int, matches: bool) -> None:  # noqa: FBT001
    """Neither a sum that is no Long nor its negation matches, unless nobody asks for it."""
    assert _matches(condition, n) is matches
