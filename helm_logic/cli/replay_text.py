# SPDX-License-Identifier: Apache-2.0
"""What `helm-logic replay` says: findings group by group, then counts, then whether that is well.

Text says the same as JSON, of which there is one line for each finding and a last one for the rest.
No line depends on how many processes found it, or how long they took.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from helm_logic.cli.moments import moment_text
from helm_logic.cli.palette import bad, dim, good, plain, verdict_style
from helm_logic.cli.replay_journal import Journal
from helm_logic.policy.replay import MADE_AGAIN
from helm_logic.policy.replay_case import (
    ALLOWED,
    DENIED,
    DIFFERS,
    ESCALATED,
    OPEN,
    REFUSED,
    Finding,
)
from helm_logic.policy.replay_change import APPROVALS, OTHER_REASONS, SAME
from helm_logic.receipts.verdict import Verdict

GROUPS: Mapping[str, str] = {
    ALLOWED: "newly ALLOWed",
    DENIED: "newly DENYed",
    ESCALATED: "newly ESCALATEd",
    OPEN: "cannot be judged",
    DIFFERS: "derived differently",
    REFUSED: "refused, so not replayed",
}

_ERROR = "error "
_VERDICTS = tuple(verdict.value for verdict in Verdict)
_WIDTH = 18


@attrs.frozen
class Report:
    """What was replayed and how it came out; *policy* is the digest of the new one, if any.

    *failing* are the groups of which nothing may be found.
    """

    what: str
    journal: Journal
    engines: tuple[str, ...]
    policy: str | None
    keep_approvals: bool
    failing: tuple[str, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many receipts came out how."""
        return self.journal.counts

    @property
    def receipts(self) -> int:
        """How many receipts, and files that hold none, were looked at."""
        others = {OTHER_REASONS, APPROVALS, MADE_AGAIN}
        return sum(count for name, count in self.counts.items() if name not in others)

    @property
    def holds(self) -> bool:
        """Whether something was replayed and nothing failed."""
        return self.receipts > 0 and not any(self.found(group) for group in self.failing)

    def found(self, group: str) -> int:
        """Return how many findings of *group* there are."""
        moved = {ALLOWED: "ALLOW", DENIED: "DENY", ESCALATED: "ESCALATE"}.get(group)
        if moved is None:
            return self.counts.get(group, 0)
        return sum(count for name, count in self.moves().items() if name.endswith(f" {moved}"))

    def moves(self) -> dict[str, int]:
        """Return how many verdicts moved, by what they were and would be."""
        pairs = [f"{one} {two}" for two in _VERDICTS for one in _VERDICTS if one != two]
        return {pair: self.counts[pair] for pair in pairs if self.counts.get(pair)}

    def errors(self) -> dict[str, int]:
        """Return how many receipts have no certificate, by their error."""
        return {
            name.removeprefix(_ERROR): count
            for name, count in sorted(self.counts.items())
            if name.startswith(_ERROR)
        }


def replay_text(report: Report) -> Iterator[str]:
    """Yield *report* as lines for people."""
    for group, title in GROUPS.items():
        for number, finding in enumerate(report.journal.findings(group)):
            if not number:
                yield f"{title}: {report.found(group)}"
            yield from _finding(finding)
    yield plain(report.what)
    yield from _judged(report) if report.policy is not None else _derived(report)


def replay_json(report: Report) -> Iterator[str]:
    """Yield *report* as lines of JSON, the summary last."""
    for group in GROUPS:
        for finding in report.journal.findings(group):
            yield _line(finding.to_value())
    summary = {
        "approvalsSetAside": report.counts.get(APPROVALS, 0),
        "engines": report.engines,
        "errors": report.errors(),
        "factsMadeAgain": report.counts.get(MADE_AGAIN, 0),
        "groups": {group: count for group in GROUPS if (count := report.found(group))},
        "holds": report.holds,
        "keepApprovals": report.keep_approvals,
        "moves": report.moves(),
        "otherReasons": report.counts.get(OTHER_REASONS, 0),
        "policy": report.policy,
        "receipts": report.receipts,
        "same": report.counts.get(SAME, 0),
        "verdicts": {each: report.counts[each] for each in _VERDICTS if report.counts.get(each)},
    }
    yield _line({"summary": summary})


