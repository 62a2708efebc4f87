# SPDX-License-Identifier: Apache-2.0
"""The `helm-logic` command: a group whose commands are loaded when they are called.

Invariants:
- `helm-logic --help` loads no command and no other room: names and short texts stand in `COMMANDS`;
- every error becomes one message on stderr and one code of `exit_codes.py`; what nobody expected
  becomes 70, and so can never be taken for ALLOW;
- output is flushed before the code is given: a verdict that could not be written is not 0.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from helm_logic import __version__
from helm_logic.cli.exit_codes import FINDINGS, INTERNAL, INTERRUPTED, MEANINGS, OK, USAGE
from helm_logic.errors import CertificateRefused, HelmError, ReceiptRefused, RuleError

COMMANDS: Mapping[str, Mapping[str, str]] = {
    "Start": {
        "demo": "Play the founder story: a chain, four verdicts, an approval, a revocation.",
        "init": "Make a policy folder that works at once.",
    },
    "Decide": {
        "decide": "Rule on requests: ALLOW, DENY or ESCALATE, each with a receipt.",
        "approve": "Sign an approval that answers an ESCALATE.",
        "delegate": "Sign a delegation link.",
        "revoke": "Withdraw a delegation link.",
    },
    "Inspect evidence": {
        "verify": "Verify receipts and packs.",
        "replay": "Derive logged verdicts again, or judge them by a new policy.",
        "pack": "Put a receipt and all that it names into one file.",
        "explain": "Show why, why not, and what would change a decision.",
        "log": "Look at the log: entries, histories, proofs; check all of it.",
    },
    "Write rules": {
        "check": "Find what is wrong with rule files.",
        "lint": "Find conflicts, gaps and rules without effect.",
        "diff": "Say what a change of rules does to verdicts.",
        "prove": "Prove what holds for all requests, facts and chains.",
        "check-analysis": "Check certificates of an analysis again.",
        "fmt": "Rewrite rule files in the one style.",
        "test": "Run the tests of a policy folder.",
        "vectors": "Run delegation vectors: chains, and what must come out.",
        "export": "Print a program for pyDatalog or clingo.",
    },
    "Keys": {
        "keys": "Make and show key files, encrypt and replace them; other signers.",
        "trust": "Say whose keys count: the trust root, its versions, revocations.",
    },
}
_NAMES = tuple(name for section in COMMANDS.values() for name in section)


class Commands(click.Group):
    """The group: looks commands up by name, and turns errors into messages and exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands, without loading one."""
        return list(_NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load the command *cmd_name*; None if there is no such command."""
        if cmd_name not in _NAMES:
            return None
        command: click.Command = import_module(_module(cmd_name)).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that *args* begin with; for an unknown one, name the nearest."""
        name = args[0]
        if name not in _NAMES and not name.startswith("-"):
            ctx.fail(f"there is no command `{name}`; {_nearest(name)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands in their sections."""
        width = max(map(len, _NAMES))
        for title, section in COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), text) for name, text in section.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table of exit codes, and where to read on."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), text) for code, text in MEANINGS.items()])
        formatter.write_paragraph()
        formatter.write_text("`helm-logic COMMAND --help` tells more, with an example.")

    def main(  # type: ignore[override]  # click has two overloads
        self, args: Sequence[str] | None = None, **extra: Any
    ) -> Any:
        """Run the command that *args* name and exit with its code."""
        extra = {**extra, "prog_name": "helm-logic", "standalone_mode": False}
        try:
            code = super().main(args, **extra)
        except click.ClickException as error:
            error.show()
            code = error.exit_code
        except click.Abort:
            click.echo("interrupted", err=True)
            code = INTERRUPTED
        sys.exit(code if isinstance(code, int) else OK)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command of *ctx*; return its exit code, also if it fails."""
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:  # noqa: BLE001 - the one place where every error ends
            if ctx.params["traceback"]:
                _show_traceback()
            return _report(error)
        return code


def _module(name: str) -> str:
    return f"helm_logic.cli.{name.replace('-', '_')}"


def _report(error: Exception) -> int:
    """Say on stderr what went wrong and return the exit code."""
    if isinstance(error, OSError) and not error.filename:
        _abandon_stdout()
    for line in _message(error):
        click.echo(line, err=True)
    if isinstance(error, ReceiptRefused):
        return FINDINGS
    if isinstance(error, CertificateRefused):
        return INTERNAL
    return USAGE if isinstance(error, (HelmError, OSError)) else INTERNAL


def _message(error: Exception) -> list[str]:
    head = click.style("error:", fg="red", bold=True)
    match error:
        case RuleError() if error.diagnostics:
            return [*_findings(error), f"{head} the rules do not load"]
        case BrokenPipeError():
            return []
        case OSError(filename=str(name)):
            return [f"{head} `{name}`: {str(error.strerror).lower()}"]
        case OSError():
            return [f"{head} output could not be written: {str(error.strerror).lower()}"]
        case CertificateRefused() | HelmError():
            return [f"{head} {error}"]
    name = type(error).__name__
    return [
        f"{head} internal error, nothing was allowed: {name}: {error}",
        "  `helm-logic --traceback ...` shows where",
    ]


def _findings(error: RuleError) -> Iterator[str]:
    from helm_logic.lang.diagnostics import Diagnostic, has_errors, render

    for each in error.diagnostics:
        if isinstance(each, Diagnostic) and has_errors([each]):
            yield render(each, colour=True) + "\n"


def _show_traceback() -> None:
    import traceback

    click.echo(traceback.format_exc(), err=True, nl=False)


def _abandon_stdout() -> None:
    """Send what is left to write nowhere, so that closing stdout does not fail again."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, _NAMES, n=1)
    return f"did you mean `{near[0]}`?" if near else "`helm-logic --help` lists them"


def _colour() -> bool | None:
    """Return what NO_COLOR and FORCE_COLOR ask for; None: colour if this is a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR") else None


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="helm-logic", message="%(prog)s %(version)s")
@click.option("--traceback", is_flag=True, help="Show where an error comes from.")
@click.pass_context
def main(ctx: click.Context, *, traceback: bool) -> None:  # noqa: ARG001 - read in Commands.invoke
    """Rule on what delegated agents propose: an action in, a verdict and its proof out.

    \b
    First steps:
      helm-logic demo
      helm-logic init policy
      cd policy
      helm-logic decide requests/allow.json
    """
    ctx.color = _colour()


if __name__ == "__main__":
    main()
