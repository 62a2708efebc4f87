# SPDX-License-Identifier: Apache-2.0
"""The formatter and the parser are inverses, and the formatter loses no comment."""

from __future__ import annotations

import re
from typing import Any

import attrs
from hypothesis import given, note, settings
from hypothesis import strategies as st

from helm_logic.lang import Source, format_tree, parse, tree
from helm_logic.lang.diagnostics import Findings
from helm_logic.lang.lexer import tokens
from helm_logic.lang.printer import quote
from helm_logic.lang.source import SizeLimits
from tests.strategies import trees

_COMMENT = re.compile(r"% c\d+")


def _parsed(text: str) -> tree.Tree:
    parsed, found = parse(Source("text.dl", text))
    assert found == ()
    return parsed


def _bare(node: Any) -> object:
    """Return *node* without comments and empty lines."""
    if isinstance(node, tree.Layout | tree.Comments):
        return None
    if isinstance(node, tuple):
        return tuple(map(_bare, node))
    if attrs.has(type(node)):
        kept = [each.name for each in attrs.fields(type(node)) if each.eq]
        return type(node), *(_bare(getattr(node, name)) for name in kept)
    return node


@given(trees())
def test_parsing_what_is_printed_gives_the_same_tree(drawn: tree.Tree) -> None:
    """Print, then parse: the same statements with the same comments and empty lines."""
    assert _parsed(format_tree(drawn)) == drawn


@given(trees(), st.data())
@settings(max_examples=40)
def test_any_layout_is_formatted_once_and_for_all(drawn: tree.Tree, data: st.DataObject) -> None:
    """Scattered over lines and comments, a file still says the same, and formatting it settles."""
    gaps = st.sampled_from(["", " ", "\t ", "\n", "\n\n\n", "  % c{}\n", "\n% c{}\n\n", "\r\n"])
    bare = format_tree(attrs.evolve(drawn, comments=()))
    bare = "\n".join(line for line in bare.split("\n") if not line.lstrip().startswith("%"))
    columns = tokens(Source("bare.dl", bare), Findings(), SizeLimits())
    found = [columns.token(number) for number in range(len(columns.kinds))]
    text, written = "", 0
    for before, token in zip([None, *found], found, strict=False):
        glued = before is not None and before.span.end == token.span.start
        gap = data.draw(gaps)
        if glued and ("." in (token.kind, before.kind) if before else False):
            gap = ""  # inside a path
        elif not glued and not gap:
            gap = " "
        if "{}" in gap:
            gap, written = gap.format(written), written + 1
        text += gap + token.text

    note(text)
    scattered = _parsed(text)
    once = format_tree(scattered)

    assert _bare(scattered.statements) == _bare(_parsed(bare).statements)
    assert _parsed(once) == scattered
    assert format_tree(_parsed(once)) == once
    assert sorted(_COMMENT.findall(once)) == sorted(_COMMENT.findall(text))
    assert "\n\n\n" not in once


@given(st.text(st.characters(codec="utf-8")))
def test_a_quoted_string_means_its_text(text: str) -> None:
    """`quote` spells any text, control characters and astral ones included, on one visible line."""
    spelled = quote(text)
    parsed = _parsed(f"p({spelled}).")

    assert spelled.isprintable()
    assert isinstance(parsed.statements[0], tree.Clause)
    assert parsed.statements[0].head.terms == (tree.Constant("string", f"s:{text}", spelled),)
