# SPDX-License-Identifier: Apache-2.0
"""From rules to formulas: each rule's body in terms of the request and of free facts of the world.

Non-recursive predicates that depend on the request are unfolded (their completion is exact).
Literals over the world that share local variables become one `Fact`; so does what rests on
recursion, `authorized` first of all: the chain's rules are proved in `chains`, not unfolded here.
A fact may be true or false whatever else holds, which is more than can happen: what is proved under
it stays proved, and what is found is replayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from helm_logic.analysis.arithmetic import Unsupported, relation
from helm_logic.analysis.attribute import Attribute, attributes_of
from helm_logic.analysis.binding import Binder, Part, State
from helm_logic.analysis.counting import count_fact, counted_predicates
from helm_logic.analysis.dependency import Dependencies, recursive
from helm_logic.analysis.environment import (
    Env,
    fact,
    ground,
    groups,
    is_local,
    rename,
    resolve,
    unify,
)
from helm_logic.analysis.formula import (
    FALSE,
    TRUE,
    Fact,
    Formula,
    GroundLiteral,
    Literal,
    Ref,
    Test,
    Value,
    conj,
    disj,
    negate,
    tests_of,
)
from helm_logic.kernel import terms as kernel
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import Count, Negative, Positive
from helm_logic.lang import RuleSet

AUTHORIZED = "authorized"
_MOST_WAYS = 256


class Unfolder:
    """Unfolds the rules of a rule set; *stock* are the ids of rules that ship with helm_logic.

    *undefined* are predicates whose rules stand in files that this one does not know of.

    *counts* gives what each attribute that is a count stands for; *unsupported* tells, by rule,
    what could not be said exactly.
    """

    def __init__(
        self, rule_set: RuleSet, stock: frozenset[str], undefined: frozenset[str] = frozenset()
    ) -> None:
        program = rule_set.program
        self.attributes = attributes_of(rule_set)
        self.types = {name: each.type for name, each in self.attributes.items()}
        self.counts: dict[str, Fact] = {}
        self.unsupported: dict[str, tuple[str, ...]] = {}
        self._given = {each.name for each in program.predicates if each.given} | undefined
        self._rules: dict[str, list[Rule]] = {}
        for rule in program.rules:
            self._rules.setdefault(rule.head.predicate, []).append(rule)
        self._dependencies = Dependencies(program)
        self._recursive = recursive(program)
        self._stock = {
            name for name, rules in self._rules.items() if all(each.id in stock for each in rules)
        }
        self._touching = self.reaching(self.attributes)
        self._memo: dict[tuple[str, tuple[Value, ...]], Formula] = {}
        self._renamings = 0
        self._binder = Binder(self.attributes, self.types, self._holds_of_nothing, self._note)

    def reaching(self, names: Iterable[str]) -> frozenset[str]:
        """Return *names* and the predicates that depend on one of them."""
        return self._dependencies.reaching(names)

    # Rules.

    def guard(self, rule: Rule) -> Formula:
        """Return what *rule* asks."""
        return disj(conj(part.formula for part in body) for body in self.bodies(rule))

    def bodies(self, rule: Rule) -> list[tuple[Part, ...]]:
        """Return the ways to satisfy the body of *rule*, each as what its literals ask.

        Literals that share a local variable make one part. More than one way comes from rules that
        give values to local variables, and all parts then belong to several literals.
        """
        return self._ways(rule.id, rule.body, {})

    def _ways(
        self,
        rule_id: str,
        body: Sequence[kernel.Literal],
        env: Env,
        values: tuple[Value, ...] = (),
    ) -> list[tuple[Part, ...]]:
        """Return the ways to satisfy *body*; *values* are what its rule is asked to hold of.

        A body that is not understood is a fact of its own for each of these.
        """
        waiting = [State(rule_id, env, [], list(enumerate(body)))]
        done: list[tuple[Part, ...]] = []
        try:
            while waiting:
                state = waiting.pop(0)
                self._binder.bind(state)
                opened = self._take_open(state)
                if opened is None:
                    done.append((*state.parts, *self._finish(state, rule_id)))
                else:
                    waiting += self._inlined(state, *opened)
                _require_few(len(waiting) + len(done))
        except Unsupported as error:
            self._note(rule_id, str(error))
            numbers = tuple(range(len(body)))
            return [
                (Part(numbers, Literal(fact([GroundLiteral("atom", stand_in(rule_id), values)]))),)
            ]
        return done

    def _note(self, rule_id: str, construct: str) -> None:
        before = self.unsupported.get(rule_id, ())
        self.unsupported[rule_id] = tuple(dict.fromkeys((*before, construct)))

    # A body, once its variables have the values of attributes.

    def _take_open(self, state: State) -> tuple[int, kernel.Atom] | None:
        """Take from *state* an atom that must be unfolded to know what it says of the request."""
        for place, (number, literal) in enumerate(state.rest):
            if not isinstance(literal, Positive):
                continue
            atom = literal.atom
            is_open = any(is_local(resolve(term, state.env)) for term in atom.terms)
            if is_open and self._unfolds(atom.predicate):
                del state.rest[place]
                return number, atom
        return None

    def _unfolds(self, predicate: str) -> bool:
        return (
            predicate in self._touching
            and predicate in self._rules
            and predicate not in self._recursive
            and predicate not in self._stock
        )

    def _inlined(self, state: State, number: int, atom: kernel.Atom) -> Iterator[State]:
        for rule in self._rules[atom.predicate]:
            self._renamings += 1
            head, body = rename(rule, self._renamings)
            env = dict(state.env)
            conditions = unify(head, atom.terms, env, self.types)
            if conditions is not None:
                made = [Part((number,), each) for each in conditions]
                inner = [(number, literal) for literal in body]
                yield State(state.rule_id, env, [*state.parts, *made], [*state.rest, *inner])

    # Then the rest: what has no local variable by itself, what shares one as a fact of the world.

    def _finish(self, state: State, rule_id: str) -> Iterator[Part]:
        shared: list[tuple[int, GroundLiteral]] = []
        local = set(_locals(state))
        for number, literal in state.rest:
            formula = None
            if not isinstance(literal, Count) or local.isdisjoint(_inside(literal, state.env)):
                formula = self._closed_literal(literal, state.env, rule_id)
            if formula is None:
                shared.append((number, ground(literal, state.env)))
            else:
                yield Part((number,), formula)
        for group in groups(shared):
            numbers = tuple(sorted({number for number, _ in group}))
            yield Part(numbers, Literal(fact(each for _, each in group)))

    def _closed_literal(self, literal: kernel.Literal, env: Env, rule_id: str) -> Formula | None:
        """Return what *literal* asks, or None if it has a local variable."""
        match literal:
            case Positive(atom) | Negative(atom):
                values = tuple(resolve(term, env) for term in atom.terms)
                if any(map(is_local, values)):
                    return None
                formula = self.atom(atom.predicate, values)
                return formula if isinstance(literal, Positive) else negate(formula)
            case kernel.Test(name, left, right):
                one, other = resolve(left, env), resolve(right, env)
                if is_local(one) or is_local(other):
                    return None
                compared = relation(name, one, other, self.types)
                if compared is None:
                    what = "the order of texts" if name[0] in "<>" else f"`{name}` with such terms"
                    self._note(rule_id, what)
                    compared = Literal(fact([GroundLiteral(name, "", (one, other))]))
                return compared
            case Count():
                return self._counted(literal, env)
        return None  # a sum over local variables

    def _counted(self, literal: Count, env: Env) -> Formula | None:
        bound, key = resolve(literal.bound, env), count_fact(literal, env)
        if is_local(bound) or key is None:
            return None
        name = next((known for known, one in self.counts.items() if one == key), "")
        if not name:
            name = f"count/{len(self.counts) + 1}"
            counted = counted_predicates(literal.atom.predicate, self._rules)
            self.counts[name] = key
            self.attributes[name] = Attribute(name, "int", label=f"count{{{', '.join(counted)}}}")
            self.types[name] = "int"
        return relation(literal.relation, Ref(name), bound, self.types)

    # Atoms.

    def _holds_of_nothing(self, predicate: str) -> bool:
        return predicate not in self._given and predicate not in self._rules

    def atom(self, predicate: str, values: tuple[Value, ...]) -> Formula:
        """Return when `predicate(values)`, without local variables, holds."""
        if self._holds_of_nothing(predicate):
            return FALSE
        if predicate in self.attributes:
            return self._binder.equals(self._binder.named(predicate), values[0])
        known = self._memo.get((predicate, values))
        if known is None:
            known = self._memo[predicate, values] = self._atom(predicate, values)
        return known

    def _atom(self, predicate: str, values: tuple[Value, ...]) -> Formula:
        itself = Literal(fact([GroundLiteral("atom", predicate, values)]))
        if predicate in self._given or predicate in self._recursive:
            return itself
        rules = self._rules.get(predicate, ())
        if predicate == AUTHORIZED and rules:
            return itself
        ways: list[Formula] = []
        for rule in rules:
            self._renamings += 1
            head, body = rename(rule, self._renamings)
            env: Env = {}
            asked = tuple(f"v:?{place}" for place in range(len(values)))
            env.update(zip(asked, values, strict=True))
            conditions = unify(head, asked, env, self.types)
            if conditions is not None:
                found = self._ways(rule.id, body, env, values)
                inner = (conj(part.formula for part in way) for way in found)
                ways.append(conj((*conditions, disj(inner))))
        formula = disj(ways)
        return itself if self._stays_whole(predicate, formula) else formula

    def _stays_whole(self, predicate: str, formula: Formula) -> bool:
        """Say whether a stock atom is better kept as a fact: it unfolds to the world alone."""
        if predicate not in self._stock or formula is TRUE or formula is FALSE:
            return False
        found: dict[Test, None] = {}
        tests_of(formula, found)
        return all(isinstance(each, Fact) for each in found)


def stand_in(rule_id: str) -> str:
    """Return what the fact is called that stands for the body of a rule: as no predicate can be."""
    return f"body of {rule_id}"


def _locals(state: State) -> Iterator[Value]:
    """Yield the variables that literals of *state* give values to; counts are for each of these."""
    for _, literal in state.rest:
        match literal:
            case Positive(atom):
                yield from filter(is_local, (resolve(term, state.env) for term in atom.terms))
            case kernel.Compute(target, _, _, _):
                yield resolve(target, state.env)


def _inside(literal: Count, env: Env) -> list[Value]:
    return [resolve(term, env) for term in literal.atom.terms]


def _require_few(ways: int) -> None:
    if ways > _MOST_WAYS:
        raise Unsupported(f"more than {_MOST_WAYS} ways to satisfy a body")
