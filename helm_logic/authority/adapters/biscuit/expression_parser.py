# SPDX-License-Identifier: Apache-2.0
"""Terms and expressions from tokens.

Operators from loosest to tightest: `||`, `&&`, comparisons, of which one stands alone, `^`, `|`,
`&`, `+ -`, `* /`, `!`, and calls. The last is the grammar's, not that of other languages.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from helm_logic.authority.adapters.biscuit.lexer import Token, read_tokens, wrong
from helm_logic.authority.adapters.biscuit.syntax import (
    Apply,
    Closure,
    Expression,
    Term,
    Variable,
)
from helm_logic.authority.adapters.biscuit.values import (
    MAX_INTEGER,
    MIN_INTEGER,
    NULL,
    Value,
    boolean,
    integer,
    make_map,
    make_set,
    read_date,
    string,
)
from helm_logic.errors import InputError

_LEVELS = (
    ("||",),
    ("&&",),
    ("<", ">", "<=", ">=", "===", "!==", "==", "!="),
    ("^",),
    ("|",),
    ("&",),
    ("+", "-"),
    ("*", "/"),
)
_COMPARISONS = 2  # the level whose operators do not chain
LAZY = ("&&", "||")

UNARY_METHODS = ("length", "type")
BINARY_METHODS = (
    "contains", "starts_with", "ends_with", "matches", "intersection", "union", "get", "try_or",
)  # fmt: skip
CLOSURE_METHODS = ("all", "any")
EXTERN = "extern::"
MAX_NESTING = 24  # of brackets, each of which takes a dozen calls to read
_SCALARS = ("integer", "string", "date", "bytes", "bool", "null")


class ExpressionParser:
    """Reads expressions from the tokens of *text*, from the one at `place` on."""

    def __init__(self, text: str) -> None:
        """Read the tokens of *text*; raise InputError."""
        self.text = text
        self.tokens = read_tokens(text)
        self.place = 0
        self._nesting = 0

    # --- tokens

    def peek(self, ahead: int = 0) -> Token:
        """Return the next token, or one further ahead."""
        return self.tokens[min(self.place + ahead, len(self.tokens) - 1)]

    def sees(self, *texts: str) -> bool:
        """Say whether the next token is a sign or a name with one of *texts*."""
        token = self.peek()
        return token.text in texts and token.kind in ("sign", "name")

    def take(self) -> Token:
        """Return the next token, and go past it."""
        token = self.peek()
        self.place += 1
        return token

    def accept(self, *texts: str) -> bool:
        """Go past the next token, if it is one of *texts*, and say whether it was."""
        seen = self.sees(*texts)
        self.place += seen
        return seen

    def expect(self, text: str) -> None:
        """Go past *text*; raise InputError if it is not next."""
        if not self.accept(text):
            raise self.wrong(f"`{text}`")

    def wrong(self, wanted: str) -> InputError:
        """Return the error that the next token is not *wanted*."""
        return wrong(self.text, self.peek().start, wanted)

    # --- expressions

    def expression(self) -> Expression:
        """Return the expression that comes next."""
        with self._nested():
            return self._level(0)

    def _level(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._negation()
        left = self._level(level + 1)
        while self.sees(*_LEVELS[level]):
            operator = self.take().text
            right = self._level(level + 1)
            if operator in LAZY:
                right = Closure((), right)
            left = Apply(operator, (left, right))
            if level == _COMPARISONS:
                break
        return left

    def _negation(self) -> Expression:
        start = self.place
        while self.accept("!"):
            pass
        bangs = self.place - start
        found = self._calls()
        for _ in range(bangs):
            found = Apply("!", (found,))
        return found

    def _calls(self) -> Expression:
        found = self._operand()
        while self.accept("."):
            if self.peek().kind != "name":
                raise self.wrong("a method")
            found = self._call(found, self.take().text)
        return found

    def _call(self, target: Expression, method: str) -> Expression:
        self.expect("(")
        arguments: tuple[Expression, ...] = ()
        if not self.sees(")"):
            arguments = (self._closure() if method in CLOSURE_METHODS else self.expression(),)
        self.expect(")")
        if method.startswith(EXTERN):
            return Apply("extern", (target, *arguments), method.removeprefix(EXTERN))
        known = UNARY_METHODS if not arguments else (*BINARY_METHODS, *CLOSURE_METHODS)
        if method not in known:
            raise self.wrong(
                f"another call before: `{method[:24]}` with {len(arguments)} arguments"
            )
        if method == "try_or":
            target = Closure((), target)
        return Apply(method, (target, *arguments))

    def _closure(self) -> Closure:
        if self.peek().kind != "variable":
            raise self.wrong("a closure, `$x -> ...`")
        name = self.take().text[1:]
        self.expect("->")
        return Closure((name,), self.expression())

    def _operand(self) -> Expression:
        if not self.accept("("):
            return self.term()
        found = self.expression()
        self.expect(")")
        return found

    @contextmanager
    def _nested(self) -> Iterator[None]:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise InputError("too_large", f"brackets are nested more than {MAX_NESTING} deep")
        yield
        self._nesting -= 1

    # --- terms

    def term(self) -> Term:
        """Return the constant or variable that comes next."""
        if self.peek().kind == "variable":
            return Variable(self.take().text[1:])
        return self.value()

    def value(self) -> Value:  # noqa: PLR0911 - one for each kind
        """Return the constant that comes next; raise InputError."""
        token = self.peek()
        match token.kind:
            case "integer" | "sign" if token.kind == "integer" or token.text == "-":
                return self._integer()
            case "string":
                return string(_unescaped(self.take().text[1:-1]))
            case "date":
                return read_date(self.take().text)
            case "bytes":
                return Value("bytes", bytes.fromhex(self.take().text[4:]))
            case "name" if token.text in ("true", "false"):
                return boolean(self.take().text == "true")
            case "name" if self.accept("null"):
                return NULL
        with self._nested():
            if self.accept("["):
                return Value("array", self._values("]"))
            if self.accept("{"):
                return self._braces()
        raise self.wrong("a term")

    def _integer(self) -> Value:
        token = self.peek()
        sign = 1
        if self.accept("-"):
            sign, token = -1, self.peek()
        if token.kind != "integer" or len(token.text) > 19:  # noqa: PLR2004 - digits of 2**63
            raise self.wrong("an integer of 64 bits")
        number = sign * int(token.text)
        if not MIN_INTEGER <= number <= MAX_INTEGER:
            raise self.wrong("an integer of 64 bits")
        self.take()
        return integer(number)

    def _values(self, end: str) -> tuple[Value, ...]:
        found: list[Value] = []
        while not self.accept(end):
            if found:
                self.expect(",")
            found.append(self.value())
        return tuple(found)

    def _braces(self) -> Value:
        if self.accept("}"):
            return make_map(())
        if self.accept(","):
            self.expect("}")
            return make_set(())
        first = self.value()
        if self.accept(":"):
            return self._map(first)
        members = [first]
        while self.accept(","):
            members.append(self.value())
        self.expect("}")
        if len({each.kind for each in members}) > 1 or first.kind not in _SCALARS:
            raise self.wrong("a set of numbers, strings, dates, bytes or truth values of one kind")
        return make_set(members)

    def _map(self, key: Value) -> Value:
        pairs = []
        while True:
            if key.kind not in ("integer", "string"):
                raise self.wrong("a map with integers or strings as keys")
            pairs.append((key, self.value()))
            if self.accept("}"):
                return make_map(pairs)
            self.expect(",")
            key = self.value()
            self.expect(":")


def _unescaped(text: str) -> str:
    parts = text.split("\\\\")
    return "\\".join(part.replace('\\"', '"').replace("\\n", "\n") for part in parts)
