# SPDX-License-Identifier: Apache-2.0
"""`helm-logic log`: the commands that look at the log, each in a module of its own."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

COMMANDS: Mapping[str, str] = {
    "show": "Show entries: one, or a page of them as a table.",
    "tail": "Show the last entries, and, with -f, new ones as they come.",
    "tree": "Show the history of one action: the ProofGraph.",
    "metrics": "Measure its derivations: sizes, and which rules decide or never fire.",
    "checkpoint": "Show the last signed tree head.",
    "prove": "Prove that an entry is in the log, or that the log only grew.",
    "export": "Write the log as static tiles, or verify such a folder.",
    "fsck": "Check all of the log.",
}


class LogCommands(click.Group):
    """The group: loads a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load the command *cmd_name*; None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"helm_logic.cli.log_{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands with what they do."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group("log", cls=LogCommands)
def command() -> None:
    """Look at the log: its entries, their history, its proofs, and whether it is sound.

    The log is append-only and tamper-evident: receipts, approvals, revocations and changes of
    policy and keys are the leaves of a Merkle tree whose heads the log signs. None of these
    commands writes to it.

    \b
      helm-logic log show
      helm-logic log tree 3
      helm-logic log prove inclusion 3 -o 3.tlog-proof
      helm-logic log fsck

    A log in an SQLite file is open in one process at a time. While a guard has it these commands
    end with an error; --wait SECONDS waits for it, `log checkpoint` reads the head guard instead,
    and `log export` makes a copy that anyone may read and prove from at any time. With --store,
    --log-origin and --log-key a copy is read without a policy folder.

    Exit code: 0; 1 findings; 2 if the log cannot be opened or has no such entry.
    """
