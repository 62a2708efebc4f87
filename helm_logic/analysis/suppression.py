# SPDX-License-Identifier: Apache-2.0
"""Comments that silence findings: `% lint: ignore HL103 the reason`, above or beside a statement.

Invariants:
- a suppression silences one code (or several, each named) for the statement that it stands by, and
  nothing else; there is no form for all codes or for a whole file;
- it counts only with a reason, because the next reader must be able to judge it;
- one that silences nothing is a finding itself, HL911, so that it goes when its cause goes.

What could not be decided (HL902, HL903) is never silenced. Changes are acknowledged, not silenced.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence

import attrs

from helm_logic.analysis.codes import CODES
from helm_logic.analysis.finding import PROVED, Finding
from helm_logic.lang import Source, Span, parse, tree
from helm_logic.lang.diagnostics import did_you_mean
from helm_logic.lang.lexer import Comment

UNUSED = "HL911"
_UNSILENCED = frozenset({"HL902", "HL903", UNUSED})
_MARK = re.compile(r"%+[ \t]*lint[ \t]*:")
_FORM = re.compile(
    r"ignore[ \t]+(?P<codes>HL\d+(?:[ \t]*,[ \t]*HL\d+)*)\b[ \t]*[-:]?[ \t]*(?P<reason>.*)",
    re.IGNORECASE,
)
_EXAMPLE = "% lint: ignore HL103 the reason"


@attrs.frozen
class Suppression:
    """One code that the comment at *place* silences in the statement at *statement*."""

    code: str
    reason: str
    place: Span
    statement: Span

    def silences(self, finding: Finding) -> bool:
        """Say whether *finding* is of this code and about this statement."""
        where = finding.span
        return (
            finding.code == self.code
            and where.source.name == self.statement.source.name
            and self.statement.start <= where.start < self.statement.end
        )


@attrs.frozen
class Suppressed:
    """A finding that a comment silences, and the reason that the comment gives."""

    finding: Finding
    reason: str


@attrs.frozen
class Kept:
    """What is left of findings: those that nothing silences, HL911 among them, and the others."""

    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]


def suppress(
    findings: Sequence[Finding], sources: Iterable[Source], judged: Container[str]
) -> Kept:
    """Return which of *findings* remain under the comments in *sources*.

    *judged* are the codes that this run looked for: only of those can it be said that a suppression
    silences nothing. The order of *findings* is kept; findings about comments come last.
    """
    found: list[Suppression] = []
    faults: list[Finding] = []
    for source in sources:
        found += read_suppressions(source, faults)
    silenced: dict[int, Suppression] = {}
    used: set[int] = set()
    for number, finding in enumerate(findings):
        for place, each in enumerate(found):
            if each.silences(finding):
                silenced[number] = each
                used.add(place)
    unused = [
        _fault(f"there is no {each.code} here to suppress", each.place, "remove the comment")
        for place, each in enumerate(found)
        if place not in used and each.code in judged
    ]
    kept = [each for number, each in enumerate(findings) if number not in silenced]
    gone = (Suppressed(findings[n], each.reason) for n, each in silenced.items())
    return Kept((*kept, *faults, *unused), tuple(gone))


def read_suppressions(source: Source, faults: list[Finding]) -> Iterator[Suppression]:
    """Yield the suppressions in the comments of *source*; add those that do not count to *faults*.

    Text that does not parse has none.
    """
    if _MARK.search(source.text) is None:
        return
    parsed, _ = parse(source)
    free = list(_MARK.finditer(source.text))
    end = 0
    for statement in parsed.statements:
        for comment in _comments(statement):
            place = _take(free, comment, source, end)
            if place is not None:
                yield from _read(comment.text, place, statement.span, faults)
        end = statement.span.end
    for comment in parsed.comments:
        place = _take(free, comment, source, end)
        if place is not None:
            message = "no statement follows this suppression"
            faults.append(_fault(message, place, "put it above or beside the statement"))


def _comments(node: object) -> Iterator[Comment]:
    """Yield every comment that hangs on *node* or on a piece of it."""
    if isinstance(node, Comment):
        yield node
    elif isinstance(node, tree.Node | tree.Comments | tree.Layout | tree.BodyLine):
        for field in attrs.fields(type(node)):
            yield from _comments(getattr(node, field.name))
    elif isinstance(node, tuple) and not isinstance(node, Span):
        for each in node:
            yield from _comments(each)


def _take(free: list[re.Match[str]], comment: Comment, source: Source, start: int) -> Span | None:
    """Return where *comment* stands: the first place behind *start* that no other comment took."""
    if _MARK.match(comment.text) is None:
        return None
    for number, found in enumerate(free):
        line_end = source.text.find("\n", found.start())
        whole = source.text[found.start() : line_end if line_end >= 0 else None]
        if found.start() >= start and whole.rstrip() == comment.text.rstrip():
            del free[number]
            return Span(source, found.start(), found.start() + len(comment.text))
    return Span(source, start, start)


def _read(text: str, place: Span, statement: Span, faults: list[Finding]) -> Iterator[Suppression]:
    said = _MARK.sub("", text, count=1).strip()
    form = _FORM.fullmatch(said)
    if form is None:
        fix = f"write `{_EXAMPLE}`; there is no form for all codes"
        faults.append(_fault(f"`{said}` is no suppression", place, fix))
        return
    if not form["reason"].strip():
        message = "a suppression without a reason does not count"
        faults.append(_fault(message, place, f"say why, as in `{_EXAMPLE}`"))
        return
    for code in re.split(r"[ \t]*,[ \t]*", form["codes"].upper()):
        if code not in CODES or code in _UNSILENCED or code.startswith("HL3"):
            faults.append(_fault(_refusal(code), place, did_you_mean(code, CODES)))
        else:
            yield Suppression(code, form["reason"].strip(), place, statement)


def _refusal(code: str) -> str:
    if code not in CODES:
        return f"there is no finding `{code}`, so this suppression does not count"
    if code.startswith("HL3"):
        return f"{code} is acknowledged with `helm-logic diff --acknowledge`, not suppressed"
    return f"{code} cannot be suppressed: it says that something is not known"


def _fault(message: str, place: Span, fix: str) -> Finding:
    return Finding(UNUSED, CODES[UNUSED].severity, message, place, fix=fix, confidence=PROVED)
