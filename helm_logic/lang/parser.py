# SPDX-License-Identifier: Apache-2.0
"""Tokens to a tree, by recursive descent, one function a construct of the grammar.

Invariants: any text gives a tree and diagnostics, never an exception; after an error reading
resumes behind the next full stop or at the next line that begins in the first column, so one run
shows every error. A comment goes to the piece (annotation, head, literal, column) whose line it
ends, or below whose predecessor it stands; a comment inside a piece moves above it. Statements are
read here, the bodies of rules in `body_parser.py`.
"""

from __future__ import annotations

import attrs

from helm_logic.lang import tree
from helm_logic.lang.body_parser import BodyParser
from helm_logic.lang.cursor import Cursor, Unreadable
from helm_logic.lang.diagnostics import Diagnostic, Findings, did_you_mean
from helm_logic.lang.lexer import tokens
from helm_logic.lang.source import SizeLimits, Source, Span

_DIRECTIVES = ("#include", "#input", "#relation", "#predicate", "#claim", "#assume")
_PATH = ("name", "variable", "string")
_CLAIMS = ("never", "only", "always", "monotone", "independent")
_VERDICTS = ("allow", "deny", "escalate")


@attrs.frozen
class Reading:
    """What a file says, what is wrong with its form, and the names in what could not be read."""

    source: Source
    tree: tree.Tree
    diagnostics: tuple[Diagnostic, ...]
    broken: frozenset[str]


def parse(
    source: Source, limits: SizeLimits | None = None
) -> tuple[tree.Tree, tuple[Diagnostic, ...]]:
    """Return the tree of *source*, without the statements that could not be read, and why not."""
    reading = read(source, limits or SizeLimits())
    return reading.tree, reading.diagnostics


def read(source: Source, limits: SizeLimits) -> Reading:
    """Return what *source* says and everything that is wrong with its form."""
    findings = Findings()
    cursor = Cursor(tokens(source, findings, limits), findings, limits)
    parser = _Parser(cursor)
    statements, broken = [], set()
    while cursor.kind != "end":
        try:
            statements.append(parser.statement())
        except Unreadable:
            broken |= cursor.recover()
            if findings.number > limits.errors:
                break
    if findings.number > limits.errors:
        message = f"more than {limits.errors} errors; the rest of the file is not read"
        findings.add("HL016", message, cursor.span)
    parsed = tree.Tree(tuple(statements), cursor.begin()[1])
    return Reading(source, parsed, findings.sorted([source.name]), frozenset(broken))


