# SPDX-License-Identifier: Apache-2.0
"""A proof about chains as files, and what makes a stranger believe it.

    {"format": "helm-logic/attenuation/v1", "rules": DIGEST, "predicates": [NAME],
     "narrowed": {RULE: [POWER]},
     "proofs": [{"properties": [NAME], "invariant": {PREDICATE: FORMULA}}]}

with the verification conditions beside it (`files.py`).

The conditions follow from the rules and the invariants. So whoever checks a certificate makes them
anew from the rules at hand and compares: one that is about other rules, or whose conditions were
exchanged for easier ones, is refused before any solver is asked. Then every condition is asked of a
fresh z3, and of cvc5.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from helm_logic.analysis.chains.attenuation import Attenuation
from helm_logic.analysis.chains.clauses import Clauses, codes_of, make_clauses
from helm_logic.analysis.chains.digest import attenuation_digest
from helm_logic.analysis.chains.families import make_systems
from helm_logic.analysis.chains.files import (
    PROOF,
    read_proof,
    require_same,
    require_texts,
    write_proof,
)
from helm_logic.analysis.chains.induction import Condition, conditions
from helm_logic.analysis.chains.lemmas import lemmas
from helm_logic.analysis.chains.plan import Plan, make_plan
from helm_logic.analysis.chains.properties import CONTINUATION
from helm_logic.analysis.chains.system import System
from helm_logic.analysis.smt import Formula
from helm_logic.analysis.smt_reader import read_expressions, read_formula
from helm_logic.analysis.smt_text import symbol, text
from helm_logic.errors import CertificateRefused, InputError
from helm_logic.kernel.encoding import JsonValue
from helm_logic.lang import RuleSet
from helm_logic.ledger.shape import require_list, require_object, require_text

FORMAT = "helm-logic/attenuation/v1"
_MEMBERS = ("format", "rules", "predicates", "narrowed", "proofs")


@attrs.frozen
class ProofText:
    """The *invariant* of *properties* as SMT-LIB over the state of each predicate."""

    properties: tuple[str, ...]
    invariant: Mapping[str, str]


@attrs.frozen
class Certificate:
    """What is claimed of the rules with this digest, and the conditions that show it."""

    rules: str
    predicates: tuple[str, ...]
    narrowed: Mapping[str, tuple[str, ...]]
    proofs: tuple[ProofText, ...]
    conditions: tuple[Condition, ...]

    @property
    def properties(self) -> tuple[str, ...]:
        """The properties that are claimed to hold."""
        return tuple(name for proof in self.proofs for name in proof.properties)


def certificate_of(attenuation: Attenuation) -> Certificate:
    """Return the certificate of everything that *attenuation* says is proved."""
    proofs = tuple(
        ProofText(
            each.properties, {name: text(formula) for name, formula in each.invariant.items()}
        )
        for each in attenuation.proofs
    )
    return Certificate(
        attenuation.rules_digest,
        attenuation.predicates,
        attenuation.narrowed,
        proofs,
        attenuation.conditions,
    )


def require_conditions(certificate: Certificate, rule_set: RuleSet) -> None:
    """Raise CertificateRefused unless *certificate* is about *rule_set*, condition by condition."""
    require_same(certificate.conditions, made_anew(certificate, rule_set))


def made_anew(certificate: Certificate, rule_set: RuleSet) -> tuple[Condition, ...]:
    """Return the conditions that *rule_set* and the invariants of *certificate* give.

    Raises CertificateRefused if it is about other rules, or says what has no conditions.
    """
    system = _system(certificate, rule_set)
    if (known := attenuation_digest(system)) != certificate.rules:
        raise CertificateRefused("rules", certificate.rules, f"{known}, the rules at hand")
    codes = codes_of(system)
    plan = make_plan(system, codes)
    clauses = make_clauses(system, plan, codes, certificate.narrowed)
    made = list(lemmas(certificate.narrowed, system))
    named = {(rule, power) for rule, those in certificate.narrowed.items() for power in those}
    if len(made) != len(named):
        raise CertificateRefused("narrowed", sorted(named), "powers of links in rules that step")
    for number, proof in enumerate(certificate.proofs, start=1):
        invariant = _invariant(proof, clauses, number)
        unknown = [name for name in proof.properties if not _is(name, plan)]
        if unknown:
            raise CertificateRefused(f"proof {number}", unknown[0], "a property of the rules")
        made += conditions(number, proof.properties, invariant, clauses, plan)
    return tuple(made)


def _system(certificate: Certificate, rule_set: RuleSet) -> System:
    systems = {tuple(each.shapes): each for each in make_systems(rule_set)}
    if certificate.predicates not in systems:
        got, want = (", ".join(each) for each in (certificate.predicates, sum(systems, ())))
        raise CertificateRefused("predicates", got or "none", f"a family of {want or 'none'}")
    return systems[certificate.predicates]


def _is(name: str, plan: Plan) -> bool:
    known = name in plan.inside or name == CONTINUATION
    return known and name not in plan.unnamed and name not in plan.unlike


def _invariant(proof: ProofText, clauses: Clauses, number: int) -> dict[str, Formula]:
    if set(proof.invariant) != set(clauses.states):
        want = ", ".join(clauses.states)
        raise CertificateRefused(f"proof {number}", ", ".join(proof.invariant), f"of {want}")
    found = {}
    for name, said in proof.invariant.items():
        names: dict[str, Formula] = {
            symbol(each.name): each for each in clauses.states[name].arguments
        }
        try:
            (expression,) = read_expressions(said)
            found[name] = read_formula(expression, names)
        except (InputError, ValueError) as error:
            raise CertificateRefused(f"invariant of `{name}`", str(error), "a formula") from None
    return found


def write_certificate(certificate: Certificate, folder: Path) -> None:
    """Write *certificate* to *folder*, in the place of one that is there."""
    value: dict[str, JsonValue] = {
        "format": FORMAT,
        "rules": certificate.rules,
        "predicates": list(certificate.predicates),
        "narrowed": {rule: list(those) for rule, those in certificate.narrowed.items()},
        "proofs": [
            {"properties": list(each.properties), "invariant": dict(each.invariant)}
            for each in certificate.proofs
        ],
    }
    write_proof(folder, value, certificate.conditions)


def read_certificate(folder: Path) -> Certificate:
    """Return the certificate in *folder*; raise PolicyError, or InputError for what it says."""
    value, conditions = read_proof(folder)
    parts = require_object(value, PROOF, _MEMBERS)
    if parts["format"] != FORMAT:
        raise InputError("wrong_shape", f"{PROOF}: got `{parts['format']}`, want `{FORMAT}`")
    return Certificate(
        require_text(parts["rules"], "rules"),
        require_texts(parts["predicates"], "predicates"),
        {
            rule: require_texts(those, "narrowed")
            for rule, those in require_object(parts["narrowed"], "narrowed").items()
        },
        tuple(map(_proof, require_list(parts["proofs"], "proofs"))),
        conditions,
    )


def _proof(value: JsonValue) -> ProofText:
    parts = require_object(value, "proof", ("properties", "invariant"))
    said = require_object(parts["invariant"], "invariant")
    return ProofText(
        require_texts(parts["properties"], "properties"),
        {name: require_text(formula, "invariant") for name, formula in said.items()},
    )
