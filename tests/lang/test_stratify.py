# SPDX-License-Identifier: Apache-2.0
"""Strata: components in order, and cycles through negation printed as cycles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.lang.stratify import components
from tests.lang.texts import codes, findings, rule_set

_nodes = st.sampled_from("abcdefg")
graphs = st.lists(st.tuples(_nodes, _nodes), max_size=14).map(
    lambda edges: {node: [b for a, b in edges if a == node] for node in "abcdefg"}
)


def _reachable(graph: dict[str, list[str]], start: str) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        new = set(graph[waiting.pop()]) - seen
        seen |= new
        waiting += new
    return seen


@given(graphs)
def test_components_are_what_reaches_each_other_lowest_first(graph: dict[str, list[str]]) -> None:
    """By the definition: two nodes are together iff each leads to the other."""
    reach = {node: _reachable(graph, node) for node in graph}

    found = components(graph)

    place = {node: n for n, nodes in enumerate(found) for node in nodes}
    assert sorted(place) == sorted(graph)
    for one, asked in graph.items():
        for other in graph:
            assert (place[one] == place[other]) == (other in reach[one] and one in reach[other])
            assert other not in asked or place[other] <= place[one]


def test_a_long_chain_needs_no_stack() -> None:
    """Ten thousand predicates in a row, each upon the next, and back to the first."""
    chain = {f"p{n}": [f"p{n + 1}"] for n in range(10_000)} | {"p10000": []}
    ring = chain | {"p10000": ["p0"]}

    assert components(chain) == tuple((f"p{n}",) for n in range(10_000, -1, -1))
    assert [len(each) for each in components(ring)] == [10_001]


def test_strata_are_a_topological_order() -> None:
    """Every predicate comes after what it asks, itself aside."""
    program = rule_set(
        "a :- not b, c.\nb :- c, d(1).\nc :- d(X), not e(X).\nd(1).\ne(2) :- d(2)."
    ).program
    order = [name for (name,) in program.strata]

    for rule in program.rules:
        for literal in rule.body:
            atom = getattr(literal, "atom", None)
            assert atom is None or order.index(atom.predicate) < order.index(rule.head.predicate)


@pytest.mark.parametrize(
    ("rules", "cycle"),
    [
        ("a :- not a.", "a → not a"),
        ("a :- not b.\nb :- a.", "a → not b → a"),
        ("a :- b.\nb :- c.\nc :- not a.", "c → not a → b → c"),
        ("a(X) :- q(X), not b(X, _).\nb(X, X) :- a(X).", "a → not b → a"),
        ("a(X) :- q(X), count{Y : a(Y)} > 1.", "a → count a"),
        ("a(X) :- q(X), count{Y : q(Y), not b(Y)} > 1.\nb(X) :- a(X).", "a → count b → a"),
        ("a :- not b.\nb :- not a.\nc :- not d, a.\nd :- c.", "a → not b → not a;c → not d → c"),
    ],
)
def test_a_cycle_through_negation_is_printed(rules: str, cycle: str) -> None:
    """One cycle a component, as short as can be, with an arrow for each step."""
    found = [each for each in findings(f"#relation q(a: int).\n{rules}") if each.code == "HL006"]

    assert ";".join(each.message.split(": ")[1] for each in found) == cycle


def test_recursion_without_negation_is_no_cycle() -> None:
    """Positive recursion is one stratum, and negation of a lower one is fine inside it."""
    text = """
        #relation e(a: int, b: int).
        t(X) :- e(X, _), not s(X).
        t(X) :- t(Y), e(X, Y).
        s(X) :- e(X, X).
    """

    assert "HL006" not in codes(text)
    assert rule_set(text).program.strata == (("s",), ("t",))
