# SPDX-License-Identifier: Apache-2.0
"""Every code that a finding can carry: its title, how grave it is, and its page.

A code, once released, keeps its number and its meaning. A page is `pages/CODE.md`: what the finding
means in plain words, rules that show it, what is said about them, and the rules mended; the
examples are run by tests/analysis/test_pages.py. Codes of rule text that does not load, HL0xx, are
those of `lang/codes.py`; `page` knows both.

How to add one: an entry here, a page beside the others, and whoever makes the finding.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import attrs

from helm_logic.analysis.finding import ERROR, INFO, WARNING
from helm_logic.lang.codes import CODES as LANGUAGE_CODES

_PAGES = Path(__file__).resolve().parent / "pages"
_WIDTH = 100


@attrs.frozen
class Code:
    """One kind of finding; *severity* is the usual one, a finding may be graver."""

    code: str
    title: str
    severity: str


_ALL = (
    Code("HL101", "dead rule", ERROR),
    Code("HL102", "condition that excludes nothing", WARNING),
    Code("HL103", "redundant rule", WARNING),
    Code("HL104", "overridden rule", ERROR),
    Code("HL105", "exception", INFO),
    Code("HL106", "overlap", INFO),
    Code("HL107", "contradiction", ERROR),
    Code("HL108", "gap", WARNING),
    Code("HL109", "escalation without a way out", ERROR),
    Code("HL110", "rules that never allow, or always", ERROR),
    Code("HL111", "permanent grant", WARNING),
    Code("HL201", "scope widened", ERROR),
    Code("HL202", "outlives its parent", ERROR),
    Code("HL203", "depth gained", ERROR),
    Code("HL204", "budget exceeded", ERROR),
    Code("HL205", "unbounded depth", WARNING),
    Code("HL206", "approval dropped along the chain", ERROR),
    Code("HL207", "stranger re-delegates", ERROR),
    Code("HL301", "DENY becomes ALLOW", WARNING),
    Code("HL302", "ESCALATE becomes ALLOW", WARNING),
    Code("HL303", "DENY becomes ESCALATE", WARNING),
    Code("HL304", "ALLOW becomes ESCALATE", INFO),
    Code("HL305", "ALLOW becomes DENY", INFO),
    Code("HL306", "ESCALATE becomes DENY", INFO),
    Code("HL401", "claim violated", ERROR),
    Code("HL402", "claim about nothing", WARNING),
    Code("HL901", "construct not analysed", WARNING),
    Code("HL902", "solvers disagree", ERROR),
    Code("HL903", "not decided", ERROR),
    Code("HL904", "unconfirmed candidate", WARNING),
    Code("HL911", "suppression without effect", WARNING),
)

CODES: Mapping[str, Code] = MappingProxyType({each.code: each for each in _ALL})


def known_codes() -> tuple[str, ...]:
    """Return every code that has a page, those of rule text included, in order."""
    return tuple(sorted((*LANGUAGE_CODES, *CODES)))


def page(code: str) -> str | None:
    """Return the page of *code* as Markdown, None if there is no such code."""
    found = LANGUAGE_CODES.get(code)
    if found is not None:
        text = textwrap.fill(found.explanation, _WIDTH)
        return f"# {code} {found.title}\n\n*{found.severity}*\n\n{text}\n"
    if code not in CODES:
        return None
    return (_PAGES / f"{code}.md").read_text("utf-8")


def summary(code: str) -> str:
    """Return the first paragraph of the page of *code*, on one line."""
    paragraphs = (page(code) or "").split("\n\n")
    return " ".join(paragraphs[2].split()) if len(paragraphs) > 2 else ""  # noqa: PLR2004
