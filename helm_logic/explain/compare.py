# SPDX-License-Identifier: Apache-2.0
"""Two decisions beside each other: what differs in what was given, in the rules, and in the proofs.

Rules are compared as the program has them, by id, so that another order or another comment is no
difference. Of the proofs, a fact is *otherwise* if both derive it, by another rule or from other
premises. Everything is told as sorted text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import attrs

from helm_logic.explain.build import proof_dag
from helm_logic.explain.derivation import Node, ProofDag
from helm_logic.explain.ground_text import fact_text
from helm_logic.explain.subject import Subject
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row
from helm_logic.lang import rule_text

Texts: TypeAlias = tuple[str, ...]


@attrs.frozen
class Moves:
    """What one has and the *other* has not: *gone* and *new*, and *otherwise* in the second."""

    gone: Texts = ()
    new: Texts = ()
    otherwise: Texts = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.gone or self.new or self.otherwise)

    def to_value(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "gone": list(self.gone),
            "new": list(self.new),
            "otherwise": list(self.otherwise),
        }


@attrs.frozen
class Difference:
    """What differs between two subjects: their *verdicts*, and the moves of everything else."""

    verdicts: tuple[str, str]
    reasons: Moves
    given: Moves
    rules: Moves
    derived: Moves
    proof: Moves

    @property
    def is_empty(self) -> bool:
        """Whether both are alike."""
        parts = (self.reasons, self.given, self.rules, self.derived, self.proof)
        return self.verdicts[0] == self.verdicts[1] and all(each.is_empty for each in parts)

    def to_value(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "derived": self.derived.to_value(),
            "given": self.given.to_value(),
            "proof": self.proof.to_value(),
            "reasons": self.reasons.to_value(),
            "rules": self.rules.to_value(),
            "verdicts": list(self.verdicts),
        }


def compare(one: Subject, other: Subject) -> Difference:
    """Return what differs from *one* to *other*."""
    return Difference(
        (one.verdict, other.verdict),
        _moves(_reasons(one), _reasons(other)),
        _moves(_facts(one.program, one.facts), _facts(other.program, other.facts)),
        _moves(_rules(one.program), _rules(other.program)),
        _moves(_facts(one.program, one.model), _facts(other.program, other.model)),
        _moves(_proof(one), _proof(other)),
    )


def _moves(one: Mapping[str, object], other: Mapping[str, object]) -> Moves:
    return Moves(
        tuple(sorted(one.keys() - other.keys())),
        tuple(sorted(other.keys() - one.keys())),
        tuple(sorted(name for name in one.keys() & other.keys() if one[name] != other[name])),
    )


def _reasons(subject: Subject) -> dict[str, Texts]:
    return {reason.code: tuple(sorted(reason.rules)) for reason in subject.reasons}


def _facts(program: Program, facts: Mapping[str, Iterable[Row]]) -> dict[str, None]:
    return {fact_text(program, name, row): None for name, rows in facts.items() for row in rows}


def _rules(program: Program) -> dict[str, str]:
    return {rule.id: rule_text(rule) for rule in program.rules}


def _proof(subject: Subject) -> dict[str, object]:
    if not subject.steps:
        return {}
    dag = proof_dag(subject, subject.steps)
    return {node.text: (node.rule, _below(dag, node)) for node in dag.nodes}


def _below(dag: ProofDag, node: Node) -> Texts:
    return tuple(dag.nodes[premise].text for premise in node.premises)
