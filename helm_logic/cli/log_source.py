# SPDX-License-Identifier: Apache-2.0
"""Which log the commands below `log` read, and the entry that is meant by what a person types.

The log is that of the policy folder, or, with --store, another copy of it, whose age nobody vouches
for. Its origin and key come from the policy folder unless both are given. It is open only while it
is read: what is printed is printed after it was closed, because one process at a time has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import attrs
import click

from helm_logic.cli.options import policy_folder, policy_option
from helm_logic.errors import StoreError, StoreLocked
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.open_log import open_log
from helm_logic.ledger.store_protocol import Log
from helm_logic.policy.trust import public_key, read_log_settings

F = TypeVar("F", bound=Callable[..., Any])

ADVICE = (
    "wait for it with --wait SECONDS, or let `helm-logic log export DIR` copy the log when it is"
    " free; the last tree head can always be read: `helm-logic log checkpoint`"
)

_PLACE = re.compile(r"[0-9]{1,15}")
_PREFIX = re.compile(r"(?:sha256:)?([0-9a-f]{4,64})")


@attrs.frozen
class LogSource:
    """A log by name: where it is, and who it has to be signed by. *head* is None for a copy."""

    folder: Path
    ledger: str
    head: str | None
    origin: str
    key: PublicKey
    engines: tuple[PublicKey, ...] = ()
    wait: float = 0.0

    @contextmanager
    def open(self) -> Iterator[Log]:
        """Open the log for as short as possible; raise StoreError, with advice if it is held."""
        try:
            log = open_log(
                self.folder, self.ledger, self.head,
                origin=self.origin, key=self.key, wait=self.wait,
            )  # fmt: skip
        except StoreLocked as error:
            raise StoreLocked(f"{error}. {ADVICE}") from error
        with log:
            yield log


def source_options(command: F) -> F:
    """Give *command* the options by which the log is named."""
    for option in (
        click.option(
            "--wait", type=click.FloatRange(0, 3600), default=0.0, metavar="SECONDS",
            help="How long to wait for a process that holds the log.",
        ),
        click.option("--log-key", metavar="KEY", help="The log's public key."),
        click.option("--log-origin", metavar="ORIGIN", help="The log's origin."),
        click.option("--store", metavar="FILE", help="Read this copy of the log instead."),
        policy_option,
    ):  # fmt: skip
        command = option(command)
    return command


def log_source(  # noqa: PLR0913 - one for each option
    policy: Path | None,
    store: str | None,
    log_origin: str | None,
    log_key: str | None,
    wait: float = 0.0,
    *,
    elsewhere: bool = False,
) -> LogSource:
    """Return the log that the options name; raise PolicyError or a usage error.

    If what is read is *elsewhere*, only origin and key are wanted, and both may be given alone.
    """
    if (log_origin is None) != (log_key is None):
        raise click.UsageError("give --log-origin and --log-key together")
    if log_origin is not None and log_key is not None:
        if store is None and not elsewhere:
            raise click.UsageError("--log-origin and --log-key belong to the log named by --store")
        try:
            key = public_key(log_key, "--log-key")
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        return LogSource(Path(), store or "", None, log_origin, key, wait=wait)
    folder = policy_folder(policy)
    settings = read_log_settings(folder)
    trusted = (settings.origin, settings.trusted_log, settings.trusted_engines)
    if store is not None:
        return LogSource(Path(), store, None, *trusted, wait=wait)
    return LogSource(folder, settings.ledger, settings.head, *trusted, wait=wait)


def entry_place(log: Log, named: str) -> int:
    """Return the index of the entry *named* by place, digest or the beginning of one.

    Digits alone are a place; with `sha256:` before them they begin a digest. Raises StoreError.
    """
    if _PLACE.fullmatch(named):
        index = int(named)
        if index >= log.size:
            raise StoreError(f"the log has no entry {index}; it has {log.size}, the first is 0")
        return index
    prefix = _PREFIX.fullmatch(named)
    if prefix is None:
        raise StoreError(
            f"`{named}` is no place in the log (a number) and no digest (sha256: and 64 hexadecimal"
            " digits, of which the first four are enough if no other begins so)"
        )
    found = log.named(prefix[1])
    if not found:
        raise StoreError(f"the log has no entry whose digest begins with `{prefix[1]}`")
    if len(found) > 1:
        one, two = (log.entry(index).digest[:23] for index in found)
        raise StoreError(f"`{named}` begins several digests, such as {one} and {two}; write more")
    return found[0]
