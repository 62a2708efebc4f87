# SPDX-License-Identifier: Apache-2.0
"""`helm-logic replay`: logged verdicts derived again, or judged afresh by another policy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import click

from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.log_source import LogSource
from helm_logic.cli.options import json_option, policy_folder, trust_of, trust_options
from helm_logic.cli.progress import Progress
from helm_logic.cli.receipt_files import read_receipt
from helm_logic.cli.replay_journal import Journal, begun_job
from helm_logic.cli.replay_source import LogRange, file_batch, log_named, log_range
from helm_logic.cli.replay_text import Report, replay_json, replay_text
from helm_logic.kernel.encoding import JsonValue, digest
from helm_logic.ledger.shape import require_integer
from helm_logic.policy.folder import read_bundle
from helm_logic.policy.replay import ENGINES, NATIVE
from helm_logic.policy.replay_case import ALLOWED, DENIED, DIFFERS, ESCALATED, OPEN, REFUSED
from helm_logic.policy.replay_work import Done, Task, work
from helm_logic.receipts.trust import Trust

_FEW = 500  # entries; for fewer, starting processes takes longer than they save
_FAILING = {"allowed": (ALLOWED, REFUSED), "any": (ALLOWED, DENIED, ESCALATED, OPEN, REFUSED)}


@click.command("replay")
@click.argument("sources", nargs=-1, metavar="[LOG|PACK|RECEIPT]...")
@click.option(
    "--policy",
    metavar="NEW",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Judge the requests by this policy folder instead.",
)
@click.option("--keep-approvals", is_flag=True, help="Let old approvals count under NEW.")
@click.option(
    "--fail-on",
    type=click.Choice(tuple(_FAILING)),
    default="allowed",
    show_default=True,
    help="Which changed verdicts make the exit code 1.",
)
@click.option(
    "--engine",
    type=click.Choice((*ENGINES, "all")),
    default=NATIVE,
    show_default=True,
    help="Who derives the verdicts again.",
)
@click.option("--from", "start", type=click.IntRange(0), metavar="I", help="Begin at entry I.")
@click.option("--to", "stop", type=click.IntRange(0), metavar="J", help="Stop before entry J.")
@click.option(
    "--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes.  [default: one a core]"
)
@click.option(
    "--resume",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep the state here, and go on from it.",
)
@click.option(
    "--wait", type=click.FloatRange(0, 3600), default=0.0, metavar="SECONDS",
    help="How long to wait for a process that holds the log.",
)  # fmt: skip
@json_option
@trust_options
def command(sources: tuple[str, ...], *, as_json: bool, **options: Any) -> int:
    """Derive the verdicts of receipts again, from the program, facts and limits that they name.

    Sources are policy folders, logs (an SQLite file or a PostgreSQL URL), packs and receipts (a
    file, an id, or a place in the log); without any, it is the log of the policy folder found from
    here upwards. For each receipt the kernel checks the certificate, and the engine has to find the
    model and the derivation that were signed, byte for byte. A DENY without certificate (the
    request could not be read, a limit was reached) is counted under its error. Whom to trust comes
    from the policy folder of the log, or from --trust-engine, --log-origin and --log-key. Whether
    the log still has all of its entries is for `log fsck` to tell.

    With --policy NEW the requests are judged afresh: as of then, with the links, revocations and
    time of then, but by the inputs, rules, approvers and limits in the folder NEW. Every verdict
    that would change is listed, newly ALLOWed first. Approvals were given under the old policy and
    do not count, unless --keep-approvals says so. What a receipt does not tell, such as a chain
    that was too long to be read, is listed as what cannot be judged.

    A log is read as it is at the beginning, part by part: a guard can use it in between. With
    --resume FILE a replay that was interrupted goes on where it was, to the same result.

    \b
    Examples:
      helm-logic replay
      helm-logic replay --engine all deploy.tar
      helm-logic replay --policy ../draft --resume draft.state
      helm-logic replay /srv/policy --from 120000 --json

    Exit code: 0; 1 if a verdict is derived differently, is newly ALLOWed (or, with --fail-on any,
    changes at all or cannot be judged), a receipt is refused, or there is none; 2 if something
    cannot be read; 130 when interrupted.
    """
    asked = _Asked.of(sources, **options)
    with Journal(asked.resume, asked.job) as journal:
        try:
            with Progress("replaying") as progress:
                for done in _work(asked, journal, progress):
                    journal.add(done)
        except KeyboardInterrupt:
            if asked.resume is not None:
                words = f"stopped before entry {journal.end}; the same command goes on from there"
                click.echo(words, err=True)
            raise
        report = Report(
            asked.words(), journal, () if asked.bundle else asked.engines, asked.bundle or None,
            asked.keep_approvals, _FAILING[asked.fail_on] if asked.bundle else (DIFFERS, REFUSED),
        )  # fmt: skip
        for line in replay_json(report) if as_json else replay_text(report):
            click.echo(line)
        return OK if report.holds else FINDINGS


@attrs.frozen
class _Asked:
    """What the command line asks for, read: logs with their bounds, and files."""

    logs: tuple[LogRange, ...]
    files: tuple[str, ...]
    trust: Trust | None
    policy: Path | None
    bundle: str
    keep_approvals: bool
    fail_on: str
    engines: tuple[str, ...]
    jobs: int
    resume: Path | None

    @classmethod
    def of(  # noqa: PLR0913 - one for each option
        cls,
        sources: Sequence[str],
        *,
        policy: Path | None,
        keep_approvals: bool,
        fail_on: str,
        engine: str,
        start: int | None,
        stop: int | None,
        jobs: int | None,
        resume: Path | None,
        wait: float,
        **trusted: Any,
    ) -> _Asked:
        if policy is None and (keep_approvals or fail_on != "allowed"):
            raise click.UsageError("--keep-approvals and --fail-on belong to --policy NEW")
        if policy is not None and engine != NATIVE:
            raise click.UsageError("a new policy is judged by the native engine and the kernel")
        places, files, trust = _sources(sources, trusted)
        if (len(places), len(files)) != (1, 0) and (start, stop, resume) != (None, None, None):
            raise click.UsageError("--from, --to and --resume are for one log and nothing else")
        if stop is None and (begun := begun_job(resume)) is not None:
            stop = require_integer(begun.get("to"), "the state's end")
        logs = tuple(
            log_range(attrs.evolve(each, wait=wait), whom, start, stop) for each, whom in places
        )
        many = sum(each.stop - each.start for each in logs) + len(files) >= _FEW
        return cls(
            logs, files, trust, policy,
            "" if policy is None else read_bundle(policy_folder(policy)).digest,
            keep_approvals, fail_on, ENGINES if engine == "all" else (engine,),
            jobs or (_cores() if many else 1), resume,
        )  # fmt: skip

    @property
    def job(self) -> dict[str, JsonValue]:
        """What a run that goes on has to have in common with the one that began."""
        asked: dict[str, JsonValue] = {
            "engines": list(self.engines),
            "keepApprovals": self.keep_approvals,
            "policy": self.bundle,
        }
        for log in self.logs:
            trust = digest(repr(log.trust).encode("utf-8"))  # frozen values, so always the same
            asked |= {"from": log.start, "origin": log.source.origin, "root": log.root}
            asked |= {"to": log.stop, "trust": trust}
        return asked

    def task(self, trust: Trust) -> Task:
        """Return what to do with receipts that *trust* accepts."""
        return Task(trust, self.engines, self.policy, self.bundle, self.keep_approvals)

    def words(self) -> str:
        """Say what is replayed."""
        parts = [
            f"{each.source.origin}, entries {each.start} to {each.stop - 1}"
            if each.stop > each.start
            else f"{each.source.origin}, no entries"
            for each in self.logs
        ]
        if self.files:
            parts.append(f"files: {len(self.files)}")
        return "; ".join(parts)


def _sources(
    named: Sequence[str], trusted: dict[str, Any]
) -> tuple[tuple[tuple[LogSource, Trust], ...], tuple[str, ...], Trust | None]:
    """Return the logs and the files among *named*, and whom to trust about the latter."""
    if not named:
        named = [str(policy_folder(None))]
    logs, files = [], []
    trust: Trust | None = None
    for each in named:
        source = log_named(each, lambda: trust_of(None, **trusted))
        if source is None:
            files.append(each)
        else:
            logs.append(source)
    if files:
        trust = trust_of(None, **trusted)
    return tuple(logs), tuple(files), trust


def _work(asked: _Asked, journal: Journal, progress: Callable[[int, int], None]) -> Iterator[Done]:
    """Yield what comes of each batch: logs first, then files, each in the order given."""
    total = sum(each.stop - each.start for each in asked.logs) + len(asked.files)
    before = 0
    several = len(asked.logs) + len(asked.files) > 1
    for log in asked.logs:
        label = f"{log.source.origin}, " if several else ""
        begin = max(log.start, journal.end) if not several else log.start
        batches = log.batches(begin, requests=bool(asked.bundle), label=label)
        for done in work(asked.task(log.trust), batches, asked.jobs):
            yield done
            progress(before + done.end - log.start, total)
        before += log.stop - log.start
    if asked.trust is not None:
        trust = asked.trust
        batches = (
            file_batch(each, read_receipt(each, None), trust, number)
            for number, each in enumerate(asked.files, start=1)
        )
        for done in work(asked.task(trust), batches, asked.jobs):
            yield done
            progress(before + done.end, total)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
