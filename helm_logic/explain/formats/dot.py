# SPDX-License-Identifier: Apache-2.0
"""A derivation in DOT, the language of Graphviz: the claim on top, what it rests on below.

Boxes are given facts, rounded boxes derived ones; the dashed ones are about links that do not
count. Rule, place and values are in the tooltips, which an SVG shows. No program is needed to write
this, and `dot -Tsvg` draws it; some hundred steps are as much as a picture can hold.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from helm_logic.explain.derivation import Node, ProofDag
from helm_logic.explain.formats.labels import legible, link_words, place, short, values

_WIDTH = 36  # characters of a line in a box
_TOOLTIP = 1000  # characters: older lexers of Graphviz stop at 16 KB
_VERDICTS = {"ALLOW": "#1a7f37", "DENY": "#cf222e", "ESCALATE": "#9a6700"}


def render(dag: ProofDag) -> str:
    """Return *dag* as a digraph."""
    return "\n".join([*_lines(dag), ""])


def _lines(dag: ProofDag) -> Iterator[str]:
    yield "digraph derivation {"
    title = " ".join(part for part in (dag.verdict, dag.title) if part)
    yield f'  graph [rankdir="TB", label={_quoted(_folded(title))}, labelloc="t", charset="UTF-8"];'
    yield '  node [shape="box", style="rounded", fontname="Helvetica", fontsize="11"];'
    yield '  edge [arrowsize="0.6", color="#57606a"];'
    for node in dag.nodes:
        yield f"  n{node.id} [{', '.join(_attributes(dag, node))}];"
    for node in dag.nodes:
        for premise in dict.fromkeys(node.premises):
            yield f"  n{node.id} -> n{premise};"
    yield "}"


def _attributes(dag: ProofDag, node: Node) -> Iterator[str]:
    label = [*_folded(node.text)]
    label += [short(node.rule, _WIDTH)] if node.rule is not None else []
    yield f"label={_quoted(label)}"
    yield f"tooltip={_quoted([part[:_TOOLTIP] for part in _tooltip(node)])}"
    if node.link is not None and not node.link.counts:
        yield 'style="dashed", color="#cf222e"'
    elif node.rule is None:
        yield 'style="filled", fillcolor="#eef1f4"'
    if node.id == dag.claim:
        yield f'penwidth="2", color="{_VERDICTS.get(dag.verdict, "#0969da")}"'


def _tooltip(node: Node) -> Iterator[str]:
    yield f"step {node.id}: {legible(node.text)}"
    if node.rule is None:
        yield "given"
    else:
        yield f"rule {legible(node.rule)} {place(node)}".rstrip()
        yield legible(" ".join(node.rule_text.split()))
        yield legible(f"with {values(node)}") if node.substitution else "without variables"
    yield from (legible(guard) for guard in node.guards)
    if node.link is not None:
        yield legible(link_words(node.link))


def _folded(text: str) -> list[str]:
    return textwrap.wrap(short(text), _WIDTH, break_on_hyphens=False) or [""]


def _quoted(lines: list[str]) -> str:
    """Return *lines* as one quoted string.

    A backslash would start an escape, and Graphviz reads HTML entities in any label.
    """
    joined = "\0".join(lines).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return '"' + joined.replace("\0", "\\n") + '"'
