# SPDX-License-Identifier: Apache-2.0
"""Who signs for a command, and asking a person for the passphrase of an encrypted key.

A passphrase comes from where the environment leads to, or else from the terminal, without echo. It
is never an argument or a variable, for other processes may read those. What stdin brings is data:
without a terminal nobody is asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click

from helm_logic.errors import KeyFileError
from helm_logic.ledger.keys import Signer
from helm_logic.ledger.open_signer import open_signer
from helm_logic.ledger.passphrase import (
    FD_VARIABLE,
    FILE_VARIABLE,
    Passphrases,
    encode_passphrase,
    environment_passphrases,
)

_ATTEMPTS = 3


def signer_of(name: str, passphrases: Passphrases | None = None) -> Signer:
    """Return the signer called *name* on the command line; raise KeyFileError or SignerError.

    A command that opens more than one key hands in the *passphrases*: a pipe is read once.
    """
    return open_signer(name, Path(), passphrases or asked_passphrases())


def asked_passphrases() -> Passphrases:
    """Return the passphrases that the environment leads to, or else those that a person types."""
    if _environment_leads_somewhere():
        return environment_passphrases()
    return _typed


def new_passphrase(what: str, passphrases: Passphrases) -> bytes:
    """Return the passphrase to encrypt *what* by: one typed twice, or the first of *passphrases*.

    These are what `asked_passphrases` gave, and tell only if the environment leads to them.
    """
    if _environment_leads_somewhere():
        return next(iter(passphrases(what)))
    if not has_terminal():
        raise KeyFileError(
            f"no passphrase to encrypt `{what}` by: start this in a terminal, or set"
            f" {FILE_VARIABLE} to a file that holds it"
        )
    prompt = f"New passphrase for {what}"
    typed = click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True)
    return encode_passphrase(typed)


def has_terminal() -> bool:
    """Say whether there is a terminal to ask at, whatever stdin and stdout are."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def _environment_leads_somewhere() -> bool:
    return any(os.environ.get(name) for name in (FILE_VARIABLE, FD_VARIABLE))


def _typed(what: str) -> Iterator[bytes]:
    if not has_terminal():
        return
    for attempt in range(_ATTEMPTS):
        if attempt:
            click.echo("that passphrase does not open it", err=True)
        yield encode_passphrase(click.prompt(f"Passphrase for {what}", hide_input=True, err=True))
