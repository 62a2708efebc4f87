# SPDX-License-Identifier: Apache-2.0
"""A derivation as an indented tree of numbered steps, the claim on top.

Each step stands above what it rests on. A step that was shown is named, not repeated. What would be
indented beyond half the width is folded: it is named in place and shown below, at the margin. Lines
are wrapped at the width.
"""

from __future__ import annotations

import textwrap
from collections import deque
from collections.abc import Iterator, Sequence

from helm_logic.cli.derivation import DerivationStep, Ground, roots
from helm_logic.cli.palette import dim, good, plain

_INDENT = 4


def derivation_text(steps: Sequence[DerivationStep], width: int) -> Iterator[str]:
    """Yield the tree of *steps*, the last of which is the claim, as lines of at most *width*."""
    shown: set[int] = set()
    folded = deque(roots(steps))
    while folded:
        number = folded.popleft()
        if number not in shown:
            if shown:
                yield ""
            yield from _tree(steps, number, width, shown, folded)


def _tree(
    steps: Sequence[DerivationStep], top: int, width: int, shown: set[int], folded: deque[int]
) -> Iterator[str]:
    # An explicit stack: a derivation may be deeper than Python's.
    waiting: list[tuple[int, int | Ground]] = [(0, top)]
    while waiting:
        indent, item = waiting.pop()
        if isinstance(item, Ground):
            yield from _wrapped(item.text, indent, width, _note(item))
            continue
        step = steps[item]
        head = f"[{step.number}] {step.fact}"
        if step.rule is None:
            yield from _wrapped(head, indent, width, "given")
        elif step.number in shown:
            yield from _wrapped(head, indent, width, "shown above")
        elif indent > width // 2:
            folded.append(step.number)
            yield from _wrapped(head, indent, width, "shown below")
        else:
            shown.add(step.number)
            yield from _wrapped(head, indent, width)
            yield from _by(step, indent + _INDENT, width)
            for ground in reversed(step.grounds):
                below = ground if ground.number is None else ground.number
                waiting.append((indent + _INDENT, below))


def _by(step: DerivationStep, indent: int, width: int) -> Iterator[str]:
    """Yield the rule that gives *step*, and its values, as lines to skip at first reading."""
    place = f"{step.source.place}  " if step.source.place else ""
    for line in _wrapped(f"{place}{' '.join(step.source.text.split())}", indent, width):
        yield dim(line)
    values = ", ".join(f"{name} = {value}" for name, value in step.values if name[0] != "_")
    if values:
        for line in _wrapped(f"with {values}", indent, width):
            yield dim(line)


def _note(ground: Ground) -> str:
    return "absent from the certified model" if ground.absent else "holds"


def _wrapped(text: str, indent: int, width: int, note: str = "") -> Iterator[str]:
    """Yield *text*, with *note* behind it, wrapped at *width*; lines after the first hang."""
    lines = textwrap.wrap(
        plain(text),
        max(width, indent + 2 * _INDENT),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + _INDENT),
        break_on_hyphens=False,
    )
    if note and len(lines[-1]) + len(note) + 2 > width:
        lines.append(" " * (indent + _INDENT) + good(note))
    elif note:
        lines[-1] += f"  {good(note)}"
    yield from lines
