# SPDX-License-Identifier: Apache-2.0
"""Origins, scopes, rules with expressions, and limits; each beside what biscuit-python answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from biscuit_auth import AuthorizationError, AuthorizerBuilder, BiscuitBuilder, BlockBuilder
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.authority.adapters.biscuit.authorizer import LIMIT, Outcome, authorize
from helm_logic.authority.adapters.biscuit.lowering import trusted
from helm_logic.authority.adapters.biscuit.parser import parse_authorizer, parse_block
from helm_logic.authority.adapters.biscuit.syntax import AUTHORIZER, Block
from tests.authority.adapters.biscuit.tokens import private_key

ALLOW = "allow if true;"


def ours(blocks: Sequence[str], authorizer: str = ALLOW) -> Outcome:
    """Return what our engine makes of *blocks*."""
    return authorize([parse_block(each) for each in blocks], parse_authorizer(authorizer))


def theirs(blocks: Sequence[str], authorizer: str = ALLOW) -> bool:
    """Return whether biscuit-python allows *blocks*."""
    token = BiscuitBuilder(blocks[0]).build(private_key())
    for each in blocks[1:]:
        token = token.append(BlockBuilder(each))
    builder: Any = AuthorizerBuilder(authorizer)
    limits = builder.limits()
    limits.max_time = dt.timedelta(minutes=5)  # its default refuses good tokens
    builder.set_limits(limits)
    try:
        builder.build(token).authorize()
    except AuthorizationError:
        return False
    return True


def agrees(blocks: Sequence[str], authorizer: str = ALLOW) -> bool:
    """Say whether both answer alike."""
    return ours(blocks, authorizer).is_allowed == theirs(blocks, authorizer)


_NAMES = st.sampled_from("pqr")
_SCOPES = st.sampled_from(["", " trusting authority", " trusting previous"])
_TERMS = st.sampled_from(["$x", "$y", "1", "2"])
_ATOMS = st.builds(lambda name, a, b: f"{name}({a}, {b})", _NAMES, _TERMS, _TERMS)
_CONDITIONS = st.sampled_from(
    ["", ", $x < 2", ", $x !== $y", ", {1}.contains($x)", ", [1, 2].any($v -> $v > $x)"]
)
_FACTS = st.builds(
    lambda name, a, b: f"{name}({a}, {b});", _NAMES, st.integers(1, 2), st.integers(1, 2)
)
_RULES = st.builds(
    lambda name, a, b, more, condition, scope: (
        f"{name}({a}, {b}) <- {', '.join(['q($x, $y)', *more])}{condition}{scope};"
    ),
    _NAMES, _TERMS, _TERMS, st.lists(_ATOMS, max_size=2), _CONDITIONS, _SCOPES,
)  # fmt: skip
_CHECKS = st.builds(
    lambda kind, atom, condition, scope: f"{kind} {atom}, p($x, $y){condition}{scope};",
    st.sampled_from(["check if", "check all", "reject if"]), _ATOMS, _CONDITIONS, _SCOPES,
)  # fmt: skip
_BLOCKS = st.builds(
    lambda *parts: " ".join(each for part in parts for each in part),
    st.lists(_FACTS, max_size=4), st.lists(_RULES, max_size=2), st.lists(_CHECKS, max_size=1),
)  # fmt: skip


@settings(max_examples=30)
@given(st.lists(_BLOCKS, min_size=1, max_size=4), _BLOCKS, st.lists(_ATOMS, max_size=2))
def test_both_engines_agree(blocks: list[str], authorizer: str, policies: list[str]) -> None:
    """Random facts, rules, checks and scopes in up to four blocks: our answer is Biscuit's."""
    text = authorizer + "".join(f" deny if {each};" for each in policies[1:])
    text += "".join(f" allow if {each};" for each in policies[:1]) + " allow if p(1, 1);"

    assert agrees(blocks, text)


