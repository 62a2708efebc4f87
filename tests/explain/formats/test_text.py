# SPDX-License-Identifier: Apache-2.0
"""The text of a derivation: every step once, within the width, links told once."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.explain.derivation import ProofDag
from helm_logic.explain.formats import text
from tests.explain.formats.dags import dags, deep, large, small

SMALL = """\
ALLOW  why allow(covered)
agent:ops may deploy: the chain covers it.
The chain begins at user:founder.

[9] allow(covered)
    policy.dl:3  allow(X) :- holds(X), not revoked(X).
    with X = "allow(covered)"
    [6] authorized
        policy.dl:7  authorized(X) :- holds(X), not revoked(X).
        with X = "authorized"
        [4] holds("agent:ops")
            policy.dl:5  holds(X) :- holds(X), not revoked(X).
            with X = "holds("agent:ops")"
"""


def test_the_claim_stands_on_top_of_what_it_rests_on() -> None:
    """Verdict, title and story come first, then the tree; a fact about a link tells of it."""
    shown = text.render(small())

    assert shown.startswith(SMALL)
    assert shown.count("signature verified") == 1
    assert '"a production deploy needs approval"' in shown
    assert '[4] holds("agent:ops")  shown above' in shown
    assert "    not deny(frozen)  absent from the model" in shown


@settings(max_examples=30)
@given(dag=dags(), width=st.integers(40, 120))
def test_each_derived_step_is_shown_exactly_once(dag: ProofDag, width: int) -> None:
    """Whatever the sharing and the width, a step stands in one place and is named elsewhere."""
    lines = text.tree(dag, width)
    heads = [re.match(r" *\[(\d+)\]", line) for line in lines]
    named = {int(found[1]) for found in heads if found}

    assert {node.id for node in dag.nodes if node.rule is not None} <= named


@pytest.mark.parametrize("width", [40, 60, 100])
def test_what_is_too_far_right_is_folded(width: int) -> None:
    """Deep steps move down to the margin, so that lines keep within the width."""
    lines = list(text.tree(deep(50), width))

    assert max(map(len, lines)) <= width
    assert sum("shown below" in line for line in lines) == sum(line == "" for line in lines)


def test_paint_is_decoration() -> None:
    """Styles change how lines look and not what they say."""
    paint = text.Paint(*[lambda part: f"\x1b[1m{part}\x1b[0m"] * 3)

    painted = [re.sub(r"\x1b\[\dm", "", line) for line in text.tree(large(60), paint=paint)]

    assert painted == list(text.tree(large(60)))


def test_the_outline_has_a_line_for_each_derived_fact() -> None:
    """Derived facts stand left, what they rest on right, without rules."""
    assert list(text.outline(small())) == [
        "allow(covered)               given action; not deny",
        "  authorized",
        '    holds("agent:ops")       given link; not revoked',
        '      holds("user:founder")  given anchor',
        "    live(1)                  given link",
        "needs_approval(deploy)       given action",
        '  holds("agent:ops")         see above',
        "ready",
        '  holds("agent:ops")         see above',
    ]


def test_the_outline_of_a_long_fact_takes_two_lines() -> None:
    """What a long fact rests on stands below it, in the column of the others."""
    *_, second, last = text.outline(deep(40))

    assert second.strip() == "at(1)"
    assert last == " " * 62 + "given start"
