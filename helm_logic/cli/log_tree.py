# SPDX-License-Identifier: Apache-2.0
"""`helm-logic log tree`: the history of one action, as the entries of the log tell it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from helm_logic.cli.log_source import entry_place, log_source, source_options
from helm_logic.cli.log_table import label
from helm_logic.cli.moments import moment_text
from helm_logic.cli.palette import dim, plain
from helm_logic.cli.progress import Progress
from helm_logic.ledger.store_protocol import Entry, Log
from helm_logic.receipts.graph import ProofGraph, action_entries, history, proof_graph
from helm_logic.receipts.graph_view import graph_dot, graph_mermaid, graph_tree, graph_value
from helm_logic.receipts.log_words import read_entry

_EVERY = 256  # entries between two looks at the clock


@click.command("tree")
@click.argument("entry", metavar="ENTRY", required=False)
@click.option("--all", "whole", is_flag=True, help="The whole log instead of one action.")
@click.option("--dot", "form", flag_value="dot", help="Print it for Graphviz.")
@click.option("--mermaid", "form", flag_value="mermaid", help="Print it for Mermaid.")
@click.option("--json", "form", flag_value="json", help="Print JSON for programs.")
@source_options
def command(*, entry: str | None, whole: bool, form: str | None, **named: Any) -> None:
    """Show the history of the action that ENTRY (a place, a digest or its beginning) is about.

    Every time it was asked for, what approved it and which ALLOW used that up, the revocations that
    were heeded, and the policies and keys in force. Of a revocation or a change it shows the
    receipts that it bears on. Edges say what entries state; `verify` and `log fsck` check it.

    \b
    Examples:
      helm-logic log tree 3
      helm-logic log tree sha256:81c2 --dot | dot -Tsvg -o history.svg
      helm-logic log tree --all --mermaid

    Exit code: 0, or 2 if the log cannot be opened or has no such entry.
    """
    if (entry is None) != whole:
        raise click.UsageError("name an ENTRY, or give --all for the whole log")
    source = log_source(**named)
    with source.open() as log:
        graph = proof_graph(_told(log)) if entry is None else _history(log, entry_place(log, entry))
    for line in _VIEWS[form](graph):
        click.echo(line)


def _history(log: Log, index: int) -> ProofGraph:
    request = read_entry(log.entry(index)).request
    entries = _told(log) if request is None else action_entries(_told(log), request)
    return history(proof_graph(entries), index)


def _told(log: Log) -> Iterator[Entry]:
    with Progress("reading") as progress:
        for entry in log.entries():
            if entry.index % _EVERY == 0:
                progress(entry.index, log.size)
            yield entry


def _tree(graph: ProofGraph) -> Iterator[str]:
    for line, node in graph_tree(graph, moment_text):
        before, _, after = plain(line).partition(f"  {node.said.label}  ")
        yield f"{before}  {label(node.said)}  {after}"
    receipts = sum(node.kind.name == "RECEIPT" for node in graph.nodes)
    yield dim(f"entries: {len(graph.nodes)}, receipts: {receipts}, edges: {len(graph.edges)}")


def _json(graph: ProofGraph) -> Iterator[str]:
    yield json.dumps(graph_value(graph), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


_VIEWS = {
    None: _tree,
    "dot": lambda graph: graph_dot(graph, moment_text),
    "mermaid": lambda graph: graph_mermaid(graph, moment_text),
    "json": _json,
}
