# SPDX-License-Identifier: Apache-2.0
"""A derivation as JSON: everything that is known of it, and the one format that is read back.

Invariant: reading what was rendered gives the same derivation. The shape is documented in
explain/SCHEMA.md, beside the room; it is closed (an unknown field is refused) and carries its
version in `format`. The text is safe to print: what cannot be seen is escaped, as JSON allows.

It shows a derivation; it is no evidence. Evidence is a receipt, which the kernel checks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from helm_logic.errors import InputError
from helm_logic.explain.derivation import (
    ASSERTED,
    GIVEN,
    RULE,
    STOCK,
    UNCHECKED,
    VERIFIED,
    LinkState,
    Node,
    ProofDag,
)
from helm_logic.kernel.encoding import JsonValue, parse_json
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text

FORMAT: Final = "helm-logic/derivation/v1"
_ROOT = ("claim", "format", "nodes", "story", "title", "verdict")
_NODE = ("fact", "guards", "height", "id", "link", "origin", "predicate", "premises", "row")
_MORE = ("rule", "rule_text", "span", "stratum", "substitution", "words")
_LINK = ("id", "issuer", "subject", "expires", "signature", "counts", "why")
_VERDICTS = ("", "ALLOW", "DENY", "ESCALATE")
_MOST = 1 << 28  # bytes; 10,000 steps take some 10 MB


def render(dag: ProofDag) -> str:
    """Return *dag* as JSON, one line for each node."""
    value = dag.to_value()
    nodes = ",\n".join(_json(node.to_value()) for node in dag.nodes)
    head = {key: value[key] for key in ("claim", "format")}
    foot = {key: value[key] for key in ("story", "title", "verdict")}
    return f'{_json(head)[:-1]},"nodes":[\n{nodes}\n],{_json(foot)[1:]}\n'


def parse(text: str) -> ProofDag:
    """Return the derivation that *text* is the JSON of; raise InputError if it is none."""
    root = require_object(parse_json(text.encode(), max_bytes=_MOST), "derivation", _ROOT)
    if root["format"] != FORMAT:
        raise InputError("unknown_format", f"format: got {root['format']!a:.60}, want `{FORMAT}`")
    nodes = require_list(root["nodes"], "nodes")
    try:
        return ProofDag(
            tuple(_node(each, f"nodes[{place}]") for place, each in enumerate(nodes)),
            require_integer(root["claim"], "claim"),
            require_text(root["title"], "title"),
            _one_of(root["verdict"], "verdict", _VERDICTS),
            _texts(root["story"], "story"),
        )
    except ValueError as error:
        raise InputError("wrong_shape", str(error)) from error


def _node(value: JsonValue, where: str) -> Node:
    read = require_object(value, where, (*_NODE, *_MORE))
    substitution = require_object(read["substitution"], f"{where}.substitution")
    premises = require_list(read["premises"], f"{where}.premises")
    return Node(
        id=require_integer(read["id"], f"{where}.id"),
        predicate=require_text(read["predicate"], f"{where}.predicate"),
        row=tuple(_constant(each, where) for each in require_list(read["row"], f"{where}.row")),
        text=require_text(read["fact"], f"{where}.fact"),
        rule=None if read["rule"] is None else require_text(read["rule"], f"{where}.rule"),
        rule_text=require_text(read["rule_text"], f"{where}.rule_text"),
        span=_span(read["span"], f"{where}.span"),
        substitution=tuple(
            (name, require_text(each, f"{where}.substitution"))
            for name, each in substitution.items()
        ),
        premises=tuple(require_integer(each, f"{where}.premises") for each in premises),
        guards=_texts(read["guards"], f"{where}.guards"),
        words=require_text(read["words"], f"{where}.words"),
        height=require_integer(read["height"], f"{where}.height"),
        stratum=require_integer(read["stratum"], f"{where}.stratum"),
        origin=_one_of(read["origin"], f"{where}.origin", (GIVEN, RULE, STOCK)),
        link=_link(read["link"], f"{where}.link"),
    )


def _link(value: JsonValue, where: str) -> LinkState | None:
    if value is None:
        return None
    read = require_object(value, where, _LINK)
    if type(read["counts"]) is not bool:
        raise InputError("wrong_shape", f"{where}.counts: want true or false")
    signed = (VERIFIED, ASSERTED, UNCHECKED)
    return LinkState(
        require_text(read["id"], f"{where}.id"),
        require_text(read["issuer"], f"{where}.issuer"),
        require_text(read["subject"], f"{where}.subject"),
        None if read["expires"] is None else require_integer(read["expires"], f"{where}.expires"),
        _one_of(read["signature"], f"{where}.signature", signed),
        read["counts"],
        require_text(read["why"], f"{where}.why"),
    )


def _span(value: JsonValue, where: str) -> tuple[str, int] | None:
    if value is None:
        return None
    read = require_object(value, where, ("file", "line"))
    return require_text(read["file"], where), require_integer(read["line"], where)


def _constant(value: JsonValue, where: str) -> str | int:
    return value if type(value) is int else require_text(value, f"{where}.row")


def _texts(value: JsonValue, where: str) -> tuple[str, ...]:
    return tuple(require_text(each, where) for each in require_list(value, where))


def _one_of(value: JsonValue, where: str, known: tuple[str, ...]) -> str:
    if (text := require_text(value, where)) not in known:
        raise InputError("wrong_shape", f"{where}: got {text!a:.40}, want one of {known}")
    return text


def _json(value: Mapping[str, object]) -> str:
    """Return *value* as JSON in which whatever cannot be seen is escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if text.isprintable():
        return text
    # What is not printable can only stand within strings: their brackets and commas are.
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
