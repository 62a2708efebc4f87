# SPDX-License-Identifier: Apache-2.0
"""`helm-logic keys`: make a key file, or show the public half of one. A seed is never printed."""

from __future__ import annotations

import json
from pathlib import Path

import click

from helm_logic.cli.options import FILE, NEW_FILE, json_option
from helm_logic.ledger.keys import PublicKey, SeedSigner, read_key_file, write_key_file


@click.group("keys")
def command() -> None:
    """Make a key file, or show its public key.

    A key file holds an Ed25519 seed, readable by its owner only (mode 0600); one that others may
    read is refused by every command. There is no key ring and no default key.

    \b
      helm-logic keys new keys/rita.key --as user:rita
      helm-logic keys show keys/rita.key
    """


@command.command()
@click.argument("file", type=NEW_FILE)
@click.option("--as", "name", metavar="PRINCIPAL", help="Whose key it is, for the line to copy.")
@json_option
def new(*, file: Path, name: str | None, as_json: bool) -> None:
    """Make a key and write it to the new FILE, mode 0600; a file that exists is never replaced.

    \b
      helm-logic keys new keys/rita.key --as user:rita

    Exit code: 0, or 2 if the file exists or cannot be written.
    """
    signer = SeedSigner.generate()
    write_key_file(file, signer)
    _print(file, signer.public_key, name, as_json=as_json)


@command.command()
@click.argument("file", type=FILE)
@click.option("--as", "name", metavar="PRINCIPAL", help="Whose key it is, for the line to copy.")
@json_option
def show(*, file: Path, name: str | None, as_json: bool) -> None:
    """Show the public key and the key id of the key in FILE.

    \b
      helm-logic keys show keys/rita.key

    Exit code: 0, or 2 if the file is no key file or others may read it.
    """
    _print(file, read_key_file(file).public_key, name, as_json=as_json)


def _print(file: Path, key: PublicKey, name: str | None, *, as_json: bool) -> None:
    if as_json:
        members = {"file": str(file), "keyId": key.keyid, "publicKey": key.text}
        click.echo(json.dumps(members if name is None else {**members, "principal": name}))
        return
    click.echo(f"key file    {file}")
    click.echo(f"public key  {key}")
    click.echo(f"key id      {key.keyid}")
    if name is not None:
        click.echo(f'helm.toml   "{name}" = ["{key}"]')
