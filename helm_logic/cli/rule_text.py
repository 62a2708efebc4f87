# SPDX-License-Identifier: Apache-2.0
"""Facts, conditions and rules of a program in the notation of the rule language.

For readers of a receipt, who may have no rule files: a program that was lowered prints as rules
that mean the same, not as the text that somebody wrote.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from helm_logic.cli.moments import moment_text
from helm_logic.kernel.program import Program, Rule
from helm_logic.kernel.terms import (
    Atom,
    Compute,
    Count,
    Literal,
    Negative,
    Positive,
    Row,
    Term,
    Test,
    is_variable,
)


def term_text(term: Term) -> str:
    """Return *term* as the rule language writes it."""
    if type(term) is int:
        return str(term)
    tag, text = str(term)[:2], str(term)[2:]
    return json.dumps(text, ensure_ascii=False) if tag == "s:" else text


def fact_text(program: Program, predicate: str, row: Row) -> str:
    """Return the fact `predicate(row)`; in columns of type time, times instead of seconds."""
    declared = program.by_name.get(predicate)
    columns = declared.columns if declared is not None else ("",) * len(row)
    if len(columns) != len(row):
        columns = ("",) * len(row)
    cells = [_cell(term, column) for term, column in zip(row, columns, strict=True)]
    return f"{predicate}({', '.join(cells)})" if cells else predicate


def rule_text(rule: Rule) -> str:
    """Return *rule* on one line."""
    head = _atom_text(rule.head, term_text)
    body = ", ".join(literal_text(literal, term_text) for literal in rule.body)
    return f"{head} :- {body}." if body else f"{head}."


def condition_text(literal: Literal, values: Mapping[Term, Term]) -> str:
    """Return *literal* with its variables replaced by their *values*, where they have one."""
    return literal_text(literal, lambda term: term_text(values.get(term, term)))


def literal_text(literal: Literal, show: Callable[[Term], str]) -> str:
    """Return *literal*, each term as *show* prints it."""
    match literal:
        case Positive(atom):
            return _atom_text(atom, show)
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
    if column == "time" and type(term) is int and not is_variable(term):
        return moment_text(term)
    return term_text(term)
