# SPDX-License-Identifier: Apache-2.0
"""Where two certificates of one program part: the first fact of the model, else the first step.

Models come first, for steps follow from them: a fact that only one of them has, or has at another
height, is the cause, and the steps that changed with it are not. Facts are compared stratum by
stratum and in order, so the first difference is the same whatever the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

import attrs

from helm_logic.errors import ProgramError
from helm_logic.kernel.certificate import Apply, Certificate, Model, Step
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Atom, Row
from helm_logic.lang import atom_text, term_text

ABSENT = "no such fact"


@attrs.frozen
class Difference:
    """*engine* finds *found* at the step *step* where *signed* is what the receipt has."""

    engine: str
    step: str
    signed: str
    found: str

    def to_value(self) -> dict[str, JsonValue]:
        """Return the JSON form."""
        return {
            "engine": self.engine,
            "found": self.found,
            "signed": self.signed,
            "step": self.step,
        }


def first_difference(
    program: Program, engine: str, signed: Certificate, fresh: Certificate
) -> Difference:
    """Return the first place where *fresh*, which *engine* derived, is not what was *signed*."""
    for where, had, has in _model_differences(program, signed.model, fresh.model):
        return Difference(engine, f"model: {where}", had, has)
    for number, (one, two) in enumerate(zip_longest(signed.steps, fresh.steps)):
        if one != two:
            return Difference(
                engine, f"step {number}", _step_text(program, one), _step_text(program, two)
            )
    # Equal as values: what was signed is written in another order, or twice, or has empty parts.
    return Difference(engine, "form", "other bytes", "facts and model sorted, each fact once")


def _model_differences(
    program: Program, signed: Model, fresh: Model
) -> Iterator[tuple[str, str, str]]:
    names = sorted(
        signed.keys() | fresh.keys(), key=lambda name: (program.stratum.get(name, -1), name)
    )
    for name in names:
        one, two = signed.get(name, {}), fresh.get(name, {})
        for row in sorted(one.keys() | two.keys(), key=_order):
            if one.get(row) != two.get(row):
                yield fact_text(name, row), _height(one.get(row)), _height(two.get(row))


def _order(row: Row) -> list[tuple[bool, object]]:
    # A model that is wrong may have integers and texts in one column.
    return [(isinstance(term, str), term) for term in row]


def fact_text(predicate: str, row: Row) -> str:
    """Return a fact as a rule would have it, also one that could be no fact."""
    try:
        return atom_text(Atom(predicate, row))
    except ProgramError:
        return f"{predicate}{row}"


def _height(height: int | None) -> str:
    return ABSENT if height is None else f"holds at height {height}"


def _step_text(program: Program, step: Step | None) -> str:
    if step is None:
        return "no more steps"
    if not isinstance(step, Apply):
        return f"given {fact_text(step.predicate, step.row)}"
    known = 0 <= step.rule < len(program.rules)
    rule = program.rules[step.rule].id if known else str(step.rule)
    values = ", ".join(map(term_text, step.substitution))
    return f"rule {rule} with ({values}) from steps {list(step.premises)}"
