# SPDX-License-Identifier: Apache-2.0
"""The ProofGraph: what the entries of a log say about each other.

    nodes   entries: receipts, approvals, revocations, changes of policy, keys and root, config
    edges   from an earlier entry to a later one, with a word for what the later one makes of it

Invariants:
- a pure function of the entries, in their order; the same entries give the same graph;
- every edge points forward in the log: an entry can only name what was there before it, so a name
  that leads nowhere, or ahead, is no edge;
- it shows what was said. Whether it was rightly said is for `verify`, and `log_audit`, to tell.

Source: receipts/FORMAT.md, "What else the log holds".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_protocol import Entry
from helm_logic.receipts import log_words
from helm_logic.receipts.log_words import Said, read_entry

# What becomes of the earlier entry in the later one: how an edge reads.
ANSWERED, APPROVED, USED, COUNTED = "answered by", "approved by", "used up by", "counted in"
RETRIED, HEEDED, RULED, SIGNED, REPLACED = (
    "retried as", "heeded by", "decides", "signs", "replaced by",
)  # fmt: skip
REFUSED = "refused in"

_EDGES: Mapping[str, str] = {
    log_words.ANSWERS: ANSWERED,
    log_words.APPROVES: APPROVED,
    log_words.COUNTS: COUNTED,
    log_words.HEEDS: HEEDED,
    log_words.REFUSES: REFUSED,
    log_words.REPLACES: REPLACED,
    log_words.USES: USED,
}


@attrs.frozen
class Node:
    """An entry: its place, kind and digest, and what it says."""

    index: int
    kind: Kind
    digest: str
    said: Said


@attrs.frozen
class Edge:
    """The entry *source* is *relation* the entry *target*, which came later; *code* says why."""

    source: int
    target: int
    relation: str
    code: str = ""


@attrs.frozen
class ProofGraph:
    """Nodes in the order of the log; edges by target, then source."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def node(self, index: int) -> Node:
        """Return the node of entry *index*; KeyError if the graph does not have it."""
        return {node.index: node for node in self.nodes}[index]


def proof_graph(entries: Iterable[Entry]) -> ProofGraph:
    """Return the graph of *entries*, which are in the order of their log; some may be left out."""
    nodes, edges, known = [], [], _Known()
    for entry in entries:
        node = Node(entry.index, entry.kind, entry.digest, read_entry(entry))
        edges.extend(sorted(set(known.edges_to(node)), key=lambda edge: edge.source))
        known.add(node)
        nodes.append(node)
    return ProofGraph(tuple(nodes), tuple(edges))


def action_entries(entries: Iterable[Entry], request: str) -> Iterator[Entry]:
    """Yield those of *entries* that can belong to the history of the request *request*, a digest.

    Cheap: receipts and approvals are chosen by their bytes, all else is kept for `history`.
    """
    name = request.removeprefix("sha256:").encode("ascii")
    for entry in entries:
        if entry.kind not in (Kind.RECEIPT, Kind.APPROVAL) or name in entry.envelope.payload:
            yield entry


def history(graph: ProofGraph, index: int) -> ProofGraph:
    """Return the part of *graph* that tells the story of entry *index*.

    For a receipt or an approval: all of its request, and what was in force or heeded there. For any
    other entry: what it was replaced by or replaces, and the receipts that it bears on. Raises
    KeyError if the graph has no such entry.
    """
    focus = graph.node(index)
    if focus.said.request is None:
        near = {index}
        for edge in graph.edges:
            if index in (edge.source, edge.target):
                near |= {edge.source, edge.target}
        return _part(graph, near, {index})
    own = {node.index for node in graph.nodes if node.said.request == focus.said.request}
    bearing = {edge.source for edge in graph.edges if edge.target in own}
    return _part(graph, own | bearing, own)


def _part(graph: ProofGraph, kept: set[int], touched: set[int]) -> ProofGraph:
    nodes = tuple(node for node in graph.nodes if node.index in kept)
    edges = tuple(
        edge
        for edge in graph.edges
        if {edge.source, edge.target} <= kept and touched & {edge.source, edge.target}
    )
    return ProofGraph(nodes, edges)


class _Known:
    """What the entries so far are called: by digest, by request, by policy and by engine key."""

    def __init__(self) -> None:
        self._named: dict[str, int] = {}
        self._asked: dict[str, int] = {}
        self._policies: dict[str, int] = {}
        self._keys: dict[str, int] = {}

    def edges_to(self, node: Node) -> Iterator[Edge]:
        for named in node.said.names:
            source = self._named.get(named.digest)
            if source is not None:
                yield Edge(source, node.index, _EDGES[named.relation], named.code)
        if node.kind is Kind.RECEIPT:
            for found, relation in (
                (self._asked.get(node.said.request or ""), RETRIED),
                (self._policies.get(node.said.policy or ""), RULED),
                (self._keys.get(node.said.engine or ""), SIGNED),
            ):
                if found is not None:
                    yield Edge(found, node.index, relation)

    def add(self, node: Node) -> None:
        self._named[node.digest] = node.index
        for kind, name, places in (
            (Kind.RECEIPT, node.said.request, self._asked),
            (Kind.POLICY, node.said.policy, self._policies),
            (Kind.KEYS, node.said.engine, self._keys),
        ):
            if node.kind is kind and name is not None:
                places[name] = node.index
        self._keys.update(dict.fromkeys(node.said.engines, node.index))
