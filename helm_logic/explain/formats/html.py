# SPDX-License-Identifier: Apache-2.0
"""A derivation as one HTML page that needs nothing else: no network, no other file.

The verdict's story is text and stands there without scripts; so does, up to a size, the whole
derivation. Scripts add the tree, the graph, search and the panel of one step; they are in `page/`.

Invariants, for whatever the facts hold:
- everything from the derivation enters the page as text: escaped here, and as a JSON block that
  scripts read and insert as text nodes only; the policy in the page (Content-Security-Policy)
  allows the script and the style that are named by their hashes, no connection, and no conversion
  of text to markup;
- what cannot be seen is spelled out, and each fact is isolated from the direction of its text.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files

from helm_logic.explain.derivation import LinkState, Node, ProofDag
from helm_logic.explain.formats.labels import legible, legible_lines, place, short
from helm_logic.explain.formats.text import render as render_text
from helm_logic.receipts.pack_story import moment

_SCRIPTS = ("model.js", "step.js", "tree.js", "layout.js", "graph.js", "main.js")
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
_CODE = re.compile("`([^`]+)`")
_PLAIN_STEPS = 1000  # beyond, a page without scripts says how to get the text
_MARKUP = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def render(dag: ProofDag) -> str:
    """Return *dag* as a page."""
    style = _part("page.css")
    script = "(() => {\n'use strict';\n" + "\n".join(map(_part, _SCRIPTS)) + "})();\n"
    title = legible(dag.title) or "Derivation"
    return _filled(
        {
            "appendix": "\n".join(_rules(dag)),
            "badge": _badge(dag.verdict),
            "data": _data(dag),
            "figures": escape(_figures(dag)),
            "heading": escape(short(title)),
            "plain": _plain(dag),
            "script": script,
            "script_hash": _hash(script),
            "story": "".join(f"<p><bdi>{_sentence(each)}</bdi></p>" for each in dag.story),
            "style": style,
            "style_hash": _hash(style),
            "whole": "" if short(title) == title else f'<p class="whole">{escape(title)}</p>',
            "title": escape(" ".join(filter(None, (dag.verdict, title)))),
        }
    )


def _part(name: str) -> str:
    return (files("helm_logic.explain.formats") / "page" / name).read_text("utf-8")


def _filled(values: Mapping[str, str]) -> str:
    """Return the page with *values* in their places, in one pass: values are not looked into."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], _part("page.html"))


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _badge(verdict: str) -> str:
    if not verdict:
        return ""
    return f'<span class="badge {verdict.lower()}">{escape(verdict)}</span>'


def _sentence(text: str) -> str:
    """Return *text* with what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(legible(text)))


def _figures(dag: ProofDag) -> str:
    given = sum(node.rule is None for node in dag.nodes)
    links = {node.link for node in dag.nodes if node.link is not None}
    void = sum(not link.counts for link in links)
    parts = [
        _counted(len(dag.nodes), "step"),
        f"{given:,} given",
        f"{_counted(len({node.rule for node in dag.nodes if node.rule is not None}), 'rule')} used",
    ]
    if links:
        parts.append(_counted(len(links), "link") + (f", {void} not counting" if void else ""))
    return " · ".join(parts)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _plain(dag: ProofDag) -> str:
    """Return what stands in a page without scripts."""
    if len(dag.nodes) > _PLAIN_STEPS:
        return f"<p>It has {len(dag.nodes):,} steps; the text format shows them without a page.</p>"
    return f"<pre>{escape(render_text(dag))}</pre>"


def _rules(dag: ProofDag) -> Iterator[str]:
    """Yield the rules that were used, for paper."""
    used = {node.rule: node for node in dag.nodes if node.rule is not None}
    if not used:
        return
    yield '<div class="paper"><h2>Rules</h2>'
    for name in sorted(used):
        node = used[name]
        head = f"<code>{escape(legible(name))}</code> {escape(place(node))}"
        words = f"<p>{escape(legible(node.words))}</p>" if node.words else ""
        yield f"<section><h3>{head}</h3>{words}<pre>{escape(_text(node.rule_text))}</pre></section>"
    yield "</div>"


def _text(text: str) -> str:
    return "\n".join(legible_lines(text))


def _data(dag: ProofDag) -> str:
    """Return what the scripts read; rules and links are told once, however often they are used."""
    rules: dict[tuple[str, ...], int] = {}
    links: dict[LinkState, int] = {}
    value = {
        "claim": dag.claim,
        "nodes": [_node(node, rules, links) for node in dag.nodes],
        "roots": dag.roots(),
        "rules": list(rules),
        "links": [_link(link) for link in links],
        "verdict": dag.verdict,
    }
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    # Markup can only stand within strings, where an escape means the same character.
    return re.sub("[<>&]", lambda found: _MARKUP[found[0]], text)


def _node(
    node: Node, rules: dict[tuple[str, ...], int], links: dict[LinkState, int]
) -> tuple[object, ...]:
    rule = link = -1
    if node.rule is not None:
        about = (node.rule, node.rule_text, place(node), node.words, node.origin)
        key = (legible(about[0]), _text(about[1]), about[2], legible(about[3]), about[4])
        rule = rules.setdefault(key, len(rules))
    if node.link is not None:
        link = links.setdefault(node.link, len(links))
    named = [(legible(name), legible(value)) for name, value in node.substitution]
    return (
        legible(node.text),
        rule,
        [each for each in named if each[0][:1] != "_"],
        node.premises,
        [legible(guard) for guard in node.guards],
        node.height,
        node.stratum,
        link,
    )


def _link(link: LinkState) -> tuple[object, ...]:
    return (
        legible(link.id),
        legible(link.issuer),
        legible(link.subject),
        "" if link.expires is None else moment(link.expires),
        link.signature,
        link.counts,
        legible(link.why),
    )
