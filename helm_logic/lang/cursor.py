# SPDX-License-Identifier: Apache-2.0
"""A place in a list of tokens: looking, moving, failing, and handing out comments.

Invariants: moving never goes beyond the final `end` token; every comment that moving passes is
handed out exactly once. After `fail`, `recover` moves behind the next full stop or to the next line
that begins in the first column.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import attrs

from helm_logic.lang import tree
from helm_logic.lang.diagnostics import Findings
from helm_logic.lang.lexer import Comment, Token
from helm_logic.lang.source import SizeLimits, Span


class Unreadable(Exception):
    """The statement at hand cannot be read; the reason has been reported."""


class Cursor:
    """Where the parser is."""

    def __init__(self, found: Sequence[Token], findings: Findings, limits: SizeLimits) -> None:
        self._tokens, self._findings, self.limits = found, findings, limits
        self._at = self._start = 0
        self._beside = {n: each.beside for n, each in enumerate(found) if each.beside}
        self._above = {n: each.above for n, each in enumerate(found) if each.above}
        self._loose: list[Comment] = []  # passed, but not yet taken by a piece
        self._hoisted: list[Comment] = []  # passed, and to stand above the statement

    # Looking and moving.

    @property
    def token(self) -> Token:
        """The token at hand."""
        return self._tokens[self._at]

    @property
    def kind(self) -> str:
        """The kind of the token at hand."""
        return self._tokens[self._at].kind

    @property
    def following(self) -> str:
        """The kind of the token after the one at hand."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)].kind

    def is_glued(self) -> bool:
        """Say whether no space stands on either side of the token at hand."""
        before, token, after = self._tokens[self._at - 1], self.token, self._tokens[self._at + 1]
        return before.span.end == token.span.start and token.span.end == after.span.start

    def advance(self) -> Token:
        """Return the token at hand and move on."""
        token = self._tokens[self._at]
        if token.beside or token.above:  # unless they were taken before
            beside = self._beside.pop(self._at, None)
            self._loose += [beside] if beside else []
            self._loose += self._above.pop(self._at, ())
        self._at += token.kind != "end"
        return token

    def accept(self, kind: str) -> bool:
        """Move over a token of *kind*; say whether one was at hand."""
        found = self.kind == kind
        if found:
            self.advance()
        return found

    def expect(self, kind: str, wanted: str = "") -> Token:
        """Return the token at hand, of *kind*, and move on."""
        if self.kind != kind:
            self.fail(wanted or f"`{kind}`")
        return self.advance()

    def since(self, first: Token) -> Span:
        """Return the span from *first* to the token before the one at hand."""
        return first.span.to(self._tokens[self._at - 1].span)

    # Failing.

    def fail(self, expected: str, *, fix: str = "", got: str = "") -> NoReturn:
        """Report that the token at hand is not what was *expected*, and give the statement up."""
        token, span = self.token, self.token.span
        if "bad" not in (token.kind, self.following):  # what is no token has been reported
            got = got or f"got `{token.text[:40]}`"
            if token.first_on_line and self._at and "`.`" in expected:
                end = self._tokens[self._at - 1].span.end
                got, span = "the statement does not end here", Span(span.source, end, end)
                fix = "end it with `.`" if token.span.column == 1 else "go on with `,`"
            elif token.kind == "end":
                got = "got the end of the file"
            self._findings.add("HL001", got, span, expected=expected, fix=fix)
        raise Unreadable

    def refuse(self, message: str, span: Span, fix: str) -> NoReturn:
        """Report that a limit is exceeded, and give the statement up."""
        self._findings.add("HL016", message, span, fix=fix)
        raise Unreadable

    def recover(self) -> set[str]:
        """Move to where reading can resume; return the names in the statement that is given up."""
        while self.kind != "end":
            token = self.token
            if self._at > self._start and token.first_on_line and token.span.column == 1:
                break
            self.advance()
            if token.kind == ".":
                break
        self._beside.pop(self._at, None)
        return {each.text for each in self._tokens[self._start : self._at] if each.kind == "name"}

    # Comments.

    def begin(self) -> tuple[Token, tuple[Comment, ...]]:
        """Return the first token of a statement and the comments above it."""
        self._loose, self._hoisted, self._start = [], [], self._at
        return self.token, self._above.pop(self._at, ())

    def hoist(self) -> None:
        """Have the comments passed since the last piece stand above the statement."""
        self._hoisted += self._loose
        self._loose = []

    def above(self) -> tuple[Comment, ...]:
        """Take the comments passed since the last piece."""
        taken = tuple(Comment(each.text) for each in self._loose)
        self._loose = []
        return taken

    def comments(self) -> tree.Comments:
        """Take the comments of the piece that ends here, the one beside it included."""
        return tree.Comments(self.above(), self._beside.pop(self._at, None))

    def layout(self, first: Token, above: tuple[Comment, ...]) -> tree.Layout:
        """Return the layout of the statement that began with *first* and ends here."""
        self.hoist()
        inner, blank = [Comment(each.text) for each in self._hoisted], first.blank_before
        if inner:
            inner[0], blank = attrs.evolve(inner[0], blank_before=blank), False
        beside = self._beside.pop(self._at, None)
        return tree.Layout(tree.Comments((*above, *inner), beside), blank)
