# SPDX-License-Identifier: Apache-2.0
"""A derivation as GraphML, for programs that lay out and count graphs (yEd, Gephi, networkx).

An edge leads from a fact to what it rests on, with the place of the premise in the rule's body. XML
cannot hold every character: what it could not, and what cannot be seen, is spelled out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from helm_logic.explain.derivation import Node, ProofDag
from helm_logic.explain.formats.labels import legible, place, values

_Value: TypeAlias = str | int | bool | None

_NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
# Key, for what, its type. What has the type string and no value is left out.
_KEYS = (
    ("title", "graph", "string"),
    ("verdict", "graph", "string"),
    ("claim", "graph", "string"),
    ("fact", "node", "string"),
    ("predicate", "node", "string"),
    ("origin", "node", "string"),
    ("rule", "node", "string"),
    ("rule_text", "node", "string"),
    ("place", "node", "string"),
    ("substitution", "node", "string"),
    ("guards", "node", "string"),
    ("words", "node", "string"),
    ("height", "node", "long"),
    ("stratum", "node", "long"),
    ("link", "node", "string"),
    ("link_issuer", "node", "string"),
    ("link_subject", "node", "string"),
    ("link_expires", "node", "long"),
    ("link_signature", "node", "string"),
    ("link_counts", "node", "boolean"),
    ("link_why", "node", "string"),
    ("position", "edge", "long"),
)


def render(dag: ProofDag) -> str:
    """Return *dag* as a GraphML document with one directed graph."""
    return "\n".join([*_lines(dag), ""])


def _lines(dag: ProofDag) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<graphml xmlns="{_NAMESPACE}">'
    for name, what, kind in _KEYS:
        yield f'  <key id="{name}" for="{what}" attr.name="{name}" attr.type="{kind}"/>'
    yield '  <graph id="derivation" edgedefault="directed">'
    about = {"title": dag.title, "verdict": dag.verdict, "claim": f"n{dag.claim}"}
    yield from _data(about, "    ")
    for node in dag.nodes:
        yield f'    <node id="n{node.id}">'
        yield from _data(_of(node), "      ")
        yield "    </node>"
    yield from _edges(dag)
    yield "  </graph>"
    yield "</graphml>"


def _edges(dag: ProofDag) -> Iterator[str]:
    for node in dag.nodes:
        for position, premise in enumerate(node.premises):
            yield f'    <edge source="n{node.id}" target="n{premise}">'
            yield from _data({"position": position}, "      ")
            yield "    </edge>"


def _of(node: Node) -> dict[str, _Value]:
    value: dict[str, _Value] = {
        "fact": node.text,
        "predicate": node.predicate,
        "origin": node.origin,
        "rule": node.rule,
        "rule_text": " ".join(node.rule_text.split()),
        "place": place(node),
        "substitution": values(node),
        "guards": "; ".join(node.guards),
        "words": node.words,
        "height": node.height,
        "stratum": node.stratum,
    }
    if (link := node.link) is not None:
        value |= {
            "link": link.id,
            "link_issuer": link.issuer,
            "link_subject": link.subject,
            "link_expires": link.expires,
            "link_signature": link.signature,
            "link_counts": link.counts,
            "link_why": link.why,
        }
    return value


def _data(members: Mapping[str, _Value], indent: str) -> Iterator[str]:
    for name, value in members.items():
        if value is None or value == "":
            continue
        text = str(value).lower() if isinstance(value, bool) else _escaped(str(value))
        yield f'{indent}<data key="{name}">{text}</data>'


def _escaped(text: str) -> str:
    return legible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
