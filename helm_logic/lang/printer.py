# SPDX-License-Identifier: Apache-2.0
"""A tree to text: the formatter, which knows one style and has no options.

Laws (tested): parsing what is printed gives the same tree, comments included; printing what is
parsed a second time changes nothing. A statement that fits on a line stands on one, unless a
comment stands inside it; inputs that follow each other without an empty line or a comment between
them are aligned; empty lines are kept, one at most.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import attrs

from helm_logic.lang import tree
from helm_logic.lang.lexer import Comment

_WIDTH = 100
_INDENT = "    "
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PRECEDENCE = {"+": 1, "-": 1, "*": 2}


def format_tree(parsed: tree.Tree) -> str:
    """Return the text of *parsed* in the one style, with a final line end unless it is empty."""
    lines: list[_Line] = []
    statements = parsed.statements
    at = 0
    while at < len(statements):
        statement = statements[at]
        if isinstance(statement, tree.InputDeclaration):
            group = _aligned(statements[at:])
            for declaration, text in zip(group, _inputs(group), strict=True):
                lines += _laid_out(declaration.layout, [_Line(text)])
            at += len(group)
        else:
            lines += _laid_out(statement.layout, _statement(statement))
            at += 1
    lines += _comment_lines(parsed.comments)
    return "".join(f"{line}\n" for line in _joined(lines))


def format_bare(rule: tree.Rulelike) -> str:
    """Return the text of one rule, claim or assumption without its comments and annotations."""
    body = tuple(tree.BodyLine(each.literal) for each in rule.body)
    bare = attrs.evolve(rule, body=body, annotations=(), head_comments=tree.Comments())
    return "\n".join(_joined(_rulelike(bare)))


def quote(text: str) -> str:
    """Return *text* as a string of the rule language, in its plainest spelling."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character in "\n\t":
        return {"\n": "\\n", "\t": "\\t"}[character]
    if character.isprintable():
        return character
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


# Layout.


class _Line(NamedTuple):
    """A line without its end, and the comment beside it."""

    text: str
    beside: Comment | None = None


def _joined(lines: Sequence[_Line]) -> list[str]:
    """Return the lines as text; comments beside adjacent lines start in one column."""
    texts: list[str] = []
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and lines[end].beside:
            end += 1
        column = max((len(line.text) for line in lines[at:end]), default=0)
        for text, beside in lines[at:end]:
            texts.append(f"{text:<{column}}  {beside.text}" if beside else text)
        texts += [line.text for line in lines[end : end + 1]]
        at = end + 1
    return texts


def _laid_out(layout: tree.Layout, lines: Sequence[_Line]) -> list[_Line]:
    above = _comment_lines(layout.comments.above)
    blank = [_Line("")] if layout.blank_before else []
    return [*above, *blank, *lines[:-1], _Line(lines[-1].text, layout.comments.beside)]


def _comment_lines(comments: Iterable[Comment], indent: str = "") -> list[_Line]:
    lines = []
    for comment in comments:
        line = _Line(indent + comment.text)
        lines += [_Line(""), line] if comment.blank_before else [line]
    return lines


# Declarations.


def _statement(statement: tree.Include | tree.Declaration | tree.Rulelike) -> list[_Line]:
    if isinstance(statement, tree.Include):
        return [_Line(f"#include {quote(statement.name)}.")]
    if isinstance(statement, tree.Declaration):
        return _declaration(statement)
    return _rulelike(statement)


def _declaration(declaration: tree.Declaration) -> list[_Line]:
    head = f"{'#relation' if declaration.given else '#predicate'} {declaration.name}"
    columns = [
        f"{column.name}: {column.type}" if column.name else column.type
        for column in declaration.columns
    ]
    if not columns:
        return [_Line(f"{head}.")]
    line = f"{head}({', '.join(columns)})."
    if len(line) <= _WIDTH and not any(column.comments for column in declaration.columns):
        return [_Line(line)]
    lines = [_Line(f"{head}(")]
    for number, column in enumerate(declaration.columns, 1):
        separator = "," if number < len(columns) else ""
        lines += _comment_lines(column.comments.above, _INDENT)
        text = f"{_INDENT}{columns[number - 1]}{separator}"
        lines.append(_Line(text, column.comments.beside))
    return [*lines, _Line(").")]


def _aligned(statements: Sequence[tree.Statement]) -> list[tree.InputDeclaration]:
    group: list[tree.InputDeclaration] = []
    for statement in statements:
        if not isinstance(statement, tree.InputDeclaration):
            break
        if group and (statement.layout.blank_before or statement.layout.comments.above):
            break
        group.append(statement)
    return group


