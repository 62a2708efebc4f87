# SPDX-License-Identifier: Apache-2.0
"""Rule bodies over small tables whose rows the solver chooses: what facts would make them hold.

Every given relation has a few rows; each may be there or not, and each of its cells is a variable
over a few texts, or an integer. A body over such tables is a formula without quantifiers, in which
the rows that a literal could match are alternatives. So a model of the formula is a set of facts.
Recursive predicates are unfolded a few times only and counts are left open: whether the facts do
what they should is decided by the engine, not here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import count

import attrs

from helm_logic.analysis.chains.bodies import MATCHES, SUBSUMES, recursive
from helm_logic.analysis.chains.rewrite import at_most, below, times, total
from helm_logic.analysis.cover import TooManyCases
from helm_logic.analysis.smt import (
    BOOL,
    FALSE,
    INT,
    TRUE,
    Formula,
    Number,
    Truth,
    Var,
    conj,
    disj,
    neg,
    same,
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

_MOST_UNFOLDING = 3
_MOST_ALTERNATIVES = 20_000

Environment = Mapping[Term, Formula]


@attrs.frozen
class TableRow:
    """A row that is there if *present*."""

    present: Formula
    cells: tuple[Formula, ...]


@attrs.frozen(slots=False)
class Pool:
    """The texts that cells may hold, in order, each a number: its place; and those of each type."""

    texts: tuple[str, ...]
    by_type: Mapping[str, tuple[int, ...]]

    def code(self, tagged: str) -> Formula:
        """Return the number of a text or symbol; one that is not in the pool is no cell's."""
        return Number(self.texts.index(tagged) if tagged in self.texts else -1)

    def constant(self, term: Term) -> Formula:
        """Return a constant of the kernel as a number or a truth."""
        if type(term) is int:
            return Number(term)
        tagged = str(term)
        return Truth(tagged == "b:true") if tagged.startswith("b:") else self.code(tagged)

    def matching(self, relation: str, left: Formula, right: Formula) -> Formula:
        """Return the formula that two texts of the pool stand in a pattern *relation*."""
        return disj(
            conj((same(left, Number(wide)), disj(same(right, Number(n)) for n in covered)))
            for wide, covered in self._covered[relation]
        )

    @cached_property
    def _covered(self) -> dict[str, list[tuple[int, list[int]]]]:
        """The pairs of texts that stand in each pattern relation, by the first."""
        patterns, texts = self.by_type["pattern"], self.by_type["string"]
        decided = {MATCHES: (pattern.matches, texts), SUBSUMES: (pattern.subsumes, patterns)}
        return {
            relation: [
                (one, [n for n in others if decide(self.texts[one], self.texts[n])])
                for one in patterns
            ]
            for relation, (decide, others) in decided.items()
        }


