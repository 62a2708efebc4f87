# SPDX-License-Identifier: Apache-2.0
"""From the text of Cedar policies to trees.

The grammar is Cedar's, without what no published input uses: templates, `unless`, `has`, `if`,
records, extension functions, `e["name"]`. Any of them is a `SyntaxError` that names the line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from tests.analysis.cedar.syntax import (
    TRUE,
    Attribute,
    Binary,
    Constant,
    Entity,
    Expression,
    IsType,
    Like,
    Policy,
    SetOf,
    Unary,
    Variable,
)

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
      | (?P<name>[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*)
      | (?P<number>\d+)
      | (?P<string>"(?:[^"\\\n]|\\.)*")
      | (?P<mark>::|&&|\|\||==|!=|<=|>=|[-@(){}\[\],;.<>!+*=?:])""",
    re.VERBOSE,
)
_VARIABLES: Final = ("principal", "action", "resource", "context")
_SET_METHODS: Final = ("contains", "containsAll", "containsAny")
_RELATIONS: Final = ("==", "!=", "<", "<=", ">", ">=", "in")
_STAR: Final = "\ue000"  # stands for an escaped star while a pattern is cut


class Reader:
    """The tokens of a text, read from left to right; schemas are read with it too."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._place = 0

    def peek(self) -> str:
        """Return the next token, "" at the end."""
        return self._tokens[self._place][0] if self._place < len(self._tokens) else ""

    def next(self) -> str:
        """Read the next token."""
        token = self.peek()
        self._place += 1
        return token

    def take(self, *wanted: str) -> str:
        """Read the next token if it is one of *wanted*; return "" and read nothing if not."""
        return self.next() if self.peek() in wanted else ""

    def expect(self, wanted: str) -> None:
        """Read the token *wanted*; raise SyntaxError for another."""
        if not self.take(wanted):
            raise self.wrong(wanted)

    def wrong(self, wanted: str) -> SyntaxError:
        """Return the error that the next token is not what is *wanted*."""
        offset = self._tokens[self._place][1] if self.peek() else len(self._text)
        line = self._text.count("\n", 0, offset) + 1
        return SyntaxError(f"line {line}: got `{self.peek()}`, want {wanted}")

    def name(self) -> str:
        """Read a name, qualified or not."""
        if not re.match(r"[A-Za-z_]", self.peek()):
            raise self.wrong("a name")
        return self.next()

    def text(self) -> str:
        """Read a string."""
        if not self.peek().startswith('"'):
            raise self.wrong("a string")
        return str(json.loads(self.next()))

    def listed(self, closing: str) -> Iterator[None]:
        """Yield before each item of a list that `,` parts and *closing* ends, which is read too."""
        while not self.take(closing):
            yield
            if not self.take(","):
                self.expect(closing)
                return


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            line = text.count("\n", 0, place) + 1
            raise SyntaxError(f"line {line}: got `{text[place]}`, want a token")
        if match.lastgroup != "space":
            yield match[0], place
        place = match.end()


def parse_policies(text: str) -> tuple[Policy, ...]:
    """Return the policies in *text*, in order."""
    reader = Reader(text)
    found: list[Policy] = []
    while reader.peek():
        found.append(_policy(reader, f"policy{len(found)}"))
    return tuple(found)


def _policy(reader: Reader, name: str) -> Policy:
    while reader.take("@"):
        annotation = reader.name()
        reader.expect("(")
        value = reader.text()
        reader.expect(")")
        name = value if annotation == "id" else name
    effect = reader.take("permit", "forbid")
    if not effect:
        raise reader.wrong("`permit` or `forbid`")
    reader.expect("(")
    parts = [_scope(reader, "principal")]
    for variable in ("action", "resource"):
        reader.expect(",")
        parts.append(_scope(reader, variable))
    reader.expect(")")
    while reader.take("when"):
        reader.expect("{")
        parts.append(_expression(reader))
        reader.expect("}")
    reader.expect(";")
    condition = parts[0]
    for part in parts[1:]:
        condition = part if condition == TRUE else _and(condition, part)
    return Policy(name, effect, condition)


def _and(left: Expression, right: Expression) -> Expression:
    return left if right == TRUE else Binary("&&", left, right)


def _scope(reader: Reader, name: str) -> Expression:
    reader.expect(name)
    variable = Variable(name)
    condition: Expression = TRUE
    if reader.take("is"):
        condition = IsType(variable, reader.name())
    if operator := reader.take("==", "in"):
        right = Binary(operator, variable, _primary(reader))
        condition = right if condition == TRUE else Binary("&&", condition, right)
    return condition


def _expression(reader: Reader) -> Expression:
    left = _conjunction(reader)
    while reader.take("||"):
        left = Binary("||", left, _conjunction(reader))
    return left


def _conjunction(reader: Reader) -> Expression:
    left = _relation(reader)
    while reader.take("&&"):
        left = Binary("&&", left, _relation(reader))
    return left


def _relation(reader: Reader) -> Expression:
    left = _sum(reader)
    if reader.take("is"):
        return IsType(left, reader.name())
    if reader.take("like"):
        return Like(left, _pattern(reader))
    if operator := reader.take(*_RELATIONS):
        return Binary(operator, left, _sum(reader))
    return left


def _pattern(reader: Reader) -> tuple[str, ...]:
    if not reader.peek().startswith('"'):
        raise reader.wrong("a pattern")
    inside = reader.next()[1:-1].replace(r"\*", _STAR)
    cut = json.loads(f'"{inside}"').split("*")
    return tuple(part.replace(_STAR, "*") for part in cut)


def _sum(reader: Reader) -> Expression:
    left = _product(reader)
    while operator := reader.take("+", "-"):
        left = Binary(operator, left, _product(reader))
    return left


def _product(reader: Reader) -> Expression:
    left = _unary(reader)
    while reader.take("*"):
        left = Binary("*", left, _unary(reader))
    return left


def _unary(reader: Reader) -> Expression:
    operator = reader.take("!", "-")
    if not operator:
        return _member(reader)
    argument = _unary(reader)
    if operator == "-" and isinstance(argument, Constant) and type(argument.value) is int:
        return Constant(-argument.value)
    return Unary(operator, argument)


def _member(reader: Reader) -> Expression:
    whole = _primary(reader)
    while reader.take("."):
        name = reader.name()
        if not reader.take("("):
            whole = Attribute(whole, name)
        elif name in _SET_METHODS:
            whole = Binary(name, whole, _expression(reader))
            reader.expect(")")
        else:
            raise SyntaxError(f"got the method `{name}`, want one of {', '.join(_SET_METHODS)}")
    return whole


def _primary(reader: Reader) -> Expression:  # noqa: PLR0911  one for each kind
    token = reader.peek()
    if reader.take("("):
        inner = _expression(reader)
        reader.expect(")")
        return inner
    if reader.take("["):
        return SetOf(tuple(_expression(reader) for _ in reader.listed("]")))
    if token.isdigit():
        return Constant(int(reader.next()))
    if token.startswith('"'):
        return Constant(reader.text())
    name = reader.name()
    if name in ("true", "false"):
        return Constant(name == "true")
    if reader.take("::"):
        return Constant(Entity(name, reader.text()))
    if name not in _VARIABLES:
        raise SyntaxError(f"got the name `{name}`, want one of {', '.join(_VARIABLES)}")
    return Variable(name)
