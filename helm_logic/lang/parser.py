# SPDX-License-Identifier: Apache-2.0
"""Tokens to a tree, by recursive descent, one function a construct of the grammar.

Invariants: any text gives a tree and diagnostics, never an exception; after an error reading
resumes behind the next full stop or at the next line that begins in the first column, so one run
shows every error; nesting is bounded, so the stack is too. A comment goes to the piece (annotation,
head, literal, column) whose line it ends, or below whose predecessor it stands; a comment inside a
piece moves above it.
"""

from __future__ import annotations

import attrs

from helm_logic.kernel.terms import ARITHMETIC, COMPARISONS
from helm_logic.lang import tree
from helm_logic.lang.cursor import Cursor, Unreadable
from helm_logic.lang.diagnostics import Diagnostic, Findings, did_you_mean
from helm_logic.lang.lexer import Token, tokens
from helm_logic.lang.source import SizeLimits, Source

TESTS = ("matches", "subsumes")
_DIRECTIVES = ("#include", "#input", "#relation", "#predicate")
_PATH = ("name", "variable", "string")


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
    statements, broken = [], set()
    while cursor.kind != "end":
        first, above = cursor.begin()
        try:
            statement = _Parser(cursor).statement()
        except Unreadable:
            broken |= cursor.recover()
            if findings.number > limits.errors:
                break
            continue
        layout = cursor.layout(first, above)
        statements.append(attrs.evolve(statement, layout=layout, span=cursor.since(first)))
    if findings.number > limits.errors:
        message = f"more than {limits.errors} errors; the rest of the file is not read"
        findings.add("HL016", message, cursor.token.span)
    parsed = tree.Tree(tuple(statements), cursor.begin()[1])
    return Reading(source, parsed, findings.sorted([source.name]), frozenset(broken))


