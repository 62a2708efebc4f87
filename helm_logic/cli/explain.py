# SPDX-License-Identifier: Apache-2.0
"""`helm-logic explain`: why a decision is what it is, why it is not another, what would change it.

A receipt is verified first: a derivation that nobody checked explains nothing. Rules are shown as
their authors wrote them where the policy folder still has exactly those, else as the receipt has
them. What is answered is made in `helm_logic.explain`.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from helm_logic.cli.options import (
    FILE,
    json_option,
    now_option,
    policy_option,
    trust_of,
    trust_options,
)

if TYPE_CHECKING:
    from helm_logic.cli.explain_views import View
    from helm_logic.cli.explained import Explained, Reader

_WIDTH = 100
_FORMATS = ("text", "json", "dot", "mermaid", "graphml", "latex", "html")
_VERDICTS = ("ALLOW", "DENY", "ESCALATE")


@click.command("explain")
@click.argument("named", metavar="RECEIPT|PACK|REQUEST")
@click.option("--why", metavar="FACT", help="Why this fact or verdict holds.")
@click.option(
    "--smallest",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="With --why: at most N smallest sets of facts that give it.",
)
@click.option("--why-not", metavar="FACT", help="Why this fact or verdict does not hold.")
@click.option("--rule", metavar="ID", help="With --why-not: by this rule alone.")
@click.option("--missing", is_flag=True, help="What would change the verdict.")
@click.option(
    "--to",
    type=click.Choice(_VERDICTS, case_sensitive=False),
    help="With --missing: to this verdict.  [default: ALLOW]",
)
@click.option("--without", metavar="LINK|RULE", help="What if this had not been there.")
@click.option("--cuts", metavar="FACT", help="Which facts carry every proof of this fact.")
@click.option("--compare", metavar="OTHER", help="What differs from this to another decision.")
@click.option("--steps", is_flag=True, help="The fixpoint, round by round.")
@click.option("--metrics", is_flag=True, help="How large the derivation is.")
@click.option("--outline", is_flag=True, help="One line for each derived fact, without rules.")
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="How to print a derivation; answers to other questions are text or json.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write here, over what is there.  [default: stdout]",
)
@click.option("--width", type=click.IntRange(40, 1000), help="Wrap here.  [default: the terminal]")
@click.option(
    "--unverified", is_flag=True, help="Do not look at signatures and log; only at the derivation."
)
@click.option("--chain", multiple=True, type=FILE, metavar="FILE", help="Of a request: this link.")
@click.option(
    "--approval", multiple=True, type=FILE, metavar="FILE", help="Of a request: this approval."
)
@now_option
@json_option
@policy_option
@trust_options
def command(*, named: str, **options: Any) -> None:
    """Show why RECEIPT (a file, `-`, an id, or a place in the log) says what it says.

    First the verdict and its reasons, then the derivation as a tree: every step with its rule, the
    place of the rule, the values it was used with, and below it what it rests on. For each `not`,
    that the fact is absent from the model, which the kernel certified to be complete.

    A PACK is explained by the rules that it holds. A REQUEST (a JSON file) is decided by the policy
    folder, signed by nobody and logged nowhere.

    \b
    Examples:
      helm-logic explain receipts/0123456789abcdef.json
      helm-logic explain --outline 1
      helm-logic explain 2 --missing
      helm-logic explain 2 --why-not ALLOW
      helm-logic explain 1 --why 'covers("ops-deploy")' --smallest 5
      helm-logic explain deploy.tar --format html -o deploy.html
      helm-logic explain requests/deny.json --without ops-deploy
      helm-logic explain --json sha256:... | jq .steps

    FACT is written as in a rule, or is ALLOW, DENY or ESCALATE; --why-not takes variables too.

    Exit code: 0, 1 if the receipt fails verification, 2 if it cannot be read or what is asked about
    is not so.
    """
    question = _question(options)
    reader = _reader(options)
    told = reader.read(named)
    view = _view(told, question, options, reader)
    form = "json" if options["as_json"] else options["form"]
    if form == "text" and options["unverified"]:
        click.echo(
            "warning: signatures and log were not looked at: anyone may have made it", err=True
        )
    _write(_printed(view, form, options), options["output"])


def _question(options: dict[str, Any]) -> str:
    """Return the one question that is asked, empty if it is the decision as a whole."""
    names = ("why", "why_not", "missing", "without", "cuts", "compare", "steps", "metrics")
    asked = [name for name in names if options[name]]
    if len(asked) > 1:
        flags = " and ".join(f"--{name.replace('_', '-')}" for name in asked)
        raise click.UsageError(f"give one of {flags} at a time")
    question = asked[0] if asked else ""
    for name, of in (("rule", "why_not"), ("smallest", "why"), ("to", "missing")):
        if options[name] and question != of:
            raise click.UsageError(f"--{name} belongs to --{of.replace('_', '-')}")
    if options["outline"] and (question or options["form"] != "text"):
        raise click.UsageError("--outline is a way to print a decision as a whole, as text")
    return question


def _reader(options: dict[str, Any]) -> Reader:
    from helm_logic.cli.explained import Reader
    from helm_logic.cli.request_additions import Additions

    stated = {name: each for name, each in options.items() if name.startswith(("trust_", "log_"))}
    trust = None if options["unverified"] else lambda: trust_of(options["policy"], **stated)
    additions = Additions.read(options["chain"], options["approval"])
    return Reader(options["policy"], trust, options["now"], additions)


def _view(told: Explained, question: str, options: dict[str, Any], reader: Reader) -> View:
    from helm_logic.cli import explain_views as views
    from helm_logic.errors import NotExplained

    if not question:
        return views.decision_view(told, outlined=options["outline"])
    subject = told.subject
    if subject is None:
        raise NotExplained("no rules were asked about this request, or they failed")
    if question == "compare":
        other = reader.read(options["compare"]).subject
        if other is None:
            raise NotExplained(f"no rules were asked about `{options['compare']}`")
        return views.compare_view(subject, other)
    answers = {
        "why": lambda: views.why_view(subject, options["why"], options["smallest"] or 0),
        "why_not": lambda: views.why_not_view(subject, options["why_not"], options["rule"]),
        "missing": lambda: views.missing_view(subject, options["to"] or "ALLOW"),
        "without": lambda: views.without_view(subject, options["without"]),
        "cuts": lambda: views.cuts_view(subject, options["cuts"]),
        "steps": lambda: views.steps_view(subject),
        "metrics": lambda: views.metrics_view(subject),
    }
    return answers[question]()


def _printed(view: View, form: str, options: dict[str, Any]) -> str:
    """Return *view* in the format *form*."""
    if form == "text":
        columns = options["width"] or shutil.get_terminal_size((_WIDTH, 0)).columns
        return "\n".join(view.lines(columns)) + "\n"
    if form == "json" and (options["as_json"] or options["smallest"] or view.dag is None):
        return json.dumps(view.value, ensure_ascii=False, sort_keys=True) + "\n"
    if view.dag is None:
        raise click.UsageError(f"--format {form} draws derivations; this answer is text or json")
    from helm_logic.explain.formats import render

    return render(view.dag, form)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")
        click.echo(f"wrote {output}", err=True)
