# SPDX-License-Identifier: Apache-2.0
"""`helm-logic lint`: what rules would do, found before they are deployed.

The findings come from `analysis`, loaded only when rules are really linted; what is news of them is
for comments (`% lint: ignore ...`) and the baseline to say.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.lint_files import (
    cache_file,
    file_name,
    read_baseline_file,
    save,
    write_baseline_file,
    write_certificate,
    write_witnesses,
)
from helm_logic.cli.options import FILE, policy_folder, policy_option, shown
from helm_logic.cli.progress import Progress

if TYPE_CHECKING:
    from helm_logic.analysis.fingerprint import Marked
    from helm_logic.analysis.report import Outcome

_FORMATS = ("text", "concise", "json", "sarif", "github", "junit")
_FOLDER = click.Path(file_okay=False, path_type=Path)


@attrs.frozen
class Wish:
    """How a run was asked to be made."""

    witnesses: Path | None
    certificates: Path | None
    use_cache: bool
    double_check: bool


def _explain(ctx: click.Context, _option: click.Parameter, code: str | None) -> None:
    if code is None:
        return
    from helm_logic.analysis.codes import known_codes, page
    from helm_logic.lang.diagnostics import did_you_mean

    text = page(code.upper())
    if text is None:
        near = did_you_mean(code.upper(), known_codes()) or f"known are {', '.join(known_codes())}"
        raise click.UsageError(f"there is no code `{code}`; {near}")
    click.echo(text, nl=False)
    ctx.exit(OK)


@click.command("lint")
@click.argument(
    "rules", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[RULES]..."
)
@policy_option
@click.option(
    "--output-format",
    "form",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="How to print findings.",
)
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warning", "info")),
    default="warning",
    show_default=True,
    help="The least severity that makes the exit code 1.",
)
@click.option("--all", "show_all", is_flag=True, help="Show infos too: exceptions and overlaps.")
@click.option(
    "--explain",
    metavar="CODE",
    callback=_explain,
    expose_value=False,
    is_eager=True,
    help="Print the page of a code such as HL104, with an example and its mending.",
)
@click.option(
    "--witnesses", type=_FOLDER, metavar="DIR", help="Write each witness as a test case into DIR."
)
@click.option("--baseline", type=FILE, metavar="FILE", help="Leave out the findings in FILE.")
@click.option(
    "--write-baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the findings of this run to FILE, and exit 0.",
)
@click.option(
    "--certificates", type=_FOLDER, metavar="DIR", help="Write what proves the findings into DIR."
)
@click.option("--no-cache", is_flag=True, help="Ask every question again.")
@click.option("--double-check", is_flag=True, help="Ask a solver every question a second time.")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    rules: tuple[Path, ...],
    policy: Path | None,
    form: str,
    fail_on: str,
    show_all: bool,
    witnesses: Path | None,
    baseline: Path | None,
    write_baseline: Path | None,
    certificates: Path | None,
    no_cache: bool,
    double_check: bool,
) -> int:
    """Find conflicts, gaps and rules without effect in RULES, before they are deployed.

    RULES are rule files or policy folders; without any, it is the policy folder from here upwards.
    Nothing is evaluated request by request: what is found holds of every request and every fact
    base that the declarations admit. A finding that says "there is a request" shows one that the
    engine really decided so; one that says "there is none" is proved. Rules of your own that hand
    authority on are proved to narrow it, or shown the chain along which they do not.

    To silence one finding, say why on the line above the rule, or beside it:

    \b
      % lint: ignore HL103 kept until the old client is gone
      allow(legacy) :- ...

    \b
    Examples:
      helm-logic lint
      helm-logic lint rules/main.dl --all
      helm-logic lint --explain HL104
      helm-logic lint --witnesses build/witnesses
      helm-logic lint --write-baseline lint.json
      helm-logic lint --baseline lint.json --output-format sarif > lint.sarif

    Exit code: 0 nothing at or above --fail-on, 1 findings, 2 if rules cannot be read or loaded.
    """
    from helm_logic.analysis.report import FORMATS

    wish = Wish(witnesses, certificates, use_cache=not no_cache, double_check=double_check)
    outcome = _lint_all(rules or (policy_folder(policy),), wish)
    if write_baseline is not None:
        write_baseline_file(write_baseline, outcome.findings)
        return OK
    if baseline is not None:
        outcome = _beside(baseline, outcome)
    outcome = attrs.evolve(outcome, fail_on=fail_on, all_shown=show_all, colour=form == "text")
    click.echo(FORMATS[form](outcome), nl=False)
    return FINDINGS if outcome.failed else OK


def _lint_all(paths: tuple[Path, ...], wish: Wish) -> Outcome:
    from helm_logic.analysis.report import Outcome

    kept: dict[tuple[str, int, str], Marked] = {}
    suppressed: dict[tuple[str, int, str], Marked] = {}
    hints: dict[str, None] = {}
    for path in paths:
        one = _lint(path, wish, alone=len(paths) == 1)
        kept |= {_key(each): each for each in one.findings}
        suppressed |= {_key(each): each for each in one.suppressed}
        hints |= dict.fromkeys(one.hints)
    return Outcome("lint", tuple(kept.values()), tuple(suppressed.values()), hints=tuple(hints))


def _key(marked: Marked) -> tuple[str, int, str]:
    """Return what is the same for one finding in a file that two policies include."""
    span = marked.finding.span
    return span.source.name, span.start, marked.fingerprint


def _lint(path: Path, wish: Wish, *, alone: bool) -> Outcome:
    """Return the findings about the rules at *path*, and those that comments suppress."""
    from helm_logic.analysis.cache import Cache
    from helm_logic.analysis.codes import CODES
    from helm_logic.analysis.fingerprint import marked
    from helm_logic.analysis.lint import lint
    from helm_logic.analysis.reading import read_subject
    from helm_logic.analysis.report import Outcome
    from helm_logic.analysis.report.heads import at_heads
    from helm_logic.analysis.report.hints import hints
    from helm_logic.analysis.suppression import suppress
    from helm_logic.policy.case_file import SUFFIX

    subject = read_subject(path, shown)
    rule_set = subject.rule_set
    name = file_name(subject.path, alone=alone)
    cache = Cache(cache_file(subject.path, os.environ) if wish.use_cache else None)
    with Progress(f"lint {shown(subject.path)}") as progress:
        report = lint(
            rule_set,
            subject.settings,
            progress=progress,
            double_check=wish.double_check,
            cache=cache,
        )
    save(cache)
    if wish.certificates is not None:
        path = wish.certificates / f"{name}.json"
        write_certificate(path, report.certificate, rule_set.sources)
    judged = {code for code in CODES if not code.startswith("HL3")}
    kept = suppress(tuple(map(at_heads, report.findings)), rule_set.sources, judged)
    news = tuple(marked(each, report.rule_digests) for each in kept.findings)
    silenced = tuple(
        marked(each.finding, report.rule_digests, each.reason) for each in kept.suppressed
    )
    if wish.witnesses is not None:
        news = write_witnesses(wish.witnesses / f"{name}{SUFFIX}", subject.path, news)
    return Outcome("lint", news, silenced, hints=tuple(hints(rule_set, shown(subject.path))))


def _beside(path: Path, outcome: Outcome) -> Outcome:
    from helm_logic.analysis.baseline import compare_with

    compared = compare_with(read_baseline_file(path), outcome.findings)
    return attrs.evolve(outcome, findings=compared.new, known=compared.known, gone=compared.gone)