def _finding(finding: Finding) -> Iterator[str]:
    detail: Mapping[str, Any] = finding.detail
    name = dim(f"  {finding.receipt}") if finding.receipt else ""
    if "becomes" in detail:
        was, becomes = detail["was"], detail["becomes"]
        move = f"{verdict_style(was['verdict'])} to {verdict_style(becomes['verdict'])}"
        yield f"  {plain(finding.place)}  {move}{name}"
        asked = detail["request"]
        if asked is not None:
            words = f"{asked['subject']} {asked['action']} {asked['resource']}"
            yield f"    {moment_text(detail['now'])}  {plain(words)}"
        yield plain(f"    was {_listed(was['reasons'])}; becomes {_listed(becomes['reasons'])}")
        return
    verdict = detail.get("verdict") or detail.get("was", {}).get("verdict")
    yield f"  {plain(finding.place)}{f'  {verdict_style(verdict)}' if verdict else ''}{name}"
    for each in detail.get("differences", ()):
        yield plain(f"    {each['engine']}, {each['step']}")
        yield plain(f"      signed  {each['signed']}")
        yield plain(f"      found   {each['found']}")
    if "message" in detail:
        yield plain(f"    {detail['message']}")


def _derived(report: Report) -> Iterator[str]:
    counts, errors = report.counts, report.errors()
    derived = sum(counts.get(each, 0) for each in _VERDICTS)
    for each in (*_VERDICTS, DIFFERS, REFUSED):
        if counts.get(each):
            name = each if each in _VERDICTS else GROUPS[each]
            yield f"  {name:<{_WIDTH}} {counts[each]}"
    if errors:
        listed = ", ".join(f"{code} {count}" for code, count in errors.items())
        yield plain(f"  {'no certificate':<{_WIDTH}} {sum(errors.values())}: {listed}")
    if derived:
        again = f"{counts.get(MADE_AGAIN, 0)} of {derived}"
        yield f"  {'facts':<{_WIDTH}} made again from request, chain and stored policy: {again}"
    by = f"{' and '.join(report.engines)}; the kernel accepts each"
    if report.holds:
        nothing = "; a DENY without certificate has nothing to derive" if errors else ""
        yield f"{good('ok')}: derived again, byte for byte: {derived} by {by}{nothing}"
    else:
        yield _failure(report)


def _judged(report: Report) -> Iterator[str]:
    counts = report.counts
    reasons = counts.get(OTHER_REASONS, 0)
    also = f", {reasons} of them for other reasons" if reasons else ""
    yield f"  {'same verdict':<{_WIDTH}} {counts.get(SAME, 0)}{also}"
    for pair, count in report.moves().items():
        yield f"  {pair.replace(' ', ' to '):<{_WIDTH}} {count}"
    for group in (OPEN, REFUSED):
        if counts.get(group):
            yield f"  {GROUPS[group]:<{_WIDTH}} {counts[group]}"
    if aside := counts.get(APPROVALS, 0):
        yield (
            f"  approvals of another policy do not count: {aside} of the receipts had some;"
            " --keep-approvals counts them"
        )
    elif report.keep_approvals:
        yield "  approvals count as if they had been given under the new policy"
    if report.holds:
        changed = "would change" if DENIED in report.failing else "is newly ALLOWed"
        yield f"{good('ok')}: no verdict {changed}"
    else:
        yield _failure(report)


def _failure(report: Report) -> str:
    if not report.receipts:
        return f"{bad('nothing replayed')}: there is no receipt, so nothing was shown"
    found = [f"{report.found(one)} {GROUPS[one]}" for one in report.failing if report.found(one)]
    return f"{bad('failed')}: {'; '.join(found)}"


def _listed(codes: Sequence[str]) -> str:
    return ", ".join(codes)


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
