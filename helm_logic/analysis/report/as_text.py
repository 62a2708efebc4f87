# SPDX-License-Identifier: Apache-2.0
"""Findings for a person: every place with its line and carets, then what to know and do.

    rules/main.dl:14:1: error HL104: `allow/2` never takes effect: ...
        allow(release) :- action("deploy"), ...
        ^^^^^^^^^^^^^^
    rules/main.dl:9:1: note: `deny/1` is stronger
        ...
      where: action = "deploy", env = "prod"
      rules: allow/2, deny/1
      witness: DENY change_freeze (by deny/1)
          tool:deploy asks to deploy service/api, at 2026-03-02T12:00:00Z
      fix: ...

It reads the same without colour. Text from outside is cleaned, so that it cannot steer a terminal.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from helm_logic.analysis.finding import INFO, POSSIBLE, SEVERITIES
from helm_logic.analysis.fingerprint import Marked
from helm_logic.analysis.report.outcome import Outcome
from helm_logic.analysis.report.witness_text import witness_lines
from helm_logic.lang import Diagnostic, render

_SHOWN_GONE = 5


def as_text(outcome: Outcome) -> str:
    """Return the findings that are shown, and a summary of all."""
    blocks = ["\n".join(finding_lines(each, colour=outcome.colour)) for each in outcome.shown]
    return "\n\n".join([*blocks, "\n".join(_summary(outcome))]) + "\n"


def finding_lines(marked: Marked, *, colour: bool = False) -> Iterator[str]:
    """Yield a finding as lines of text."""
    finding = marked.finding
    diagnostic = Diagnostic(
        finding.code, finding.severity, finding.message, finding.span, notes=finding.notes
    )
    yield render(diagnostic, colour=colour)
    if finding.region and finding.region not in finding.message:
        yield from _where(finding.region.splitlines())
    if finding.rules:
        yield f"  rules: {plain(', '.join(finding.rules))}"
    if finding.witness is not None:
        first, *others = witness_lines(finding.witness)
        yield f"  witness: {plain(first)}"
        yield from (f"      {plain(line)}" for line in others)
        if marked.witness_file:
            yield f'      test case "{plain(finding.witness.name)}" of {marked.witness_file}'
    elif finding.confidence == POSSIBLE:
        yield "  possible only: no request was found that shows it"
    if finding.fix:
        yield f"  fix: {plain(finding.fix)}"


def _where(lines: Sequence[str]) -> Iterator[str]:
    """Yield a region: words on one line, or the facts of a chain on several."""
    if len(lines) == 1:
        yield f"  where: {plain(lines[0])}"
    else:
        yield "  where:"
        yield from (f"      {plain(line)}" for line in lines)


def _summary(outcome: Outcome) -> Iterator[str]:
    counts = [(severity, outcome.count(severity)) for severity in SEVERITIES]
    said = [f"{count} {name}{'s' * (count > 1)}" for name, count in counts if count]
    hidden = len(outcome.findings) - len(outcome.shown)
    line = ", ".join(said) or "no findings"
    yield f"{line} (--all shows the {INFO}s)" if hidden else line
    if outcome.known:
        yield f"{len(outcome.known)} more known from the baseline"
    if outcome.suppressed:
        yield f"{len(outcome.suppressed)} more suppressed by comments"
    if outcome.gone:
        yield f"{len(outcome.gone)} of the baseline went away; --write-baseline forgets them:"
        for entry in outcome.gone[:_SHOWN_GONE]:
            yield f"  {plain(entry.code)} {plain(entry.message)}"
        if len(outcome.gone) > _SHOWN_GONE:
            yield f"  and {len(outcome.gone) - _SHOWN_GONE} more"
    yield from map(plain, outcome.hints)
    if outcome.shown:
        yield from _next(outcome)


def _next(outcome: Outcome) -> Iterator[str]:
    """Yield the commands that tell more of what is shown."""
    yield f"more on a code: helm-logic lint --explain {outcome.shown[0].finding.code}"
    files = dict.fromkeys(each.witness_file for each in outcome.shown if each.witness_file)
    if files:
        yield f"run the witnesses: helm-logic test {' '.join(map(shlex.quote, files))}"
    elif any(each.finding.witness is not None for each in outcome.shown):
        yield f"witnesses as tests that run: helm-logic {outcome.command} --witnesses DIR"


def plain(text: str) -> str:
    """Return *text* with every character replaced that a terminal would act on."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
