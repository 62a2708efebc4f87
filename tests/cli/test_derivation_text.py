# SPDX-License-Identifier: Apache-2.0
"""The derivation as a tree: every step once, whatever its depth and the width of the page."""

from __future__ import annotations

import re

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.cli.derivation import DerivationStep, RuleSource, derivation
from helm_logic.cli.derivation_text import derivation_text
from helm_logic.engine import Engine
from helm_logic.kernel.certificate import Facts
from helm_logic.kernel.check import check
from helm_logic.kernel.terms import Row
from helm_logic.lang import Source, load

REACH = """
#relation edge(from: int, to: int).
reach(X, Y) :- edge(X, Y).
reach(X, Z) :- reach(X, Y), edge(Y, Z).
far(X, Y) :- reach(X, Y), not edge(X, Y).
meet(X, Y) :- reach(Z, X), reach(Z, Y).
"""
WALK = """
#relation start(at: int).
#relation edge(from: int, to: int).
at(X) :- start(X).
at(Y) :- at(X), edge(X, Y).
"""
EVERYTHING = """
#relation vote(who: string, at: time).
#relation banned(who: string).
#relation open(file: pattern).
voter(W) :- vote(W, _), not banned(W).
late(W) :- vote(W, T), D = T + 60, D >= 1970-01-01T00:02:00Z.
quorum :- count{ W : voter(W) } >= 2, matches("a/*", "a/b").
"""


def steps_of(rules: str, facts: Facts, goal: tuple[str, Row]) -> tuple[DerivationStep, ...]:
    """Return the derivation of *goal*, which the kernel has accepted."""
    rule_set = load(Source("test.dl", rules), lambda _: None)
    evaluation = Engine(rule_set.program, {}, tuple(facts)).evaluate(facts)
    certificate = evaluation.certificate([goal])
    check(rule_set.program, evaluation.facts, certificate)
    sources = {
        name: RuleSource(rule_set.annotations[name].text, f"test.dl:{span.line}")
        for name, span in rule_set.spans.items()
    }
    return derivation(rule_set.program, certificate, sources)


def tree(steps: tuple[DerivationStep, ...], width: int = 100) -> list[str]:
    """Return the tree as it is read without colour."""
    return [click.unstyle(line) for line in derivation_text(steps, width)]


def test_each_step_shows_rule_place_values_and_grounds() -> None:
    """A step stands above what it rests on; what had to be absent stands there too."""
    facts: Facts = {"edge": [(1, 2), (2, 3)]}

    assert tree(steps_of(REACH, facts, ("far", (1, 3)))) == [
        "[4] far(1, 3)",
        "    test.dl:5  far(X, Y) :- reach(X, Y), not edge(X, Y).",
        "    with X = 1, Y = 3",
        "    [3] reach(1, 3)",
        "        test.dl:4  reach(X, Z) :- reach(X, Y), edge(Y, Z).",
        "        with X = 1, Y = 2, Z = 3",
        "        [1] reach(1, 2)",
        "            test.dl:3  reach(X, Y) :- edge(X, Y).",
        "            with X = 1, Y = 2",
        "            [0] edge(1, 2)  given",
        "        [2] edge(2, 3)  given",
        "    not edge(1, 3)  absent from the certified model",
    ]


def test_every_kind_of_literal_is_shown_with_its_values() -> None:
    """Counts, patterns, sums and comparisons hold; times are times, in facts and nowhere else."""
    facts: Facts = {
        "vote": [("s:ann", 60), ("s:bob", 7)],
        "banned": [("s:carl",)],
        "open": [],
    }
    late = tree(steps_of(EVERYTHING, facts, ("late", ("s:ann",))))
    assert '    [0] vote("ann", 1970-01-01T00:01:00Z)  given' in late
    assert any(line.endswith("120 = 60 + 60  holds") for line in late)
    assert any(line.endswith("120 >= 120  holds") for line in late)

    quorum = tree(steps_of(EVERYTHING, facts, ("quorum", ())))
    assert quorum[0].endswith("] quorum")
    assert any("count{" in line and line.endswith(">= 2  holds") for line in quorum)
    assert any(line.endswith('matches("a/*", "a/b")  holds') for line in quorum)


@pytest.mark.parametrize("width", [40, 100])
def test_a_deep_derivation_is_folded_not_pushed_off_the_page(width: int) -> None:
    """Two thousand steps on each other neither overflow a stack nor run off to the right."""
    depth = 1_000
    edges = [(number, number + 1) for number in range(depth)]
    steps = steps_of(WALK, {"start": [(0,)], "edge": edges}, ("at", (depth,)))
    lines = tree(steps, width)

    assert len(steps) == 2 * depth + 2
    assert max(map(len, lines)) <= width
    assert _shown_whole(lines) == {step.number for step in steps if step.rule is not None}


@settings(max_examples=50)
@given(
    st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12),
    st.integers(40, 120),
)
def test_every_step_is_shown_once(edges: set[tuple[int, int]], width: int) -> None:
    """However steps share what they rest on, each is told once, and pointed to elsewhere."""
    program = load(Source("test.dl", REACH), lambda _: None).program
    evaluation = Engine(program, {}, ("edge",)).evaluate({"edge": sorted(edges)})
    for row in sorted(evaluation.rows("meet"))[:10]:
        steps = derivation(program, evaluation.certificate([("meet", row)]), {})
        lines = tree(steps, width)

        assert _shown_whole(lines) == {step.number for step in steps if step.rule is not None}


def _shown_whole(lines: list[str]) -> set[int]:
    """Return the numbers of the steps that are told, each of which must be told once."""
    found = [re.match(r" *\[(\d+)\] .*\)$", line) for line in lines]
    # On a narrow page the note that a step is shown elsewhere stands on a line of its own.
    notes = [line.strip() in {"given", "shown above", "shown below"} for line in (*lines[1:], "")]
    numbers = [int(each[1]) for each, note in zip(found, notes, strict=True) if each and not note]
    assert len(set(numbers)) == len(numbers)
    return set(numbers)


def test_what_a_terminal_would_act_on_is_not_printed() -> None:
    """A constant that holds an escape sequence is shown without its power."""
    facts: Facts = {"vote": [("s:\x1b[2J\r", 1)], "banned": [], "open": []}
    text = "".join(tree(steps_of(EVERYTHING, facts, ("voter", ("s:\x1b[2J\r",)))))

    assert "\x1b" not in text
    assert "\r" not in text
