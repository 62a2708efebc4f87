# SPDX-License-Identifier: Apache-2.0
"""Trust roots and keys as the commands below `trust` name them, and the options they share."""

from __future__ import annotations

from pathlib import Path

import click

from helm_logic.cli.options import NEW_FILE, policy_folder, shown
from helm_logic.errors import PolicyError
from helm_logic.ledger.durable import create_file
from helm_logic.ledger.keys import PublicKey
from helm_logic.ledger.open_signer import public_key_of
from helm_logic.policy.settings import Settings, parse_settings
from helm_logic.policy.trust import SETTINGS, folder_root
from helm_logic.receipts.trust_root_chain import MAX_ROOT_FILE, SignedRoot

FILE_NAME = "trust-root.json"
_SCHEMES = ("ed25519:", "ecdsa-p256-sha256:")

owners_option = click.option(
    "--key", "owners", required=True, multiple=True, metavar="FILE",
    help="A root key to sign with (repeatable): a file, or another signer as for `keys`.",
)  # fmt: skip
draft_option = click.option(
    "-o", "--output", type=NEW_FILE, metavar="FILE",
    help="Write the new version here, for others to sign, and take nothing into force.",
)  # fmt: skip
at_option = click.option(
    "--at", type=click.IntRange(0), metavar="INDEX",
    help="The entry of the log from which on it holds.  [default: the next one]",
)  # fmt: skip


def folder_settings(policy: Path | None) -> tuple[Path, Settings]:
    """Return the policy folder *policy*, or the nearest, and its settings; raise PolicyError."""
    folder = policy_folder(policy)
    return folder, parse_settings((folder / SETTINGS).read_bytes())


def own_root(folder: Path, settings: Settings) -> SignedRoot:
    """Return the trust root that *settings* name; raise PolicyError, also if they name none."""
    signed = folder_root(folder, settings.root, settings.origin)
    if signed is None:
        raise PolicyError(
            f"{SETTINGS} names no trust root; `helm-logic trust init` makes one, and"
            f' `root = "{FILE_NAME}"` under [trust] names it'
        )
    return signed


def parse_root(path: Path) -> SignedRoot:
    """Return the trust root in the file *path*, whose signatures nobody has looked at yet."""
    with path.open("rb") as file:
        return SignedRoot.parse(file.read(MAX_ROOT_FILE + 1))


def named_key(named: str) -> PublicKey:
    """Return the public key *named* by its text, or that of a signer."""
    if not named.startswith(_SCHEMES):
        return public_key_of(named, Path())
    try:
        return PublicKey.parse(named)
    except ValueError as error:
        raise click.UsageError(f"`{named}`: {error}") from None


def create_root(path: Path, signed: SignedRoot) -> None:
    """Write *signed* to the new file *path*; a file that exists is kept."""
    try:
        create_file(path, signed.envelope.to_bytes(), 0o644)
    except FileExistsError:
        raise click.UsageError(f"`{path}` exists and is not replaced; name another") from None
    click.echo(f"wrote {shown(path)} (version {signed.root.version})", err=True)
