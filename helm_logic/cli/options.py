# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share, and what their values become.

A command that takes `--policy` finds the policy folder from the current directory upwards unless it
is named. One that verifies takes the folder's trust, or trust given on the command line by a
stranger who has no folder. Key files and signed files are written once and never over another.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from helm_logic.cli.moments import MOMENT
from helm_logic.errors import InputError, PolicyError

if TYPE_CHECKING:
    from helm_logic.kernel.encoding import JsonValue
    from helm_logic.ledger.envelope import Envelope
    from helm_logic.receipts.verify import Trust

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FILE_OR_STDIN = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)
STDIN = Path("-")

_MAX_ENVELOPE = 4 << 20
_LONG = 200  # items; more than a second's work for any command

policy_option = click.option(
    "--policy",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The policy folder.  [default: the nearest helm.toml from here upwards]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
now_option = click.option(
    "--now",
    type=MOMENT,
    metavar="SECONDS|RFC3339",
    help="The moment to go by.  [default: the system's clock]",
)
key_option = click.option(
    "--key",
    required=True,
    metavar="FILE",
    help="The key file to sign with, or another signer: `helm-logic keys --help`.",
)
output_option = click.option(
    "-o", "--output", type=NEW_FILE, metavar="FILE", help="Write here.  [default: stdout]"
)


def trust_options(command: F) -> F:
    """Give *command* the options by which a stranger states whom to trust."""
    command = click.option(
        "--trust", "trust_root", type=FILE, metavar="FILE",
        help="The trust root to go by: keys by role and by place in the log.",
    )(command)  # fmt: skip
    for name, metavar, text, several in (
        ("--log-key", "KEY", "The log's public key.", False),
        ("--log-origin", "ORIGIN", "The log's origin.", False),
        ("--trust-engine", "KEY", "A public key whose receipts to accept (repeatable).", True),
    ):
        command = click.option(name, metavar=metavar, help=text, multiple=several)(command)
    return command


def policy_folder(named: Path | None) -> Path:
    """Return the policy folder *named*, or the one found upwards; raise PolicyError."""
    from helm_logic.policy.trust import SETTINGS, find_folder

    if named is None:
        return find_folder(Path.cwd())
    if not (named / SETTINGS).is_file():
        raise PolicyError(f"`{named}` holds no {SETTINGS}; `helm-logic init DIR` makes a folder")
    return named


def trust_of(
    policy: Path | None,
    trust_engine: tuple[str, ...],
    log_origin: str | None,
    log_key: str | None,
    trust_root: Path | None = None,
) -> Trust:
    """Return the trust stated by the options, or that of the policy folder if none is stated."""
    from helm_logic.policy.trust import (
        public_key,
        public_keys,
        read_log_settings,
    )
    from helm_logic.receipts.trust import Trust

    if trust_root is not None:
        if trust_engine or log_origin or log_key:
            raise click.UsageError("--trust says all: give it without the keys of engine and log")
        return _root_trust(trust_root)
    if not (trust_engine or log_origin or log_key):
        return read_log_settings(policy_folder(policy)).trust
    if not (trust_engine and log_origin and log_key):
        raise click.UsageError("give --trust-engine, --log-origin and --log-key together")
    try:
        engines = public_keys(list(trust_engine), "--trust-engine")
        return Trust(engines, log_origin, public_key(log_key, "--log-key"))
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _root_trust(path: Path) -> Trust:
    from helm_logic.cli.moments import clock, moment_text
    from helm_logic.policy.trust import read_root
    from helm_logic.receipts.trust_root_judge import root_trust

    root = read_root(path).root
    if root.expires is not None and root.expires <= clock(None)():
        until = moment_text(root.expires)
        click.echo(
            f"warning: `{shown(path)}` was good until {until}; ask for a newer version", err=True
        )
    return root_trust(root)


def shown(path: Path) -> str:
    """Return *path* as a person in the current directory would write it."""
    if path == STDIN:
        return "<stdin>"
    relative = os.path.relpath(path)
    return str(path) if relative.startswith(os.pardir) else relative


def read_file(path: Path, most: int) -> bytes:
    """Return at most the first *most* bytes of *path*, or of stdin for `-`."""
    if path == STDIN:
        return sys.stdin.buffer.read(most)
    with path.open("rb") as file:
        return file.read(most)


def read_signed(path: Path) -> JsonValue:
    """Return the JSON of the signed file *path*, whose signature nobody has looked at yet."""
    from helm_logic.kernel.encoding import parse_json

    try:
        return parse_json(read_file(path, _MAX_ENVELOPE + 1), max_bytes=_MAX_ENVELOPE)
    except InputError as error:
        raise InputError(error.code, f"`{path}` is no signed file: {error}") from None


def write_signed(path: Path | None, envelope: Envelope) -> None:
    """Write *envelope* to the new file *path*, or to stdout; a file that exists is kept."""
    from helm_logic.ledger.durable import create_file

    if path is None:
        click.echo(envelope.to_bytes(), nl=sys.stdout.isatty())
        return
    try:
        create_file(path, envelope.to_bytes(), 0o644)
    except FileExistsError:
        raise click.UsageError(
            f"`{path}` exists and is not replaced; choose another name"
        ) from None
    click.echo(f"wrote {shown(path)} ({envelope.digest})", err=True)


def progress(items: Sequence[T], label: str) -> Iterator[T]:
    """Yield *items*; if they are many and stderr alone is a terminal, show how far that is."""
    shown = sys.stderr.isatty() and not sys.stdout.isatty()
    if len(items) < _LONG or not shown:
        yield from items
        return
    with click.progressbar(items, label=label, file=sys.stderr) as bar:
        yield from bar
