# SPDX-License-Identifier: Apache-2.0
"""What steps are called where people read them: legible, and short where room is short.

Text from outside is passed through `legible` in every format that people read, so that no character
acts on a terminal, hides, or turns the reading direction of what stands behind it. What a format
itself must escape (quotes, angle brackets) is its own affair.
"""

from __future__ import annotations

import re

from helm_logic.explain.derivation import LinkState, Node
from helm_logic.receipts.pack_story import moment

_DIGEST = re.compile(r"(?<![0-9a-f])([0-9a-f]{8})[0-9a-f]{24,}(?![0-9a-f])")
ELLIPSIS = "\u2026"


def legible(text: str) -> str:
    r"""Return *text* with every character spelled out, as `\u{202e}`, that cannot be seen."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text)


def legible_lines(text: str) -> list[str]:
    """Return the lines of *text*, each legible; a line ends at a line feed and nowhere else."""
    return [legible(line) for line in text.strip("\n").split("\n")]


def short(text: str, most: int = 200) -> str:
    """Return *text* legible, digests cut to eight digits, and at most *most* characters of it."""
    text = _DIGEST.sub(rf"\1{ELLIPSIS}", legible(text))
    return text if len(text) <= most else text[: most - 1] + ELLIPSIS


def place(node: Node) -> str:
    """Return where the rule of *node* stands, `file:line`, or nothing."""
    return "" if node.span is None else legible(f"{node.span[0]}:{node.span[1]}")


def values(node: Node) -> str:
    """Return the values of the variables that have a name: `X = 1, Y = "a"`."""
    return ", ".join(f"{name} = {value}" for name, value in node.substitution if name[:1] != "_")


def link_words(link: LinkState) -> str:
    """Return one line about *link*: whose it is, its signature, and whether it counts."""
    until = "" if link.expires is None else f", until {moment(link.expires)}"
    counts = "counts" if link.counts else f"does not count: {link.why}" if link.why else "no effect"
    return (
        f"link {link.id}: {link.issuer} to {link.subject}{until}; "
        f"signature {link.signature}; {counts}"
    )
