# SPDX-License-Identifier: Apache-2.0
"""`helm-logic trust`: the trust root of a policy folder, and what its versions say.

A new version that others have to sign first is written to a file of its own, signed there, and
adopted. `rotate` and `revoke`, which make new versions, are in `trust_change`.
"""

from __future__ import annotations

from pathlib import Path

import attrs
import click

from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.moments import MOMENT, clock
from helm_logic.cli.options import FILE, json_option, policy_option, shown
from helm_logic.cli.palette import bad, good, plain
from helm_logic.cli.signers import asked_passphrases, signer_of
from helm_logic.cli.trust_change import revoke, rotate
from helm_logic.cli.trust_files import (
    FILE_NAME,
    create_root,
    draft_option,
    folder_settings,
    named_key,
    own_root,
    owners_option,
    parse_root,
)
from helm_logic.cli.trust_text import trust_json, trust_text
from helm_logic.errors import TrustRefused
from helm_logic.guard.adoption import adopt_root
from helm_logic.ledger.durable import replace_file
from helm_logic.policy.first_root import first_root
from helm_logic.policy.settings import Settings
from helm_logic.policy.trust import read_root
from helm_logic.receipts.trust_root_chain import (
    accept_first,
    accept_next,
    add_signature,
    sign_root,
)


@click.group("trust")
def command() -> None:
    """Say whose keys count, as what, and for which part of the log: the trust root.

    The trust root, `trust-root.json`, lists keys of six roles: root (they sign the next version),
    engine (receipts), log (tree heads), approver, witness (cosignatures of tree heads) and anchor
    (where delegation chains begin). Each counts for entries of a span of the log, so that a receipt
    from before a revocation stays good without anybody's clock. Version N+1 takes a threshold of
    root keys of version N and of its own. Every version is an entry of the log; going back to an
    older one is refused. Whoever verifies has a copy: `helm-logic verify FILE --trust COPY`.

    `helm-logic init` makes version 1, and `root = "trust-root.json"` under [trust] of helm.toml
    makes guards go by it. A log keeps its key, so that a lost one means a new log.

    \b
      helm-logic trust show
      helm-logic trust rotate engine --to keys/new.key --retire keys/engine.key --key keys/root.key
      helm-logic trust revoke keys/rita.key --reason "laptop stolen" --key keys/root.key
      helm-logic trust verify their.json --trust mine.json
    """


@command.command()
@owners_option
@click.option("--threshold", type=click.IntRange(1), default=1, show_default=True, metavar="N",
              help="How many root keys a new version takes.")  # fmt: skip
@click.option("--owner", "others", multiple=True, metavar="KEY",
              help="One more root key, which signs elsewhere (repeatable).")  # fmt: skip
@click.option("--expires", type=MOMENT, metavar="TIME", help="When to look for a newer version.")
@draft_option
@policy_option
def init(  # noqa: PLR0913 - one for each option
    *,
    owners: tuple[str, ...],
    threshold: int,
    others: tuple[str, ...],
    expires: int | None,
    output: Path | None,
    policy: Path | None,
) -> None:
    """Make version 1 from what helm.toml says: its keys of engine, log, approvers and anchors.

    It is written beside helm.toml as trust-root.json, or to -o FILE. helm.toml is not changed: the
    line that makes guards go by the new root is printed.

    \b
      helm-logic keys new keys/root.key
      helm-logic trust init --key keys/root.key

    Exit code: 0, or 2 if the file exists, or helm.toml says what no root may.
    """
    folder, settings = folder_settings(policy)
    signers = [signer_of(each) for each in owners]
    keys = [*(each.public_key for each in signers), *map(named_key, others)]
    made = first_root(settings, dict.fromkeys(keys), clock(None)(), threshold)
    signed = sign_root(attrs.evolve(made, expires=expires), signers)
    path = folder / FILE_NAME if output is None else output
    if output is None:
        accept_first(signed)
    create_root(path, signed)
    if settings.root is None:
        click.echo(f'add `root = "{FILE_NAME}"` under [trust] of helm.toml to go by it', err=True)


@command.command()
@click.argument("file", required=False, type=FILE)
@json_option
@policy_option
def show(*, file: Path | None, as_json: bool, policy: Path | None) -> None:
    """Show the trust root in FILE, or that of the policy folder: roles, keys and their spans.

    Exit code: 0, or 2 if there is none, or its own root keys did not sign it.
    """
    signed = parse_root(file) if file is not None else own_root(*folder_settings(policy))
    click.echo(trust_json(signed) if as_json else trust_text(signed))
    accept_first(signed)


@command.command()
@click.argument("file", type=FILE)
@owners_option
def sign(*, file: Path, owners: tuple[str, ...]) -> None:
    """Add signatures to the version in FILE, which `show` tells in words.

    \b
      helm-logic trust sign draft.json --key agent:SHA256:...

    Exit code: 0, or 2 if FILE is no trust root, or has that signature.
    """
    signed = parse_root(file)
    for each in owners:
        signed = add_signature(signed, signer_of(each))
    replace_file(file, signed.envelope.to_bytes(), 0o644)
    click.echo(f"signed version {signed.root.version} in {shown(file)}", err=True)


@command.command()
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option("--trust", "known", type=FILE, metavar="FILE", help="The version you know.")
@click.option("--adopt", is_flag=True, help="Log them, and take the last one into force here.")
@policy_option
def verify(*, files: tuple[Path, ...], known: Path | None, adopt: bool, policy: Path | None) -> int:
    """Verify that each FILE may follow the one before it, and the first the version you know.

    That is the one given by --trust, or else that of the policy folder.

    \b
      helm-logic trust verify theirs.json --trust mine.json
      helm-logic trust verify draft.json --adopt

    Exit code: 0 all may follow, 1 one may not (the code says why), 2 not readable.
    """
    if adopt and known is not None:
        raise click.UsageError("--adopt is for the policy folder, whose root is the one known")
    if known is not None:
        folder, old = Path(), read_root(known)
        settings: Settings | None = None
    else:
        folder, settings = folder_settings(policy)
        old = own_root(folder, settings)
    for file in files:
        try:
            old = accept_next(old, parse_root(file))
        except TrustRefused as error:
            click.echo(f"{plain(file)}  {bad('refused')}: {plain(error)}")
            return FINDINGS
        if adopt and settings is not None:
            adopt_root(folder, settings, old, clock(None), asked_passphrases())
        version = f"version {old.root.version} of {plain(old.root.origin)}"
        click.echo(f"{plain(file)}  {good('adopted' if adopt else 'verified')}: {version}")
    return OK


command.add_command(rotate)
command.add_command(revoke)
