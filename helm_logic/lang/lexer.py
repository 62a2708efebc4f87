# SPDX-License-Identifier: Apache-2.0
"""Text to tokens, in one pass of one regular expression, so in time linear in the text.

Invariants: the tokens come in the order of the text and end with one `end` token; every comment
hangs on the token after it; what is no token has been reported, and stands in the list as a `bad`
token, about which the parser keeps quiet. The value of a constant token is the kernel's constant.
"""

from __future__ import annotations

import re
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
    | (?P<plain>"[ !\#-\[\]-~]*")
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


@attrs.frozen
class Gap:
    """What stands before a token, if it is the first on its line or follows a comment.

    *beside* is the comment on the line on which the previous token ends; *above* are the other
    ones.
    """

    beside: Comment | None = None
    above: tuple[Comment, ...] = ()
    blank_before: bool = False
    first_on_line: bool = False


NO_GAP = Gap()


class Token(NamedTuple):
    """A piece of text: its kind, its spelling, its place, and its value if it is a constant.

    The value of a name is left to who knows whether it is a symbol.
    """

    kind: str
    text: str
    span: Span
    value: Term


@attrs.frozen
class Tokens:
    """The tokens of a source as columns, because there are many of them and a decision waits.

    *values* and *gaps* have those that are not 0 and not empty, by the number of their token.
    """

    source: Source
    kinds: list[str] = attrs.field(factory=list)
    texts: list[str] = attrs.field(factory=list)
    starts: list[int] = attrs.field(factory=list)
    values: dict[int, Term] = attrs.field(factory=dict)
    gaps: dict[int, Gap] = attrs.field(factory=dict)

    def span(self, first: int, last: int) -> Span:
        """Return the span from token *first* to the end of token *last*."""
        return Span(self.source, self.starts[first], self.starts[last] + len(self.texts[last]))

    def token(self, number: int) -> Token:
        """Return token *number*."""
        span, value = self.span(number, number), self.values.get(number, 0)
        return Token(self.kinds[number], self.texts[number], span, value)


def tokens(source: Source, findings: Findings, limits: SizeLimits) -> Tokens:
    """Return the tokens of *source*; what is none is reported to *findings* as HL002 or HL016."""
    if len(source.text) <= limits.characters:
        return _Lexer(source, findings, limits).scan()
    findings.add(
        "HL016",
        f"the file has {len(source.text)} characters, at most {limits.characters} are read",
        Span(source, 0, 0),
        fix="split it and `#include` the parts",
    )
    return Tokens(source, ["end"], [""], [0])


