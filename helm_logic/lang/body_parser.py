# SPDX-License-Identifier: Apache-2.0
"""Tokens to the pieces that rules are made of: bodies, literals, atoms, terms, sums.

Nesting is bounded, so the stack is too. What statements these pieces stand in is `parser.py`.
"""

from __future__ import annotations

from typing import NoReturn

from helm_logic.kernel.terms import ARITHMETIC, COMPARISONS
from helm_logic.lang import tree
from helm_logic.lang.cursor import Cursor

TESTS = ("matches", "subsumes")
_OPERATORS = (*COMPARISONS, *ARITHMETIC)


class BodyParser:
    """Reads the pieces of one statement."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._depth = 0

    def _body(self) -> tuple[tree.BodyLine, ...]:
        cursor, body = self._cursor, []
        while True:
            literal = self._literal()
            if cursor.kind not in (",", "."):
                cursor.fail("`,` or `.`")
            is_last = cursor.kind == "."
            cursor.advance()
            if is_last:
                body.append(tree.BodyLine(literal, self._comments_above()))
                return tuple(body)
            body.append(tree.BodyLine(literal, cursor.comments()))
            if len(body) >= cursor.limits.literals:
                self._too_long(literal)

    def _too_long(self, last: tree.Literal) -> NoReturn:
        message = f"a body has more than {self._cursor.limits.literals} literals"
        self._cursor.refuse(message, last.span, "give a part of it a rule of its own")

    def _comments_above(self) -> tree.Comments:
        above = self._cursor.above()
        return tree.Comments(above) if above else tree.NO_COMMENTS

    # Literals.

    def _literal(self, *, counting: bool = False) -> tree.Literal:
        cursor = self._cursor
        first, following, self._depth = cursor.at, cursor.following, 0
        if cursor.kind == "name":
            text = cursor.text
            if text == "not":
                return self._negation()
            if text == "count" and following == "{":
                if counting:
                    fix = "give the inner one a rule of its own"
                    cursor.fail("another literal", got="got a count inside a count", fix=fix)
                return self._count()
            if text in TESTS and following == "(":
                return self._pattern_test()
            if text not in ("true", "false") and following not in _OPERATORS:
                return self._atom()
        left = self._sum("a literal")
        relation = cursor.kind
        if relation not in COMPARISONS:
            cursor.fail("a comparison: " + " ".join(f"`{each}`" for each in COMPARISONS))
        cursor.advance()
        right = self._sum("an expression")
        return tree.Comparison(relation, left, right, span=cursor.since(first))

    def _negation(self) -> tree.Not:
        cursor, first = self._cursor, self._cursor.at
        cursor.advance()
        if cursor.kind != "name" or cursor.text in (*TESTS, "not", "true", "false"):
            fix = "turn a comparison round; name anything else by a rule and negate its head"
            cursor.fail("an atom after `not`", fix=fix)
        if cursor.text == "count" and cursor.following == "{":
            cursor.fail("an atom after `not`", fix="turn the comparison of the count round")
        return tree.Not(self._atom(), span=cursor.since(first))

    def _pattern_test(self) -> tree.PatternTest:
        cursor, first, name = self._cursor, self._cursor.at, self._cursor.text
        cursor.advance()
        cursor.advance()
        left = self._term()
        cursor.expect(",", "`,` and a second term")
        right = self._term()
        cursor.expect(")")
        return tree.PatternTest(name, left, right, span=cursor.since(first))

    def _count(self) -> tree.Count:
        cursor = self._cursor
        first = cursor.at
        cursor.advance()
        cursor.advance()
        counted = [cursor.expect("variable", "a variable to count")]
        while cursor.accept(","):
            counted.append(cursor.expect("variable", "a variable to count"))
        cursor.expect(":", "`,` or `:`")
        self._require_columns(len(counted), first)
        body = [self._literal(counting=True)]
        while cursor.accept(","):
            if len(body) >= cursor.limits.literals:
                self._too_long(body[-1])
            body.append(self._literal(counting=True))
        cursor.expect("}", "`,` or `}`")
        if cursor.kind not in COMPARISONS:
            cursor.fail("a comparison after the count, as in `>= 2`")
        relation, self._depth = cursor.kind, 0
        cursor.advance()
        bound = self._sum("a number to compare the count with")
        variables = tuple(tree.Variable(each.text, span=each.span) for each in counted)
        return tree.Count(variables, tuple(body), relation, bound, span=cursor.since(first))

    def _atom(self) -> tree.Atom:
        cursor, terms = self._cursor, []
        first, name = cursor.at, cursor.text
        cursor.advance()
        if cursor.kind == "(":
            cursor.advance()
            if cursor.kind == ")":
                cursor.fail("a term", fix=f"write `{name}` without parentheses")
            terms.append(self._term())
            while cursor.kind != ")":
                if cursor.kind != ",":
                    cursor.fail("`,` or `)`")
                cursor.advance()
                terms.append(self._term())
            cursor.advance()
        self._require_columns(len(terms), first)
        return tree.Atom(name, tuple(terms), span=cursor.since(first))

    def _require_columns(self, number: int, named: int) -> None:
        """Refuse more columns than there may be, of what token *named* names."""
        most = self._cursor.limits.columns
        if number > most:
            name = self._cursor.token(named)
            message = f"`{name.text}` has more than {most} columns"
            self._cursor.refuse(message, name.span, "split what it says into several predicates")

    # Terms.

    def _term(self) -> tree.SimpleTerm:
        if self._cursor.kind == "variable":
            term: tree.SimpleTerm = tree.Variable(self._cursor.text, span=self._cursor.span)
            self._cursor.advance()
        else:
            term = self._constant("a variable or a constant")
        if self._cursor.kind in ARITHMETIC:
            fix = "compute in the body, `X = expression`, and write `X` here"
            self._cursor.fail("`,` or `)`", fix=fix)
        return term

    def _constant(self, expected: str) -> tree.Constant:
        cursor, kind = self._cursor, self._cursor.kind
        if kind == "-" and cursor.following == "int":
            first = cursor.at
            cursor.advance()
            digits = cursor.take()
            spelling = f"-{digits.text}"
            return tree.Constant("int", -int(digits.value), spelling, span=cursor.since(first))
        text, value, span = cursor.text, cursor.value, cursor.span
        if kind not in ("string", "int", "time", "name") or text == "not":
            cursor.fail(expected)
        cursor.advance()
        if kind == "name":
            kind, tag = ("bool", "b") if text in ("true", "false") else ("symbol", "y")
            value = f"{tag}:{text}"
        return tree.Constant(kind, value, text, span=span)

    def _sum(self, expected: str) -> tree.Expression:
        first, left = self._cursor.at, self._product(expected)
        while self._cursor.kind in ("+", "-"):
            operator = self._deeper()
            right = self._product("a number or a variable")
            left = tree.Operation(operator, left, right, span=self._cursor.since(first))
        return left

    def _product(self, expected: str) -> tree.Expression:
        first, left = self._cursor.at, self._factor(expected)
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
            token = self._cursor.take()
            return tree.Variable(token.text, span=token.span)
        return self._constant(expected)

    def _deeper(self) -> str:
        """Move over an operator or parenthesis; their number bounds how deep a literal can nest."""
        self._depth += 1
        if self._depth > self._cursor.limits.nesting:
            message = f"an expression has more than {self._cursor.limits.nesting} operators"
            span = self._cursor.span
            self._cursor.refuse(message, span, "compute it in steps, each `X = expression`")
        kind = self._cursor.kind
        self._cursor.advance()
        return kind
