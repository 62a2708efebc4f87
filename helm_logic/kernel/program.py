# SPDX-License-Identifier: Apache-2.0
"""Predicates, rules and programs that are safe and stratified by construction.

Invariants, checked when the object is built (Ullman 1988, sections 3.2 and 3.6):
- a body is in evaluation order: what a literal reads is bound by literals before it, and so is the
  head; no variable stands twice in one positive or counted atom (lowering writes `p(X, Y), X = Y`);
- facts are given only for `given` predicates, and rules conclude only about the others;
- `strata` lists every derived predicate once; a rule reads its own stratum and lower ones
  positively, but only lower ones through `not` and `count`.

So every `Program` has exactly one perfect model. `lang` orders bodies and finds strata.
"""

from __future__ import annotations

from functools import cached_property

import attrs

from helm_logic.errors import ProgramError
from helm_logic.kernel.terms import (
    COLUMN_TAGS,
    Atom,
    Compute,
    Count,
    Literal,
    Negative,
    Positive,
    Row,
    Test,
    is_variable,
    one_of,
)


@attrs.frozen
class Predicate:
    """A relation: its name, its column types, and whether its facts are given or derived."""

    name: str
    columns: tuple[str, ...] = attrs.field(
        validator=attrs.validators.deep_iterable(one_of(COLUMN_TAGS))
    )
    given: bool


@attrs.frozen(slots=False)
class Rule:
    """`head :- body`, with a name that is unique in its program."""

    id: str
    head: Atom
    body: tuple[Literal, ...]

    def __attrs_post_init__(self) -> None:
        bound: set[int | str] = set()
        for literal in self.body:
            reads, binds, ranges = roles(literal)
            if loose := [term for term in reads if is_variable(term) and term not in bound]:
                raise ProgramError(f"rule `{self.id}` is unsafe: {loose} read before it is bound")
            free = [term for term in ranges if is_variable(term)]
            if len(set(free)) != len(free):
                raise ProgramError(f"rule `{self.id}` repeats a variable inside one atom")
            if isinstance(literal, Count) and not set(literal.counted) <= set(free) - bound:
                raise ProgramError(f"rule `{self.id}` counts what its count does not range over")
            if isinstance(literal, Compute) and (not is_variable(binds[0]) or binds[0] in bound):
                raise ProgramError(f"rule `{self.id}` computes a term that has a value already")
            bound.update(binds)
        if loose := [term for term in self.head.terms if is_variable(term) and term not in bound]:
            raise ProgramError(f"rule `{self.id}` is unsafe: {loose} of the head is not bound")

    @cached_property
    def variables(self) -> Row:
        """The bound variables in the order in which the body binds them: a substitution's order."""
        binds = (term for literal in self.body for term in roles(literal)[1])
        return tuple(dict.fromkeys(filter(is_variable, binds)))

    @cached_property
    def premises(self) -> tuple[Atom, ...]:
        """The positive atoms of the body in order: one premise of a step each."""
        return tuple(literal.atom for literal in self.body if isinstance(literal, Positive))


def roles(literal: Literal) -> tuple[Row, Row, Row]:
    """Return the terms that *literal* reads, those it binds, and those that may not repeat."""
    match literal:
        case Positive(atom):
            return (), atom.terms, atom.terms
        case Negative(atom):
            return atom.terms, (), ()
        case Test(_, left, right):
            return (left, right), (), ()
        case Compute(target, _, left, right):
            return (left, right), (target,), ()
        case Count(_, atom, _, bound):  # pragma: no branch  # the last of the union
            return (bound,), (), atom.terms


@attrs.frozen(slots=False)
class Program:
    """Declarations, rules in order, and the strata of the derived predicates, lowest first."""

    predicates: tuple[Predicate, ...]
    rules: tuple[Rule, ...]
    strata: tuple[tuple[str, ...], ...]

    def __attrs_post_init__(self) -> None:
        if len(self.by_name) != len(self.predicates):
            raise ProgramError("a predicate is declared twice")
        listed = sorted(name for names in self.strata for name in names)
        if listed != sorted(predicate.name for predicate in self.predicates if not predicate.given):
            raise ProgramError("the strata do not list every derived predicate exactly once")
        if len({rule.id for rule in self.rules}) != len(self.rules):
            raise ProgramError("two rules have one id")
        for rule in self.rules:
            self._require_placed(rule)

    @cached_property
    def by_name(self) -> dict[str, Predicate]:
        """The predicates by name."""
        return {predicate.name: predicate for predicate in self.predicates}

    @cached_property
    def stratum(self) -> dict[str, int]:
        """The stratum of every predicate: -1 for given ones, then 0, 1, ... upwards."""
        strata = {name: number for number, names in enumerate(self.strata) for name in names}
        return {name: strata.get(name, -1) for name in self.by_name}

    def _require_placed(self, rule: Rule) -> None:
        head, own = rule.head.predicate, self.stratum.get(rule.head.predicate, -1)
        if own == -1:
            raise ProgramError(f"rule `{rule.id}` concludes about `{head}`, which is not derived")
        lower = [x.atom for x in rule.body if isinstance(x, (Negative, Count))]
        atoms = [(rule.head, own), *((atom, own) for atom in rule.premises)]
        for atom, highest in (*atoms, *((atom, own - 1) for atom in lower)):
            where = f"rule `{rule.id}`: `{atom.predicate}`"
            if (predicate := self.by_name.get(atom.predicate)) is None:
                raise ProgramError(f"{where} is not declared")
            if len(predicate.columns) != len(atom.terms):
                got = f"{len(atom.terms)} terms for {len(predicate.columns)} columns"
                raise ProgramError(f"{where} has {got}")
            if self.stratum[atom.predicate] > highest:
                raise ProgramError(
                    f"{where} is of stratum {self.stratum[atom.predicate]}, want at most {highest}"
                )
