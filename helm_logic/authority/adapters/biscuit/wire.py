# SPDX-License-Identifier: Apache-2.0
"""The bytes of a token as blocks: statements from the wire format (Biscuit's schema.proto).

Signatures are verified elsewhere, and before. What is strange here is refused with InputError: an
unknown operator or kind of term, a symbol or key that no table has, a variable inside a collection.

Symbols: 28 that every token knows, then those that blocks add, in order. A block of a third party
has a table of its own, of symbols and of keys; all others share one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType

import attrs

from helm_logic.authority.adapters.biscuit.protobuf import Message
from helm_logic.authority.adapters.biscuit.syntax import (
    AUTHORITY_SCOPE,
    PREVIOUS_SCOPE,
    Apply,
    Block,
    Check,
    Closure,
    Expression,
    Predicate,
    Query,
    Rule,
    Term,
    Variable,
)
from helm_logic.authority.adapters.biscuit.values import (
    NULL,
    Value,
    boolean,
    date,
    integer,
    make_map,
    make_set,
    string,
)
from helm_logic.errors import InputError

MAX_BLOCKS = 64
_SYMBOLS = (
    "read", "write", "resource", "operation", "right", "time", "role", "owner", "tenant",
    "namespace", "user", "team", "service", "admin", "email", "group", "member", "ip_address",
    "client", "client_ip", "domain", "path", "version", "cluster", "node", "hostname", "nonce",
    "query",
)  # fmt: skip
_FIRST_SYMBOL = 1024  # of a token's own
_MAX_NESTING = 24
_KEYS = ("ed25519", "secp256r1")
_CHECKS = ("if", "all", "reject")
_SCOPES = (AUTHORITY_SCOPE, PREVIOUS_SCOPE)
_UNARY = MappingProxyType({0: "!", 2: "length", 3: "type", 4: "extern"})
_PARENTHESES = 1
_BINARY = (
    "<", ">", "<=", ">=", "===", "contains", "starts_with", "ends_with", "matches", "+", "-", "*",
    "/", "and", "or", "intersection", "union", "&", "|", "^", "!==", "==", "!=", "&&", "||", "all",
    "any", "get", "extern", "try_or",
)  # fmt: skip


def read_blocks(token: bytes) -> tuple[Block, ...]:
    """Return the blocks of *token*, the authority block first; raise InputError."""
    whole = Message(token)
    signed = [whole.message(2), *whole.messages(3)]
    if len(signed) > MAX_BLOCKS:
        raise InputError("too_large", f"got {len(signed)} blocks, want at most {MAX_BLOCKS}")
    shared = _Tables([], [])
    found = []
    for each in signed:
        block = Message(each.part(1)).only(1, 2, 3, 4, 5, 6, 7, 8)
        external = each.messages(4)
        tables = _Tables([], []) if external else shared
        tables.symbols.extend(block.texts(1))
        tables.keys.extend(_key(one) for one in block.messages(8))
        found.append(
            _Reader(tables).block(block, _key(external[0].message(2)) if external else None)
        )
    return tuple(found)


@attrs.frozen
class _Tables:
    symbols: list[str]
    keys: list[str]


def _key(message: Message) -> str:
    return f"{_entry(_KEYS, message.number(1, 0))}/{message.part(2).hex()}"


def _entry(table: Sequence[str], number: int) -> str:
    if not 0 <= number < len(table):
        raise InputError("wrong_shape", f"got the number {number}, want one below {len(table)}")
    return table[number]


class _Reader:
    """Reads the statements of one block with its *tables*."""

    def __init__(self, tables: _Tables) -> None:
        self._tables = tables

    def block(self, block: Message, key: str | None) -> Block:
        return Block(
            tuple(self._fact(each.message(1)) for each in block.messages(4)),
            tuple(Rule(self._head(each), self._query(each)) for each in block.messages(5)),
            tuple(self._check(each) for each in block.messages(6)),
            (),
            tuple(self._scope(each) for each in block.messages(7)),
            key,
        )

    def _symbol(self, number: int) -> str:
        if number < _FIRST_SYMBOL:
            return _entry(_SYMBOLS, number)
        return _entry(self._tables.symbols, number - _FIRST_SYMBOL)

    def _fact(self, message: Message) -> Predicate:
        fact = self._predicate(message)
        if any(isinstance(each, Variable) for each in fact.terms):
            raise InputError("wrong_shape", f"the fact `{fact.name}` has a variable")
        return fact

    def _head(self, rule: Message) -> Predicate:
        return self._predicate(rule.message(1))

    def _predicate(self, message: Message) -> Predicate:
        terms = tuple(self._term(each) for each in message.messages(2))
        return Predicate(self._symbol(message.number(1)), terms)

    def _check(self, message: Message) -> Check:
        queries = tuple(self._query(each) for each in message.messages(1))
        return Check(_entry(_CHECKS, message.number(2, 0)), queries)

    def _query(self, rule: Message) -> Query:
        rule.only(1, 2, 3, 4)
        return Query(
            tuple(self._predicate(each) for each in rule.messages(2)),
            tuple(self._expression(each.only(1).messages(1), 0) for each in rule.messages(3)),
            tuple(self._scope(each) for each in rule.messages(4)),
        )

    def _scope(self, message: Message) -> str:
        if message.which(1, 2) == 1:
            return _entry(_SCOPES, message.number(1))
        return _entry(self._tables.keys, message.number(2))

    # --- terms

    def _term(self, message: Message) -> Term:
        if message.which(*range(1, 11)) == 1:
            return Variable(self._symbol(message.number(1)))
        return self._value(message, 0)

    def _value(self, message: Message, nesting: int) -> Value:
        if nesting > _MAX_NESTING:
            raise InputError("too_large", f"a term is nested more than {_MAX_NESTING} deep")

        def values(message: Message) -> list[Value]:
            return [self._value(each, nesting + 1) for each in message.only(1).messages(1)]

        readers: dict[int, Callable[[], Value]] = {
            2: lambda: integer(message.signed(2)),
            3: lambda: string(self._symbol(message.number(3))),
            4: lambda: date(message.number(4)),
            5: lambda: Value("bytes", message.part(5)),
            6: lambda: boolean(message.number(6)),
            7: lambda: make_set(values(message.message(7))),
            8: lambda: NULL,
            9: lambda: Value("array", tuple(values(message.message(9)))),
            10: lambda: make_map(
                (self._map_key(each.message(1)), self._value(each.message(2), nesting + 1))
                for each in message.message(10).messages(1)
            ),
        }
        return readers[message.which(*readers)]()

    def _map_key(self, message: Message) -> Value:
        if message.which(1, 2) == 1:
            return integer(message.signed(1))
        return string(self._symbol(message.number(2)))

    # --- expressions: operators behind their operands

    def _expression(self, operations: Sequence[Message], nesting: int) -> Expression:
        stack: list[Expression] = []
        for each in operations:
            match each.which(1, 2, 3, 4):
                case 1:
                    stack.append(self._term(each.message(1)))
                case 2:
                    self._apply(stack, each.message(2), 1)
                case 3:
                    self._apply(stack, each.message(3), 2)
                case _:
                    stack.append(self._closure(each.message(4), nesting + 1))
        if len(stack) != 1:
            raise InputError("wrong_shape", f"an expression leaves {len(stack)} values, want one")
        return stack[0]

    def _apply(self, stack: list[Expression], operation: Message, operands: int) -> None:
        kind = operation.number(1, 0)
        if len(stack) < operands:
            raise InputError("wrong_shape", "an operator has too few operands")
        if operands == 1 and kind == _PARENTHESES:
            return
        name = _UNARY.get(kind) if operands == 1 else _entry(_BINARY, kind)
        if name is None:
            raise InputError("wrong_shape", f"got the operator {kind}, which is not known")
        function = self._symbol(operation.number(2)) if name == "extern" else ""
        stack[-operands:] = [Apply(name, tuple(stack[-operands:]), function)]

    def _closure(self, closure: Message, nesting: int) -> Closure:
        if nesting > _MAX_NESTING:
            raise InputError("too_large", f"closures are nested more than {_MAX_NESTING} deep")
        parameters = tuple(self._symbol(each) for each in closure.numbers(1))
        return Closure(parameters, self._expression(closure.messages(2), nesting))