def _inputs(group: Sequence[tree.InputDeclaration]) -> list[str]:
    types = [_type(each.type) for each in group]
    names = max(len(each.name) for each in group)
    widest = max(map(len, types))
    return [
        f"#input {each.name:<{names}} : {type_:<{widest}}  {_origin(each)}."
        for each, type_ in zip(group, types, strict=True)
    ]


def _type(type_: tree.InputType) -> str:
    text = type_.scalar
    if type_.values:
        text = "{" + ", ".join(value.spelling for value in type_.values) + "}"
    if type_.bounds:
        text += f" {type_.bounds[0].spelling}..{type_.bounds[1].spelling}"
    return text + "*" * type_.is_set


def _origin(declaration: tree.InputDeclaration) -> str:
    path = ".".join(
        each if _IDENTIFIER.fullmatch(each) else quote(each) for each in declaration.path
    )
    parts = [f"from {path}"]
    if declaration.default:
        parts.append(f"default {declaration.default.spelling}")
    return "  ".join([*parts, "optional"] if declaration.optional else parts)


# Rules.


def _rulelike(rule: tree.Rulelike) -> list[_Line]:
    (head, arrow), body = _head(rule), [literal_text(each.literal) for each in rule.body]
    lines = _annotations(rule.annotations)
    lines += _comment_lines(rule.head_comments.above)
    if not body:
        return [*lines, _Line(f"{head}.")]
    line = f"{head}{arrow} {', '.join(body)}."
    if (
        len(line) <= _WIDTH
        and not rule.head_comments.beside
        and not any(each.comments for each in rule.body)
    ):
        return [*lines, _Line(line)]
    lines.append(_Line(f"{head}{arrow}", rule.head_comments.beside))
    for number, (each, text) in enumerate(zip(rule.body, body, strict=True), 1):
        lines += _comment_lines(each.comments.above, _INDENT)
        separator = "," if number < len(body) else "."
        lines.append(_Line(f"{_INDENT}{text}{separator}", each.comments.beside))
    return lines


def _head(rule: tree.Rulelike) -> tuple[str, str]:
    """Return what stands before a body, and what joins the two."""
    match rule:
        case tree.Clause():
            return atom_text(rule.head), " :-"
        case tree.Assumption():
            return "#assume never", ""
        case tree.Claim("decides"):
            return "#claim always decides", " when"
        case tree.Claim("monotone"):
            return f"#claim monotone in {rule.about}", " when"
        case tree.Claim("independent"):
            return f"#claim independent of {rule.about}", " when"
        case tree.Claim(kind):
            return f"#claim {kind} {rule.verdict}", " when"


def _annotations(annotations: Sequence[tree.Annotation]) -> list[_Line]:
    texts = [f"@{each.name}({each.argument.spelling})" for each in annotations]
    line = "  ".join(texts)
    if len(line) <= _WIDTH and not any(each.comments for each in annotations):
        return [_Line(line)] if line else []
    lines: list[_Line] = []
    for each, text in zip(annotations, texts, strict=True):
        lines += [*_comment_lines(each.comments.above), _Line(text, each.comments.beside)]
    return lines


def literal_text(literal: tree.Literal) -> str:
    """Return the text of *literal* on one line."""
    match literal:
        case tree.Atom():
            return atom_text(literal)
        case tree.Not(atom):
            return f"not {atom_text(atom)}"
        case tree.Comparison(relation, left, right):
            return f"{_expression(left)} {relation} {_expression(right)}"
        case tree.PatternTest(name, first, second):
            return f"{name}({_simple(first)}, {_simple(second)})"
        case tree.Count(counted, body, relation, bound):
            variables = ", ".join(each.name for each in counted)
            inner = ", ".join(map(literal_text, body))
            return f"count{{{variables} : {inner}}} {relation} {_expression(bound)}"


def atom_text(atom: tree.Atom) -> str:
    """Return the text of *atom*."""
    if not atom.terms:
        return atom.predicate
    return f"{atom.predicate}({', '.join(map(_simple, atom.terms))})"


def _simple(term: tree.SimpleTerm) -> str:
    return term.name if isinstance(term, tree.Variable) else term.spelling


def _expression(expression: tree.Expression, context: int = 0) -> str:
    if not isinstance(expression, tree.Operation):
        return _simple(expression)
    own = _PRECEDENCE[expression.operator]
    # Operators associate to the left, so what stands right of one binds tighter or has parentheses.
    left, right = _expression(expression.left, own), _expression(expression.right, own + 1)
    text = f"{left} {expression.operator} {right}"
    return f"({text})" if own < context else text
