# SPDX-License-Identifier: Apache-2.0
"""The graph of what depends on what: its components, lowest first, and cycles through negation.

`components` is the algorithm of Tarjan 1972 with a stack of its own, so that a long chain of rules
does not meet Python's; the order of its result depends on the order of the graph alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

import attrs

from helm_logic.lang.diagnostics import Findings, Note
from helm_logic.lang.source import Span
from helm_logic.lang.walk import POSITIVE


@attrs.frozen
class Edge:
    """The predicate *head* depends on *body*: positively, or *under* `not` or `count`."""

    head: str
    body: str
    under: str
    span: Span


def components(graph: Mapping[str, Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """Return the strongly connected components of *graph*, each after those that it leads to."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    height: dict[str, int] = {}
    stack: list[str] = []
    placed: set[str] = set()
    found: list[tuple[str, ...]] = []
    for root in graph:
        work = [(root, iter(graph[root]))] if root not in number else []
        while work:
            node, successors = work[-1]
            if node not in number:
                number[node] = low[node] = len(number)
                height[node] = len(stack)
                stack.append(node)
            following = next(successors, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    at = height[node]
                    placed.update(stack[at:])
                    found.append(tuple(stack[at:]))
                    del stack[at:]
            elif following not in number:
                work.append((following, iter(graph[following])))
            elif following not in placed:
                low[node] = min(low[node], number[following])
    return tuple(found)


def check_strata(names: Iterable[str], edges: Iterable[Edge], findings: Findings) -> bool:
    """Say whether none of *names* depends on its own negation or count; else report HL006.

    One cycle is reported for each component.
    """
    graph: dict[str, dict[str, Edge]] = {name: {} for name in names}
    edges = [each for each in edges if each.head in graph and each.body in graph]
    for edge in edges:
        graph[edge.head].setdefault(edge.body, edge)
    component = {name: number for number, each in enumerate(components(graph)) for name in each}
    reported: set[int] = set()
    for edge in edges:
        inside = component[edge.head]
        if edge.under != POSITIVE and inside == component[edge.body] and inside not in reported:
            reported.add(inside)
            path = [edge, *_path(graph, edge.body, edge.head)]
            drawn = _drawn(path)
            what = "negation" if edge.under == "not " else "count"
            notes = [Note(f"`{e.head}` depends on `{e.body}` here", e.span) for e in path[1:]]
            findings.add(
                "HL006",
                f"`{edge.head}` depends on its own {what}: {drawn}",
                edge.span,
                expected="no cycle through `not` or `count`",
                notes=notes,
            )
    return not reported


def _drawn(path: Sequence[Edge]) -> str:
    """Return *path* as text, without the auxiliary predicates on it."""
    text, under = path[0].head, ""
    for edge in path:
        under += edge.under
        if "/" not in edge.body:
            text, under = f"{text} → {under}{edge.body}", ""
    return text


def _path(graph: Mapping[str, Mapping[str, Edge]], start: str, goal: str) -> list[Edge]:
    """Return a shortest path from *start* to *goal*; there is one, as both are of one component."""
    reached: dict[str, Edge | None] = {start: None}
    waiting = deque([start])
    while goal not in reached:
        for edge in graph[waiting.popleft()].values():
            if edge.body not in reached:
                reached[edge.body] = edge
                waiting.append(edge.body)
    path: list[Edge] = []
    at = reached[goal]
    while at is not None:
        path.append(at)
        at = reached[at.head]
    return path[::-1]
