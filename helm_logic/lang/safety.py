# SPDX-License-Identifier: Apache-2.0
"""Which variables of a rule have values; HL003 for the others (Ullman 1988, section 3.2).

A positive atom gives values to its variables; `X = expression` gives one to X if nothing else does
and every variable of the expression has one. A count gives none to the rule around it: what its
braces share with the rule has its value from outside, what is counted from inside only (HL019).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

from helm_logic.lang import tree, walk
from helm_logic.lang.diagnostics import Findings, did_you_mean


@attrs.frozen
class Bindings:
    """The variables of a body that have values, and those that its equations define, by place."""

    bound: frozenset[str]
    defined: Mapping[int, str]


def bindings(body: Sequence[tree.Literal], given: Iterable[str] = ()) -> Bindings:
    """Return the bindings of *body*, before which the variables *given* have values."""
    bound = set(given)
    equations: dict[int, tree.Comparison] = {}
    for place, literal in enumerate(body):
        if isinstance(literal, tree.Atom):
            bound.update([each.name for each in walk.variables(literal.terms)])
        elif isinstance(literal, tree.Comparison) and literal.relation == "=":
            equations[place] = literal
    defined: dict[int, str] = {}
    found = bool(equations)
    while found:
        found = False
        for place, equation in equations.items():
            if place not in defined and (name := _definable(equation, bound)) is not None:
                defined[place] = name
                bound.add(name)
                found = True
    return Bindings(frozenset(bound), defined)


def _definable(equation: tree.Comparison, bound: set[str]) -> str | None:
    for side, other in ((equation.left, equation.right), (equation.right, equation.left)):
        if isinstance(side, tree.Variable) and not side.is_anonymous and side.name not in bound:
            needed = list(walk.leaves(other))
            if all(not isinstance(e, tree.Variable) or e.name in bound for e in needed):
                return side.name
    return None


def is_safe(clause: tree.Clause, findings: Findings) -> bool:
    """Say whether every variable of *clause* that needs a value has one; report the others."""
    return _Check(clause, findings).run()


class _Check:
    def __init__(self, clause: tree.Clause, findings: Findings) -> None:
        self._clause, self._findings = clause, findings
        self._body = walk.literals(clause)
        self._reported: set[str] = set()
        self._safe = True

    def run(self) -> bool:
        bound = bindings(self._body).bound
        self._require(self._clause.head.terms, bound, "the head")
        for literal in self._body:
            self._literal(literal, bound)
            if isinstance(literal, tree.Count):
                self._count(literal, bound, walk.outer_names(self._clause))
        return self._safe

    def _literal(self, literal: tree.Literal, bound: frozenset[str]) -> None:
        match literal:
            case tree.Not(atom):
                self._require(walk.variables(atom.terms), bound, "a negated atom")
            case tree.Comparison():
                self._require(walk.terms(literal), bound, "a comparison")
            case tree.PatternTest(name):
                self._require(walk.terms(literal), bound, f"`{name}`")
            case tree.Count():
                self._require(walk.terms(literal), bound, "the size of a count")
            case tree.Atom():
                pass

    def _count(self, count: tree.Count, bound: frozenset[str], outer: frozenset[str]) -> None:
        names = [each.name for each in count.counted]
        for number, each in enumerate(count.counted):
            if each.is_anonymous or each.name in outer or each.name in names[:number]:
                self._miscounted(each, is_outside=each.name in outer)
        shared = [e for e in walk.inner_variables(count) if e.name in outer - {*names}]
        self._require(shared, bound, "a count and outside it")
        given = bound & {each.name for each in shared}
        inner = bindings(count.body, given).bound
        self._require([e for e in count.counted if e.name not in outer], inner, "a count")
        for literal in count.body:
            self._literal(literal, inner)

    def _miscounted(self, variable: tree.Variable, *, is_outside: bool) -> None:
        self._safe = False
        if variable.name in self._reported:
            return
        self._reported.add(variable.name)
        message, fix = f"`{variable.name}` is counted twice", "remove one of the two"
        if variable.is_anonymous:
            message, fix = "`_` is counted", "give it a name"
        elif is_outside:
            message = f"`{variable.name}` is counted, and stands outside the count too"
            fix = "give what is counted another name"
        self._findings.add("HL019", message, variable.span, fix=fix)

    def _require(self, found: Iterable[tree.SimpleTerm], bound: frozenset[str], where: str) -> None:
        for term in found:
            if not isinstance(term, tree.Variable) or term.name in bound | self._reported:
                continue
            self._safe = False
            message = f"`{term.name}` stands in {where}, but nothing gives it a value"
            expected, fix = "a variable with a value", ""
            if not term.is_anonymous:
                self._reported.add(term.name)
                expected = f"a positive atom in the body with `{term.name}` in it"
                fix = did_you_mean(term.name, bound)
                if not fix and where == "a negated atom":
                    fix = "write `_` if any value will do"
            self._findings.add("HL003", message, term.span, expected=expected, fix=fix)
