# SPDX-License-Identifier: Apache-2.0
"""What the columns of predicates that are not declared mean: what flows into them.

Rules declare the predicates that hand authority on, and leave the helpers beside them undeclared. A
helper's column that a link's name flows into is one, and a helper of a recursion has the columns of
what it is made from.
"""

from __future__ import annotations

from collections.abc import Sequence

from helm_logic.analysis.chains.columns import LINK, Column, Columns, places
from helm_logic.kernel.program import Program, Rule
from helm_logic.kernel.terms import is_variable


def named_links(program: Program, columns: Columns) -> dict[str, tuple[Column, ...]]:
    """Return *columns* with those called `link` that stand for links without being declared."""
    found = {(name, number) for name, each in columns.items() for number in places(each, LINK)}
    before = -1
    while before < len(found):
        before = len(found)
        for rule in program.rules:
            linked = {
                term
                for atom in rule.premises
                for number, term in enumerate(atom.terms)
                if (atom.predicate, number) in found and is_variable(term)
            }
            for number, term in enumerate(rule.head.terms):
                column = columns[rule.head.predicate][number]
                if term in linked and not column.name and column.type == "string":
                    found.add((rule.head.predicate, number))
    return {
        name: tuple(
            Column(LINK, each.type) if (name, number) in found else each
            for number, each in enumerate(those)
        )
        for name, those in columns.items()
    }


def named_alike(
    program: Program, columns: Columns, predicates: Sequence[str]
) -> dict[str, tuple[Column, ...]]:
    """Return the columns of chain predicates that are not declared, named like what fills them.

    A column is named if all rules fill it from columns of chain predicates with one name.
    """
    known = {name: columns[name] for name in predicates}
    open_ones = [name for name in predicates if not any(each.name for each in columns[name])]
    for _ in open_ones:
        for name in open_ones:
            filled = [
                _filling(rule, known) for rule in program.rules if rule.head.predicate == name
            ]
            known[name] = tuple(
                Column(next(iter(names)), column.type)
                if len(names := {row[place] for row in filled}) == 1
                else column
                for place, column in enumerate(columns[name])
            )
    return known


def _filling(rule: Rule, known: Columns) -> list[str]:
    """Return for each column of the head the name of the column that its value comes from."""
    names = {
        term: column.name
        for atom in rule.premises
        for term, column in zip(atom.terms, known.get(atom.predicate, ()), strict=False)
        if is_variable(term)
    }
    return [names.get(term, "") for term in rule.head.terms]
