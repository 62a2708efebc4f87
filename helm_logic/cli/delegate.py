# SPDX-License-Identifier: Apache-2.0
"""`helm-logic delegate`: sign a delegation link.

The command signs what it is told to. Whether the link holds is for the rules to say at the moment
of execution; but where it is plain that it cannot hold below its parent, a warning says so now.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import click

from helm_logic.authority.constraint import Constraint
from helm_logic.authority.link import Grant, Link, sign_link, verify_link
from helm_logic.cli.moments import DURATION, MOMENT, clock, moment_text
from helm_logic.cli.options import FILE, key_option, output_option, read_signed, write_signed
from helm_logic.cli.signers import signer_of
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.ledger.keys import PublicKey


@click.command("delegate")
@key_option
@click.option("--issuer", required=True, metavar="PRINCIPAL", help="Who delegates: user:founder.")
@click.option("--to", "delegate", required=True, metavar="PRINCIPAL", help="To whom: agent:ops.")
@click.option("--to-key", metavar="KEY", help="The delegate's public key, to delegate further.")
@click.option("--action", "actions", required=True, multiple=True, metavar="PATTERN")
@click.option("--resource", "resources", required=True, multiple=True, metavar="PATTERN")
@click.option("--one-of", multiple=True, metavar="NAME=A,B", help="resource.env=dev,staging")
@click.option("--at-most", multiple=True, metavar="NAME=N", help="action.amount=100")
@click.option("--at-least", multiple=True, metavar="NAME=N")
@click.option("--pattern", multiple=True, metavar="NAME=PATTERN", help="resource.path=docs/**")
@click.option("--from", "begin", type=MOMENT, metavar="TIME", help="First second.  [default: now]")
@click.option("--until", type=MOMENT, metavar="TIME", help="First second that it no longer holds.")
@click.option("--for", "lifetime", type=DURATION, metavar="30d", help="Instead of --until.")
@click.option("--may-delegate", default=0, metavar="N", help="How many links may follow.  [0]")
@click.option("--parent", type=FILE, metavar="LINKFILE", help="The link that this one hands on.")
@click.option("--id", "name", metavar="TEXT", help="The link's name.  [default: from its content]")
@output_option
def command(  # noqa: PLR0913 - one for each option
    *,
    key: str,
    issuer: str,
    delegate: str,
    to_key: str | None,
    actions: tuple[str, ...],
    resources: tuple[str, ...],
    begin: int | None,
    until: int | None,
    lifetime: int | None,
    may_delegate: int,
    parent: Path | None,
    name: str | None,
    output: Path | None,
    **limits: tuple[str, ...],
) -> None:
    """Sign a link by which --issuer lets --to act, within a grant and for a time.

    A pattern is cut at `/`; `*` is one segment, a trailing `**` any number. Constraints name a
    property of the request, as `resource.NAME`, `action.NAME` or `context.NAME`; all must be met.
    Each option of a pattern or constraint may be repeated.

    \b
    Examples:
      helm-logic delegate --key keys/founder.key --issuer user:founder --to agent:ops \\
        --to-key ed25519:... --action deploy --resource 'service/*' --for 30d \\
        --one-of resource.env=dev,staging --may-delegate 1 -o links/founder-ops.json
      helm-logic delegate --key keys/ops.key --issuer agent:ops --to tool:deploy \\
        --action deploy --resource service/api --for 7d \\
        --parent links/founder-ops.json -o links/ops-deploy.json

    The link is then given to requests: in their `chain`, or by `helm-logic decide --chain FILE`.

    Exit code: 0, or 2 if the link cannot be made.
    """
    signer = signer_of(key)
    above = None if parent is None else verify_link(read_signed(parent))
    start = clock(begin)()
    if (until is None) == (lifetime is None):
        raise click.UsageError("give --until TIME or --for 30d, and not both")
    constraints = tuple(_constraints(limits))
    link = Link(
        id=name or "unnamed",
        issuer=issuer,
        issuer_key=signer.public_key,
        delegate=delegate,
        delegate_key=None if to_key is None else _key(to_key),
        grants=tuple(Grant(actions, resource, constraints) for resource in resources),
        not_before=start,
        expires=start + (lifetime or 0) if until is None else until,
        may_delegate=may_delegate,
        parent=None if above is None else above.digest,
    )
    if name is None:
        link = attrs.evolve(link, id="link-" + digest(canonical_json(link.to_value()))[7:23])
    for doubt in _doubts(link, None if above is None else above.link):
        click.echo(f"warning: {doubt}", err=True)
    write_signed(output, sign_link(link, signer))


def _constraints(limits: dict[str, tuple[str, ...]]) -> Iterator[Constraint]:
    for kind, given in sorted(limits.items()):
        for text in given:
            name, equals, value = text.partition("=")
            if not equals:
                raise click.UsageError(f"--{kind.replace('_', '-')}: got `{text}`, want NAME=VALUE")
            yield Constraint(name, kind, _value(kind, value))


def _value(kind: str, text: str) -> int | str | tuple[str, ...]:
    if kind == "one_of":
        return tuple(text.split(","))
    if kind == "pattern":
        return text
    try:
        return int(text)
    except ValueError:
        raise click.UsageError(
            f"--{kind.replace('_', '-')}: got `{text}`, want an integer"
        ) from None


def _key(text: str) -> PublicKey:
    try:
        return PublicKey.parse(text)
    except ValueError as error:
        raise click.UsageError(f"--to-key: {error}; `helm-logic keys show` prints it") from None


def _doubts(link: Link, parent: Link | None) -> Iterator[str]:
    """Yield why *link* cannot hold below *parent*, as far as the two alone show it."""
    if link.may_delegate and link.delegate_key is None:
        yield "without --to-key the delegate cannot sign a further link"
    if parent is None:
        return
    if link.issuer != parent.delegate:
        yield f"the parent delegates to `{parent.delegate}`, not to `{link.issuer}`"
    if link.issuer_key != parent.delegate_key:
        yield "the parent does not name this key as its delegate's"
    if link.may_delegate >= parent.may_delegate:
        yield f"the parent allows {parent.may_delegate} further links, this one included"
    if link.not_before < parent.not_before or link.expires > parent.expires:
        window = f"{moment_text(parent.not_before)} until {moment_text(parent.expires)}"
        yield f"the parent holds from {window}, and this link longer"
