# SPDX-License-Identifier: Apache-2.0
"""`helm-logic log fsck`: everything that the log holds, computed and checked again."""

from __future__ import annotations

import json
from typing import Any

import attrs
import click

from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.log_source import LogSource, log_source, source_options
from helm_logic.cli.options import json_option
from helm_logic.cli.palette import bad, dim, good, plain
from helm_logic.cli.progress import Progress
from helm_logic.errors import ForkRefused, StoreCorrupt
from helm_logic.ledger.store_fsck import FsckReport, fsck
from helm_logic.receipts.log_audit import AuditFinding, LogAudit

_EVERY = 64  # rows between two looks at the clock
_SHOWN = 50  # findings; whoever wants all of them asks for JSON


@click.command("fsck")
@click.option("--quick", is_flag=True, help="Only the bytes: do not read what the entries say.")
@json_option
@source_options
def command(*, quick: bool, as_json: bool, **named: Any) -> int:
    """Check all of the log; believe only its key.

    The bytes: every leaf, node, tree head and blob is computed again from the entries, so that no
    two tree heads can contradict each other, and the last one extends the head guard's. What the
    entries say, unless --quick: who signed each, that each names only what the log holds, and that
    every approval was used by the one ALLOW that says so. Certificates are checked by `verify`.

    \b
    Examples:
      helm-logic log fsck
      helm-logic log fsck --store backup/log.sqlite --json

    Exit code: 0 sound; 1 not sound; 2 if the log cannot be opened.
    """
    source = log_source(**named)
    outcome = _check(source, quick=quick)
    if as_json:
        click.echo(json.dumps(_value(source, outcome), ensure_ascii=False, sort_keys=True))
    else:
        for line in _text(source, outcome, quick=quick):
            click.echo(line)
    return OK if outcome.sound else FINDINGS


@attrs.frozen
class _Outcome:
    """What was read if the bytes are sound, else why they are not, and what else was found."""

    report: FsckReport | None
    broken: str
    findings: tuple[AuditFinding, ...]

    @property
    def sound(self) -> bool:
        return self.report is not None and not self.findings


def _check(source: LogSource, *, quick: bool) -> _Outcome:
    try:
        with source.open() as log, Progress("checking") as progress:
            audit = LogAudit(log, source.engines)

            def told(done: int, total: int) -> None:
                if done % _EVERY == 0 or done == total:
                    progress(done, total)

            report = fsck(log, (lambda _: None) if quick else audit.look, told)
            if not quick:
                audit.finish()
    except (StoreCorrupt, ForkRefused) as error:
        return _Outcome(None, str(error), ())
    return _Outcome(report, "", tuple(audit.findings))


def _text(source: LogSource, outcome: _Outcome, *, quick: bool) -> list[str]:
    name = plain(source.origin)
    if outcome.report is None:
        return [f"{bad('not sound')}: {name}: {plain(outcome.broken)}"]
    report = outcome.report
    guard = "no head guard to compare" if source.head is None else "the head guard agrees"
    lines = [
        f"  {'entries':<12} {report.entries}",
        f"  {'tree heads':<12} {report.checkpoints}, none contradicts another; {guard}",
        f"  {'blobs':<12} {report.blobs}",
        f"  {'approvals':<12} {report.consumed} used up",
    ]
    lines += [
        f"  {bad('entry')} {each.index}  {each.code}: {plain(each.message)}"
        for each in outcome.findings[:_SHOWN]
    ]
    if len(outcome.findings) > _SHOWN:
        lines.append(dim(f"  and {len(outcome.findings) - _SHOWN} more; --json has all of them"))
    if outcome.findings:
        return [*lines, f"{bad('not in order')}: {name}: {len(outcome.findings)} findings"]
    what = "its bytes are sound" if quick else "sound, and its entries are in order"
    return [*lines, f"{good('ok')}: {name}: {what}"]


def _value(source: LogSource, outcome: _Outcome) -> dict[str, object]:
    report = None if outcome.report is None else attrs.asdict(outcome.report)
    return {
        "findings": [attrs.asdict(each) for each in outcome.findings],
        "message": outcome.broken,
        "origin": source.origin,
        "report": report,
        "sound": outcome.sound,
    }
