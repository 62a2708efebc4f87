# SPDX-License-Identifier: Apache-2.0
"""What is assumed of the facts of chains is so, for chains that are really signed and read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.analysis.chains.assumed import assumed_of, reader
from helm_logic.analysis.chains.columns import columns_of
from helm_logic.authority.constraint import Constraint, Value
from helm_logic.authority.facts import anchor_facts, chain_facts, property_facts
from helm_logic.authority.link import Grant
from helm_logic.authority.revocation import RevocationSet
from helm_logic.engine import Engine
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.terms import Row
from helm_logic.ledger.envelope import Envelope
from tests.analysis.chains.planted import edited
from tests.authority.world import FOUNDER, NOW, flipped, key, make_chain, revocation, verified

TEXTS = ("deploy", "read", "service/api", "a/b", "prod")
PATTERNS = ("**", "*", "deploy", "service/*", "service/**", "a/b")
ACTION, RESOURCE = "deploy", "service/api"
PROPERTIES: JsonValue = {"env": "prod", "size": 3}
KINDS: tuple[tuple[str, Value], ...] = (
    ("at_most", 3), ("at_least", 2), ("pattern", "**"), ("one_of", ("prod", "dev")),
)  # fmt: skip
CHANGES = (
    None, "flipped", "repeated", "swapped", "orphan", "stranger", "malformed", "late", "deep",
    "keyless",
)  # fmt: skip


@st.composite
def constraints(draw: st.DrawFn) -> tuple[Constraint, ...]:
    """Draw a few constraints, each kind and property at most once, as a link may have them."""
    name = st.sampled_from(("resource.env", "resource.size", "context.ticket"))
    some = st.sampled_from(KINDS)
    drawn = draw(st.lists(st.tuples(name, some), max_size=2, unique_by=lambda each: each[0]))
    return tuple(Constraint(each, kind, value) for each, (kind, value) in sorted(drawn))


@st.composite
def grants(draw: st.DrawFn) -> tuple[Grant, ...]:
    """Draw one or two grants, mostly ones that cover the request."""
    pattern = st.sampled_from(PATTERNS)
    few = st.lists(pattern, min_size=1, max_size=2, unique=True)
    actions = st.just(["**"]) | few
    each = st.builds(Grant, actions.map(tuple), st.just("**") | pattern, constraints())
    return tuple(draw(st.lists(each, min_size=1, max_size=2)))


@st.composite
def presented(draw: st.DrawFn) -> tuple[list[Any], int]:
    """Draw what somebody presents as a chain, and how many links are read at most."""
    people = (FOUNDER, *(f"agent:{number}" for number in range(draw(st.integers(0, 4)))))
    change = draw(st.sampled_from(CHANGES))
    where = draw(st.integers(0, max(0, len(people) - 2)))
    changes: dict[int, dict[str, Any]] = {
        number: {"grants": draw(st.just((Grant(("**",), "**"),)) | grants())}
        for number in range(len(people) - 1)
    }
    own = changes.setdefault(where, {})
    edits: dict[str, dict[str, Any]] = {
        "orphan": {"parent": None},
        "stranger": {"signer": "agent:stranger"},
        "late": {"not_before": NOW + 1, "expires": NOW + 2},
        "keyless": {"delegate_key": None},
        "repeated": {"id": "link-0"},
    }
    own |= edits.get(change or "", {})
    chain: list[Any] = list(make_chain(people, changes))
    if chain and change == "flipped":
        chain[where] = flipped(chain[where], "signature", 3)
    if chain and change == "malformed":
        chain[where] = {"payload": "?"}
    if change == "swapped":
        chain.reverse()
    return chain, 1 if change == "deep" else 64


def _facts(
    links: Sequence[Any], most: int, withdrawn: Iterable[Envelope] = ()
) -> dict[str, list[Row]]:
    chain = verified(links, max_depth=most)
    revoked = RevocationSet(revocation(each, FOUNDER) for each in withdrawn)
    return {
        **anchor_facts({FOUNDER: (key(FOUNDER),)}),
        **chain_facts(chain, revoked),
        **property_facts(chain, {"resource": {"properties": PROPERTIES}}),
        "action": [(f"s:{ACTION}",)],
        "resource": [(f"s:{RESOURCE}",)],
        "subject": [(f"s:{_subject(links)}",)],
        "now": [(NOW,)],
    }


def _subject(links: Sequence[Any]) -> str:
    return f"agent:{len(links) - 1}" if links else FOUNDER


@cache
def _reader() -> Engine:
    return Engine(reader().program)


@cache
def _rules() -> Engine:
    return Engine(edited().program)


def _read(facts: dict[str, list[Row]], wanted: dict[str, list[Row]], predicate: str) -> list[Row]:
    given = {each.name for each in reader().program.predicates if each.given}
    known = {name: rows for name, rows in {**facts, **wanted}.items() if name in given}
    return list(_reader().evaluate(known).rows(predicate))


@settings(max_examples=60)
@given(presented(), st.booleans())
def test_facts_are_as_assumed(chain: tuple[list[Any], int], revoke: bool) -> None:  # noqa: FBT001
    """Whatever is presented, good, broken or forged, no fact is of a kind called impossible.

    The contract that is proved holds, and a link `gives` what is decided iff it `covers` it.
    """
    links, most = chain
    good = [each for each in links if isinstance(each, Envelope)]
    facts = _facts(links, most, good[:1] if revoke else ())
    assert _read(facts, {}, "impossible") == []
    rulings = _rules().evaluate(facts)
    faults = [row for row in rulings.rows("deny") if row != ("y:unknown_action",)]
    assert bool(rulings.rows("authorized")) is not bool(faults)
    parts = ("action", "resource", "property", "quantity")
    wanted = {f"wanted_{name}": facts[name] for name in parts}
    assert _read(facts, wanted, "gives") == list(rulings.rows("covers"))


def test_a_good_chain_authorizes_under_the_assumptions() -> None:
    """So the assumptions do not contradict each other, nor `authorized`."""
    facts = _facts(make_chain((FOUNDER, "agent:0", "agent:1")), 64)
    assert _read(facts, {}, "impossible") == []
    assert _rules().evaluate(facts).rows("authorized") == ((),)


def test_what_is_functional_is_found() -> None:
    """The relations that have one row for a link or a request are known as functions."""
    rule_set = edited(more="#relation budget(link: string, amount: int).\n"
                           "#assume never budget(L, N), budget(L, M), N != M.\n")  # fmt: skip
    functions = assumed_of(rule_set, columns_of(rule_set)).functions
    keys = {name: each.keys for name, each in functions.items()}
    assert {name for name, each in keys.items() if each == (0,)} == {
        "link", "signed_by", "delegate_key", "valid", "depth_left", "parent", "budget",
    }  # fmt: skip
    assert keys["at_most"] == (0, 1)
    assert keys["now"] == ()
    assert not {"grant", "constraint", "one_of", "property"} & keys.keys()


def test_other_columns_take_the_assumptions_away() -> None:
    """A relation that is declared otherwise is not filled by the reader of chains."""
    rule_set = edited(("#relation valid(link: string, from: time, until: time).",
                       "#relation valid(link: string, since: time, until: time)."))  # fmt: skip
    assert "valid" not in assumed_of(rule_set, columns_of(rule_set)).functions
