# SPDX-License-Identifier: Apache-2.0
"""Why a fact does not hold: for each rule that could give it, how far it got and what stopped it.

Of a rule, the instance that gets furthest through the body is told, with the first literal that
fails: a fact that is missing (with the nearest ones there are, and why the rules do not give it), a
`not` that is blocked (with the proof of what blocks it), a test or a count. What is asked about may
leave terms open (variables), and then nothing that fits it may hold.

No rule is named whose body holds: its head would hold too. Explanations of missing facts go as deep
as `DEPTH`, each fact once; what was told before is referred to by its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from helm_logic.errors import NotExplained
from helm_logic.explain.build import proof_dag
from helm_logic.explain.derivation import LinkState, ProofDag
from helm_logic.explain.ground_text import condition_text, fact_text
from helm_logic.explain.model_view import Binding, Fact, ModelView, ground, head_binding
from helm_logic.explain.subject import RuleSource, Subject
from helm_logic.explain.why import canonical
from helm_logic.kernel.program import Rule, roles
from helm_logic.kernel.terms import (
    Atom,
    Count,
    Literal,
    Negative,
    Positive,
    Row,
    is_variable,
)
from helm_logic.lang import atom_text, rule_text

DEPTH = 80  # facts; a chain of 64 links is told to its root
NEAREST = 3
MOST_BINDINGS = 20_000  # of one body, that are followed

ABSENT, BLOCKED, TEST, COUNT = "absent", "blocked", "test", "count"


@attrs.frozen
class Failure:
    """A literal that does not hold: *kind* is `absent`, `blocked`, `test` or `count`.

    *literal* has values in place of its variables; *place* is its number in the body of the
    program's rule, from 0. *nearest* are facts that almost fit an absent one, *links* the links
    that it or they are about. *because* tells why the rules do not give an absent fact; *proof* why
    what blocks a `not` holds, and *gaps* why what that proof needs to be absent is so.
    """

    kind: str
    literal: str
    place: int
    nearest: tuple[str, ...] = ()
    links: tuple[LinkState, ...] = ()
    because: Absence | None = None
    proof: ProofDag | None = None
    gaps: tuple[Absence, ...] = ()

    def to_value(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "because": None if self.because is None else self.because.to_value(),
            "gaps": [each.to_value() for each in self.gaps],
            "kind": self.kind,
            "links": [each.to_value() for each in self.links],
            "literal": self.literal,
            "nearest": list(self.nearest),
            "place": self.place,
            "proof": None if self.proof is None else self.proof.to_value(),
        }


@attrs.frozen
class Obstacle:
    """What stops the furthest instance of a rule, whose variables have *values*.

    *failing* has the first literal of the body, of *length*, that fails, and after it those that
    fail too with these values, as far as they can be asked.
    """

    rule: str
    source: RuleSource
    values: tuple[tuple[str, str], ...]
    length: int
    failing: tuple[Failure, ...]

    def to_value(self) -> dict[str, object]:
        """Return the JSON form."""
        span = self.source.span
        return {
            "failing": [each.to_value() for each in self.failing],
            "length": self.length,
            "rule": self.rule,
            "rule_text": self.source.text,
            "span": None if span is None else {"file": span[0], "line": span[1]},
            "values": dict(self.values),
            "words": self.source.words,
        }


@attrs.frozen
class Absence:
    """Why *fact* does not hold: an obstacle for each rule, the one that got furthest first.

    *given*: it is a fact of the request, the chain or the policy, and no rule gives it. *told*: why
    stands elsewhere in the same explanation, or deeper than is told.
    """

    fact: str
    obstacles: tuple[Obstacle, ...] = ()
    given: bool = False
    told: bool = False

    def to_value(self) -> dict[str, object]:
        """Return the JSON form."""
        return {
            "fact": self.fact,
            "given": self.given,
            "obstacles": [each.to_value() for each in self.obstacles],
            "told": self.told,
        }


def why_not(subject: Subject, goal: Fact, rule: str | None = None) -> Absence:
    """Return why *goal*, whose row may hold variables, does not hold; by *rule* alone if named.

    Raises NotExplained if it holds, or if there is no such predicate or rule.
    """
    program = subject.program
    if goal[0] not in program.by_name:
        raise NotExplained(f"the rules know no predicate `{goal[0]}`")
    if len(program.by_name[goal[0]].columns) != len(goal[1]):
        want = len(program.by_name[goal[0]].columns)
        raise NotExplained(f"`{goal[0]}` has {want} columns, got {len(goal[1])}")
    atom = Atom(*goal)
    if held := subject.view.matching(atom, {}):
        text = fact_text(program, goal[0], min(held))
        raise NotExplained(f"`{text}` holds; `--why` tells why")
    if rule is not None and rule not in {each.id for each in program.rules}:
        raise NotExplained(f"there is no rule `{rule}`")
    return _Teller(subject, rule).tell(goal, DEPTH)


class _Teller:
    """Tells absences, each once."""

    def __init__(self, subject: Subject, only: str | None = None) -> None:
        self._subject, self._view = subject, subject.view
        self._only = only
        self._told: set[Fact] = set()
        self._links = {link.id: link for link in subject.links}

    def tell(self, goal: Fact, depth: int) -> Absence:
        """Return why *goal* does not hold, at most *depth* facts deep."""
        text = self._text(goal)
        if self._view.is_given(goal[0]):
            return Absence(text, given=True)
        if goal in self._told or not depth:
            return Absence(text, told=True)
        self._told.add(goal)
        only, self._only = self._only, None
        found = []
        for number in self._view.rules_about(goal[0]):
            rule = self._subject.program.rules[number]
            start = head_binding(rule.head, goal[1])
            if start is not None and only in (None, rule.id):
                found.append(self._obstacle(rule, start, depth))
        found.sort(key=lambda each: each.failing[0].place - each.length, reverse=True)
        return Absence(text, tuple(found))

    def _obstacle(self, rule: Rule, start: Binding, depth: int) -> Obstacle:
        place, binding = self._furthest(rule, start)
        shown = sorted((str(name)[2:], _term(value)) for name, value in binding.items())
        failing = [place, *self._failing(rule, place, binding)]
        return Obstacle(
            rule.id,
            self._subject.rules.get(rule.id) or RuleSource(rule_text(rule)),
            tuple(shown),
            len(rule.body),
            tuple(self._failure(rule.body[each], each, binding, depth) for each in failing),
        )

    def _furthest(self, rule: Rule, start: Binding) -> tuple[int, Binding]:
        """Return the place of the first literal of *rule* that nothing passes, and who got there.

        Of several bindings, the one for which fewest of the literals after it fail.
        """
        bindings = [start]
        body = self._view.body(rule)
        for place, (literal, free) in enumerate(body):
            passed: list[Binding] = []
            for binding in bindings:
                passed += self._view.extend(literal, binding, free)
                if len(passed) > MOST_BINDINGS:
                    break
            if not passed:
                failing = self._failing
                return place, min(bindings, key=lambda each: len(failing(rule, place, each)))
            bindings = passed
        raise NotExplained(f"rule `{rule.id}` holds")  # pragma: no cover  # the model is closed

    def _failing(self, rule: Rule, place: int, binding: Binding) -> list[int]:
        """Return the places after *place* of literals that fail and have all they read."""
        found = []
        for later, (literal, free) in enumerate(self._view.body(rule)):
            reads, binds, _ = roles(literal)
            if isinstance(literal, Count):
                reads = (*reads, *(term for term in literal.atom.terms if term not in free))
            open_ = any(is_variable(term) and term not in binding for term in (*reads, *binds))
            if later > place and not open_ and not self._view.extend(literal, binding, free):
                found.append(later)
        return found

    def _failure(self, literal: Literal, place: int, binding: Binding, depth: int) -> Failure:
        text = _literal_text(literal, binding)
        if isinstance(literal, Positive):
            name, row = literal.atom.predicate, ground(literal.atom, binding)
            near = nearest(self._view, name, row)
            texts = tuple(fact_text(self._subject.program, name, each) for each in near)
            because, links = self.tell((name, row), depth - 1), self._linked([row, *near])
            return Failure(ABSENT, text, place, texts, links, because)
        if isinstance(literal, Negative):
            fact = (literal.atom.predicate, ground(literal.atom, binding))
            proof = proof_dag(self._subject, canonical(self._subject, [fact]))
            links = self._linked(node.row for node in proof.nodes)
            gaps = tuple(self._gaps(proof, depth - 1))
            return Failure(BLOCKED, text, place, links=links, proof=proof, gaps=gaps)
        links = self._linked([tuple(binding.values())])
        return Failure(COUNT if isinstance(literal, Count) else TEST, text, place, links=links)

    def _gaps(self, proof: ProofDag, depth: int) -> Iterator[Absence]:
        """Yield why what *proof* needs to be absent is so, where rules could have given it."""
        rules = {rule.id: rule for rule in self._subject.program.rules}
        for node in proof.nodes:
            if node.rule is None:
                continue
            rule = rules[node.rule]
            values = self._substitution(rule, node.row, [proof.nodes[n].row for n in node.premises])
            for literal in rule.body:
                if isinstance(literal, Negative):
                    fact = (literal.atom.predicate, ground(literal.atom, values))
                    if not self._view.is_given(fact[0]):
                        yield self.tell(fact, depth)

    def _substitution(self, rule: Rule, row: Row, premises: list[Row]) -> Binding:
        values: Binding = dict(head_binding(rule.head, row) or {})
        for atom, each in zip(rule.premises, premises, strict=True):
            values.update(zip(atom.terms, each, strict=True))
        return self._view.solutions(rule, values)[0]

    def _linked(self, rows: Iterable[Row]) -> tuple[LinkState, ...]:
        named = {str(term)[2:] for row in rows for term in row if str(term)[:2] == "s:"}
        return tuple(link for name, link in self._links.items() if name in named)

    def _text(self, goal: Fact) -> str:
        if any(map(is_variable, goal[1])):
            return atom_text(Atom(*goal))
        return fact_text(self._subject.program, *goal)


def nearest(view: ModelView, predicate: str, row: Row) -> list[Row]:
    """Return up to three rows of *predicate* that agree with *row* in most columns.

    Columns that *row* leaves open agree with anything; of a predicate with one column all rows are
    equally near.
    """
    fixed = [column for column, term in enumerate(row) if not is_variable(term)]

    def agreeing(other: Row) -> int:
        return sum(row[column] == other[column] for column in fixed)

    rows = sorted(view.rows[predicate], key=lambda other: (-agreeing(other), repr(other)))
    return [each for each in rows if agreeing(each) or len(row) == 1][:NEAREST]


def _literal_text(literal: Literal, binding: Binding) -> str:
    if isinstance(literal, Positive):
        return atom_text(Atom(literal.atom.predicate, ground(literal.atom, binding)))
    return condition_text(literal, binding)


def _term(value: object) -> str:
    return str(value) if isinstance(value, int) else str(value)[2:]