class _Parser(BodyParser):
    """Reads one statement after the other."""

    def statement(self) -> tree.Statement:
        """Return the statement at hand; raise Unreadable after reporting what is wrong with it."""
        self._first, self._above = self._cursor.begin()
        kind = self._cursor.kind
        if kind.startswith("#") and kind not in ("#claim", "#assume"):
            return self._directive(kind)
        annotations: list[tree.Annotation] = []
        while self._cursor.kind == "@":
            annotations.append(self._annotation(is_first=not annotations))
        match self._cursor.kind:
            case "#claim":
                return self._claim(tuple(annotations))
            case "#assume":
                return self._assumption(tuple(annotations))
            case _:
                return self._clause(tuple(annotations))

    def _layout(self) -> tree.Layout:
        """Return the layout of the statement that ends here."""
        return self._cursor.layout(self._first, self._above)

    def _span(self) -> Span:
        """Return the span of the statement that ends here."""
        return self._cursor.since(self._first)

    # Declarations.

    def _directive(self, kind: str) -> tree.Statement:
        if kind not in _DIRECTIVES:
            fix = did_you_mean(kind, _DIRECTIVES)
            self._cursor.fail(" or ".join(f"`{each}`" for each in _DIRECTIVES), fix=fix)
        self._cursor.advance()
        if kind == "#include":
            name = self._cursor.expect("string", 'a name in quotes, as in `#include "authority".`')
            self._cursor.expect(".")
            return tree.Include(
                str(name.value)[2:], self._layout(), span=self._span(), name_span=name.span
            )
        return self._input() if kind == "#input" else self._declaration(given=kind == "#relation")

    def _declaration(self, *, given: bool) -> tree.Declaration:
        named, columns = self._cursor.at, []
        name = self._cursor.expect("name", "the name of a predicate")
        if self._cursor.accept("("):
            columns.append(self._column())
            while self._cursor.kind != ")":
                columns.append(self._column())
            self._cursor.advance()
        self._require_columns(len(columns), named)
        self._cursor.expect(".")
        return tree.Declaration(
            name.text,
            tuple(columns),
            given,
            self._layout(),
            span=self._span(),
            name_span=name.span,
        )

    def _column(self) -> tree.Column:
        cursor, name = self._cursor, ""
        first = cursor.at
        if cursor.kind == "name" and cursor.following == ":":
            name = cursor.take().text
            cursor.advance()
        type_ = cursor.expect("name", "a column, as in `name: string`")
        span = cursor.since(first)
        if cursor.kind != ")":
            cursor.expect(",", "`,` or `)`")
        return tree.Column(name, type_.text, cursor.comments(), span=span)

    def _input(self) -> tree.InputDeclaration:
        cursor = self._cursor
        name = cursor.expect("name", "the name of an input")
        cursor.expect(":", "`:` and a type")
        type_ = self._input_type()
        if cursor.text != "from":
            cursor.fail("`from` and a path of the request")
        cursor.advance()
        first, path = cursor.at, [self._segment()]
        # A dot inside a path has no space around it; the one that ends the statement does.
        while cursor.kind == "." and cursor.following in _PATH and cursor.is_glued():
            cursor.advance()
            path.append(self._segment())
        path_span = cursor.since(first)
        default, optional = None, False
        while cursor.kind == "name":
            if cursor.text == "default" and default is None:
                cursor.advance()
                default = self._constant("the constant that stands in for an absent value")
            elif cursor.text == "optional" and not optional:
                optional = True
                cursor.advance()
            else:
                break
        cursor.expect(".", "`default`, `optional` or `.`")
        return tree.InputDeclaration(
            name.text,
            type_,
            tuple(path),
            default,
            optional,
            self._layout(),
            span=self._span(),
            name_span=name.span,
            path_span=path_span,
        )

    def _segment(self) -> str:
        if self._cursor.kind not in _PATH:
            self._cursor.fail("a path, as in `context.ci_passed`")
        token = self._cursor.take()
        return str(token.value)[2:] if token.kind == "string" else token.text

    def _input_type(self) -> tree.InputType:
        cursor, scalar, bounds = self._cursor, "", None
        first = cursor.at
        values: list[tree.Constant] = []
        if cursor.accept("{"):
            values.append(self._constant("a constant"))
            while cursor.accept(","):
                values.append(self._constant("a constant"))
            cursor.expect("}", "`,` or `}`")
        else:
            expected = 'a type, as in `bool`, `int 0..100`, `string*` or `{"dev", "prod"}`'
            scalar = cursor.expect("name", expected).text
            if cursor.kind in ("int", "-"):
                low = self._constant("an integer")
                cursor.expect("..")
                bounds = (low, self._constant("an integer"))
        is_set = cursor.accept("*")
        return tree.InputType(scalar, tuple(values), bounds, is_set, span=cursor.since(first))

    # Rules.

    def _clause(self, annotations: tuple[tree.Annotation, ...]) -> tree.Clause:
        if self._cursor.kind != "name" or self._cursor.text in ("not", "true", "false"):
            expected = "a rule, `#claim` or `#assume`"
            self._cursor.fail(expected if annotations else "a declaration, a rule or a fact")
        head = self._atom()
        if self._cursor.kind not in (":-", "."):
            self._cursor.fail("`:-` or `.`")
        comments, body = self._rest(is_annotated=bool(annotations))
        return tree.Clause(head, body, annotations, comments, self._layout(), span=self._span())

    def _rest(self, *, is_annotated: bool) -> tuple[tree.Comments, tuple[tree.BodyLine, ...]]:
        """Move over the token between head and body; return the comments at it, and the body."""
        end = self._cursor.kind
        self._cursor.advance()
        if not is_annotated:
            self._cursor.hoist()
        if end == ".":
            return self._comments_above(), ()
        return self._cursor.comments(), self._body()

    def _annotation(self, *, is_first: bool) -> tree.Annotation:
        cursor = self._cursor
        first = cursor.at
        cursor.advance()
        name = cursor.expect("name", "the name of an annotation, as in `@reason`")
        cursor.expect("(")
        argument = self._constant("a constant")
        cursor.expect(")")
        if is_first:
            cursor.hoist()
        return tree.Annotation(name.text, argument, cursor.comments(), span=cursor.since(first))

    # Claims and assumptions.

    def _claim(self, annotations: tuple[tree.Annotation, ...]) -> tree.Claim:
        self._cursor.advance()
        kind, verdict, about, span = self._word(_CLAIMS), "", "", self._cursor.span
        if kind == "monotone":
            self._word(("in",))
            about = self._word(("approvals",))
        elif kind == "independent":
            self._word(("of",))
            name = self._cursor.expect("name", "an input, or a part of the request as `action`")
            about, span = name.text, name.span
        else:
            verdict = self._word((*_VERDICTS, *["decides"] * (kind == "always")))
            kind, verdict = ("decides", "") if verdict == "decides" else (kind, verdict)
        if self._cursor.text != "when" and (kind == "only" or self._cursor.kind != "."):
            self._cursor.fail("`when` and a condition" if kind == "only" else "`when` or `.`")
        comments, body = self._rest(is_annotated=bool(annotations))
        return tree.Claim(
            kind,
            verdict,
            about,
            body,
            annotations,
            comments,
            self._layout(),
            span=self._span(),
            about_span=span,
        )

    def _assumption(self, annotations: tuple[tree.Annotation, ...]) -> tree.Assumption:
        self._cursor.advance()
        if self._cursor.text != "never":
            self._cursor.fail("`never` and what does not hold")
        comments, body = self._rest(is_annotated=bool(annotations))
        return tree.Assumption(body, annotations, comments, self._layout(), span=self._span())

    def _word(self, options: tuple[str, ...]) -> str:
        """Return which of the words *options* is at hand, and move on."""
        text = self._cursor.text
        if text not in options:
            expected = " or ".join(f"`{each}`" for each in options)
            self._cursor.fail(expected, fix=did_you_mean(text, options))
        self._cursor.advance()
        return text
