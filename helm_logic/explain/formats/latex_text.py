# SPDX-License-Identifier: Apache-2.0
"""Text from outside as LaTeX that prints exactly it, in TeX's own fonts, and does nothing else.

Invariant: what is returned holds ASCII letters, digits, harmless punctuation and the commands below
and nothing else: no backslash, brace, caret or other active character of the text reaches TeX.
"""

from __future__ import annotations

import re
from unicodedata import normalize

from helm_logic.explain.formats.labels import legible

_COMMANDS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"{\char36}",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{\char34}",
    "`": "{`}",  # braces keep these from joining with what stands before them
    "'": "{'}",
    "-": "{-}",
    "\N{HORIZONTAL ELLIPSIS}": r"\dots{}",
    "\N{LATIN SMALL LETTER SHARP S}": r"\ss{}",
    "\N{LATIN SMALL LETTER AE}": r"\ae{}",
    "\N{LATIN CAPITAL LETTER AE}": r"\AE{}",
    "\N{LATIN SMALL LETTER O WITH STROKE}": r"\o{}",
    "\N{LATIN CAPITAL LETTER O WITH STROKE}": r"\O{}",
    "\N{LATIN SMALL LETTER L WITH STROKE}": r"\l{}",
    "\N{LATIN CAPITAL LETTER L WITH STROKE}": r"\L{}",
}
_ACCENTS = {
    "\N{COMBINING GRAVE ACCENT}": r"\`",
    "\N{COMBINING ACUTE ACCENT}": r"\'",
    "\N{COMBINING CIRCUMFLEX ACCENT}": r"\^",
    "\N{COMBINING TILDE}": r"\~",
    "\N{COMBINING MACRON}": r"\=",
    "\N{COMBINING BREVE}": r"\u",
    "\N{COMBINING DOT ABOVE}": r"\.",
    "\N{COMBINING DIAERESIS}": r"\"",
    "\N{COMBINING RING ABOVE}": r"\r",
    "\N{COMBINING DOUBLE ACUTE ACCENT}": r"\H",
    "\N{COMBINING CARON}": r"\v",
    "\N{COMBINING CEDILLA}": r"\c",
}
_ACCENTED = 2  # a letter and one accent
_SPECIAL = re.compile(r"[^A-Za-z0-9 .,:;!?()\[\]/*+=@]")


def escaped(text: str) -> str:
    """Return *text* as LaTeX; lines break at its spaces, those at its beginning stay."""
    body = text.lstrip(" ")
    return "~" * (len(text) - len(body)) + _SPECIAL.sub(_command, legible(body))


def escaped_line(text: str) -> str:
    """Return *text* as LaTeX that stays on one line."""
    return escaped(text).replace(" ", "~")


def _command(found: re.Match[str]) -> str:
    character = found[0]
    if character in _COMMANDS:
        return _COMMANDS[character]
    parts = normalize("NFD", character)
    if len(parts) == _ACCENTED and parts[0].isascii() and parts[0].isalpha():
        accent = _ACCENTS.get(parts[1])
        if accent is not None:
            return f"{accent}{{{parts[0]}}}"
    return rf"\textbackslash{{}}u\{{{ord(character):x}\}}"
