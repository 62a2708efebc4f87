# SPDX-License-Identifier: Apache-2.0
"""`helm-logic revoke`: withdraw a delegation link.

The file comes first, then the log: if the log cannot take the revocation, it is heeded all the same
by whatever opens the policy folder from then on.
"""

from __future__ import annotations

from pathlib import Path

import click

from helm_logic.authority.link import Link, verify_link
from helm_logic.authority.revocation import Revocation, sign_revocation
from helm_logic.cli.moments import MOMENT, clock, moment_text
from helm_logic.cli.options import (
    FILE,
    key_option,
    policy_folder,
    policy_option,
    read_signed,
    shown,
    write_signed,
)
from helm_logic.cli.signers import asked_passphrases, signer_of
from helm_logic.errors import StoreError
from helm_logic.guard import Guard
from helm_logic.ledger.keys import PublicKey
from helm_logic.policy.settings import Settings, parse_settings
from helm_logic.policy.trust import SETTINGS


@click.command("revoke")
@click.argument("link_file", type=FILE, metavar="LINKFILE")
@key_option
@click.option("--from", "begin", type=MOMENT, metavar="TIME", help="First second.  [default: now]")
@policy_option
def command(*, link_file: Path, key: str, begin: int | None, policy: Path | None) -> None:
    """Withdraw the delegation link in LINKFILE, and with it everything delegated below it.

    The revocation is signed, written to `revocations/` of the policy folder and logged. It counts
    if its key is that of the link's issuer, of an issuer further up in the chain, or of an anchor.
    A process that has the log open heeds it when it opens the folder again.

    \b
    Example:
      helm-logic revoke links/founder-ops.json --key keys/founder.key

    Exit code: 0, or 2 if it cannot be signed, written or logged.
    """
    folder = policy_folder(policy)
    settings = parse_settings((folder / SETTINGS).read_bytes())
    passphrases = asked_passphrases()
    signer = signer_of(key, passphrases)
    found = verify_link(read_signed(link_file))
    since = clock(begin)()
    revocation = Revocation(found.link.id, found.digest, signer.public_key, since)
    if not _counts(signer.public_key, found.link, settings):
        click.echo(
            "warning: this is neither the issuer's key nor an anchor's; the revocation counts only"
            " if an earlier link of the chain was signed with it",
            err=True,
        )
    envelope = sign_revocation(revocation, signer)
    file = folder / settings.revocations / f"{envelope.digest.removeprefix('sha256:')[:16]}.json"
    file.parent.mkdir(exist_ok=True)
    write_signed(file, envelope)
    try:
        with Guard.open(folder, clock(None), passphrases) as guard:
            guard.revoke(envelope)
    except StoreError as error:
        raise StoreError(
            f"{error}; the revocation is in `{shown(file)}` and is heeded from the next opening of"
            " the policy folder on, but it is not in the log"
        ) from error
    click.echo(f"revoked {found.link.id} from {moment_text(since)} on")


def _counts(key: PublicKey, link: Link, settings: Settings) -> bool:
    return key == link.issuer_key or any(key in keys for keys in settings.anchors.values())
