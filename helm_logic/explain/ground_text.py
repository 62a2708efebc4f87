# SPDX-License-Identifier: Apache-2.0
"""Facts and conditions of a derivation in the notation of the rule language.

For readers: in columns of type time, times stand instead of seconds, and where a rule's body has
variables, their values do. Rules themselves are printed by `lang`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Atom, Compute, Count, Negative, Row, Term, Test
from helm_logic.lang import term_text
from helm_logic.receipts.pack_story import moment

Condition: TypeAlias = Negative | Test | Compute | Count


def fact_text(program: Program, predicate: str, row: Row) -> str:
    """Return the fact `predicate(row)`; in columns of type time, times instead of seconds."""
    columns = program.by_name[predicate].columns
    cells = [_cell(term, column) for term, column in zip(row, columns, strict=True)]
    return f"{predicate}({', '.join(cells)})" if cells else predicate


def condition_text(condition: Condition, values: Mapping[Term, Term]) -> str:
    """Return *condition* with its variables replaced by their *values*, where they have one."""

    def show(term: Term) -> str:
        return term_text(values.get(term, term))

    match condition:
        case Negative(atom):
            return f"not {_atom_text(atom, show)}"
        case Test(relation, left, right) if relation.isalpha():
            return f"{relation}({show(left)}, {show(right)})"
        case Test(relation, left, right):
            return f"{show(left)} {relation} {show(right)}"
        case Compute(target, operator, left, right):
            return f"{show(target)} = {show(left)} {operator} {show(right)}"
        case Count(counted, atom, relation, bound):
            what = ", ".join(map(show, counted))
            return f"count{{ {what} : {_atom_text(atom, show)} }} {relation} {show(bound)}"


def _atom_text(atom: Atom, show: Callable[[Term], str]) -> str:
    return f"{atom.predicate}({', '.join(map(show, atom.terms))})" if atom.terms else atom.predicate


def _cell(term: Term, column: str) -> str:
    return moment(int(term)) if column == "time" else term_text(term)
