# SPDX-License-Identifier: Apache-2.0
"""`helm-logic trust rotate` and `revoke`: the next version of a policy folder's trust root.

One that has enough signatures is logged and takes the old one's place at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from helm_logic.cli.moments import clock
from helm_logic.cli.options import policy_option
from helm_logic.cli.signers import asked_passphrases, signer_of
from helm_logic.cli.trust_files import (
    at_option,
    create_root,
    draft_option,
    folder_settings,
    named_key,
    own_root,
    owners_option,
)
from helm_logic.errors import TrustRefused
from helm_logic.guard.adoption import adopt_root
from helm_logic.ledger.open_log import open_log
from helm_logic.policy.settings import Settings
from helm_logic.receipts.trust import Role
from helm_logic.receipts.trust_root import RootKey, TrustRoot
from helm_logic.receipts.trust_root_chain import sign_root
from helm_logic.receipts.trust_root_edit import Rotation, revoked, rotated

_ROLES = [role.value for role in Role if role is not Role.LOG]


@click.command()
@click.argument("role", type=click.Choice(_ROLES))
@click.option("--to", "added", metavar="KEY", help="The key that counts from then on.")
@click.option("--retire", metavar="KEY", help="The key that counts up to then.")
@click.option("--name", default="", metavar="NAME",
              help="The principal, or the witness's name, that the new key goes by.")  # fmt: skip
@click.option("--threshold", type=click.IntRange(0), metavar="N", help="How many keys it takes.")
@at_option
@owners_option
@draft_option
@policy_option
def rotate(  # noqa: PLR0913 - one for each option
    *,
    role: str,
    added: str | None,
    retire: str | None,
    name: str,
    threshold: int | None,
    at: int | None,
    owners: tuple[str, ...],
    output: Path | None,
    policy: Path | None,
) -> None:
    """Add, retire or replace a key of ROLE, or set how many keys it takes: a new version.

    KEY is a public key, a key file, or another signer as for `keys`. What a retired key signed
    before stays good; of a key that others may have, `revoke` says from where on it does not count.
    Stop guards that use the old key first: what they sign from that entry on counts for nothing.

    \b
      helm-logic trust rotate engine --to keys/new.key --retire keys/engine.key --key keys/root.key
      helm-logic trust rotate approver --to ed25519:... --name user:rita --key keys/root.key
      helm-logic trust rotate witness --to ed25519:... --name witness.example/w1 --threshold 1 \\
        --key keys/root.key

    Exit code: 0, or 2 if the new version may not be, or lacks signatures.
    """
    if (added, retire, threshold) == (None, None, None):
        raise click.UsageError("say what changes: --to, --retire or --threshold")
    if output is not None and retire is not None and at is None:
        raise click.UsageError("say --at INDEX: until others have signed, the old key is in use")
    folder, settings = folder_settings(policy)
    change = Rotation(
        Role(role),
        _next_index(folder, settings) if at is None else at,
        None if added is None else RootKey(named_key(added), name),
        None if retire is None else named_key(retire),
        threshold,
    )
    old = own_root(folder, settings)
    _take(folder, settings, rotated(old, change, clock(None)()), owners, output)
    if role == Role.ENGINE.value and output is None:
        click.echo("guards take [keys] engine and [trust] engine of helm.toml, too", err=True)


@click.command()
@click.argument("key")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for whoever is refused by it.")
@at_option
@owners_option
@draft_option
@policy_option
def revoke(  # noqa: PLR0913 - one for each option
    *,
    key: str,
    reason: str,
    at: int | None,
    owners: tuple[str, ...],
    output: Path | None,
    policy: Path | None,
) -> None:
    """Let KEY count for nothing from an entry on, in whatever role: a new version.

    KEY is a public key, a key file, or another signer as for `keys`. Say --at an earlier entry if
    it was in other hands before. A revocation is never taken back, and may only be moved earlier.

    \b
      helm-logic trust revoke keys/rita.key --reason "laptop stolen" --key keys/root.key

    Exit code: 0, or 2 if it is no key of the root, or the new version lacks signatures.
    """
    folder, settings = folder_settings(policy)
    index = _next_index(folder, settings) if at is None else at
    made = revoked(own_root(folder, settings), named_key(key), index, reason, clock(None)())
    _take(folder, settings, made, owners, output)


def _next_index(folder: Path, settings: Settings) -> int:
    where = (folder, settings.ledger, settings.head)
    with open_log(*where, origin=settings.origin, key=settings.trusted_log) as log:
        return log.size


def _take(
    folder: Path, settings: Settings, made: TrustRoot, owners: Sequence[str], output: Path | None
) -> None:
    signed = sign_root(made, [signer_of(each) for each in owners])
    if output is not None:
        create_root(output, signed)
        return
    try:
        adopt_root(folder, settings, signed, clock(None), asked_passphrases())
    except TrustRefused as error:
        if not error.code.endswith("threshold_not_met"):
            raise
        advice = "write it with -o FILE, have it signed with `helm-logic trust sign`, and adopt it"
        raise TrustRefused(error.code, f"{error.message}; {advice}") from None
    click.echo(f"version {made.version} is in force and in the log", err=True)
