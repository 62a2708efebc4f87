# SPDX-License-Identifier: Apache-2.0
"""Text to tokens, in one pass of one regular expression, so in time linear in the text.

Invariants: the tokens come in the order of the text and end with one `end` token; every comment
hangs on the token after it; what is no token has been reported, and stands in the list as a `bad`
token, about which the parser keeps quiet. The value of a constant token is the kernel's constant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import attrs

from helm_logic.kernel.encoding import MAX_INTEGER
from helm_logic.kernel.terms import Term
from helm_logic.lang.diagnostics import Findings
from helm_logic.lang.source import SizeLimits, Source, Span

_TOKEN = re.compile(
    r"""(?:[ \t]|\r(?=\n))*(?:
      (?P<line>\n) | (?P<comment>%[^\n]*)
    | (?P<name>[a-z][A-Za-z0-9_]*)
    | (?P<variable>[A-Z_][A-Za-z0-9_]*)
    | (?P<symbol>:-|!=|<=|>=|\.\.|[=<>(){},.:@+*-])
    | (?P<string>"(?:[^"\\\n]|\\[^\n])*"?)
    | (?P<time>\d{4}-\d{2}-\d{2}T(?:[0-9A-Za-z:+-]|\.\d)*)
    | (?P<decimal>\d+\.\d[\w.]*)
    | (?P<int>\d\w*)
    | (?P<directive>\#[A-Za-z_]*)
    | (?P<bad>[^\s%"#(){},.:@+*=<>A-Za-z0-9_-]+|[^ \t\n])
    )""",
    re.VERBOSE | re.ASCII,
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_INT = re.compile(r"(?:0|[1-9]\d*(?:_\d+)*)", re.ASCII)
_ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|(["\\nt])|(.?))', re.DOTALL)
_ESCAPED = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
# Control characters, lone surrogates and what reorders the line that a reviewer sees ("Trojan
# Source", CVE-2021-42574); in a string, also what has no width: it makes two constants look alike.
_STEERING = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
)
_HIDDEN = re.compile(rf"[{_STEERING}]|\r(?!\n)")
_HIDDEN_IN_STRING = re.compile(rf"[{_STEERING}\r\u00ad\u200b-\u200d\u2060-\u2065\ufeff]")


@attrs.frozen
class Comment:
    """A `%` comment up to the end of its line, and whether an empty line stands before it."""

    text: str
    blank_before: bool = False


class Token(NamedTuple):
    """A piece of text: its kind, its spelling, its value if it is a constant, and what precedes it.

    *beside* is the comment on the line on which the previous token ends; *above* are the other
    ones.
    """

    kind: str
    text: str
    span: Span
    value: Term = 0
    beside: Comment | None = None
    above: tuple[Comment, ...] = ()
    blank_before: bool = False
    first_on_line: bool = False


def tokens(source: Source, findings: Findings, limits: SizeLimits) -> list[Token]:
    """Return the tokens of *source*; what is none is reported to *findings* as HL002 or HL016."""
    if len(source.text) > limits.characters:
        findings.add(
            "HL016",
            f"the file has {len(source.text)} characters, at most {limits.characters} are read",
            Span(source, 0, 0),
            fix="split it and `#include` the parts",
        )
        return [Token("end", "", Span(source, 0, 0))]
    return list(_Lexer(source, findings, limits).scan())


class _Lexer:
    def __init__(self, source: Source, findings: Findings, limits: SizeLimits) -> None:
        self._source, self._findings, self._limits = source, findings, limits

    def scan(self) -> Iterator[Token]:
        beside: Comment | None = None
        above: list[Comment] = []
        lines, started = 0, False  # line ends since the last token or comment; any token so far
        first = True
        for match in _TOKEN.finditer(self._source.text):
            kind = str(match.lastgroup)
            if kind == "line":
                lines, first = lines + 1, True
                continue
            text, span = match[kind], Span(self._source, *match.span(kind))
            if kind == "comment":
                self._reveal(_HIDDEN, text.removesuffix("\r"), span)
                comment = Comment(text.rstrip(), lines > 1 and (started or bool(above)))
                if started and not first and not above:
                    beside = attrs.evolve(comment, blank_before=False)
                else:
                    above.append(comment)
                lines = 0
                continue
            blank = lines > 1 and (started or bool(above))
            kind, value = self._value(kind, text, span)
            yield Token(kind, text, span, value, beside, tuple(above), blank, first)
            beside, above, lines, started, first = None, [], 0, True, False
            if self._findings.number > self._limits.errors:
                break
        end = len(self._source.text)
        place = Span(self._source, end, end)
        yield Token("end", "", place, beside=beside, above=tuple(above), first_on_line=True)

    def _value(self, kind: str, text: str, span: Span) -> tuple[str, Term]:
        match kind:
            case "symbol" | "directive":
                return text, 0
            case "name" | "variable":
                self._require_short(kind, text, span)
                return kind, f"y:{text}"
            case "string" | "int" | "time":
                read = {"string": self._string, "int": self._integer, "time": self._time}[kind]
                return read(text, span)
            case "decimal":
                fix = "use an integer of a smaller unit"
                return self._bad(f"got the number `{text[:40]}`, want an integer", span, fix)
            case _:
                return self._bad(f"got `{text[:40]}`, which is no token", span, "")

    def _bad(self, message: str, span: Span, fix: str) -> tuple[str, Term]:
        self._findings.add("HL002", message, span, fix=fix)
        return "bad", 0

    def _require_short(self, kind: str, text: str, span: Span) -> None:
        if len(text) > self._limits.name:
            longest = f"at most {self._limits.name} are read"
            self._findings.add("HL016", f"a {kind} has {len(text)} characters, {longest}", span)

    def _reveal(self, hidden: re.Pattern[str], text: str, span: Span) -> None:
        if found := hidden.search(text):  # one report for a comment or string is enough
            code, at = f"{ord(found.group()):04X}", span.start + found.start()
            fix = f'write it as "\\u{code}" inside a string, or remove it'
            place = Span(self._source, at, at + 1)
            self._findings.add("HL002", f"got the hidden character U+{code}", place, fix=fix)

    def _integer(self, text: str, span: Span) -> tuple[str, Term]:
        if not _INT.fullmatch(text):
            fix = "digits without a leading zero; `_` may stand between them"
            return self._bad(f"got `{text[:40]}`, which is no integer", span, fix)
        digits = text.replace("_", "")
        # The length is bounded before `int`, whose time is quadratic in it.
        if len(digits) > len(str(MAX_INTEGER)) or int(digits) > MAX_INTEGER:
            return self._bad("the integer is not within ±(2^53-1)", span, "")
        return "int", int(digits)

    def _time(self, text: str, span: Span) -> tuple[str, Term]:
        try:
            if _TIME.fullmatch(text):
                return "time", int(datetime.fromisoformat(text).timestamp())
        except (ValueError, OverflowError):
            pass
        fix = "write whole seconds with an offset, as in `2026-01-31T00:00:00Z`"
        return self._bad(f"got `{text[:40]}`, which is no time", span, fix)

    def _string(self, text: str, span: Span) -> tuple[str, Term]:
        self._reveal(_HIDDEN_IN_STRING, text, span)
        if len(text) < 2 or not _closed(text):  # noqa: PLR2004 - its two quotes
            return self._bad('the string has no closing `"` on its line', span, 'end it with `"`')
        for escape in _ESCAPE.finditer(text):
            if escape.group(3) is not None:
                at = Span(self._source, span.start + escape.start(), span.start + escape.end())
                fix = 'escapes are \\" \\\\ \\n \\t and \\uXXXX'
                return self._bad(f"got the unknown escape `{escape.group()}`", at, fix)
        # Two \uXXXX escapes may spell one character beyond u+FFFF, as in json.
        value = _ESCAPE.sub(_unescape, text[1:-1])
        try:
            value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            return self._bad("the string has a lone surrogate, which is no character", span, "")
        return "string", f"s:{value}"


def _closed(text: str) -> bool:
    return text.endswith('"') and (len(text[:-1]) - len(text[:-1].rstrip("\\"))) % 2 == 0


def _unescape(escape: re.Match[str]) -> str:
    return chr(int(escape.group(1), 16)) if escape.group(1) else _ESCAPED[escape.group(2)]
