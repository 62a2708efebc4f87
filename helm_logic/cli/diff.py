# SPDX-License-Identifier: Apache-2.0
"""`helm-logic diff`: what a change of rules does to verdicts, and a gate against loosening.

Both versions are read as for `lint`; what the change is and what the gate says of it is told by
`analysis/report/change.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.lint_files import write_certificate
from helm_logic.cli.options import shown
from helm_logic.cli.progress import Progress

if TYPE_CHECKING:
    from helm_logic.analysis.report.change import ChangeOutcome

_RULES = click.Path(exists=True, path_type=Path)


@click.command("diff")
@click.argument("old", type=_RULES)
@click.argument("new", type=_RULES)
@click.option(
    "--gate",
    type=click.Choice(["no-loosening"]),
    help="Exit 1 if any request gets a milder verdict, unless that is acknowledged.",
)
@click.option(
    "--acknowledge",
    "digests",
    multiple=True,
    metavar="DIGEST",
    help="Let the change with this digest pass the gate (repeatable).",
)
@click.option(
    "--certificates",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write what proves that nothing else moves into DIR.",
)
@click.option(
    "--output-format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How to print the change.",
)
def command(  # noqa: PLR0913 - one parameter an option
    old: Path,
    new: Path,
    *,
    gate: str | None,
    digests: tuple[str, ...],
    certificates: Path | None,
    form: str,
) -> int:
    """Say for which requests the verdict changes from the rules OLD to the rules NEW.

    OLD and NEW are rule files or policy folders. For each of the six changes of a verdict there is
    the region of requests, how many kinds of them there are, and one that both versions really
    decided. If nothing changes for any request under any facts, that is proved and said.

    With --gate no-loosening the exit code is 1 if any request gets a milder verdict (DENY to
    ESCALATE or ALLOW, ESCALATE to ALLOW). Who has reviewed the change lets it pass by its digest,
    with --acknowledge; the digest covers both versions, so it is good for this change only.

    \b
    Examples:
      helm-logic diff rules/main.dl rules/draft.dl
      helm-logic diff deployed/policy policy --gate no-loosening
      git show main:rules/main.dl > /tmp/before.dl
      helm-logic diff /tmp/before.dl rules/main.dl --output-format json

    Exit code: 0, 1 if the gate refuses or something is not decided, 2 if rules do not load.
    """
    from helm_logic.analysis.report.change import change_json, change_text

    outcome = attrs.evolve(
        _compare(old, new, certificates),
        gated=gate is not None,
        acknowledged=frozenset(digests),
        colour=form == "text",
    )
    click.echo(change_json(outcome) if form == "json" else change_text(outcome), nl=False)
    return FINDINGS if outcome.failed else OK


def _compare(old: Path, new: Path, certificates: Path | None) -> ChangeOutcome:
    from helm_logic.analysis.compare import compare
    from helm_logic.analysis.fingerprint import marked
    from helm_logic.analysis.reading import read_subject
    from helm_logic.analysis.report.change import ChangeOutcome
    from helm_logic.analysis.report.heads import at_heads

    before, after = (read_subject(path, shown, relevance=True) for path in (old, new))
    with Progress(f"diff {shown(after.path)}") as progress:
        change = compare(before.rule_set, after.rule_set, progress=progress)
    if certificates is not None and change.proof:
        sources = (*before.rule_set.sources, *after.rule_set.sources)
        write_certificate(certificates / "diff.json", change.proof, sources)
    findings = tuple(marked(at_heads(each), {}) for each in change.findings)
    return ChangeOutcome(shown(before.path), shown(after.path), change, findings)
