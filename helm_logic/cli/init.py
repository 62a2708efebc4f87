# SPDX-License-Identifier: Apache-2.0
"""`helm-logic init`: make a policy folder that works at once."""

from __future__ import annotations

from pathlib import Path

import click

from helm_logic.cli.moments import DURATION, clock, moment_text
from helm_logic.cli.new_folder import write_folder
from helm_logic.ledger.store_protocol import URL_SCHEMES

_DONE = """\
made {folder}: the founder example, with fresh keys and an empty log

  helm.toml    what decides: rules, anchors, approvers, keys, log
  rules/       main.dl and its tests; edit them
  requests/    allow.json, escalate.json and deny.json, named for their verdicts
  links/       the chain user:founder -> agent:ops -> tool:deploy, valid until {until}
  keys/        every key of the example, 0600; give people theirs and keep engine.key and log.key
  trust-root.json
               whose keys count, signed with root.key: hide that, and give verifiers a copy of this

next:

  cd {folder}
  helm-logic decide requests/allow.json        # exit code 0
  helm-logic decide requests/deny.json         # exit code 3
  helm-logic decide requests/escalate.json     # exit code 4, and it says who may approve
  helm-logic lint                              # after every change of the rules: what they
  helm-logic test                              # leave open, and whether they do what you want
"""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--valid",
    type=DURATION,
    default="30d",
    show_default=True,
    metavar="DURATION",
    help="How long the delegation links hold.",
)
@click.option(
    "--ledger",
    metavar="URL",
    help="Keep the log in the PostgreSQL database at postgresql://..., not in DIR.",
)
def command(*, folder: Path, valid: int, ledger: str | None) -> None:
    """Make a policy folder DIR that works at once: rules, tests, keys, a chain, requests, a log.

    DIR must not exist, or be empty. Guards that share a log need copies of one DIR, its head guard
    `log.head` included.

    \b
      helm-logic init policy
    """
    if ledger is not None and not ledger.startswith(URL_SCHEMES):
        raise click.BadParameter(f"got `{ledger}`, want postgresql://...", param_hint="--ledger")
    now = clock(None)()
    write_folder(folder, now, valid, ledger)
    click.echo(_DONE.format(folder=folder, until=moment_text(now + valid)), nl=False)
