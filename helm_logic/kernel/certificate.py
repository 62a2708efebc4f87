# SPDX-License-Identifier: Apache-2.0
"""The certificate of a decision, and the canonical form in which everything logical is digested.

A certificate is the *model* (`{predicate: {row: height}}`, derived facts only; the height is the
synchronous round of its stratum in which the fact first appeared) and the *derivation*: steps in
order, each a given fact or a rule applied to earlier steps, the last one the claim. Both are plain
tuples, so that their JSON form is themselves. Reading that form back is `receipts/decode.py`;
whether a certificate is right is `check.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, TypeAlias

import attrs

from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Compute, Count, Literal, Negative, Positive, Row, Test

Facts: TypeAlias = Mapping[str, Iterable[Row]]
Model: TypeAlias = Mapping[str, Mapping[Row, int]]


class Given(NamedTuple):
    """A step: this fact was given."""

    predicate: str
    row: Row


class Apply(NamedTuple):
    """A step: rule number *rule* under *substitution* (as `Rule.variables`), from earlier steps."""

    rule: int
    substitution: Row
    premises: tuple[int, ...]


Step: TypeAlias = Given | Apply


@attrs.frozen
class Certificate:
    """What lets a stranger check a decision without searching."""

    model: Model
    steps: tuple[Step, ...]


def facts_value(facts: Facts) -> dict[str, list[Row]]:
    """Return the JSON form of *facts*: predicates that have rows, each with its rows sorted."""
    return {name: ordered for name, rows in facts.items() if (ordered := _ordered(set(rows)))}


def certificate_value(certificate: Certificate) -> dict[str, object]:
    """Return the JSON form of *certificate*: the model's rows sorted, each as `[row, height]`."""
    model = {
        name: [(row, rows[row]) for row in _ordered(rows)]
        for name, rows in certificate.model.items()
        if rows
    }
    return {"model": model, "steps": certificate.steps}


def program_value(program: Program) -> dict[str, object]:
    """Return the JSON form of *program*."""
    rules = [
        [rule.id, [rule.head.predicate, rule.head.terms], [_literal_value(x) for x in rule.body]]
        for rule in program.rules
    ]
    predicates = [[each.name, each.columns, each.given] for each in program.predicates]
    return {"predicates": predicates, "rules": rules, "strata": program.strata}


def program_digest(program: Program) -> str:
    """Return the digest of the canonical bytes of *program*."""
    return digest(canonical_json(program_value(program)))


def _ordered(rows: Collection[Row]) -> list[Row]:
    """Sort *rows*; where a column holds both, as only a wrong model does, ints before texts."""
    try:
        return sorted(rows)
    except TypeError:
        return sorted(rows, key=lambda row: [(type(term) is str, term) for term in row])


def _literal_value(literal: Literal) -> list[object]:
    match literal:
        case Positive(atom):
            return ["is", atom.predicate, atom.terms]
        case Negative(atom):
            return ["not", atom.predicate, atom.terms]
        case Test(relation, left, right):
            return ["test", relation, left, right]
        case Compute(target, operator, left, right):
            return ["let", target, operator, left, right]
        case Count(counted, atom, relation, bound):  # pragma: no branch  # the last of the union
            return ["count", counted, atom.predicate, atom.terms, relation, bound]
