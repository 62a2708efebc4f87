# SPDX-License-Identifier: Apache-2.0
"""The derivation of a receipt as its reader asks about it.

Of each step: which fact, by which rule, with which values, from what, and what had to be absent.
Steps keep the numbers that they have in the receipt. A `not` needs no step: that the fact is absent
follows from the certified model, in which every fact that holds is listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs

from helm_logic.explain.ground_text import condition_text, fact_text
from helm_logic.kernel.certificate import Apply, Certificate, Step
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Negative, Positive, Row, Term
from helm_logic.lang import rule_text, term_text


@attrs.frozen
class RuleSource:
    """How a rule reads, and where it stands: `file:line`, empty if only the receipt has it."""

    text: str
    place: str = ""


@attrs.frozen
class Ground:
    """One thing that a step rests on: the step *number*, or else a condition that holds.

    *absent* says that the condition is a `not`: the fact is not in the certified model.
    """

    text: str
    number: int | None = None
    absent: bool = False


@attrs.frozen
class DerivationStep:
    """One step: its fact and, unless the fact was given, the id of the rule that gives it."""

    number: int
    fact: str
    rule: str | None = None
    source: RuleSource = RuleSource("")
    values: tuple[tuple[str, str], ...] = ()
    grounds: tuple[Ground, ...] = ()

    def to_value(self) -> dict[str, object]:
        """Return the JSON form."""
        if self.rule is None:
            return {"fact": self.fact, "given": True, "step": self.number}
        return {
            "absent": [each.text for each in self.grounds if each.absent],
            "conditions": [
                each.text for each in self.grounds if each.number is None and not each.absent
            ],
            "fact": self.fact,
            "given": False,
            "place": self.source.place or None,
            "premises": [each.number for each in self.grounds if each.number is not None],
            "rule": self.rule,
            "step": self.number,
            "substitution": dict(self.values),
            "text": self.source.text,
        }


def derivation(
    program: Program, certificate: Certificate, sources: Mapping[str, RuleSource]
) -> tuple[DerivationStep, ...]:
    """Return the steps of *certificate*, which must be sound; *sources* are rules by id.

    A rule that is not among the sources is printed from *program*.
    """
    facts: list[tuple[str, Row]] = []
    steps = []
    for number, step in enumerate(certificate.steps):
        facts.append(_conclusion(program, step))
        fact = fact_text(program, *facts[-1])
        if not isinstance(step, Apply):
            steps.append(DerivationStep(number, fact))
            continue
        rule = program.rules[step.rule]
        values = dict(zip(rule.variables, step.substitution, strict=True))
        steps.append(
            DerivationStep(
                number,
                fact,
                rule.id,
                sources.get(rule.id) or RuleSource(rule_text(rule)),
                tuple((str(name)[2:], term_text(value)) for name, value in values.items()),
                tuple(_grounds(program, step, values, facts)),
            )
        )
    return tuple(steps)


def roots(steps: Sequence[DerivationStep]) -> list[int]:
    """Return the derived steps that support no other: the claim first, then the rest in order.

    Beside the claim these are further determining facts, and approvals that kept something from
    being derived.
    """
    used = {ground.number for step in steps for ground in step.grounds}
    claim = steps[-1]
    others = [
        step.number
        for step in steps[:-1]
        if step.rule is not None and step.number not in used and step.fact != claim.fact
    ]
    return [claim.number, *others]


def _conclusion(program: Program, step: Step) -> tuple[str, Row]:
    if not isinstance(step, Apply):
        return step.predicate, step.row
    rule = program.rules[step.rule]
    values = dict(zip(rule.variables, step.substitution, strict=True))
    return rule.head.predicate, tuple(values.get(term, term) for term in rule.head.terms)


def _grounds(
    program: Program, step: Apply, values: Mapping[Term, Term], facts: list[tuple[str, Row]]
) -> Iterator[Ground]:
    premises = iter(step.premises)
    for literal in program.rules[step.rule].body:
        if isinstance(literal, Positive):
            number = next(premises)
            yield Ground(fact_text(program, *facts[number]), number)
        else:
            absent = isinstance(literal, Negative)
            yield Ground(condition_text(literal, values), absent=absent)
