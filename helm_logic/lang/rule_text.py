# SPDX-License-Identifier: Apache-2.0
"""A kernel rule as text, for rules that nobody wrote and for readers of derivations.

The text of a rule that was written is what the formatter prints (`printer.py`); this one shows a
program's rule after lowering: its body in evaluation order, times as seconds, names of auxiliary
predicates with their `/`.
"""

from __future__ import annotations

from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import Atom, Compute, Count, Literal, Negative, Positive, Term, Test
from helm_logic.lang.printer import quote


def rule_text(rule: Rule) -> str:
    """Return *rule* on one line."""
    body = ", ".join(map(_literal, rule.body))
    return f"{atom_text(rule.head)} :- {body}." if body else f"{atom_text(rule.head)}."


def atom_text(atom: Atom) -> str:
    """Return *atom* as a rule would have it: `p("x", 1)`."""
    terms = ", ".join(map(term_text, atom.terms))
    return f"{atom.predicate}({terms})" if terms else atom.predicate


def term_text(term: Term) -> str:
    """Return a constant or variable of the kernel as it is written in a rule."""
    if isinstance(term, int):
        return str(term)
    tag, _, text = term.partition(":")
    return quote(text) if tag == "s" else text


def _literal(literal: Literal) -> str:
    match literal:
        case Positive(atom):
            return atom_text(atom)
        case Negative(atom):
            return f"not {atom_text(atom)}"
        case Test(relation, left, right):
            left_text, right_text = term_text(left), term_text(right)
            if relation in ("matches", "subsumes"):
                return f"{relation}({left_text}, {right_text})"
            return f"{left_text} {relation} {right_text}"
        case Compute(target, operator, left, right):
            return f"{term_text(target)} = {term_text(left)} {operator} {term_text(right)}"
        case Count(counted, atom, relation, bound):
            names = ", ".join(map(term_text, counted))
            return f"count{{{names} : {atom_text(atom)}}} {relation} {term_text(bound)}"
