# SPDX-License-Identifier: Apache-2.0
"""Blocks and authorizers from their text. After the grammar of Biscuit's specification.

Names may be words of the language: `check(1)` is a fact, `check if` begins a check.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from helm_logic.authority.adapters.biscuit.expression_parser import ExpressionParser
from helm_logic.authority.adapters.biscuit.syntax import (
    AUTHORITY_SCOPE,
    PREVIOUS_SCOPE,
    Block,
    Check,
    Expression,
    Policy,
    Predicate,
    Query,
    Rule,
    Variable,
)
from helm_logic.errors import InputError

_CHECKS = {("check", "if"): "if", ("check", "all"): "all", ("reject", "if"): "reject"}
_POLICIES = {("allow", "if"): "allow", ("deny", "if"): "deny"}
_Found = TypeVar("_Found")


def parse_block(text: str, key: str | None = None) -> Block:
    """Return the block that *text* is, signed by the third party *key* if there is one.

    Raises InputError, also for policies, which are not for blocks.
    """
    block = _Parser(text).block(key)
    if block.policies:
        raise InputError("wrong_syntax", "a block has a policy: only authorizers may")
    return block


def parse_authorizer(text: str) -> Block:
    """Return the authorizer that *text* is; raise InputError."""
    return _Parser(text).block(None)


def parse_fact(text: str) -> Predicate:
    """Return the one fact that *text* is, without `;`; raise InputError."""
    block = parse_block(text + ";")
    if len(block.facts) != 1 or block != Block(facts=block.facts):
        raise InputError("wrong_syntax", "want one fact")
    return block.facts[0]


class _Parser(ExpressionParser):
    def block(self, key: str | None) -> Block:
        facts: list[Predicate] = []
        rules: list[Rule] = []
        checks: list[Check] = []
        policies: list[Policy] = []
        scopes: tuple[str, ...] = ()
        if self.sees("trusting") and self.peek(1).text != "(":
            scopes = self._scopes()
            self.expect(";")
        while self.peek().kind != "end":
            start = self.peek().start
            words = (self.peek().text, self.peek(1).text)
            if words in _CHECKS:
                queries = self._queries()
                checks.append(Check(_CHECKS[words], queries, self._text(start)))
            elif words in _POLICIES:
                queries = self._queries()
                policies.append(Policy(_POLICIES[words], queries, self._text(start)))
            else:
                head = self._predicate()
                if self.accept("<-"):
                    rules.append(Rule(head, self._query(), self._text(start)))
                else:
                    facts.append(self._fact(head))
            if self.peek().kind != "end":
                self.expect(";")
        return Block(tuple(facts), tuple(rules), tuple(checks), tuple(policies), scopes, key)

    def _text(self, start: int) -> str:
        return self.text[start : self.tokens[self.place - 1].stop]

    def _fact(self, head: Predicate) -> Predicate:
        if any(isinstance(each, Variable) for each in head.terms):
            raise self.wrong("`<-`, because only rules have variables")
        return head

    def _queries(self) -> tuple[Query, ...]:
        self.place += 2
        found = [self._query()]
        while self.accept("or"):
            found.append(self._query())
        return tuple(found)

    def _query(self) -> Query:
        predicates: list[Predicate] = []
        expressions: list[Expression] = []
        while True:
            if self.peek().kind == "name" and self.peek(1).text == "(":
                predicates.append(self._predicate())
            else:
                expressions.append(self.expression())
            if not self.accept(","):
                break
        scopes = self._scopes() if self.sees("trusting") else ()
        return Query(tuple(predicates), tuple(expressions), scopes)

    def _predicate(self) -> Predicate:
        if self.peek().kind != "name":
            raise self.wrong("the name of a predicate")
        name = self.take().text
        self.expect("(")
        return Predicate(name, tuple(self._listed(self.term, ")")))

    def _scopes(self) -> tuple[str, ...]:
        self.expect("trusting")
        found = [self._scope()]
        while self.accept(","):
            found.append(self._scope())
        return tuple(found)

    def _scope(self) -> str:
        token = self.peek()
        if token.kind != "key" and not self.sees(AUTHORITY_SCOPE, PREVIOUS_SCOPE):
            raise self.wrong("`authority`, `previous` or a key")
        self.take()
        return token.text.lower() if token.kind == "key" else token.text

    def _listed(self, read: Callable[[], _Found], end: str) -> list[_Found]:
        found = [read()]
        while self.accept(","):
            found.append(read())
        self.expect(end)
        return found
