# SPDX-License-Identifier: Apache-2.0
"""All certificates of a directory checked again: `recheck`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs

from helm_logic.analysis.recheck.bundle import Bundle, read_bundle, read_value, require_attributes
from helm_logic.analysis.recheck.claims import read_claim, require_proved
from helm_logic.analysis.recheck.classes import require_complete
from helm_logic.analysis.recheck.guards import require_equal
from helm_logic.analysis.recheck.lemmas import require_impossible
from helm_logic.analysis.recheck.pairs import read_pairs, require_pairs
from helm_logic.analysis.recheck.requests import require_fired
from helm_logic.analysis.recheck.trees import Refused
from helm_logic.errors import HelmError, InputError
from helm_logic.kernel.encoding import JsonValue

CHANGE = "helm-logic/change-certificate"  # the format of certificates of changes


@attrs.frozen
class Checked:
    """What a certificate *file* says, in words, and *why* it is refused: empty if it is proved."""

    file: str
    says: str
    why: str = ""

    @property
    def is_proved(self) -> bool:
        """Whether it was checked and holds."""
        return not self.why


@attrs.frozen
class Recheck:
    """What came out of a directory; *notes* tell what was done besides, one line each."""

    claims: tuple[Checked, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_proved(self) -> bool:
        """Whether there is something, and nothing was refused."""
        return bool(self.claims) and all(each.is_proved for each in self.claims)


def recheck(directory: Path) -> Recheck:
    """Return what the certificates in *directory* prove, each claim proved or refused.

    No solver is asked. Raises OSError if the directory cannot be read.
    """
    claims: list[Checked] = []
    notes: list[str] = []
    for path in sorted(directory.glob("*.json")):
        checked = recheck_file(path)
        claims += checked.claims
        notes += (f"{path.name}: {note}" for note in checked.notes)
    return Recheck(tuple(claims), tuple(notes))


def recheck_file(path: Path) -> Recheck:
    """Return what the certificate in the file *path* proves, with the sources beside it."""
    try:
        value = read_value(path)
        if isinstance(value, dict) and value.get("format") == CHANGE:
            return _changed(path, value)
        bundle = read_bundle(value, path.parent)
        notes = tuple(_ground(bundle))
        return Recheck(tuple(_claims(path.name, bundle)), notes)
    except (InputError, Refused) as error:
        return Recheck((Checked(path.name, "the certificate", str(error) or "refused"),))


def _changed(path: Path, value: JsonValue) -> Recheck:
    # Two versions are put together by what put them together before, which loads much.
    from helm_logic.analysis.recheck.change import read_change, require_change  # noqa: PLC0415

    change = read_change(value, path.parent)
    notes = tuple(_ground(change.bundle))
    return Recheck(tuple(Checked(path.name, says) for says in require_change(change)), notes)


def _ground(bundle: Bundle) -> Iterator[str]:
    """Check all that claims rest on; raise Refused for the first part that is wrong."""
    require_attributes(bundle)
    for feature in bundle.features:
        require_complete(feature)
    yield f"{len(bundle.features)} features have all their classes"
    for name, boxes in bundle.guards.items():
        try:
            require_equal(bundle.ground, bundle.formulas[name], boxes)
        except Refused as error:
            raise Refused(f"the guard of `{name}`: {error}") from None
    yield f"{len(bundle.guards)} rules have the guards that they ask for"
    for number, (box, why) in enumerate(bundle.impossible):
        try:
            require_impossible(bundle, box, why)
        except Refused as error:
            raise Refused(f"impossible box {number}: {error}") from None
    yield f"{len(bundle.impossible)} impossible boxes are"
    count = require_fired(bundle)
    yield f"{count} requests were evaluated, and every rule fired where its guard says"


def _claims(file: str, bundle: Bundle) -> Iterator[Checked]:
    for number, value in enumerate(bundle.claims, start=1):
        words = f"claim {number}"
        try:
            says, of, proofs = read_claim(value, bundle)
            words = " ".join((says, *map(str, of)))
            yield Checked(file, require_proved(bundle, says, of, proofs))
        except HelmError as error:
            yield Checked(file, words, str(error) or "refused")
    for number, value in enumerate(bundle.pairs, start=1):
        words = f"pairs {number}"
        try:
            pairs = read_pairs(value, bundle)
            words = f"stated {pairs.claim.id}"
            yield Checked(file, require_pairs(bundle, pairs))
        except HelmError as error:
            yield Checked(file, words, str(error) or "refused")
