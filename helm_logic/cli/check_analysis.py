# SPDX-License-Identifier: Apache-2.0
"""`helm-logic check-analysis`: what certificates of an analysis prove, checked again.

What is said of requests is checked without a solver, what is said of chains by two of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helm_logic.cli.exit_codes import FINDINGS, OK
from helm_logic.cli.options import json_option, policy_folder, shown
from helm_logic.cli.palette import bad, dim, good, plain
from helm_logic.errors import CertificateRefused, InputError

if TYPE_CHECKING:
    from helm_logic.analysis.chains.recheck import Rechecked
    from helm_logic.analysis.recheck import Recheck
    from helm_logic.lang import RuleSet

_PROOF = "proof.json"  # of a folder that `prove attenuation -o` wrote


@click.command("check-analysis")
@click.argument(
    "folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--rules",
    type=click.Path(exists=True, path_type=Path),
    metavar="RULES",
    help="The rules that a proof about chains is about.  [default: the policy folder]",
)
@click.option("--z3-alone", is_flag=True, help="Check a proof about chains without cvc5.")
@click.option("--all", "show_all", is_flag=True, help="Show what is proved too, claim by claim.")
@json_option
def command(
    *, folder: Path, rules: Path | None, z3_alone: bool, show_all: bool, as_json: bool
) -> int:
    """Check again what an analysis proved, from the certificates in DIR.

    `helm-logic lint --certificates DIR` and `helm-logic prove claims RULES -o DIR` write some, with
    the rules that they are about. No solver is asked for them, and nothing that found the answers:
    the rules are loaded again, what they ask is compared with what the certificate says they ask,
    and each claim is proved by its own trees, over one request or two.

    `helm-logic prove attenuation RULES -o DIR` writes the others; they are found in folders of DIR
    too. What they have to show is made anew from the rules at hand; then each condition is asked of
    a fresh z3, and of cvc5 (`pip install 'helm-logic[verify]'`).

    \b
    Examples:
      helm-logic lint --certificates build/proofs
      helm-logic check-analysis build/proofs
      helm-logic prove attenuation rules/main.dl -o build/chains
      helm-logic check-analysis build/chains --rules rules/main.dl
      helm-logic check-analysis proofs --rules rules/authority.dl

    Exit code: 0 every claim is proved, 1 something is refused or there is no claim, 2 if DIR or the
    rules cannot be read.
    """
    found = _about_requests(folder)
    for place in (folder, *sorted(each for each in folder.iterdir() if each.is_dir())):
        if (place / _PROOF).is_file():
            found = _together(found, _about_chains(place, rules, second=not z3_alone))
    if as_json:
        click.echo(json.dumps(_value(found), ensure_ascii=False, indent=2))
    else:
        for line in _lines(found, shown(folder), show_all=show_all):
            click.echo(line)
    return OK if found.is_proved else FINDINGS


def _about_requests(folder: Path) -> Recheck:
    """Return what the certificates of `lint` in *folder* prove."""
    from helm_logic.analysis.recheck import Recheck, recheck_file

    found = Recheck(())
    for path in sorted(folder.glob("*.json")):
        if path.name != _PROOF:
            checked = recheck_file(path)
            notes = tuple(f"{path.name}: {note}" for note in checked.notes)
            found = _together(found, Recheck(checked.claims, notes))
    return found


def _about_chains(folder: Path, rules: Path | None, *, second: bool) -> Recheck:
    """Return what the proof about chains in *folder* shows of *rules*."""
    from helm_logic.analysis.reading import read_subject
    from helm_logic.analysis.recheck import Checked, Recheck

    subject = read_subject(rules or policy_folder(None), shown)
    about, file = f"chains of {shown(subject.path)}", f"{folder.name}/{_PROOF}"
    try:
        checked = _rechecked(folder, subject.rule_set, second=second)
    except (CertificateRefused, InputError) as error:
        return Recheck((Checked(file, about, str(error)),))
    solvers = " and ".join(checked.solvers)
    note = f"{file}: {checked.conditions} conditions, each unsatisfiable for {solvers}"
    return Recheck(tuple(Checked(file, f"{about}: {name}") for name in checked.shown), (note,))


def _rechecked(folder: Path, rule_set: RuleSet, *, second: bool) -> Rechecked:
    """Return what the proof in *folder* shows; raise CertificateRefused or InputError."""
    from helm_logic.analysis.chains import contract
    from helm_logic.analysis.chains.certificate import read_certificate
    from helm_logic.analysis.chains.files import read_value
    from helm_logic.analysis.chains.recheck import recheck, recheck_contract

    if read_value(folder).get("format") == contract.FORMAT:
        return recheck_contract(contract.read_exclusion(folder), rule_set, second=second)
    return recheck(read_certificate(folder), rule_set, second=second)


def _together(one: Recheck, other: Recheck) -> Recheck:
    return type(one)((*one.claims, *other.claims), (*one.notes, *other.notes))


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
        yield good(f"{proved} of {proved} claims proved")


def _value(found: Recheck) -> dict[str, object]:
    return {
        "claims": [
            {"file": each.file, "proved": each.is_proved, "says": each.says, "why": each.why}
            for each in found.claims
        ],
        "notes": found.notes,
        "proved": found.is_proved,
    }
