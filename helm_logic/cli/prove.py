# SPDX-License-Identifier: Apache-2.0
"""`helm-logic prove`: what holds of rules for all requests and facts, and chains of any length."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.lint_files import file_name, write_certificate
from helm_logic.cli.options import json_option, shown

if TYPE_CHECKING:
    from helm_logic.analysis.finding import Finding
    from helm_logic.analysis.report.outcome import Outcome
    from helm_logic.lang import RuleSet

_RULES = click.Path(exists=True, path_type=Path)
_SECONDS = click.IntRange(1, 3600)
_output_option = click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the proof into DIR, for `helm-logic check-analysis`.",
)


@click.group("prove")
def command() -> None:
    """Prove that what is meant of rules holds, for all requests, facts and chains.

    \b
    Examples:
      helm-logic prove attenuation rules/main.dl
      helm-logic prove claims rules/main.dl

    Exit code: 0 proved, 1 broken or not decided, 2 if rules cannot be read or loaded.
    """


@command.command()
@click.argument("rules", type=_RULES)
@click.option(
    "--timeout",
    type=_SECONDS,
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="How long the solver may take for one question.",
)
@_output_option
@json_option
def attenuation(rules: Path, timeout: int, output: Path | None, *, as_json: bool) -> int:
    """Prove that along chains of any length authority only ever narrows.

    RULES is a rule file or a policy folder. Asked is, for any facts and chains of any length:
    whether what the last one in a chain may do lies within the root grant, ends no later, has no
    more depth or budget, keeps every approval that was required, and was handed on by whom the
    link before names. What breaks it is shown as the shortest chain, derived by the engine.

    \b
    Examples:
      helm-logic prove attenuation rules/main.dl
      helm-logic prove attenuation rules/main.dl -o build/chains
      helm-logic prove attenuation rules/main.dl --timeout 120 --json

    Exit code: 0 all that the rules name is proved, 1 not all of it, 2 if rules do not load.
    """
    from helm_logic.analysis.chains.attenuation import findings
    from helm_logic.analysis.chains.certificate import certificate_of, write_certificate
    from helm_logic.analysis.chains.prove import prove_attenuation
    from helm_logic.analysis.reading import read_subject
    from helm_logic.analysis.report.attenuation import (
        ChainOutcome,
        attenuation_json,
        attenuation_text,
    )

    subject = read_subject(rules, shown)
    known = prove_attenuation(subject.rule_set, timeout_ms=1000 * timeout)
    broken = [found for each in known for found in findings(each, subject.rule_set)]
    found = _outcome("attenuation", broken, subject.rule_set, "HL2")
    whole = ChainOutcome(shown(subject.path), known, attrs.evolve(found, colour=not as_json))
    click.echo(attenuation_json(whole) if as_json else attenuation_text(whole), nl=False)
    if output is not None:
        for each in known:
            folder = output / each.predicates[0] if len(known) > 1 else output
            write_certificate(certificate_of(each), folder)
            click.echo(f"wrote {shown(folder)}: {len(each.conditions)} conditions", err=True)
    return FINDINGS if whole.failed else OK


@command.command()
@click.argument("rules", type=_RULES)
@_output_option
@json_option
def claims(rules: Path, output: Path | None, *, as_json: bool) -> int:
    """Prove what the rules claim of themselves, for every request and every fact base.

    RULES is a rule file or a policy folder. A claim stands among the rules:

    \b
      #claim never allow when action = "deploy", not approved("release-manager").
      #claim only allow when ci_passed = true.
      #claim always decides when action = "deploy".
      #claim monotone in approvals.
      #claim independent of owner when action = "deploy".

    One that does not hold is shown with a request that the engine decides otherwise. `lint` checks
    claims too, among everything else. What proves the others is written with -o: `check-analysis`
    needs no solver for it.

    \b
    Examples:
      helm-logic prove claims rules/main.dl
      helm-logic prove claims rules/main.dl -o build/claims
      helm-logic prove claims . --json

    Exit code: 0 all claims are proved, 1 not all of them or there is none, 2 if rules do not load.
    """
    from helm_logic.analysis.claims import prove_claims
    from helm_logic.analysis.reading import read_subject
    from helm_logic.analysis.report.claims import ClaimsOutcome, claims_json, claims_text

    subject = read_subject(rules, shown)
    results, certificate = prove_claims(subject.rule_set)
    found = [each.finding for each in results if each.finding is not None]
    outcome = _outcome("claims", found, subject.rule_set, "HL4")
    whole = ClaimsOutcome(shown(subject.path), results, attrs.evolve(outcome, colour=not as_json))
    click.echo(claims_json(whole) if as_json else claims_text(whole), nl=False)
    if output is not None:
        path = output / f"{file_name(subject.path, alone=True)}_claims.json"
        write_certificate(path, certificate, subject.rule_set.sources)
    return FINDINGS if whole.failed else OK


def _outcome(what: str, found: Iterable[Finding], rule_set: RuleSet, codes: str) -> Outcome:
    """Return what is left of *found* under comments; those on *codes* must silence something."""
    from helm_logic.analysis.codes import CODES
    from helm_logic.analysis.fingerprint import marked
    from helm_logic.analysis.report.heads import at_heads
    from helm_logic.analysis.report.outcome import Outcome
    from helm_logic.analysis.suppression import suppress

    judged = {code for code in CODES if code.startswith(codes)}
    kept = suppress(tuple(map(at_heads, found)), rule_set.sources, judged)
    return Outcome(
        f"prove {what}",
        tuple(marked(each, {}) for each in kept.findings),
        tuple(marked(each.finding, {}, each.reason) for each in kept.suppressed),
    )