class _Lexer:
    def __init__(self, source: Source, findings: Findings, limits: SizeLimits) -> None:
        self._source, self._findings, self._limits = source, findings, limits
        self._tokens = Tokens(source)

    def scan(self) -> Tokens:
        found, findings, most = self._tokens, self._findings, self._limits.errors
        kinds, texts, starts = found.kinds, found.texts, found.starts
        beside: Comment | None = None
        above: list[Comment] = []
        lines, first = 0, True  # line ends since the last token or comment; none on this line yet
        for match in _TOKEN.finditer(self._source.text):
            kind = match.lastgroup or ""
            if kind == "line":
                lines, first = lines + 1, True
                continue
            text, start = match[kind], match.start(kind)
            if kind == "comment":
                blank = lines > 1 and bool(kinds or above)
                self._reveal(_HIDDEN, text.removesuffix("\r"), start)
                if kinds and not first and not above:
                    beside = Comment(text.rstrip())
                else:
                    above.append(Comment(text.rstrip(), blank))
                lines = 0
                continue
            if first or beside or above:
                blank = lines > 1 and bool(kinds or above)
                found.gaps[len(kinds)] = Gap(beside, tuple(above), blank, first)
                beside, above, lines, first = None, [], 0, False
            kinds.append(text if kind == "symbol" else self._kind(kind, text, start))
            texts.append(text)
            starts.append(start)
            if findings.number > most:
                break
        found.gaps[len(kinds)] = Gap(beside, tuple(above), first_on_line=True)
        kinds.append("end")
        texts.append("")
        starts.append(len(self._source.text))
        return found

    def _kind(self, kind: str, text: str, start: int) -> str:
        """Return the kind of the token *text*, after keeping its value."""
        if kind in ("name", "variable"):
            if len(text) > self._limits.name:
                longest = f"at most {self._limits.name} are read"
                message = f"a {kind} has {len(text)} characters, {longest}"
                self._findings.add("HL016", message, self._span(text, start))
            return kind
        if kind == "directive":
            return text
        if kind == "decimal":
            fix = "use an integer of a smaller unit"
            return self._bad(f"got the number `{text[:40]}`, want an integer", text, start, fix)
        if kind == "bad":
            return self._bad(f"got `{text[:40]}`, which is no token", text, start, "")
        value: Term | None = f"s:{text[1:-1]}"
        if kind != "plain":
            read = {"string": self._string, "int": self._integer, "time": self._time}[kind]
            value = read(text, start)
        if value is None:
            return "bad"
        self._tokens.values[len(self._tokens.kinds)] = value
        return "string" if kind == "plain" else kind

    def _span(self, text: str, start: int) -> Span:
        return Span(self._source, start, start + len(text))

    def _bad(self, message: str, text: str, start: int, fix: str) -> str:
        self._findings.add("HL002", message, self._span(text, start), fix=fix)
        return "bad"

    def _reveal(self, hidden: re.Pattern[str], text: str, start: int) -> None:
        if found := hidden.search(text):  # one report for a comment or string is enough
            code, at = f"{ord(found.group()):04X}", start + found.start()
            fix = f'write it as "\\u{code}" inside a string, or remove it'
            place = Span(self._source, at, at + 1)
            self._findings.add("HL002", f"got the hidden character U+{code}", place, fix=fix)

    def _integer(self, text: str, start: int) -> Term | None:
        if not _INT.fullmatch(text):
            fix = "digits without a leading zero; `_` may stand between them"
            self._bad(f"got `{text[:40]}`, which is no integer", text, start, fix)
            return None
        digits = text.replace("_", "")
        # The length is bounded before `int`, whose time is quadratic in it.
        if len(digits) > len(str(MAX_INTEGER)) or int(digits) > MAX_INTEGER:
            self._bad("the integer is not within ±(2^53-1)", text, start, "")
            return None
        return int(digits)

    def _time(self, text: str, start: int) -> Term | None:
        try:
            if _TIME.fullmatch(text):
                return int(datetime.fromisoformat(text).timestamp())
        except (ValueError, OverflowError):
            pass
        fix = "write whole seconds with an offset, as in `2026-01-31T00:00:00Z`"
        self._bad(f"got `{text[:40]}`, which is no time", text, start, fix)
        return None

    def _string(self, text: str, start: int) -> Term | None:
        self._reveal(_HIDDEN_IN_STRING, text, start)
        if len(text) < 2 or not _closed(text):  # noqa: PLR2004 - its two quotes
            self._bad('the string has no closing `"` on its line', text, start, 'end it with `"`')
            return None
        for escape in _ESCAPE.finditer(text):
            if escape.group(3) is not None:
                message = f"got the unknown escape `{escape.group()}`"
                fix = 'escapes are \\" \\\\ \\n \\t and \\uXXXX'
                self._bad(message, escape.group(), start + escape.start(), fix)
                return None
        # Two \uXXXX escapes may spell one character beyond u+FFFF, as in json.
        value = _ESCAPE.sub(_unescape, text[1:-1])
        try:
            return "s:" + value.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            self._bad("the string has a lone surrogate, which is no character", text, start, "")
            return None


def _closed(text: str) -> bool:
    return text.endswith('"') and (len(text[:-1]) - len(text[:-1].rstrip("\\"))) % 2 == 0


def _unescape(escape: re.Match[str]) -> str:
    return chr(int(escape.group(1), 16)) if escape.group(1) else _ESCAPED[escape.group(2)]
