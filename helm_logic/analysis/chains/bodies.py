# SPDX-License-Identifier: Apache-2.0
"""Rule bodies as first-order formulas over the given relations, which may hold anything.

Invariants:
- a formula is true of *every* way in which the body can hold, never of fewer: what has no formula
  here (a count, a recursive predicate, a product of variables, the order of texts) becomes a
  symbol whose meaning is free, and `Bodies.free` names it;
- derived predicates that are not recursive are unfolded: `not p` says that no rule for p applies;
- a relation that is *functional* (`assumed.py`) is a function: no quantifier is needed for it;
- no two variables of one `Bodies` have the same name.

Texts are of the uninterpreted sort `Text`, symbols of `Symbol`: only equality is known of them, and
of patterns the laws that tests/kernel/test_pattern.py shows: what is covered, matches no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import attrs

from helm_logic.analysis.chains.rewrite import at_most, below, exists, times, total
from helm_logic.analysis.smt import (
    BOOL,
    INT,
    TRUE,
    Apply,
    ForAll,
    Formula,
    Number,
    Truth,
    Var,
    conj,
    disj,
    implies,
    neg,
    same,
    sort_of,
    subterms,
)
from helm_logic.kernel import pattern
from helm_logic.kernel.program import Program, Rule
from helm_logic.kernel.terms import (
    Atom,
    Compute,
    Count,
    Literal,
    Negative,
    Positive,
    Term,
    Test,
    is_variable,
)

TEXT, SYMBOL = "Text", "Symbol"
SORTS = {
    "string": TEXT, "principal": TEXT, "pattern": TEXT, "symbol": SYMBOL,
    "bool": BOOL, "int": INT, "time": INT,
}  # fmt: skip
# The relations between patterns and texts, as predicates of formulas.
MATCHES, SUBSUMES = "matches", "subsumes"

Environment = dict[Term, Formula]


@attrs.frozen
class Function:
    """A relation with at most one row for the columns *keys*, which determine all *values*."""

    relation: str
    keys: tuple[int, ...]
    values: tuple[int, ...]
    names: tuple[str, ...]

    def present(self, keys: Sequence[Formula]) -> Formula:
        """Return the formula that there is a row with these *keys*."""
        return Apply(self.relation, tuple(keys))

    def value(self, column: int, sort: str, keys: Sequence[Formula]) -> Formula:
        """Return what stands in *column* of the row with these *keys*."""
        name = self.names[column] or str(column)
        return Apply(f"{self.relation}.{name}", tuple(keys), sort)


def constant(term: Term) -> Formula:
    """Return the constant *term* of the kernel."""
    if type(term) is int:
        return Number(term)
    text = str(term)
    if text.startswith("b:"):
        return Truth(text == "b:true")
    return Apply(text, (), TEXT if text.startswith("s:") else SYMBOL)


def constant_text(term: Formula) -> str | None:
    """Return the tagged constant that *term* is, None if it is no text or symbol constant."""
    tagged = isinstance(term, Apply) and not term.terms and term.name[:2] in ("s:", "y:")
    return term.name if tagged and isinstance(term, Apply) else None


class Bodies:
    """Turns bodies of rules of *program* into formulas. One object for one formula.

    *functions* are the functional relations; *kept* are derived predicates that stay predicates of
    the formula, recursive ones are so in any case, with *title* before their names. Names of
    variables begin with *prefix*.
    """

    def __init__(
        self,
        program: Program,
        functions: Mapping[str, Function],
        kept: Iterable[str] = (),
        prefix: str = "",
        title: str = "",
    ) -> None:
        self.free: dict[str, None] = {}
        self.program, self._functions = program, functions
        self._kept = frozenset(kept) | recursive(program)
        self._rules: dict[str, list[Rule]] = {}
        for rule in program.rules:
            self._rules.setdefault(rule.head.predicate, []).append(rule)
        self._prefix, self._title, self._used = prefix, title, Counter[str]()

    def variable(self, hint: str, sort: str) -> Var:
        """Return a new variable."""
        name = self._prefix + hint.removeprefix("v:")
        self._used[name] += 1
        return Var(name if self._used[name] == 1 else f"{name}.{self._used[name]}", sort)

    def value(self, term: Term, environment: Environment) -> Formula:
        """Return the value of a term that is bound."""
        return environment[term] if is_variable(term) else constant(term)

    def body(
        self, literals: Iterable[Literal], environment: Environment, local: list[Var]
    ) -> list[Formula]:
        """Return the formulas that *literals* say, binding their variables in *environment*."""
        return [
            part
            for literal in literals
            for part in self._literal(literal, environment, local)
            if part != TRUE
        ]

    def holds(self, predicate: str, terms: Sequence[Formula]) -> Formula:
        """Return the formula that *predicate* holds of *terms*."""
        if predicate in self._functions:
            return conj(self._function(self._functions[predicate], terms))
        if self.program.by_name[predicate].given:
            return Apply(predicate, tuple(terms))
        if predicate in self._kept:
            self.free.setdefault(f"the recursive predicate `{predicate}`")
            return Apply(self._title + predicate, tuple(terms))
        return disj(self.unfolded(rule, terms) for rule in self._rules.get(predicate, ()))

    def unfolded(self, rule: Rule, terms: Sequence[Formula]) -> Formula:
        """Return the formula that *rule* concludes *terms*."""
        environment: Environment = {}
        parts, local = [], list[Var]()
        for term, value in zip(rule.head.terms, terms, strict=True):
            if is_variable(term) and term not in environment:
                environment[term] = value
            else:
                parts.append(same(self.value(term, environment), value))
        return exists(local, (*parts, *self.body(rule.body, environment, local)))

    def _literal(
        self, literal: Literal, environment: Environment, local: list[Var]
    ) -> Sequence[Formula]:
        match literal:
            case Positive(atom):
                return self._atom(atom, environment, local)
            case Negative(atom):
                terms = [self.value(each, environment) for each in atom.terms]
                return (neg(self.holds(atom.predicate, terms)),)
            case Test(relation, left, right):
                one, other = self.value(left, environment), self.value(right, environment)
                return (self._test(relation, one, other),)
            case Compute(target, operator, left, right):
                one, other = self.value(left, environment), self.value(right, environment)
                environment[target] = self._computed(operator, one, other)
                return ()
            case Count():
                return (self._count(literal, environment),)

    def _atom(self, atom: Atom, environment: Environment, local: list[Var]) -> Sequence[Formula]:
        columns = self.program.by_name[atom.predicate].columns
        function = self._functions.get(atom.predicate)
        for place in range(len(columns)) if function is None else function.keys:
            term = atom.terms[place]
            if is_variable(term) and term not in environment:
                new = self.variable(str(term), SORTS[columns[place]])
                environment[term] = new
                local.append(new)
        if function is not None:
            keys = [self.value(atom.terms[place], environment) for place in function.keys]
            for place in function.values:
                value = function.value(place, SORTS[columns[place]], keys)
                environment.setdefault(atom.terms[place], value)
        return (self.holds(atom.predicate, [self.value(t, environment) for t in atom.terms]),)

    def _function(self, function: Function, terms: Sequence[Formula]) -> Iterable[Formula]:
        """Yield what says that the row *terms* is there."""
        keys = [terms[place] for place in function.keys]
        yield function.present(keys)
        for place in function.values:
            yield same(terms[place], function.value(place, sort_of(terms[place]), keys))

    def _test(self, relation: str, left: Formula, right: Formula) -> Formula:
        if relation in (MATCHES, SUBSUMES):
            return self._pattern(relation, left, right)
        if relation in ("=", "!="):
            return same(left, right) if relation == "=" else neg(same(left, right))
        if relation in (">", ">="):
            left, right = right, left
        strict = relation in ("<", ">")
        if sort_of(left) == INT:
            return below(left, right) if strict else at_most(left, right)
        self.free.setdefault("the order of texts")
        before = Apply("before", (left, right))
        return before if strict else disj((before, same(left, right)))

    def _pattern(self, relation: str, left: Formula, right: Formula) -> Formula:
        one, other = constant_text(left), constant_text(right)
        if one is not None and other is not None:
            decide = pattern.matches if relation == MATCHES else pattern.subsumes
            return Truth(decide(one, other))
        return Apply(relation, (left, right))

    def _computed(self, operator: str, left: Formula, right: Formula) -> Formula:
        if operator == "+":
            return total((left, right))
        if operator == "-":
            return total((left, times(-1, right)))
        for factor, term in ((left, right), (right, left)):
            if isinstance(factor, Number):
                return times(factor.value, term)
        self.free.setdefault("the product of two variables")
        return Apply("product", (left, right), INT)

    def _count(self, literal: Count, environment: Environment) -> Formula:
        """Return a symbol for the count: of what is bound outside of it, and of nothing else."""
        self.free.setdefault("`count`")
        outer = [term for term in literal.atom.terms if term in environment]
        terms = [environment[term] for term in (*outer, literal.bound) if term in environment]
        parts = (*literal.counted, *literal.atom.terms, literal.relation, literal.bound)
        shape = " ".join(map(str, parts))
        return Apply(f"count {literal.atom.predicate} {shape}", tuple(terms))


def recursive(program: Program) -> frozenset[str]:
    """Return the derived predicates of *program* that depend on themselves."""
    found = {name for names in program.strata if len(names) > 1 for name in names}
    for rule in program.rules:
        if any(atom.predicate == rule.head.predicate for atom in rule.premises):
            found.add(rule.head.predicate)
    return frozenset(found)


def constants_of(formulas: Iterable[Formula]) -> tuple[Apply, ...]:
    """Return the text and symbol constants in *formulas*, in order."""
    found = {
        each.name: each
        for each in subterms(formulas)
        if isinstance(each, Apply) and constant_text(each) is not None
    }
    return tuple(found[name] for name in sorted(found))


def laws(formulas: Iterable[Formula]) -> tuple[Formula, ...]:
    """Return what holds of the constants and pattern relations that *formulas* name.

    Constants that are spelt differently differ, and a text that matches a pattern matches every
    pattern that covers it (tests/kernel/test_pattern.py).
    """
    asked = tuple(formulas)
    known = constants_of(asked)
    found = [
        neg(same(one, other))
        for one, other in combinations(known, 2)
        if sort_of(one) == sort_of(other)
    ]
    names = {each.name for each in subterms(asked) if isinstance(each, Apply)}
    if SUBSUMES in names:
        wide, narrow, text = (Var(name, TEXT) for name in ("Wide", "Narrow", "Covered"))
        covers = Apply(SUBSUMES, (wide, narrow))
        matched = implies(Apply(MATCHES, (narrow, text)), Apply(MATCHES, (wide, text)))
        found.append(ForAll((wide, narrow, text), implies(covers, matched)))
    return tuple(found)
