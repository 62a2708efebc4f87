# SPDX-License-Identifier: Apache-2.0
"""What tokens only assert, under every rule set that ships: it may take away, and never gives."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.authority.facts import anchor_facts, chain_facts
from helm_logic.authority.revocation import RevocationSet
from helm_logic.engine import Engine
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row
from helm_logic.policy.folder import read_rules, stock_rules
from tests.authority.world import FOUNDER, NOW, PEOPLE, TOOL, key, make_chain, verified

RULE_SETS = sorted(stock_rules().glob("*/main.dl"))
NAMES = ("link-0", "link-1", "token")
WHO = (*PEOPLE, "agent:stranger")


@cache
def engine(path: Path) -> Engine:
    """Return the engine of the shipped rule set *path*."""
    return Engine(program(path))


@cache
def program(path: Path) -> Program:
    """Return the program of the shipped rule set *path*."""
    return read_rules(path).program


def given_facts(people: tuple[str, ...], subject: str) -> dict[str, list[Row]]:
    """Return the facts of a request by *subject* along a chain of *people*; all else is good."""
    chain = verified(make_chain(people))
    return {
        **anchor_facts({FOUNDER: (key(FOUNDER),)}),
        **chain_facts(chain, RevocationSet()),
        "subject": [(f"s:{subject}",)],
        "action": [("s:deploy",)],
        "resource": [("s:service/api",)],
        "resource_type": [("s:service",)],
        "now": [(NOW,)],
        "env": [("s:staging",)],
        "ci_passed": [("b:true",)],
        "freeze": [("b:false",)],
        "approval": [],
    }


def verdict(path: Path, facts: dict[str, list[Row]]) -> str:
    """Return the verdict of the rule set *path* on *facts*."""
    declared = program(path).by_name
    known = {name: rows for name, rows in facts.items() if name in declared}
    (row,) = engine(path).evaluate(known).rows("verdict")
    return str(row[0])[2:]


ROWS = st.tuples(
    st.sampled_from(NAMES), st.integers(1, 3), st.sampled_from(WHO), st.sampled_from(WHO)
)
CLAIMS = st.tuples(st.sampled_from(NAMES), st.sampled_from(("sub", "scope")), st.sampled_from(WHO))


def _rows(values: Iterable[tuple[str | int, ...]]) -> list[Row]:
    rows = (tuple(one if isinstance(one, int) else f"s:{one}" for one in each) for each in values)
    return list(dict.fromkeys(rows))


@pytest.mark.parametrize("path", RULE_SETS, ids=lambda path: path.parent.name)
def test_the_chain_itself_is_allowed(path: Path) -> None:
    """Without anything asserted the request runs, so that the properties below are about it."""
    assert verdict(path, given_facts(PEOPLE, TOOL)) == "allow"


@pytest.mark.parametrize("path", RULE_SETS, ids=lambda path: path.parent.name)
@given(
    length=st.integers(0, 3),
    subject=st.sampled_from(WHO),
    asserted=st.lists(ROWS, max_size=6),
    claims=st.lists(CLAIMS, max_size=3),
)
def test_what_is_only_asserted_never_allows(
    path: Path,
    length: int,
    subject: str,
    asserted: list[tuple[str | int, ...]],
    claims: list[tuple[str | int, ...]],
) -> None:
    """Whatever hops and claims are asserted, what runs with them runs without them."""
    facts = given_facts(PEOPLE[:length] if length > 1 else (), subject)
    told = {**facts, "asserted_link": _rows(asserted), "claim": _rows(claims)}
    assert verdict(path, told) != "allow" or verdict(path, facts) == "allow"


@pytest.mark.parametrize("path", RULE_SETS, ids=lambda path: path.parent.name)
@given(asserted=st.lists(ROWS, min_size=1, max_size=6), claims=st.lists(CLAIMS, max_size=3))
def test_asserted_hops_alone_never_allow(
    path: Path, asserted: list[tuple[str | int, ...]], claims: list[tuple[str | int, ...]]
) -> None:
    """Where no link is verified, no asserted hop leads from an anchor to anybody."""
    facts = given_facts((), TOOL)
    told = {**facts, "asserted_link": _rows(asserted), "claim": _rows(claims)}
    assert verdict(path, told) == "deny"


@pytest.mark.parametrize("path", RULE_SETS, ids=lambda path: path.parent.name)
@given(taker=st.sampled_from(WHO))
def test_a_sound_chain_whose_end_handed_it_on_is_denied(path: Path, taker: str) -> None:
    """Whoever the token's hands are now: the end of the chain has given it away, unsigned."""
    facts = given_facts(PEOPLE, TOOL)
    told = {**facts, "asserted_link": _rows([("link-1", 1, TOOL, taker)])}
    assert verdict(path, told) == "deny"
