# SPDX-License-Identifier: Apache-2.0
"""A derivation as an indented tree of numbered steps, the claim on top.

Each step stands above what it rests on. A step that was shown is named, not repeated. What would be
indented beyond half the width is folded: it is named in place and shown below, at the margin. Lines
are wrapped at the width. `outline` has one line for each derived fact, without rules.
"""

from __future__ import annotations

import re
import textwrap
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeAlias

import attrs

from helm_logic.explain.derivation import Node, ProofDag
from helm_logic.explain.formats.labels import legible, link_words, place, short, values

WIDTH = 100
_INDENT = 4
_STEP = 2  # columns by which the outline is indented
_GAP = 2
_MOST = 60  # columns that the left side of the outline may take before the right one moves down

Style: TypeAlias = Callable[[str], str]


def _as_is(text: str) -> str:
    return text


@attrs.frozen
class Paint:
    """How a terminal shows what may be skipped (*dim*), what holds (*good*), and what does not."""

    dim: Style = _as_is
    good: Style = _as_is
    bad: Style = _as_is


PLAIN = Paint()


def render(dag: ProofDag, width: int = WIDTH) -> str:
    """Return title, verdict and story of *dag*, and its tree, in lines of at most *width*."""
    head = [part for part in (dag.verdict, dag.title) if part]
    lines = [*_wrapped("  ".join(head), 0, width)] if head else []
    for sentence in dag.story:
        lines += _wrapped(sentence, 0, width)
    if lines:
        lines.append("")
    return "\n".join([*lines, *tree(dag, width), ""])


def tree(dag: ProofDag, width: int = WIDTH, paint: Paint = PLAIN) -> Iterator[str]:
    """Yield the tree of *dag* as lines of at most *width*."""
    writer = _Tree(dag, width, paint)
    while writer.folded:
        number = writer.folded.popleft()
        if number not in writer.shown:
            if writer.shown:
                yield ""
            yield from writer.below(number)


@attrs.define
class _Tree:
    """The steps *shown* so far, and those *folded* that a tree of their own waits for."""

    dag: ProofDag
    width: int
    paint: Paint
    shown: set[int] = attrs.field(factory=set)
    links: set[str] = attrs.field(factory=set)
    folded: deque[int] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.folded = deque(self.dag.roots())

    def below(self, top: int) -> Iterator[str]:
        """Yield the tree under *top*."""
        # An explicit stack: a derivation may be deeper than Python's.
        waiting: list[tuple[int, int | str]] = [(0, top)]
        while waiting:
            indent, item = waiting.pop()
            if isinstance(item, str):
                yield from _wrapped(item, indent, self.width)
                continue
            node = self.dag.nodes[item]
            head = f"[{node.id}] {node.text}"
            if node.rule is None:
                yield from self._noted(head, indent, "given")
                yield from self._link(node, indent + _INDENT)
            elif node.id in self.shown:
                yield from self._noted(head, indent, "shown above")
            elif indent > self.width // 2:
                self.folded.append(node.id)
                yield from self._noted(head, indent, "shown below")
            else:
                self.shown.add(node.id)
                yield from _wrapped(head, indent, self.width)
                yield from self._by(node, indent + _INDENT)
                under: tuple[int | str, ...] = (*node.premises, *node.guards)
                waiting.extend((indent + _INDENT, each) for each in reversed(under))

    def _noted(self, text: str, indent: int, note: str) -> Iterator[str]:
        """Yield *text*, wrapped, with *note* behind it."""
        lines = list(_wrapped(text, indent, self.width))
        if len(lines[-1]) + len(note) + _GAP > self.width:
            lines.append(" " * (indent + _INDENT) + self.paint.good(note))
        else:
            lines[-1] += " " * _GAP + self.paint.good(note)
        yield from lines

    def _by(self, node: Node, indent: int) -> Iterator[str]:
        """Yield the rule that gives *node*, and its values, as lines to skip at first reading."""
        where = f"{place(node)}  " if node.span else ""
        lines = [f"{where}{' '.join(node.rule_text.split())}"]
        lines += [f'"{node.words}"'] if node.words else []
        lines += [f"with {named}"] if (named := values(node)) else []
        for line in lines:
            for part in _wrapped(line, indent, self.width):
                yield self.paint.dim(part)
        yield from self._link(node, indent)

    def _link(self, node: Node, indent: int) -> Iterator[str]:
        """Yield what is known of the link of *node*, where it is first met."""
        if node.link is None or node.link.id in self.links:
            return
        self.links.add(node.link.id)
        style = self.paint.dim if node.link.counts else self.paint.bad
        for line in _wrapped(link_words(node.link), indent, self.width):
            yield style(line)


def outline(dag: ProofDag, paint: Paint = PLAIN) -> Iterator[str]:
    """Yield one line for each derived fact of *dag*, with what it rests on beside it."""
    lines = list(_outlined(dag))
    left = min(_MOST, max(len(fact) for fact, _ in lines)) + _GAP
    for fact, rest in lines:
        if rest and len(fact) + _GAP > left:
            yield fact
            yield " " * left + paint.dim(rest)
        else:
            yield fact.ljust(left) + paint.dim(rest) if rest else fact


def _outlined(dag: ProofDag) -> Iterator[tuple[str, str]]:
    shown: set[int] = set()
    waiting = [(0, number) for number in reversed(dag.roots())]
    while waiting:
        indent, number = waiting.pop()
        node = dag.nodes[number]
        fact = " " * indent + short(node.text)
        if number in shown:
            yield fact, "see above"
            continue
        shown.add(number)
        yield fact, _beside(dag, node)
        waiting.extend(
            (indent + _STEP, each)
            for each in reversed(node.premises)
            if dag.nodes[each].rule is not None
        )


def _beside(dag: ProofDag, node: Node) -> str:
    """Return what *node* rests on besides derived facts: `given a, b; not c`."""
    given = [dag.nodes[each].predicate for each in node.premises if dag.nodes[each].rule is None]
    absent = [re.split("[(:]", each)[0] for each in node.guards if each.startswith("not ")]
    parts = ["given " + ", ".join(dict.fromkeys(given))] if given else []
    return legible("; ".join([*parts, *([", ".join(absent)] if absent else [])]))


def _wrapped(text: str, indent: int, width: int) -> Iterator[str]:
    """Yield *text* wrapped at *width*; lines after the first hang."""
    yield from textwrap.wrap(
        legible(" ".join(text.split("\n"))),
        max(width, indent + 2 * _INDENT),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + _INDENT),
        break_on_hyphens=False,
    ) or [" " * indent]