class Tables:
    """Bodies of *program* over *rows* of given relations, whose texts are those of *pool*."""

    def __init__(
        self, program: Program, rows: Mapping[str, Sequence[TableRow]], pool: Pool, prefix: str = ""
    ) -> None:
        self._program, self._rows, self._pool = program, rows, pool
        self._rules: dict[str, list[Rule]] = {}
        for rule in program.rules:
            self._rules.setdefault(rule.head.predicate, []).append(rule)
        self._open = (Var(f"{prefix}open {number}", BOOL) for number in count())
        self._alternatives = 0
        self._unfolding: dict[str, int] = {}
        self._recursive = recursive(program)
        self._held: dict[tuple[str, tuple[Formula, ...]], Formula] = {}

    def solutions(
        self, body: Sequence[Literal], environment: Environment
    ) -> Iterator[tuple[Formula, Environment]]:
        """Yield a condition for each way in which *body* can hold, with the values it then has."""
        if not body:
            self._alternatives += 1
            if self._alternatives > _MOST_ALTERNATIVES:
                raise TooManyCases("too many ways to make a chain of facts")
            yield TRUE, environment
            return
        literal, rest = body[0], body[1:]
        for condition, known in self._literal(literal, environment):
            if condition != FALSE:
                for after, values in self.solutions(rest, known):
                    yield conj((condition, after)), values

    def holds(self, predicate: str, terms: Sequence[Formula]) -> Formula:
        """Return the formula that *predicate* holds of *terms*."""
        key = (predicate, tuple(terms))
        if key not in self._held or predicate in self._recursive:
            self._held[key] = self._holds(predicate, terms)
        return self._held[key]

    def _holds(self, predicate: str, terms: Sequence[Formula]) -> Formula:
        atom = Atom(predicate, tuple(f"v:{number}" for number in range(len(terms))))
        environment = dict(zip(atom.terms, terms, strict=True))
        return disj(condition for condition, _ in self._atom(atom, environment))

    def value(self, term: Term, environment: Environment) -> Formula:
        """Return the value of a bound term."""
        return environment[term] if is_variable(term) else self._pool.constant(term)

    def unify(
        self, terms: Sequence[Term], values: Sequence[Formula], environment: Environment
    ) -> tuple[Formula, Environment]:
        """Return the condition that *terms* have *values*, and the values of new variables."""
        known, parts = dict(environment), []
        for term, value in zip(terms, values, strict=True):
            if is_variable(term) and term not in known:
                known[term] = value
            else:
                parts.append(same(self.value(term, known), value))
                if parts[-1] == FALSE:
                    return FALSE, known
        return conj(parts), known

    def _literal(
        self, literal: Literal, environment: Environment
    ) -> Iterator[tuple[Formula, Environment]]:
        match literal:
            case Positive(atom):
                yield from self._atom(atom, environment)
            case Negative(atom):
                terms = [self.value(each, environment) for each in atom.terms]
                yield neg(self.holds(atom.predicate, terms)), environment
            case Test(relation, left, right):
                one, other = self.value(left, environment), self.value(right, environment)
                yield self._test(relation, one, other), environment
            case Compute(target, operator, left, right):
                one, other = self.value(left, environment), self.value(right, environment)
                value = self._computed(operator, one, other)
                known = environment.get(target, value)
                yield same(known, value), {**environment, target: known}
            case Count():
                yield next(self._open), environment

    def _atom(self, atom: Atom, environment: Environment) -> Iterator[tuple[Formula, Environment]]:
        if self._program.by_name[atom.predicate].given:
            for row in self._rows.get(atom.predicate, ()):
                condition, known = self.unify(atom.terms, row.cells, environment)
                yield conj((row.present, condition)), known
            return
        opened = self._unfolding.get(atom.predicate, 0)
        if atom.predicate in self._recursive and opened >= _MOST_UNFOLDING:
            return
        self._unfolding[atom.predicate] = opened + 1
        found = [each for rule in self._rules.get(atom.predicate, ())
                 for each in self._unfolded(rule, atom, environment)]  # fmt: skip
        self._unfolding[atom.predicate] = opened
        yield from found

    def _unfolded(
        self, rule: Rule, atom: Atom, environment: Environment
    ) -> Iterator[tuple[Formula, Environment]]:
        bound = {n: self.value(t, environment) for n, t in enumerate(atom.terms)
                 if not is_variable(t) or t in environment}  # fmt: skip
        places = list(bound)
        heads = [rule.head.terms[place] for place in places]
        before, inner = self.unify(heads, [bound[place] for place in places], {})
        if before == FALSE:
            return
        for condition, values in self.solutions(rule.body, inner):
            out = [self.value(term, values) for term in rule.head.terms]
            also, known = self.unify(atom.terms, out, environment)
            whole = conj((before, condition, also))
            if whole != FALSE:
                yield whole, known

    def _test(  # noqa: PLR0911  one for each relation
        self, relation: str, left: Formula, right: Formula
    ) -> Formula:
        match relation:
            case _ if relation in (MATCHES, SUBSUMES):
                return self._pool.matching(relation, left, right)
            case "=":
                return same(left, right)
            case "!=":
                return neg(same(left, right))
            # The texts of the pool are in order, so their numbers are.
            case "<":
                return below(left, right)
            case "<=":
                return at_most(left, right)
            case ">":
                return below(right, left)
        return at_most(right, left)

    def _computed(self, operator: str, left: Formula, right: Formula) -> Formula:
        if operator == "+":
            return total((left, right))
        if operator == "-":
            return total((left, times(-1, right)))
        for factor, term in ((left, right), (right, left)):
            if isinstance(factor, Number):
                return times(factor.value, term)
        # A product of two variables: the engine will tell whether the number was right.
        return Var(f"{next(self._open).name}!", INT)
