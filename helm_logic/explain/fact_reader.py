# SPDX-License-Identifier: Apache-2.0
"""A fact as a person types it: `covers("ops-deploy")`, `verdict(allow)` or just `ALLOW`.

Read by the parser of the rule language, so that it looks as in a rule. Variables and `_` stand for
anything, which only a question about what is absent may hold.
"""

from __future__ import annotations

from helm_logic.errors import NotExplained
from helm_logic.explain.goals import verdict_fact
from helm_logic.explain.model_view import Fact
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Term, is_constant_of, is_variable
from helm_logic.lang import Source, parse, render, tree
from helm_logic.receipts.verdict import Verdict


def read_fact(program: Program, text: str) -> Fact:
    """Return the fact that *text* means in *program*; raise NotExplained if it means none."""
    if text.strip().upper() in Verdict.__members__:
        return verdict_fact(Verdict[text.strip().upper()])
    found, diagnostics = parse(Source("FACT", f"{text.strip().removesuffix('.')}."))
    (clause, *more) = found.statements or (None,)
    if diagnostics or more or not isinstance(clause, tree.Clause) or clause.body:
        why = f": {render(diagnostics[0])}" if diagnostics else ""
        raise NotExplained(f'`{text}` is no fact; want one such as `covers("ops-deploy")`{why}')
    predicate = program.by_name.get(clause.head.predicate)
    if predicate is None:
        raise NotExplained(f"the rules know no predicate `{clause.head.predicate}`")
    row = tuple(_term(term, place) for place, term in enumerate(clause.head.terms))
    if len(row) != len(predicate.columns):
        want = len(predicate.columns)
        raise NotExplained(f"`{text}`: `{predicate.name}` has {want} columns, got {len(row)}")
    for term, column in zip(row, predicate.columns, strict=True):
        if not is_variable(term) and not is_constant_of(term, column):
            raise NotExplained(f"`{text}`: got {term!r} for a column of type {column}")
    return predicate.name, row


def _term(term: object, place: int) -> Term:
    if isinstance(term, tree.Constant):
        return term.value
    if isinstance(term, tree.Variable):
        return f"v:_{place}" if term.is_anonymous else f"v:{term.name}"
    raise NotExplained("want constants and variables in a fact")
