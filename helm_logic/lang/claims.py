# SPDX-License-Identifier: Apache-2.0
"""The conditions of claims and assumptions: out of their short form, and checked like any body.

In them the bare name of an attribute (an input that has one value, or a part of every request)
stands for its value wherever no symbol can stand, and on the left of `=` and `!=`: `env = "prod"`
is `env("prod")`, and `amount >= 10` is `amount(Amount), Amount >= 10`. What comes out is a rule
whose head has no columns and a name with a `/`, so no rule of the text can ask for it. Claims are
checked after the rules and against their types: nothing here changes what the rules mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from helm_logic.lang import tree, walk
from helm_logic.lang.annotate import NamedClaim
from helm_logic.lang.diagnostics import Findings, did_you_mean
from helm_logic.lang.ruleset import Claim
from helm_logic.lang.table import INPUT, RELATION, Table

PARTS = ("action", "subject", "resource", "resource_type", "now")


@attrs.frozen
class Condition:
    """A claim or assumption with its condition as a rule, in which nothing is short.

    *places* gives, for each literal of *clause*, the number of the written literal it comes from.
    """

    named: NamedClaim
    clause: tree.Clause
    places: tuple[int, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the claim is about every request."""
        return not self.clause.body

    def claim(self) -> Claim | None:
        """Return what is claimed, None for an assumption."""
        said, named = self.named.statement, self.named
        if isinstance(said, tree.Assumption):
            return None
        return Claim(
            id=named.id,
            kind=said.kind,
            verdict=said.verdict,
            about=said.about,
            condition="" if self.is_empty else named.id,
            reason=named.said.reason,
            span=said.span,
            text=named.annotations.text,
        )


class Conditions:
    """Makes conditions from claims over the predicates of a table.

    *known* and *lenient* as in `uses.Uses`.
    """

    def __init__(
        self, table: Table, findings: Findings, known: frozenset[str], *, lenient: bool
    ) -> None:
        self._table, self._findings, self._known, self._lenient = table, findings, known, lenient
        single = [name for name, each in table.inputs.items() if not each.is_set]
        self._attributes = frozenset((*filter(self._is_part, PARTS), *single))

    def _is_part(self, name: str) -> bool:
        entry = self._table.entries.get(name)
        return entry is not None and entry.kind == RELATION and entry.arity == 1

    def make(self, claims: Sequence[NamedClaim]) -> list[Condition]:
        """Return the conditions of *claims*; report HL025, and leave out those it is about."""
        return [found for each in claims if (found := self._condition(each)) is not None]

    def _condition(self, named: NamedClaim) -> Condition | None:
        said, head = named.statement, tree.Atom(named.predicate, span=named.statement.span)
        sound = self._is_about_something(said)
        sugar = _Sugar(self._attributes, said.body)
        found = list(sugar.body([each.literal for each in said.body]))
        for each in sugar.unknown:
            self._refuse(each)
        if sugar.unknown or not sound:
            return None
        body = tuple(tree.BodyLine(literal) for _, literal in found)
        clause = tree.Clause(head, body, span=said.span)
        return Condition(named, clause, tuple(place for place, _ in found))

    def _is_about_something(self, said: tree.Claim | tree.Assumption) -> bool:
        if isinstance(said, tree.Assumption) or said.kind != "independent":
            return True
        known = self._attributes | self._table.inputs.keys()
        if said.about in known or self._lenient or said.about in self._known:
            return said.about in known
        self._findings.add(
            "HL025",
            f"a verdict cannot be claimed to be independent of `{said.about}`",
            said.about_span,
            expected="an input, or " + ", ".join(PARTS),
            fix=did_you_mean(said.about, known),
        )
        return False

    def _refuse(self, name: tree.Constant) -> None:
        entry = self._table.entries.get(name.spelling)
        message, expected = f"`{name.spelling}` is no attribute of a request", ""
        if entry is not None:
            dots = ", ".join("..." for _ in range(entry.arity))
            fix = f"ask for it as `{name.spelling}({dots})`" if dots else f"write `{name.spelling}`"
            if entry.kind == INPUT:
                message = f"`{name.spelling}` is an input of several values"
        elif self._lenient or name.spelling in self._known:
            return
        else:
            fix = did_you_mean(name.spelling, self._attributes)
            expected = "an input that has one value, or " + ", ".join(PARTS)
        self._findings.add("HL025", message, name.span, expected=expected, fix=fix)


class _Sugar:
    """Takes bodies out of their short form; *unknown* are the names that are no attributes."""

    def __init__(self, attributes: frozenset[str], written: Sequence[tree.BodyLine]) -> None:
        self._attributes = attributes
        rule = tree.Clause(tree.Atom(""), tuple(written))
        self._taken = {each.name for each in walk.all_variables(rule)}
        self._given: list[tree.Atom] = []  # what gives a name of the body at hand its value
        self.unknown: list[tree.Constant] = []

    def body(self, written: Sequence[tree.Literal]) -> Iterator[tuple[int, tree.Literal]]:
        """Yield the literals that *written* stands for, each after the number of its origin."""
        outer, self._given = self._given, []
        for place, literal in enumerate(written):
            before = len(self._given)
            taken_out = self._literal(literal)
            for atom in self._given[before:]:
                yield place, atom
            yield place, taken_out
        self._given = outer

    def _literal(self, literal: tree.Literal) -> tree.Literal:
        match literal:
            case tree.Comparison("=", tree.Constant("symbol") as name, tree.Constant() as constant):
                self._require_attribute(name)
                return tree.Atom(name.spelling, (constant,), span=literal.span)
            case tree.Comparison(relation, left, right):
                keep = relation in ("=", "!=") and _may_be_symbol(left)
                left, right = self._value(left), right if keep else self._value(right)
                return tree.Comparison(relation, left, right, span=literal.span)
            case tree.PatternTest(name, left, right):
                first, second = self._simple(left), self._simple(right)
                return tree.PatternTest(name, first, second, span=literal.span)
            case tree.Count():
                inner = tuple(each for _, each in self.body(literal.body))
                return attrs.evolve(literal, body=inner, bound=self._value(literal.bound))
            case _:
                return literal

    def _value(self, expression: tree.Expression) -> tree.Expression:
        if not isinstance(expression, tree.Operation):
            return self._simple(expression)
        left, right = self._value(expression.left), self._value(expression.right)
        return attrs.evolve(expression, left=left, right=right)

    def _simple(self, term: tree.SimpleTerm) -> tree.SimpleTerm:
        """Return *term*, or the variable that has the value of the attribute it names."""
        if isinstance(term, tree.Variable) or term.kind != "symbol":
            return term
        self._require_attribute(term)
        name = term.spelling[0].upper() + term.spelling[1:]
        while name in self._taken:
            name += "_"
        variable = tree.Variable(name, span=term.span)
        if term.spelling not in [each.predicate for each in self._given]:
            self._given.append(tree.Atom(term.spelling, (variable,), span=term.span))
        return variable

    def _require_attribute(self, name: tree.Constant) -> None:
        if name.spelling not in self._attributes:
            self.unknown.append(name)


def _may_be_symbol(left: tree.Expression) -> bool:
    """Say whether a symbol may equal *left*: a variable or an attribute."""
    return isinstance(left, tree.Variable) or (
        isinstance(left, tree.Constant) and left.kind == "symbol"
    )