class _Parser:
    """Reads one statement."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._depth = 0

    def statement(self) -> tree.Statement:
        """Return the statement at hand; raise Unreadable after reporting what is wrong with it."""
        kind = self._cursor.kind
        return self._directive(kind) if kind.startswith("#") else self._clause()

    # Declarations.

    def _directive(self, kind: str) -> tree.Statement:
        if kind not in _DIRECTIVES:
            fix = did_you_mean(kind, _DIRECTIVES)
            self._cursor.fail(" or ".join(f"`{each}`" for each in _DIRECTIVES), fix=fix)
        self._cursor.advance()
        if kind == "#include":
            name = self._cursor.expect("string", 'a name in quotes, as in `#include "authority".`')
            statement: tree.Statement = tree.Include(str(name.value)[2:], name_span=name.span)
        elif kind == "#input":
            statement = self._input()
        else:
            statement = self._declaration(given=kind == "#relation")
        self._cursor.expect(".")
        return statement

    def _declaration(self, *, given: bool) -> tree.Declaration:
        name, columns = self._cursor.expect("name", "the name of a predicate"), []
        if self._cursor.accept("("):
            columns.append(self._column())
            while self._cursor.kind != ")":
                columns.append(self._column())
            self._cursor.advance()
        self._require_columns(len(columns), name)
        return tree.Declaration(name.text, tuple(columns), given, name_span=name.span)

    def _column(self) -> tree.Column:
        cursor, name = self._cursor, ""
        first = cursor.token
        if cursor.kind == "name" and cursor.following == ":":
            name = cursor.advance().text
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
        if cursor.token.text != "from":
            cursor.fail("`from` and a path of the request")
        cursor.advance()
        first, path = cursor.token, [self._segment()]
        # A dot inside a path has no space around it; the one that ends the statement does.
        while cursor.kind == "." and cursor.following in _PATH and cursor.is_glued():
            cursor.advance()
            path.append(self._segment())
        path_span = cursor.since(first)
        default, optional = None, False
        while cursor.kind == "name":
            if cursor.token.text == "default" and default is None:
                cursor.advance()
                default = self._constant("the constant that stands in for an absent value")
            elif cursor.token.text == "optional" and not optional:
                optional = bool(cursor.advance())
            else:
                break
        if cursor.kind != ".":
            cursor.fail("`default`, `optional` or `.`")
        declared = tree.InputDeclaration(name.text, type_, tuple(path), default, optional)
        return attrs.evolve(declared, name_span=name.span, path_span=path_span)

    def _segment(self) -> str:
        if self._cursor.kind not in _PATH:
            self._cursor.fail("a path, as in `context.ci_passed`")
        return str(self._cursor.advance().value)[2:]

    def _input_type(self) -> tree.InputType:
        cursor, scalar, bounds = self._cursor, "", None
        first = cursor.token
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

    def _clause(self) -> tree.Clause:
        annotations: list[tree.Annotation] = []
        while self._cursor.kind == "@":
            annotations.append(self._annotation(is_first=not annotations))
        if self._cursor.kind != "name" or self._cursor.token.text in ("not", "true", "false"):
            self._cursor.fail("a rule" if annotations else "a declaration, a rule or a fact")
        head = self._atom()
        if self._cursor.kind not in (":-", "."):
            self._cursor.fail("`:-` or `.`")
        end = self._cursor.advance().kind
        if not annotations:
            self._cursor.hoist()
        if end == ".":
            comments = tree.Comments(self._cursor.above())
            return tree.Clause(head, (), tuple(annotations), comments)
        comments = self._cursor.comments()
        return tree.Clause(head, self._body(), tuple(annotations), comments)

    def _annotation(self, *, is_first: bool) -> tree.Annotation:
        cursor = self._cursor
        first = cursor.advance()
        name = cursor.expect("name", "the name of an annotation, as in `@reason`")
        cursor.expect("(")
        argument = self._constant("a constant")
        cursor.expect(")")
        if is_first:
            cursor.hoist()
        return tree.Annotation(name.text, argument, cursor.comments(), span=cursor.since(first))

    def _body(self) -> tuple[tree.BodyLine, ...]:
        cursor, body = self._cursor, []
        while True:
            literal = self._literal()
            if cursor.kind not in (",", "."):
                cursor.fail("`,` or `.`")
            if cursor.advance().kind == ".":
                body.append(tree.BodyLine(literal, tree.Comments(cursor.above())))
                return tuple(body)
            body.append(tree.BodyLine(literal, cursor.comments()))
            self._require_room(body, literal)

    def _require_room(
        self, body: list[tree.BodyLine] | list[tree.Literal], last: tree.Literal
    ) -> None:
        most = self._cursor.limits.literals
        if len(body) >= most:
            message = f"a body has more than {most} literals"
            self._cursor.refuse(message, last.span, "give a part of it a rule of its own")

    # Literals.

    def _literal(self, *, counting: bool = False) -> tree.Literal:
        cursor = self._cursor
        first, following, self._depth = cursor.token, cursor.following, 0
        if first.kind == "name":
            if first.text == "not":
                return self._negation()
            if first.text == "count" and following == "{":
                if counting:
                    fix = "give the inner one a rule of its own"
                    cursor.fail("another literal", got="got a count inside a count", fix=fix)
                return self._count()
            if first.text in TESTS and following == "(":
                return self._pattern_test()
            if first.text not in ("true", "false") and following not in (*COMPARISONS, *ARITHMETIC):
                return self._atom()
        left = self._sum("a literal")
        if cursor.kind not in COMPARISONS:
            cursor.fail("a comparison: " + " ".join(f"`{each}`" for each in COMPARISONS))
        relation = cursor.advance().kind
        right = self._sum("an expression")
        return tree.Comparison(relation, left, right, span=cursor.since(first))

    def _negation(self) -> tree.Not:
        first, token = self._cursor.advance(), self._cursor.token
        if token.kind != "name" or token.text in (*TESTS, "not", "true", "false"):
            fix = "turn a comparison round; name anything else by a rule and negate its head"
            self._cursor.fail("an atom after `not`", fix=fix)
        if token.text == "count" and self._cursor.following == "{":
            self._cursor.fail("an atom after `not`", fix="turn the comparison of the count round")
        return tree.Not(self._atom(), span=self._cursor.since(first))

    def _pattern_test(self) -> tree.PatternTest:
        first = self._cursor.advance()
        self._cursor.advance()
        left = self._term()
        self._cursor.expect(",", "`,` and a second term")
        right = self._term()
        self._cursor.expect(")")
        return tree.PatternTest(first.text, left, right, span=self._cursor.since(first))

    def _count(self) -> tree.Count:
        cursor = self._cursor
        first = cursor.advance()
        cursor.advance()
        counted = [cursor.expect("variable", "a variable to count")]
        while cursor.accept(","):
            counted.append(cursor.expect("variable", "a variable to count"))
        cursor.expect(":", "`,` or `:`")
        self._require_columns(len(counted), first)
        body = [self._literal(counting=True)]
        while cursor.accept(","):
            self._require_room(body, body[-1])
            body.append(self._literal(counting=True))
        cursor.expect("}", "`,` or `}`")
        if cursor.kind not in COMPARISONS:
            cursor.fail("a comparison after the count, as in `>= 2`")
        relation, self._depth = cursor.advance().kind, 0
        bound = self._sum("a number to compare the count with")
        variables = tuple(tree.Variable(each.text, span=each.span) for each in counted)
        return tree.Count(variables, tuple(body), relation, bound, span=cursor.since(first))

    def _atom(self) -> tree.Atom:
        cursor, terms = self._cursor, []
        name = cursor.advance()
        if cursor.accept("("):
            if cursor.kind == ")":
                cursor.fail("a term", fix=f"write `{name.text}` without parentheses")
            terms.append(self._term())
            while cursor.kind != ")":
                cursor.expect(",", "`,` or `)`")
                terms.append(self._term())
            cursor.advance()
        self._require_columns(len(terms), name)
        return tree.Atom(name.text, tuple(terms), span=cursor.since(name), name_span=name.span)

    def _require_columns(self, number: int, name: Token) -> None:
        most = self._cursor.limits.columns
        if number > most:
            message = f"`{name.text}` has more than {most} columns"
            self._cursor.refuse(message, name.span, "split what it says into several predicates")

    # Terms.

    def _term(self) -> tree.SimpleTerm:
        if self._cursor.kind == "variable":
            token = self._cursor.advance()
            term: tree.SimpleTerm = tree.Variable(token.text, span=token.span)
        else:
            term = self._constant("a variable or a constant")
        if self._cursor.kind in ARITHMETIC:
            fix = "compute in the body, `X = expression`, and write `X` here"
            self._cursor.fail("`,` or `)`", fix=fix)
        return term

    def _constant(self, expected: str) -> tree.Constant:
        cursor, first, kind = self._cursor, self._cursor.token, self._cursor.kind
        if kind == "-" and cursor.following == "int":
            cursor.advance()
            digits = cursor.advance()
            value = -int(digits.value)
            return tree.Constant("int", value, f"-{digits.text}", span=cursor.since(first))
        if kind not in ("string", "int", "time", "name") or first.text == "not":
            cursor.fail(expected)
        cursor.advance()
        if first.text in ("true", "false"):
            return tree.Constant("bool", f"b:{first.text}", first.text, span=first.span)
        kind = "symbol" if kind == "name" else kind
        return tree.Constant(kind, first.value, first.text, span=first.span)

    def _sum(self, expected: str) -> tree.Expression:
        first, left = self._cursor.token, self._product(expected)
        while self._cursor.kind in ("+", "-"):
            operator = self._deeper()
            right = self._product("a number or a variable")
            left = tree.Operation(operator, left, right, span=self._cursor.since(first))
        return left

    def _product(self, expected: str) -> tree.Expression:
        first, left = self._cursor.token, self._factor(expected)
        while self._cursor.kind == "*":
            operator = self._deeper()
            right = self._factor("a number or a variable")
            left = tree.Operation(operator, left, right, span=self._cursor.since(first))
        return left

    def _factor(self, expected: str) -> tree.Expression:
        if self._cursor.kind == "(":
            self._deeper()
            inner = self._sum("a number or a variable")
            self._cursor.expect(")")
            return inner
        if self._cursor.kind == "variable":
            token = self._cursor.advance()
            return tree.Variable(token.text, span=token.span)
        return self._constant(expected)

    def _deeper(self) -> str:
        """Move over an operator or parenthesis; their number bounds how deep a literal can nest."""
        self._depth += 1
        if self._depth > self._cursor.limits.nesting:
            message = f"an expression has more than {self._cursor.limits.nesting} operators"
            span = self._cursor.token.span
            self._cursor.refuse(message, span, "compute it in steps, each `X = expression`")
        return self._cursor.advance().kind
