# SPDX-License-Identifier: Apache-2.0
"""The text of Biscuit's Datalog as tokens, each with its kind and its place."""

from __future__ import annotations

import re

import attrs

from helm_logic.errors import InputError

MAX_TEXT = 262_144

_TOKENS = re.compile(
    r"""
    (?P<space> (?: \s+ | //[^\n]* | /\*.*?\*/ )+ )
  | (?P<string> " (?: [^"\\] | \\["\\n] )* " )
  | (?P<date> \d{4}-\d\d-\d\d T \d\d:\d\d:\d\d (?: \.\d+ )? (?: Z | [+-]\d\d:\d\d ) )
  | (?P<integer> \d+ )
  | (?P<bytes> hex: (?: [0-9a-fA-F]{2} )+ (?! [\w:] ) )
  | (?P<key> (?: ed25519 | secp256r1 ) / [0-9a-fA-F]+ )
  | (?P<variable> \$ [A-Za-z0-9_:]+ )
  | (?P<name> [A-Za-z] [A-Za-z0-9_:]* )
  | (?P<sign> <- | -> | === | !== | == | != | <= | >= | && | \|\| | [-+*/<>&|^!.,;:(){}\[\]] )
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)


@attrs.frozen
class Token:
    """*text* of a *kind* (a group of the expression above, or `end`) from *start* to *stop*."""

    kind: str
    text: str
    start: int
    stop: int


def read_tokens(text: str) -> tuple[Token, ...]:
    """Return the tokens of *text*, the last one of the kind `end`; raise InputError."""
    if len(text) > MAX_TEXT:
        raise InputError("too_large", f"got {len(text)} characters, want at most {MAX_TEXT}")
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _TOKENS.match(text, place)
        if match is None:
            raise wrong(text, place, "a statement")
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match[0], place, match.end()))
        place = match.end()
    return (*found, Token("end", "", place, place))


def wrong(text: str, place: int, wanted: str) -> InputError:
    """Return the error that *text* has no *wanted* at *place*."""
    line = text.count("\n", 0, place) + 1
    got = text[place : place + 24].split("\n", maxsplit=1)[0] or "the end"
    return InputError("wrong_syntax", f"line {line}: got `{got}`, want {wanted}")
