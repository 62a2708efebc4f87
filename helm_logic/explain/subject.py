# SPDX-License-Identifier: Apache-2.0
"""What is explained: a program with the facts it was given, what followed, and how its rules read.

A subject holds all that an explanation looks at, wherever it came from (`sources.py` makes one from
a receipt, a pack or a request). What holds is read from *model*, which the kernel accepted for
whoever made the subject; an engine is loaded only where something is asked that did not happen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from helm_logic.explain.derivation import LinkState
from helm_logic.explain.model_view import Fact, ModelView
from helm_logic.kernel.certificate import Certificate, Facts, Step
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row
from helm_logic.lang import Input, RuleSet
from helm_logic.receipts.statement import Reason

if TYPE_CHECKING:
    from helm_logic.engine import Engine, Evaluation

# The rule files that every policy has, whatever its own rules say.
STOCK = ("authority.dl", "request.dl", "verdict.dl")


@attrs.frozen
class RuleSource:
    """How a rule reads and where it stands; *words* is its `@reason`, *approver* who may help."""

    text: str
    span: tuple[str, int] | None = None
    words: str = ""
    approver: str = ""

    @property
    def is_stock(self) -> bool:
        """Whether the rule is one that every policy has."""
        return self.span is not None and self.span[0] in STOCK


@attrs.frozen
class Asked:
    """The request that the facts were made of, so that it can be asked otherwise.

    *now* is in seconds; *inputs* are what the rules read of a request, *approvers* the roles of
    those who may approve.
    """

    request: Mapping[str, JsonValue]
    now: int
    inputs: tuple[Input, ...]
    approvers: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)


@attrs.frozen(slots=False)
class Subject:
    """One evaluation of *program*; *steps* derive its verdict, where it has one.

    *facts* are all given ones, those of the policy too. *rules* has the sources of rules by id, as
    far as they are known; *links* the chain in order, refused links included.
    """

    program: Program
    facts: Facts
    model: Mapping[str, Mapping[Row, int]]
    steps: tuple[Step, ...] = ()
    title: str = ""
    verdict: str = ""
    reasons: tuple[Reason, ...] = ()
    rules: Mapping[str, RuleSource] = attrs.field(factory=dict)
    links: tuple[LinkState, ...] = ()
    asked: Asked | None = None

    @cached_property
    def view(self) -> ModelView:
        """What holds, ready to be looked up."""
        return ModelView(self.program, self.facts, self.model)

    @cached_property
    def engine(self) -> Engine:
        """An engine for the program, to which every fact is one of the request."""
        from helm_logic.engine import Engine  # noqa: PLC0415 - not to read what did happen

        return Engine(self.program)

    @property
    def certificate(self) -> Certificate:
        """The model and the derivation of the verdict."""
        return Certificate(self.model, self.steps)

    def evaluate(self, facts: Mapping[str, Iterable[Row]]) -> Evaluation:
        """Return what would follow from *facts*; those that the program does not know are left out.

        Raises EvaluationError or LimitReached.
        """
        known = {name: rows for name, rows in facts.items() if name in self.program.by_name}
        return self.engine.evaluate(known)


def of_program(program: Program, facts: Facts, goals: Iterable[Fact] = ()) -> Subject:
    """Return the subject for *facts* under *program*, with the canonical derivation of *goals*.

    Raises EvaluationError, for a goal that does not hold too, and LimitReached.
    """
    subject = Subject(program, facts, {})
    evaluation = subject.evaluate(facts)
    model = {name: rows for name, rows in evaluation.model.items() if rows}
    steps = evaluation.derivation(tuple(goals))
    return attrs.evolve(subject, model=model, steps=steps)


def rule_sources(rule_set: RuleSet) -> dict[str, RuleSource]:
    """Return how the rules of *rule_set* read, by id."""
    return {
        name: RuleSource(
            rule_set.annotations[name].text,
            (span.source.name, span.line),
            rule_set.annotations[name].reason or "",
            rule_set.annotations[name].approver or "",
        )
        for name, span in rule_set.spans.items()
    }
