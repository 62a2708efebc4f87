# SPDX-License-Identifier: Apache-2.0
"""Bodies as formulas mean what the engine makes of them: a twin that evaluates formulas plainly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from hypothesis import given, settings

from helm_logic.analysis import smt
from helm_logic.analysis.chains.bodies import (
    SORTS,
    TEXT,
    Bodies,
    Function,
    constant,
    constant_text,
    laws,
)
from helm_logic.analysis.chains.rewrite import negation_inward
from helm_logic.analysis.smt_text import text
from helm_logic.engine import Engine
from helm_logic.errors import EvaluationError
from helm_logic.kernel.pattern import matches, subsumes
from helm_logic.kernel.terms import Row, Term, is_constant_of
from helm_logic.lang import RuleSet, Source, load
from tests.strategies import GIVEN, facts_for, rule_texts

Rows = Mapping[str, Sequence[Row]]


class Model:
    """Evaluates formulas where relations have *rows* and variables range over their constants."""

    def __init__(self, rows: Rows, domain: Sequence[Term]) -> None:
        self._rows = {name: set(those) for name, those in rows.items()}
        self._domain = domain

    def holds(  # noqa: PLR0911  one for each kind of formula
        self, formula: smt.Formula, values: Mapping[smt.Var, Term]
    ) -> bool:
        """Say whether *formula* is true."""
        match formula:
            case smt.Truth(value):
                return value
            case smt.Not(part):
                return not self.holds(part, values)
            case smt.And(parts):
                return all(self.holds(each, values) for each in parts)
            case smt.Or(parts):
                return any(self.holds(each, values) for each in parts)
            case smt.Exists(variables, body):
                return any(self.holds(body, each) for each in self._choices(variables, values))
            case smt.ForAll(variables, body):
                return all(self.holds(body, each) for each in self._choices(variables, values))
            case smt.Le(left, right) | smt.Lt(left, right):
                one, other = self.number(left, values), self.number(right, values)
                return one <= other if isinstance(formula, smt.Le) else one < other
            case smt.Eq(left, right):
                return self.value(left, values) == self.value(right, values)
        return self._atom(formula, values)

    def _choices(
        self, variables: Sequence[smt.Var], values: Mapping[smt.Var, Term]
    ) -> Iterator[dict[smt.Var, Term]]:
        kinds = [[each for each in self._domain if _sort(each) == v.sort] for v in variables]
        for choice in product(*kinds):
            yield {**values, **dict(zip(variables, choice, strict=True))}

    def _atom(self, formula: smt.Formula, values: Mapping[smt.Var, Term]) -> bool:
        if isinstance(formula, smt.Var):
            return values[formula] == "b:true"
        assert isinstance(formula, smt.Apply)
        row = tuple(self.value(each, values) for each in formula.terms)
        if formula.name == "before":
            return str(row[0]) < str(row[1])
        if formula.name in ("matches", "subsumes"):
            return (matches if formula.name == "matches" else subsumes)(*row)
        return row in self._rows.get(formula.name, ())

    def number(self, term: smt.Formula, values: Mapping[smt.Var, Term]) -> int:
        """Return the value of an integer term."""
        match term:
            case smt.Sum(terms):
                return sum(self.number(each, values) for each in terms)
            case smt.Product(factor, part):
                return factor * self.number(part, values)
            case smt.Number(value):
                return value
        if isinstance(term, smt.Apply) and term.name == "product":
            one, other = (self.number(each, values) for each in term.terms)
            return one * other
        found = values[term]  # type: ignore[index]
        assert type(found) is int
        return found

    def value(self, term: smt.Formula, values: Mapping[smt.Var, Term]) -> Term:
        """Return the constant that a term is."""
        tagged = constant_text(term)
        if tagged is not None:
            return tagged
        if isinstance(term, smt.Truth):
            return "b:true" if term.value else "b:false"
        if isinstance(term, smt.Var):
            return values[term]
        if smt.sort_of(term) == smt.INT:
            return self.number(term, values)
        return "b:true" if self.holds(term, values) else "b:false"


def _sort(term: Term) -> str:
    kinds = ("int", "string", "symbol", "bool")
    return next(SORTS[each] for each in kinds if is_constant_of(term, each))


@settings(max_examples=40)
@given(rule_texts(), facts_for(GIVEN))
def test_a_formula_holds_of_what_the_engine_derives(
    text_: str, facts: dict[str, list[Row]]
) -> None:
    """For any program and facts: each derived predicate, unfolded, holds of exactly its rows."""
    rule_set = load(Source("main.dl", text_), lambda _: None)
    try:
        evaluation = Engine(rule_set.program).evaluate(facts)
    except EvaluationError:
        return
    rows = {each.name: evaluation.rows(each.name) for each in rule_set.program.predicates}
    model = Model(rows, _domain(rule_set, rows))
    for predicate in rule_set.program.predicates:
        bodies = Bodies(rule_set.program, {})
        if predicate.given or "/" in predicate.name:
            continue
        for row in _candidates(predicate.columns, rows[predicate.name], model):
            formula = bodies.holds(predicate.name, [constant(each) for each in row])
            if "`count`" in bodies.free:
                break
            holds = row in rows[predicate.name]
            assert model.holds(formula, {}) is holds, text(formula)
            assert model.holds(negation_inward(smt.neg(formula)), {}) is not holds


def _domain(rule_set: RuleSet, rows: Rows) -> list[Term]:
    found: dict[Term, None] = dict.fromkeys(("b:true", "b:false"))
    for those in rows.values():
        for row in those:
            found.update(dict.fromkeys(row))
    for rule in rule_set.program.rules:
        for atom in (rule.head, *rule.premises):
            found.update(dict.fromkeys(t for t in atom.terms if str(t)[:2] != "v:"))
    return list(found)


def _candidates(columns: Sequence[str], derived: Sequence[Row], model: Model) -> list[Row]:
    """Return the derived rows and a few others."""
    kinds = [[t for t in model._domain if is_constant_of(t, each)][:3] for each in columns]
    return [*derived[:6], *list(product(*kinds))[:9]]


def test_a_functional_relation_needs_no_quantifier() -> None:
    """What a function gives is a term, so negation leaves nothing to range over."""
    source = """
#relation until(link: string, end: int).
late(L) :- until(L, N), until(K, M), K = "root", N > M.
"""
    program = load(Source("main.dl", source), lambda _: None).program
    functions = {"until": Function("until", (0,), (1,), ("link", "end"))}
    link = smt.Var("L", TEXT)
    formula = smt.neg(Bodies(program, functions).holds("late", (link,)))
    assert text(negation_inward(formula)) == (
        "(or (not (until L)) (not (until s%3a%root)) (<= (until.end L) (until.end s%3a%root)))"
    )


def test_laws_tell_constants_apart_and_what_patterns_do() -> None:
    """Different spellings are different; matching follows covering."""
    one, other, wide = (smt.Apply(f"s:{each}", (), TEXT) for each in ("a", "b", "**"))
    said = laws((smt.Apply("subsumes", (wide, one)), smt.Eq(one, other)))
    assert [isinstance(each, smt.ForAll) for each in said] == [False] * 3 + [True]
