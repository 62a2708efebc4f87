# SPDX-License-Identifier: Apache-2.0
"""`helm-logic keys`: key files, and signers that keep their key elsewhere. No seed is printed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from helm_logic.cli.options import FILE, NEW_FILE, json_option
from helm_logic.cli.signers import asked_passphrases, new_passphrase, signer_of
from helm_logic.errors import KeyFileError
from helm_logic.ledger.key_file import open_key_file, replace_key_file, write_key_file
from helm_logic.ledger.keys import PublicKey, SeedSigner
from helm_logic.ledger.open_signer import FILE as KEY_FILE
from helm_logic.ledger.open_signer import public_key_of, split_name
from helm_logic.ledger.sealed_seed import Cost
from helm_logic.ledger.ssh_agent import agent_keys

COST = Cost()
_PROBE = b"helm-logic keys check: "

principal_option = click.option(
    "--as", "name", metavar="PRINCIPAL", help="Whose key it is, for the line to copy."
)
encrypt_option = click.option("--encrypt", is_flag=True, help="Encrypt it by a passphrase.")


@click.group("keys")
def command() -> None:
    """Make, show, encrypt and replace key files; look at signers that keep their key elsewhere.

    A key file holds an Ed25519 seed, readable by its owner only (mode 0600); one that others may
    read is refused by every command. There is no key ring and no default key. `--encrypt` seals the
    seed by a passphrase (Argon2id and a SecretBox). A passphrase is asked for at the terminal, or
    read from the file that HELM_LOGIC_PASSPHRASE_FILE names (mode 0600) or from the descriptor in
    HELM_LOGIC_PASSPHRASE_FD; each line there is one to try.

    \b
    Wherever a key file signs (--key, and [keys] in helm.toml), another signer may:
      agent:SHA256:...                        an Ed25519 key in the ssh-agent at SSH_AUTH_SOCK
      command:KEY PROGRAM ARGUMENT...         bytes on stdin, the signature on stdout, in 60 s
      securesystemslib:KEY URI                awskms:, azurekms:, gcpkms:, hv:, hsm:, file2:, ...
                                              (pip install 'helm-logic[kms]')
      file:PATH, or PATH alone                a key file

    KEY is the public key, `ed25519:...` or `ecdsa-p256-sha256:...`; every signature is verified
    with it before it is used. The log's own key and a redaction take Ed25519.

    \b
      helm-logic keys new keys/rita.key --as user:rita --encrypt
      helm-logic keys show keys/rita.key
      helm-logic keys agent
      helm-logic approve 3 --key agent:SHA256:... --as user:rita --role release-manager
    """


@command.command()
@click.argument("file", type=NEW_FILE)
@principal_option
@encrypt_option
@json_option
def new(*, file: Path, name: str | None, encrypt: bool, as_json: bool) -> None:
    """Make a key and write it to the new FILE, mode 0600; a file that exists is never replaced.

    \b
      helm-logic keys new keys/rita.key --as user:rita

    Exit code: 0, or 2 if the file exists or cannot be written.
    """
    signer = SeedSigner.generate()
    write_key_file(file, signer, _new(file) if encrypt else None, COST)
    _print(str(file), signer.public_key, name, as_json=as_json)


@command.command()
@click.argument("signer")
@principal_option
@json_option
def show(*, signer: str, name: str | None, as_json: bool) -> None:
    """Show the public key and the key id of SIGNER: a key file, or another signer.

    Of an encrypted file it is the key that the file states, for which no passphrase is needed.

    \b
      helm-logic keys show keys/rita.key

    Exit code: 0, or 2 if the file is no key file or others may read it, or there is no such signer.
    """
    _print(signer, public_key_of(signer, Path()), name, as_json=as_json)


@command.command()
@click.argument("signer")
def check(*, signer: str) -> None:
    """Have SIGNER sign something of no meaning, and verify that.

    \b
      helm-logic keys check agent:SHA256:...

    Exit code: 0, or 2 if it does not sign, or not with its key.
    """
    found = signer_of(signer)
    found.sign(_PROBE + os.urandom(32))  # a signer that was opened verifies what it gives
    click.echo(f"{signer} signs as {found.public_key}")


@command.command()
@json_option
def agent(*, as_json: bool) -> None:
    """List the Ed25519 keys of the ssh-agent at SSH_AUTH_SOCK, as signers.

    Exit code: 0, or 2 if no agent answers.
    """
    for key in agent_keys(os.environ.get("SSH_AUTH_SOCK", "")):
        _print(f"agent:{key.fingerprint}", key.public_key, None, as_json=as_json)
        if not as_json:
            click.echo(f"comment     {key.comment!r}")


@command.command()
@click.argument("file", type=FILE)
@json_option
def encrypt(*, file: Path, as_json: bool) -> None:
    """Encrypt the key in FILE by a passphrase, or by another one if it is encrypted.

    The file is replaced in one step; what the old one was may still be found on the disk and in
    backups. If others may have read it, `keys rotate` is what helps. From a passphrase file, the
    new one is the first line, and the one that it takes the place of any below.

    \b
      helm-logic keys encrypt keys/rita.key

    Exit code: 0, or 2 if the file is no key file, stays locked or cannot be written.
    """
    passphrases = asked_passphrases()
    signer = open_key_file(file).unlock(passphrases)
    replace_key_file(file, signer, new_passphrase(str(file), passphrases), COST)
    _print(str(file), signer.public_key, None, as_json=as_json)


@command.command()
@click.argument("file", type=FILE)
@principal_option
@encrypt_option
@json_option
def rotate(*, file: Path, name: str | None, encrypt: bool, as_json: bool) -> None:
    """Put a new key into FILE; the old one stays beside it, as FILE and the start of its id.

    Nobody takes the new key for the old one until they are told: add it to helm.toml, and to the
    trust root if there is one (`helm-logic trust`). Under [trust] engine the old one stays, for
    receipts until now are verified by it; a log keeps its key. What was encrypted is encrypted
    anew, by a passphrase of its own.

    \b
      helm-logic keys rotate keys/engine.key

    Exit code: 0, or 2 if the file is no key file or cannot be replaced.
    """
    old = open_key_file(file)
    fresh = SeedSigner.generate()
    passphrase = _new(file) if encrypt or old.sealed else None
    kept = _keep(file, old.public_key)
    replace_key_file(file, fresh, passphrase, COST)
    _print(str(file), fresh.public_key, name, as_json=as_json)
    if not as_json:
        click.echo(f"old key     {old.public_key}\nkept as     {kept}")


def _new(file: Path) -> bytes:
    return new_passphrase(str(file), asked_passphrases())


def _keep(file: Path, key: PublicKey) -> Path:
    """Give *file* a second name, which it keeps when another takes the first."""
    kept = file.with_name(f"{file.name}.{key.keyid[:16]}")
    try:
        kept.hardlink_to(file)
    except FileExistsError:
        if not kept.samefile(file):  # else a rotation was cut short here
            raise KeyFileError(f"`{kept}` exists and is not the key file; move it away") from None
    except OSError as error:
        raise KeyFileError(f"`{file}` was not kept as `{kept}`: {error.strerror}") from error
    return kept


def _print(signer: str, key: PublicKey, name: str | None, *, as_json: bool) -> None:
    kind, rest = split_name(signer)
    is_file = kind == KEY_FILE
    sealed = is_file and open_key_file(Path(rest)).sealed
    if as_json:
        members: dict[str, object] = {"file": rest} if is_file else {"signer": signer}
        members |= {"keyId": key.keyid, "publicKey": key.text}
        members |= {"encrypted": sealed} if is_file else {}
        click.echo(json.dumps(members if name is None else {**members, "principal": name}))
        return
    shown = f"key file    {rest}" if is_file else f"signer      {signer}"
    click.echo(shown + (" (encrypted)" if sealed else ""))
    click.echo(f"public key  {key}")
    click.echo(f"key id      {key.keyid}")
    if name is not None:
        click.echo(f'helm.toml   "{name}" = ["{key}"]')
