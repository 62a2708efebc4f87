# SPDX-License-Identifier: Apache-2.0
"""`helm-logic test`: run the tests of rule sets; a failure says what was got and what wanted."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.options import FILE, json_option, policy_folder, policy_option
from helm_logic.cli.palette import bad, dim, good, plain
from helm_logic.errors import PolicyError
from helm_logic.policy.case_file import SUFFIX
from helm_logic.policy.cases import Outcome, run_file


@click.command()
@click.argument("files", nargs=-1, type=FILE)
@click.option(
    "--rules",
    type=FILE,
    metavar="FILE",
    help="The rule file that FILES test.  [default: what each names, or NAME.dl beside it]",
)
@policy_option
@json_option
def command(
    files: tuple[Path, ...], rules: Path | None, policy: Path | None, *, as_json: bool
) -> int:
    """Run the tests in FILES; without any, every *_test.toml of the policy folder.

    A file NAME_test.toml tests the rules in NAME.dl beside it, or the file that its member `rules`
    names. Each case is a request, a moment and a chain, with the verdict and the reasons that must
    come out. Exit code 1 if a case fails.

    \b
      helm-logic test
      helm-logic test rules/main_test.toml
      helm-logic test --rules rules/draft.dl rules/main_test.toml
    """
    if rules is not None and not files:
        raise click.UsageError("--rules says what FILES test; name the files too")
    found = files or _found(policy_folder(policy))
    results = [(path, run_file(path, rules)) for path in found]
    if as_json:
        click.echo(json.dumps([_value(path, each) for path, each in results], indent=2))
    else:
        for path, outcomes in results:
            _print_table(path, outcomes)
        _print_sum([one for _, outcomes in results for one in outcomes])
    return FINDINGS if any(one.faults for _, each in results for one in each) else OK


def _found(folder: Path) -> list[Path]:
    files = sorted(folder.rglob(f"*{SUFFIX}"))
    if not files:
        raise PolicyError(f"no *{SUFFIX} in `{folder}`; write one beside the rules that it tests")
    return [Path(os.path.relpath(path)) for path in files]


def _print_table(path: Path, outcomes: tuple[Outcome, ...]) -> None:
    click.echo(path)
    width = max(len(outcome.case.name) for outcome in outcomes)
    for one in outcomes:
        mark = bad("FAIL") if one.faults else good("ok  ")
        name = plain(one.case.name).ljust(width)
        click.echo(f"  {mark} {name}  {one.verdict.value:<8} {dim(', '.join(one.codes))}")
        for line in _explained(one):
            click.echo(f"         {plain(line)}")


def _explained(outcome: Outcome) -> list[str]:
    """Return the faults of *outcome*, and the text of what decided instead."""
    if not outcome.faults:
        return []
    texts = [f"{reason.code}: {reason.text}" for reason in outcome.reasons if reason.text]
    return [*outcome.faults, *dict.fromkeys(texts)]


def _print_sum(outcomes: list[Outcome]) -> None:
    failed = sum(bool(outcome.faults) for outcome in outcomes)
    passed = f"{len(outcomes) - failed} of {len(outcomes)} cases passed"
    click.echo(bad(f"{passed}, {failed} failed") if failed else good(passed))


def _value(path: Path, outcomes: tuple[Outcome, ...]) -> dict[str, object]:
    return {
        "file": str(path),
        "cases": [
            {
                "faults": one.faults,
                "name": one.case.name,
                "passed": not one.faults,
                "reasons": [reason.to_value() for reason in one.reasons],
                "verdict": one.verdict.value,
            }
            for one in outcomes
        ],
    }
