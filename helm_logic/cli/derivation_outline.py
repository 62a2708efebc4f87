# SPDX-License-Identifier: Apache-2.0
"""A derivation in outline: one line for each derived fact, with what it rests on beside it.

Left, indented below what they support, the derived facts; right, the names of the given facts and
of what had to be absent. Rules, values and comparisons are left out: `derivation_text` has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from helm_logic.cli.derivation import DerivationStep, roots
from helm_logic.cli.palette import dim, plain

_INDENT = 2
_GAP = 2
_MOST = 60  # columns that the left side may take before the right one moves to its own line
_HEX = re.compile(r"([0-9a-f]{8})[0-9a-f]{56}")


def derivation_outline(steps: Sequence[DerivationStep]) -> Iterator[str]:
    """Yield the outline of *steps*, the last of which is the claim, as lines."""
    lines = list(_lines(steps))
    left = min(_MOST, max(len(fact) for fact, _ in lines)) + _GAP
    for fact, rest in lines:
        if rest and len(fact) + _GAP > left:
            yield fact
            yield " " * left + dim(rest)
        else:
            yield fact.ljust(left) + dim(rest) if rest else fact


def _lines(steps: Sequence[DerivationStep]) -> Iterator[tuple[str, str]]:
    shown: set[int] = set()
    # An explicit stack: a derivation may be deeper than Python's.
    waiting = [(0, number) for number in reversed(roots(steps))]
    while waiting:
        indent, number = waiting.pop()
        step = steps[number]
        fact = " " * indent + _HEX.sub(r"\1...", plain(step.fact))
        if number in shown:
            yield fact, "see above"
            continue
        shown.add(number)
        yield fact, plain(_beside(steps, step))
        waiting.extend(
            (indent + _INDENT, ground.number)
            for ground in reversed(step.grounds)
            if ground.number is not None and steps[ground.number].rule is not None
        )


def _beside(steps: Sequence[DerivationStep], step: DerivationStep) -> str:
    """Return what *step* rests on besides derived facts: `given a, b; not c`."""
    given = [
        _name(ground.text)
        for ground in step.grounds
        if ground.number is not None and steps[ground.number].rule is None
    ]
    absent = [_name(ground.text) for ground in step.grounds if ground.absent]
    parts = ["given " + ", ".join(dict.fromkeys(given))] if given else []
    return "; ".join([*parts, *([", ".join(absent)] if absent else [])])


def _name(fact: str) -> str:
    return fact.partition("(")[0]