@pytest.mark.parametrize(
    ("scopes", "own", "wanted"),
    [
        ((), 2, {AUTHORIZER, 0, 2}),
        (("authority",), 2, {AUTHORIZER, 0, 2}),
        (("previous",), 2, {AUTHORIZER, 0, 1, 2}),
        (("ed25519/aa",), 2, {AUTHORIZER, 1, 2}),
        (("ed25519/aa", "authority"), 2, {AUTHORIZER, 0, 1, 2}),
        (("ed25519/bb",), 2, {AUTHORIZER, 2}),
        (("previous",), AUTHORIZER, {AUTHORIZER}),
        ((), AUTHORIZER, {AUTHORIZER, 0}),
    ],
)
def test_whose_facts_a_body_trusts(scopes: tuple[str, ...], own: int, wanted: set[int]) -> None:
    """Its own block's and the authorizer's always; block 0's unless scopes say otherwise."""
    blocks = (Block(), Block(key="ed25519/aa"), Block())

    assert trusted(scopes, own, blocks) == wanted


def test_a_derived_fact_has_the_origins_of_all_that_it_came_from() -> None:
    """Two premises of different blocks and the rule's own block: three origins."""
    world = ours(["p(1);", "q(1);", "r($x) <- p($x), q($x) trusting previous;"]).world

    assert world is not None
    assert [each for each, fact in world.facts if fact.name == "r"] == [{0, 1, 2}]


@pytest.mark.parametrize("length", [98, 99])
@pytest.mark.parametrize("condition", ["", ", $x < $y"])
def test_rounds_end_where_biscuits_do(length: int, condition: str) -> None:
    """A path of 99 steps takes the last round that is allowed; one more is refused by both."""
    path = "".join(f"n({each}, {each + 1});" for each in range(length + 1))
    rule = f"c($y) <- c($x), n($x, $y){condition}; {ALLOW}"
    outcome = ours([f"c(0); {path}"], rule)

    assert (outcome.error == LIMIT) is (length == 99)
    assert outcome.is_allowed is theirs([f"c(0); {path}"], rule)


@pytest.mark.parametrize("count", [998, 999])
def test_facts_end_where_biscuits_do(count: int) -> None:
    """A derived fact may be the 999th; the thousandth is refused by both."""
    blocks = ["".join(f"n({each});" for each in range(count))]
    rule = f"k(1) <- n(1); {ALLOW}"

    assert ours(blocks, rule).is_allowed is theirs(blocks, rule) is (count == 998)


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"p({each});" for each in range(200)) + "q($x, $y, $z) <- p($x), p($y), p($z);",
        "p(1); check if " + ", ".join(f"p($x{each})" for each in range(3000)) + ";",
        "check if [" + "1, " * 200 + "1].all($a -> [" + "1, " * 200 + "1].all($b -> ["
        + "1, " * 200 + "1].all($c -> true)));",
        'check if "' + "a" * 2000 + '".matches("(a?){200}(a?){200}b");',
    ],
)  # fmt: skip
def test_no_token_keeps_us_busy(text: str) -> None:
    """Products, long bodies, nested closures and greedy patterns end in a counted limit."""
    outcome = ours([text])

    assert (outcome.error, outcome.is_allowed) == (LIMIT, False)


def test_reject_with_or_is_biscuits() -> None:
    """As in Biscuit, `reject if A or B` fails only if both match."""
    one, both = "reject if p(1) or p(2);", "reject if p(1) or p(1);"

    assert ours(["p(1);", one]).is_allowed is theirs(["p(1);", one]) is True
    assert ours(["p(1);", both]).is_allowed is theirs(["p(1);", both]) is False


def test_no_policy_that_matches_is_a_denial() -> None:
    """Without a policy nothing is allowed, even if every check passes."""
    outcome = ours(["p(1);"], "allow if p(2);")

    assert (outcome.policy, outcome.failed, outcome.is_allowed) == (None, (), False)
