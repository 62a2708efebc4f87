# SPDX-License-Identifier: Apache-2.0
"""`helm-logic check-analysis`: what certificates of an analysis prove, checked without a solver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.options import json_option, shown
from helm_logic.cli.palette import bad, dim, good, plain

if TYPE_CHECKING:
    from helm_logic.analysis.recheck import Recheck


@click.command("check-analysis")
@click.argument(
    "folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--all", "show_all", is_flag=True, help="Show what is proved too, claim by claim.")
@json_option
def command(folder: Path, *, show_all: bool, as_json: bool) -> int:
    """Check again what an analysis said does not exist, from the certificates in DIR.

    `helm-logic lint --certificates DIR` writes them, with the rules that they are about. No solver
    is asked, and nothing that found the answers: the rules are loaded again, what they ask is
    compared with what the certificate says they ask, and each claim is proved by its own tree.

    \b
    Examples:
      helm-logic lint --certificates build/proofs
      helm-logic check-analysis build/proofs

    Exit code: 0 every claim is proved, 1 something is refused or there is no claim, 2 if DIR cannot
    be read.
    """
    from helm_logic.analysis.recheck import recheck

    found = recheck(folder)
    if as_json:
        click.echo(json.dumps(_value(found), ensure_ascii=False, indent=2))
    else:
        for line in _lines(found, shown(folder), show_all=show_all):
            click.echo(line)
    return OK if found.is_proved else FINDINGS


def _lines(found: Recheck, folder: str, *, show_all: bool) -> Iterator[str]:
    for note in found.notes:
        yield dim(plain(note))
    for each in found.claims:
        if not each.is_proved:
            yield f"{bad('refused')} {plain(each.file)}: {plain(each.says)}: {plain(each.why)}"
        elif show_all:
            yield f"{good('proved ')} {plain(each.file)}: {plain(each.says)}"
    refused = sum(not each.is_proved for each in found.claims)
    proved = len(found.claims) - refused
    if not found.claims:
        yield bad(f"no certificate in `{folder}`: `helm-logic lint --certificates DIR` writes one")
    elif refused:
        yield bad(f"{refused} refused, {proved} of {len(found.claims)} claims proved")
    else:
        yield good(f"{proved} of {proved} claims proved, without a solver")


def _value(found: Recheck) -> dict[str, object]:
    return {
        "claims": [
            {"file": each.file, "proved": each.is_proved, "says": each.says, "why": each.why}
            for each in found.claims
        ],
        "notes": found.notes,
        "proved": found.is_proved,
    }
