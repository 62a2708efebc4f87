# SPDX-License-Identifier: Apache-2.0
"""The ProofGraph shown: as a tree of text, for Graphviz, for Mermaid, and as JSON.

Invariants: each view has every node of the graph once, and all but the tree have every edge; text
that comes from outside is escaped for where it goes, except in the tree, whose reader prints it.
*moment* says how a time, in seconds, is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from helm_logic.ledger.leaf import Kind
from helm_logic.receipts import log_words
from helm_logic.receipts.graph import (
    ANSWERED,
    APPROVED,
    COUNTED,
    HEEDED,
    REFUSED,
    REPLACED,
    RETRIED,
    RULED,
    SIGNED,
    USED,
    Edge,
    Node,
    ProofGraph,
)

FORMAT = "helm-logic/proof-graph/v1"

_BRANCHES = (APPROVED, USED, COUNTED, ANSWERED)  # what a tree is made of, the nearest first
_BACKWARDS = {
    ANSWERED: log_words.ANSWERS,
    APPROVED: log_words.APPROVES,
    COUNTED: log_words.COUNTS,
    HEEDED: log_words.HEEDS,
    REFUSED: log_words.REFUSES,
    REPLACED: log_words.REPLACES,
    RETRIED: "retry of",
    RULED: "by policy",
    SIGNED: "by key",
    USED: log_words.USES,
}
_DEEPEST = 32  # branches; what is approved further down stands at the left again
_FORK = ("|- ", "|  ")
_SHAPES = {"ALLOW": "box", "DENY": "octagon", "ESCALATE": "diamond", "approval": "ellipse"}
_COLOURS = {"ALLOW": "darkgreen", "DENY": "firebrick", "ESCALATE": "darkorange"}


def graph_value(graph: ProofGraph) -> dict[str, object]:
    """Return *graph* as JSON."""
    nodes = [
        {
            "digest": node.digest,
            "index": node.index,
            "kind": node.kind.name.lower(),
            "label": node.said.label,
            "now": node.said.now,
            "request": node.said.request,
            "until": node.said.until,
            "words": node.said.words,
        }
        for node in graph.nodes
    ]
    edges = [
        {"code": edge.code, "from": edge.source, "relation": edge.relation, "to": edge.target}
        for edge in graph.edges
    ]
    return {"edges": edges, "format": FORMAT, "nodes": nodes}


def graph_dot(graph: ProofGraph, moment: Callable[[int], str] = str) -> Iterator[str]:
    """Yield the lines of *graph* for Graphviz."""
    yield "digraph proofgraph {"
    yield "  rankdir=LR;"
    yield '  node [fontname="sans-serif", shape=note];'
    for node in graph.nodes:
        label = "\\n".join(_dot_text(line) for line in _node_lines(node, moment))
        colour = _COLOURS.get(node.said.label, "gray30")
        shape = _SHAPES.get(node.said.label, "note")
        yield f'  e{node.index} [label="{label}", shape={shape}, color={colour}];'
    for edge in graph.edges:
        yield f'  e{edge.source} -> e{edge.target} [label="{_dot_text(_edge_words(edge))}"];'
    yield "}"


def graph_mermaid(graph: ProofGraph, moment: Callable[[int], str] = str) -> Iterator[str]:
    """Yield the lines of *graph* for Mermaid."""
    yield "flowchart LR"
    for node in graph.nodes:
        label = "<br/>".join(_mermaid_text(line) for line in _node_lines(node, moment))
        yield f'  e{node.index}["{label}"]'
    for edge in graph.edges:
        yield f'  e{edge.source} -->|"{_mermaid_text(_edge_words(edge))}"| e{edge.target}'


def graph_tree(graph: ProofGraph, moment: Callable[[int], str] = str) -> Iterator[tuple[str, Node]]:
    """Yield the lines of *graph* as a tree, each with its node: branch, place and remarks.

    A node stands below what it answers or uses, the latest of several; what else it has to do with
    earlier entries is remarked after it, unless it goes without saying.
    """
    tree = _Tree(graph, moment)
    for root in tree.below(None):
        yield from tree.lines(root, "", "", " " * (tree.width + 2))


class _Tree:
    """Which node stands below which."""

    def __init__(self, graph: ProofGraph, moment: Callable[[int], str]) -> None:
        self._moment = moment
        self._edges: dict[int, list[Edge]] = {node.index: [] for node in graph.nodes}
        for edge in graph.edges:
            self._edges[edge.target].append(edge)
        self._above: dict[int, tuple[int, ...]] = {}  # the branch that a node stands on
        self._below: dict[int | None, list[Node]] = {}
        for node in graph.nodes:
            parent = _parent(self._edges[node.index])
            branch = () if parent is None else (*self._above[parent], parent)
            branch = branch if len(branch) <= _DEEPEST else ()
            self._above[node.index] = branch
            self._below.setdefault(branch[-1] if branch else None, []).append(node)
        self.width = len(str(max((node.index for node in graph.nodes), default=0)))
        kinds = [node.kind for node in graph.nodes]
        # Under one policy and one key throughout there is nothing to say about either.
        said = ((RULED, {Kind.POLICY}), (SIGNED, {Kind.KEYS, Kind.ROOT}))
        self._untold = {
            relation for relation, saying in said if sum(kind in saying for kind in kinds) <= 1
        }

    def below(self, index: int | None) -> list[Node]:
        """Return the nodes directly below entry *index*, or, for None, those below none."""
        return self._below.get(index, [])

    def lines(self, node: Node, lead: str, branch: str, below: str) -> Iterator[tuple[str, Node]]:
        """Yield the lines of *node* and of all below it; *lead* stands before each of them."""
        width = 0 if branch else self.width
        when = "" if node.said.now is None else f"{self._moment(node.said.now)}  "
        place = f"{node.index:>{width}}  {node.said.label}  {when}"
        remarks = "; ".join(self._remarks(node))
        words = _node_words(node, self._moment) + (f"  ({remarks})" if remarks else "")
        yield f"{lead}{branch}{place}{words}", node
        inner = self.below(node.index)
        for child in inner:
            last = child is inner[-1]
            yield from self.lines(child, lead + below, *(("`- ", "   ") if last else _FORK))

    def _remarks(self, node: Node) -> Iterator[str]:
        for edge in self._edges[node.index]:
            if edge.relation not in self._untold and edge.source not in self._above[node.index]:
                said = _BACKWARDS[edge.relation]
                yield f"{said} {edge.source}" + (f": {edge.code}" if edge.code else "")


def _parent(edges: Iterable[Edge]) -> int | None:
    for relation in _BRANCHES:
        found = [edge.source for edge in edges if edge.relation == relation]
        if found:
            return max(found)
    return None


def _node_words(node: Node, moment: Callable[[int], str]) -> str:
    until = "" if node.said.until is None else f", until {moment(node.said.until)}"
    return node.said.words + until


def _node_lines(node: Node, moment: Callable[[int], str]) -> list[str]:
    lines = [f"{node.index} {node.said.label}", _node_words(node, moment)]
    return lines if node.said.now is None else [*lines, moment(node.said.now)]


def _edge_words(edge: Edge) -> str:
    return f"{edge.relation} ({edge.code})" if edge.code else edge.relation


def _dot_text(text: str) -> str:
    return json.dumps(_printable(text), ensure_ascii=False)[1:-1]


def _mermaid_text(text: str) -> str:
    return "".join(
        c if c.isalnum() or c in " .,:;/_-()" else f"#{ord(c)};" for c in _printable(text)
    )


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
