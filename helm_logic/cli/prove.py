# SPDX-License-Identifier: Apache-2.0
"""`helm-logic prove`: what holds of rules for all requests and facts, and chains of any length."""

from __future__ import annotations

from pathlib import Path

import click

from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.options import json_option, shown

_RULES = click.Path(exists=True, path_type=Path)
_SECONDS = click.IntRange(1, 3600)


@click.group("prove")
def command() -> None:
    """Prove that what is meant of rules holds, for all requests, facts and chains.

    \b
    Examples:
      helm-logic prove attenuation rules/main.dl

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
@json_option
def attenuation(rules: Path, timeout: int, *, as_json: bool) -> int:
    """Prove that along chains of any length authority only ever narrows.

    RULES is a rule file or a policy folder. Asked is, for any facts and chains of any length:
    whether what the last one in a chain may do lies within the root grant, ends no later, has no
    more depth or budget, keeps every approval that was required, and was handed on by whom the
    link before names. What breaks it is shown as the shortest chain, derived by the engine.

    \b
    Examples:
      helm-logic prove attenuation rules/main.dl
      helm-logic prove attenuation rules/main.dl --timeout 120 --json

    Exit code: 0 all that the rules name is proved, 1 not all of it, 2 if rules do not load.
    """
    from helm_logic.analysis.chains.attenuation import findings
    from helm_logic.analysis.chains.prove import prove_attenuation
    from helm_logic.analysis.codes import CODES
    from helm_logic.analysis.fingerprint import marked
    from helm_logic.analysis.reading import read_subject
    from helm_logic.analysis.report.attenuation import (
        ChainOutcome,
        attenuation_json,
        attenuation_text,
    )
    from helm_logic.analysis.report.heads import at_heads
    from helm_logic.analysis.report.outcome import Outcome
    from helm_logic.analysis.suppression import suppress

    subject = read_subject(rules, shown)
    rule_set = subject.rule_set
    known = prove_attenuation(rule_set, timeout_ms=1000 * timeout)
    judged = {code for code in CODES if code.startswith("HL2")}
    found = tuple(map(at_heads, findings(known, rule_set)))
    kept = suppress(found, rule_set.sources, judged)
    outcome = Outcome(
        "prove attenuation",
        tuple(marked(each, {}) for each in kept.findings),
        tuple(marked(each.finding, {}, each.reason) for each in kept.suppressed),
        colour=not as_json,
    )
    whole = ChainOutcome(shown(subject.path), known, outcome)
    click.echo(attenuation_json(whole) if as_json else attenuation_text(whole), nl=False)
    return FINDINGS if whole.failed else OK
