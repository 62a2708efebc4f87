# SPDX-License-Identifier: Apache-2.0
"""Whether a rule set keeps the contract of chain rules, from a saved proof or proved afresh.

The rest of an analysis takes `authorized` for one free fact that excludes every fault of a chain.
`contract` says whether that is so: quickly and without a solver for the rules that ship, by the
digest of what their saved proof is about; that this proof holds is for `recheck_contract` to show.

    {"format": "helm-logic/exclusion/v1", "rules": DIGEST, "sound": PREDICATE,
     "linked": ["PREDICATE.COLUMN"], "faults": [RULE]}
"""

from __future__ import annotations

from pathlib import Path

import attrs

from helm_logic.analysis.chains.columns import columns_of
from helm_logic.analysis.chains.digest import rules_digest
from helm_logic.analysis.chains.exclusion import (
    AUTHORIZED,
    TIMEOUT_MS,
    Exclusion,
    conditions_of,
    faults_of,
    linked_candidates,
    prove_exclusion,
    sound_candidates,
)
from helm_logic.analysis.chains.files import (
    PROOF,
    read_proof,
    read_value,
    require_same,
    require_texts,
    stock_proofs,
    write_proof,
)
from helm_logic.analysis.chains.induction import Condition
from helm_logic.errors import CertificateRefused, InputError, PolicyError
from helm_logic.kernel.encoding import JsonValue
from helm_logic.lang import RuleSet
from helm_logic.ledger.shape import require_object, require_text

FORMAT = "helm-logic/exclusion/v1"
STOCK = "authority_excludes_every_fault"
_MEMBERS = ("format", "rules", "sound", "linked", "faults")


@attrs.frozen
class Contract:
    """The *faults*, ids of rules about `deny`, that `authorized` excludes.

    It *holds* if these are all of the file that concludes `authorized`; else *why_not* tells what
    is missing.
    """

    holds: bool
    faults: tuple[str, ...]
    why_not: str = ""


@attrs.frozen
class SavedExclusion:
    """A proof of the contract for the rules with this digest."""

    rules: str
    sound: str
    linked: tuple[str, ...]
    faults: tuple[str, ...]
    conditions: tuple[Condition, ...]


def contract(
    rule_set: RuleSet,
    *,
    prove: bool = False,
    folder: Path | None = None,
    timeout_ms: int = TIMEOUT_MS,
) -> Contract:
    """Return what `authorized` excludes in *rule_set*, as the proof in *folder* says.

    The folder is the one that ships if it is None. For rules that the proof is not about, the
    answer is that the contract is not proved, unless it is to *prove* it: that asks the solver,
    which takes up to *timeout_ms* for each fault that is not excluded.
    """
    faults = tuple(each.id for each in faults_of(rule_set))
    try:
        value = read_value(folder or stock_proofs() / STOCK)
    except (InputError, PolicyError):
        value = {}  # without a proof that can be read, nothing is proved
    if faults and value.get("rules") == exclusion_digest(rule_set):
        named = require_texts(value.get("faults"), "faults")
        return _contract(faults, named, "the saved proof does not exclude")
    if prove:
        found = prove_exclusion(rule_set, timeout_ms)
        return _contract(faults, found.faults, found.why_not or "not proved to be excluded:")
    if not faults:
        return Contract(holds=False, faults=(), why_not="no one file concludes `authorized`")
    said = "the rules that `authorized` rests on are not those that the saved proof is about"
    return Contract(holds=False, faults=(), why_not=said)


def _contract(faults: tuple[str, ...], excluded: tuple[str, ...], said: str) -> Contract:
    left = [each for each in faults if each not in excluded]
    if faults and not left:
        return Contract(holds=True, faults=faults)
    kept = tuple(each for each in faults if each in excluded)
    return Contract(holds=False, faults=kept, why_not=f"{said} {', '.join(left)}".rstrip())


def exclusion_digest(rule_set: RuleSet) -> str:
    """Return the digest of the rules that `authorized` and its faults rest on."""
    return rules_digest(rule_set, (AUTHORIZED,), faults_of(rule_set), columns_of(rule_set))


def saved_exclusion(rule_set: RuleSet, proof: Exclusion) -> SavedExclusion:
    """Return *proof*, which is about *rule_set*, in the form in which it is saved."""
    return SavedExclusion(
        exclusion_digest(rule_set), proof.sound, proof.linked, proof.faults, proof.conditions
    )


def write_exclusion(proof: SavedExclusion, folder: Path) -> None:
    """Write *proof* to *folder*, in the place of one that is there."""
    value: dict[str, JsonValue] = {
        "format": FORMAT,
        "rules": proof.rules,
        "sound": proof.sound,
        "linked": list(proof.linked),
        "faults": list(proof.faults),
    }
    write_proof(folder, value, proof.conditions)


def read_exclusion(folder: Path) -> SavedExclusion:
    """Return the proof in *folder*; raise PolicyError, or InputError for what it says."""
    value, conditions = read_proof(folder)
    parts = require_object(value, PROOF, _MEMBERS)
    if parts["format"] != FORMAT:
        raise InputError("wrong_shape", f"{PROOF}: got `{parts['format']}`, want `{FORMAT}`")
    return SavedExclusion(
        require_text(parts["rules"], "rules"),
        require_text(parts["sound"], "sound"),
        require_texts(parts["linked"], "linked"),
        require_texts(parts["faults"], "faults"),
        conditions,
    )


def require_exclusion(proof: SavedExclusion, rule_set: RuleSet) -> None:
    """Raise CertificateRefused unless *proof* is about *rule_set*, condition by condition."""
    if (known := exclusion_digest(rule_set)) != proof.rules:
        raise CertificateRefused("rules", proof.rules, f"{known}, the rules at hand")
    if unknown := sorted({*proof.faults} - {each.id for each in faults_of(rule_set)}):
        raise CertificateRefused("faults", f"`{unknown[0]}`", "faults of the rules")
    if proof.sound not in sound_candidates(rule_set):
        raise CertificateRefused("sound", f"`{proof.sound}`", "a recursive predicate of links")
    if unknown := sorted({*proof.linked} - {*linked_candidates(rule_set, proof.sound)}):
        raise CertificateRefused("linked", f"`{unknown[0]}`", "columns of recursive predicates")
    made = conditions_of(rule_set, proof.sound, proof.linked, proof.faults)
    require_same(proof.conditions, tuple(made))
