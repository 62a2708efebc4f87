# SPDX-License-Identifier: Apache-2.0
"""The outline of a derivation: one line a derived fact, what it rests on beside it."""

from __future__ import annotations

import click

from helm_logic.cli.derivation import DerivationStep, Ground, roots
from helm_logic.cli.derivation_outline import derivation_outline


def given(number: int, fact: str) -> DerivationStep:
    """Return a step whose fact was given."""
    return DerivationStep(number, fact)


def derived(number: int, fact: str, *grounds: int | str) -> DerivationStep:
    """Return a step that rests on other steps, by number, and on conditions, by text."""
    return DerivationStep(
        number,
        fact,
        rule="r",
        grounds=tuple(
            Ground(each, absent=each.startswith("not "))
            if isinstance(each, str)
            else Ground("", each)
            for each in grounds
        ),
    )


def ground_texts(*steps: DerivationStep) -> tuple[DerivationStep, ...]:
    """Return *steps* with each numbered ground showing the fact of its step, as in receipts."""
    return tuple(
        DerivationStep(
            step.number,
            step.fact,
            step.rule,
            grounds=tuple(
                each if each.number is None else Ground(steps[each.number].fact, each.number)
                for each in step.grounds
            ),
        )
        for step in steps
    )


def outline(*steps: DerivationStep) -> list[str]:
    """Return the outline of *steps* as it is read without colour."""
    return [click.unstyle(line) for line in derivation_outline(ground_texts(*steps))]


def test_a_fact_stands_above_what_supports_it() -> None:
    """Derived facts are indented below their conclusion; given and absent ones stand beside it."""
    lines = outline(
        given(0, "a(1)"),
        derived(1, "b", 0, "not c(1)", "1 < 2"),
        derived(2, "verdict(allow)", 1, "not denied"),
    )

    assert lines == [
        "verdict(allow)  not denied",
        "  b             given a; not c",
    ]


def test_a_fact_that_was_shown_is_named_and_not_repeated() -> None:
    """The second time it stands alone, and what it rests on is to be found above."""
    lines = outline(
        given(0, "a"),
        derived(1, "b", 0),
        derived(2, "c", 1),
        derived(3, "verdict(deny)", 2, 1),
    )

    assert lines == [
        "verdict(deny)",
        "  c",
        "    b          given a",
        "  b            see above",
    ]


def test_what_supports_nothing_else_follows_the_claim() -> None:
    """Further reasons, and approvals that kept something from being derived, are shown too."""
    steps = (
        given(0, "approval"),
        derived(1, "approved", 0),
        derived(2, "verdict(allow)", "not escalated"),
    )

    assert roots(steps) == [2, 1]
    assert [line.split("  ")[0] for line in outline(*steps)] == ["verdict(allow)", "approved"]


def test_a_long_fact_has_a_line_to_itself_and_short_digests() -> None:
    """One long fact does not push everything else to the right, and no digest is shown whole."""
    long = f'withdrawn("{"x" * 60}", "{"0123456789abcdef" * 4}")'

    lines = outline(given(0, "now(1)"), derived(1, long, 0), derived(2, "verdict(deny)", 1))

    assert lines[1].endswith('"01234567...")')
    assert lines[2].strip() == "given now"
    assert len(lines[2]) < 80
