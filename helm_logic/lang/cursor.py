# SPDX-License-Identifier: Apache-2.0
"""A place in a list of tokens: looking, moving, failing, and handing out comments.

Invariants: moving never goes beyond the final `end` token; every comment that moving passes is
handed out exactly once. After `fail`, `recover` moves behind the next full stop or to the next line
that begins in the first column.
"""

from __future__ import annotations

from typing import NoReturn

import attrs

from helm_logic.kernel.terms import Term
from helm_logic.lang import tree
from helm_logic.lang.diagnostics import Findings
from helm_logic.lang.lexer import NO_GAP, Comment, Gap, Token, Tokens
from helm_logic.lang.source import SizeLimits, Span


class Unreadable(Exception):
    """The statement at hand cannot be read; the reason has been reported."""


class Cursor:
    """Where the parser is."""

    def __init__(self, found: Tokens, findings: Findings, limits: SizeLimits) -> None:
        self._tokens, self._findings, self.limits = found, findings, limits
        self._kinds, self._gaps = found.kinds, found.gaps
        self.at = self._start = 0
        self.kind = found.kinds[0]  # that of the token at hand
        # Comments that no piece has taken.
        self._beside = {n: each.beside for n, each in found.gaps.items() if each.beside}
        self._above = {n: each.above for n, each in found.gaps.items() if each.above}
        self._loose: list[Comment] = []  # passed, but not yet taken by a piece
        self._hoisted: list[Comment] = []  # passed, and to stand above the statement

    # Looking and moving.

    @property
    def text(self) -> str:
        """The text of the token at hand."""
        return self._tokens.texts[self.at]

    @property
    def value(self) -> Term:
        """The value of the token at hand."""
        return self._tokens.values.get(self.at, 0)

    @property
    def span(self) -> Span:
        """The place of the token at hand."""
        tokens, start = self._tokens, self._tokens.starts[self.at]
        return Span(tokens.source, start, start + len(tokens.texts[self.at]))

    @property
    def following(self) -> str:
        """The kind of the token after the one at hand."""
        return self._kinds[min(self.at + 1, len(self._kinds) - 1)]

    def is_glued(self) -> bool:
        """Say whether no space stands on either side of the token at hand."""
        near = [self._tokens.span(at, at) for at in (self.at - 1, self.at, self.at + 1)]
        return near[0].end == near[1].start and near[1].end == near[2].start

    def token(self, number: int) -> Token:
        """Return token *number*."""
        return self._tokens.token(number)

    def advance(self) -> None:
        """Move over the token at hand."""
        if self.at in self._gaps:  # comments before it, unless they were taken before
            beside = self._beside.pop(self.at, None)
            self._loose += [beside] if beside else []
            self._loose += self._above.pop(self.at, ())
        if self.kind != "end":
            self.at += 1
            self.kind = self._kinds[self.at]

    def take(self) -> Token:
        """Return the token at hand and move on."""
        token = self._tokens.token(self.at)
        self.advance()
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
        return self.take()

    def since(self, first: int) -> Span:
        """Return the span from token *first* to the one before the one at hand."""
        return self._tokens.span(first, self.at - 1)

    # Failing.

    def fail(self, expected: str, *, fix: str = "", got: str = "") -> NoReturn:
        """Report that the token at hand is not what was *expected*, and give the statement up."""
        span = self.span
        if "bad" not in (self.kind, self.following):  # what is no token has been reported
            got = got or f"got `{self.text[:40]}`"
            if self._gap().first_on_line and self.at and "`.`" in expected:
                end = self._tokens.span(self.at - 1, self.at - 1).end
                fix = "end it with `.`" if span.column == 1 else "go on with `,`"
                got, span = "the statement does not end here", Span(span.source, end, end)
            elif self.kind == "end":
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
            if self.at > self._start and self._gap().first_on_line and self.span.column == 1:
                break
            kind = self.kind
            self.advance()
            if kind == ".":
                break
        self._beside.pop(self.at, None)
        given_up = range(self._start, self.at)
        return {self._tokens.texts[n] for n in given_up if self._kinds[n] == "name"}

    def _gap(self) -> Gap:
        """Return what stands before the token at hand."""
        return self._gaps.get(self.at, NO_GAP)

    # Comments.

    def begin(self) -> tuple[int, tuple[Comment, ...]]:
        """Return the number of the first token of a statement, and the comments above it."""
        self._loose, self._hoisted, self._start = [], [], self.at
        return self.at, self._above.pop(self.at, ())

    def hoist(self) -> None:
        """Have the comments passed since the last piece stand above the statement."""
        self._hoisted += self._loose
        self._loose = []

    def above(self) -> tuple[Comment, ...]:
        """Take the comments passed since the last piece."""
        if not self._loose:
            return ()
        taken = tuple(Comment(each.text) for each in self._loose)
        self._loose = []
        return taken

    def comments(self) -> tree.Comments:
        """Take the comments of the piece that ends here, the one beside it included."""
        if not self._loose and self.at not in self._beside:
            return tree.NO_COMMENTS
        above, beside = self.above(), self._beside.pop(self.at, None)
        return tree.Comments(above, beside) if above or beside else tree.NO_COMMENTS

    def layout(self, first: int, above: tuple[Comment, ...]) -> tree.Layout:
        """Return the layout of the statement that began with *first* and ends here."""
        self.hoist()
        inner = [Comment(each.text) for each in self._hoisted]
        blank = self._gaps.get(first, NO_GAP).blank_before
        if inner:
            inner[0], blank = attrs.evolve(inner[0], blank_before=blank), False
        beside = self._beside.pop(self.at, None)
        if not (above or inner or beside or blank):
            return tree.NO_LAYOUT
        return tree.Layout(tree.Comments((*above, *inner), beside), blank)
