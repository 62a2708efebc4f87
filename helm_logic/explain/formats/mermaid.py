# SPDX-License-Identifier: Apache-2.0
"""A derivation as a Mermaid flowchart, for Markdown that draws them.

What draws Mermaid takes 500 edges and 50,000 characters: a larger derivation is cut at the steps
that are farthest from its claim, and each step says how many of its premises are not drawn.
"""

from __future__ import annotations

import re
import textwrap
from collections import deque
from collections.abc import Iterator

from helm_logic.explain.derivation import Node, ProofDag
from helm_logic.explain.formats.labels import short

_WIDTH = 36  # characters of a line in a box
_LABEL = 120
_EDGES = 480  # Mermaid refuses more than 500 (maxEdges)
_CHARACTERS = 45_000  # Mermaid refuses more than 50,000 (maxTextSize)
# What a label may hold as it is. All else could be a quote, a directive (`%%{`), an entity (`#`),
# Markdown or HTML, each of which Mermaid reads in labels too.
_PLAIN = re.compile(r"[^\w .,()/*+=-]", re.ASCII)
_VERDICTS = {"ALLOW": "allow", "DENY": "deny", "ESCALATE": "escalate"}
_CLASSES = (
    "classDef given fill:#eef1f4,stroke:#57606a,color:#1f2328",
    "classDef void fill:#ffffff,stroke:#cf222e,color:#1f2328,stroke-dasharray:5 3",
    "classDef allow stroke:#1a7f37,stroke-width:3px",
    "classDef deny stroke:#cf222e,stroke-width:3px",
    "classDef escalate stroke:#9a6700,stroke-width:3px",
)


def render(dag: ProofDag) -> str:
    """Return *dag* as a flowchart, the claim on top."""
    drawn = _drawn(dag)
    lines = ["flowchart TD"]
    for node in drawn:
        lines.append(f"  n{node.id}{_box(node, _label(node, drawn))}")
        lines += (f"  n{node.id} --> n{each}" for each in _premises(node) if each in drawn.ids)
    lines += (f"  {each}" for each in _CLASSES)
    lines += (f"  class n{node.id} {name}" for node in drawn for name in _classes(dag, node))
    return "\n".join([*lines, ""])


class _Drawn:
    """The nodes that are drawn, in order, and their ids."""

    def __init__(self, nodes: list[Node]) -> None:
        self._nodes = sorted(nodes, key=lambda node: -node.id)
        self.ids = {node.id for node in nodes}

    def __iter__(self) -> Iterator[Node]:
        return iter(self._nodes)


def _drawn(dag: ProofDag) -> _Drawn:
    """Return the nodes nearest to the roots of *dag*, as many as Mermaid takes."""
    waiting, met = deque(dag.roots()), set(dag.roots())
    nodes: list[Node] = []
    edges, characters = 0, sum(map(len, _CLASSES)) + 100
    while waiting:
        node = dag.nodes[waiting.popleft()]
        # Counted as if all premises were drawn, which is more than will be.
        edges += len(_premises(node))
        characters += len(_text(node)) + 80 + 24 * len(_premises(node))
        if nodes and (edges > _EDGES or characters > _CHARACTERS):
            break
        nodes.append(node)
        waiting.extend(each for each in _premises(node) if each not in met)
        met.update(node.premises)
    return _Drawn(nodes)


def _premises(node: Node) -> tuple[int, ...]:
    return tuple(dict.fromkeys(node.premises))


def _label(node: Node, drawn: _Drawn) -> str:
    left = sum(each not in drawn.ids for each in _premises(node))
    return _text(node) + (f"<br/>(and {left} more, not drawn)" if left else "")


def _text(node: Node) -> str:
    lines = textwrap.wrap(short(node.text, _LABEL), _WIDTH, break_on_hyphens=False)
    lines += [f"by {short(node.rule, _WIDTH)}"] if node.rule is not None else []
    return "<br/>".join(map(_escaped, lines))


def _escaped(text: str) -> str:
    return _PLAIN.sub(lambda found: f"#{ord(found[0])};", text)


def _box(node: Node, label: str) -> str:
    return f'["{label}"]' if node.rule is None else f'(["{label}"])'


def _classes(dag: ProofDag, node: Node) -> Iterator[str]:
    if node.link is not None and not node.link.counts:
        yield "void"
    elif node.rule is None:
        yield "given"
    if node.id == dag.claim and dag.verdict:
        yield _VERDICTS[dag.verdict]
