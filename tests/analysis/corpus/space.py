# SPDX-License-Identifier: Apache-2.0
"""Every request that could matter to a small rule set, found by reading its rules.

Values that no rule can tell apart are represented by one of them: for each attribute, what rules
compare it with gives candidates (a bound and its two neighbours, a listed text, a text for each
way through the patterns, something else), and of candidates that answer all comparisons alike one
is kept. Facts that rules ask for may each hold or not; so may members of sets, and approvals.

Only for rules in which every variable stands for an attribute: others are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from operator import eq, ge, gt, le, lt, ne

import attrs

from helm_logic.kernel.pattern import matches
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import Atom, Negative, Positive, Row, Term, Test, is_variable
from helm_logic.lang import Input, RuleSet

ABSENT = None
Value = Term | None
Facts = dict[str, list[Row]]

_REQUEST = {"subject": "principal", "action": "string", "resource": "string", "now": "time"}
_COMPARE = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
_NOW = 1_772_000_000


class OutOfReach(Exception):
    """The rules ask for something that is not enumerated here."""


@attrs.frozen
class Asked:
    """A fact that rules ask for; a term that names an attribute stands for the value of that."""

    predicate: str
    terms: tuple[Term, ...]
    attributes: tuple[str, ...]

    def row(self, values: Mapping[str, Value]) -> Row | None:
        """Return the row that is asked for, None if an attribute has no value."""
        row = [values[name] if name else term
               for name, term in zip(self.attributes, self.terms, strict=True)]  # fmt: skip
        return None if any(each is None for each in row) else tuple(row)  # type: ignore[arg-type]


@attrs.frozen
class Space:
    """*axes*: for each coordinate its name and the number of its values; then what they stand for.

    First come the attributes, with their *values*, then members of sets, facts and approvals, each
    0 or 1. *roles* are the numbers of the coordinates that are approvals.
    """

    values: Mapping[str, tuple[Value, ...]]
    members: tuple[tuple[str, Term], ...]
    asked: tuple[Asked, ...]
    approvals: tuple[Term, ...]

    @property
    def axes(self) -> tuple[tuple[str, int], ...]:
        """The name of each coordinate and how many values it has."""
        ones = [(name, len(values)) for name, values in self.values.items()]
        ones += [(f"{name}({term})", 2) for name, term in self.members]
        ones += [(f"{each.predicate}{each.terms}", 2) for each in self.asked]
        return (*ones, *((f"approved({role})", 2) for role in self.approvals))

    @property
    def size(self) -> int:
        """How many points there are."""
        size = 1
        for _, count in self.axes:
            size *= count
        return size

    @property
    def given(self) -> frozenset[str]:
        """The predicates that have facts at some point."""
        point = [count - 1 for _, count in self.axes]
        members, asked = (name for name, _ in self.members), (e.predicate for e in self.asked)
        return frozenset((*self.facts(point), "anchor", *members, *asked))

    def points(self) -> Iterator[tuple[int, ...]]:
        """Yield the coordinates of all points."""
        return product(*(range(count) for _, count in self.axes))

    def value(self, point: Sequence[int], name: str) -> Value:
        """Return the value of the attribute *name* at *point*."""
        place = list(self.values).index(name)
        return self.values[name][point[place]]

    def facts(self, point: Sequence[int]) -> Facts:
        """Return the facts that hold at *point*; the chain is empty, the anchor is left open."""
        rest = iter(point)
        values = {name: ones[next(rest)] for name, ones in self.values.items()}
        facts: Facts = {
            name: [] if value is ABSENT else [(value,)] for name, value in values.items()
        }
        for name, term in self.members:
            facts.setdefault(name, []).extend([(term,)] * next(rest))
        for each in self.asked:
            if next(rest) and (row := each.row(values)) is not None:
                facts.setdefault(each.predicate, []).append(row)
        facts["approval"] = [
            (f"s:approval-{n}", f"s:user:approver-{n}", role)
            for n, role in enumerate(self.approvals)
            if next(rest)
        ]
        facts["resource_type"] = [(str(values["resource"]).partition("/")[0],)]
        facts["chain_length"] = [(0,)]
        return facts


class _Reader:
    """Reads rules: what each attribute is compared with, and which facts are asked for."""

    def __init__(self, rule_set: RuleSet) -> None:
        self.inputs = {each.name: each for each in rule_set.inputs}
        self.types = _REQUEST | {e.name: e.type for e in rule_set.inputs if not e.is_set}
        self.given = {each.name for each in rule_set.program.predicates if each.given}
        self.compared: dict[str, set[tuple[str, Term]]] = {name: set() for name in self.types}
        self.members: dict[tuple[str, Term], None] = {}
        self.asked: dict[Asked, None] = {}
        self.approvals: dict[Term, None] = {}

    def read(self, rule: Rule) -> None:
        """Note what *rule* compares and asks for."""
        names = {
            each.atom.terms[0]: each.atom.predicate
            for each in rule.body
            if isinstance(each, Positive) and each.atom.predicate in self.types
        }
        for each in rule.body:
            if isinstance(each, Positive | Negative):
                self._atom(each.atom, names)
            elif isinstance(each, Test):
                self._test(each, names)
            else:
                raise OutOfReach(f"`{rule.id}` computes or counts")

    def _atom(self, atom: Atom, names: Mapping[Term, str]) -> None:
        name = atom.predicate
        if name in self.types:
            if not is_variable(atom.terms[0]):
                self.compared[name].add(("=", atom.terms[0]))
        elif name in self.inputs:
            if is_variable(atom.terms[0]):
                raise OutOfReach(f"`{name}` is a set, and all of it is asked for")
            self.members[name, atom.terms[0]] = None
        elif name == "approved":
            self.approvals[atom.terms[0]] = None
        elif name in self.given:
            attributes = tuple(names.get(term, "") for term in atom.terms)
            if any(is_variable(t) and not a for t, a in zip(atom.terms, attributes, strict=True)):
                raise OutOfReach(f"`{name}` is asked for with a variable")
            terms = tuple(a or t for t, a in zip(atom.terms, attributes, strict=True))
            self.asked[Asked(name, terms, attributes)] = None

    def _test(self, test: Test, names: Mapping[Term, str]) -> None:
        if test.relation == "matches" and test.right in names and not is_variable(test.left):
            self.compared[names[test.right]].add(("matches", test.left))
        elif test.left in names and not is_variable(test.right):
            self.compared[names[test.left]].add((test.relation, test.right))
        elif test.right in names and not is_variable(test.left):
            turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
            relation = turned.get(test.relation, test.relation)
            self.compared[names[test.right]].add((relation, test.left))
        else:
            raise OutOfReach(f"`{test}` compares no attribute with a constant")


def space(rule_set: RuleSet, rules: Iterable[Rule]) -> Space:
    """Return the space of what *rules* of *rule_set* can tell apart; raise OutOfReach."""
    reader = _Reader(rule_set)
    for rule in rules:
        reader.read(rule)
    values = {
        name: _values(name, kind, sorted(reader.compared[name], key=repr), reader.inputs.get(name))
        for name, kind in reader.types.items()
    }
    return Space(values, tuple(reader.members), tuple(reader.asked), tuple(reader.approvals))


def known_actions(rules: Iterable[Rule]) -> frozenset[Term]:
    """Return the actions that facts list."""
    return frozenset(
        rule.head.terms[0]
        for rule in rules
        if rule.head.predicate == "known_action" and not rule.body
    )


def _values(
    name: str, kind: str, compared: Sequence[tuple[str, Term]], declared: Input | None
) -> tuple[Value, ...]:
    constants = [term for _, term in compared]
    if declared is not None and declared.domain is not None:
        candidates = list(declared.domain)
    elif kind == "bool":
        candidates = ["b:false", "b:true"]
    elif kind in ("int", "time"):
        near = [n + step for n in constants if isinstance(n, int) for step in (-1, 0, 1)]
        candidates = [_NOW, *near]
    else:
        candidates = _texts(name, kind, compared)
    found: dict[tuple[bool, ...], Value] = {}
    for each in candidates:
        found.setdefault(tuple(_holds(each, relation, term) for relation, term in compared), each)
    absent = [ABSENT] if declared is not None and declared.optional else []
    return (*found.values(), *absent)


def _holds(value: Term, relation: str, term: Term) -> bool:
    if relation == "matches":
        return matches(term, value)
    return bool(_COMPARE[relation](value, term))


def _texts(name: str, kind: str, compared: Sequence[tuple[str, Term]]) -> list[Term]:
    """Return texts enough that every combination of answers that exists is given by one."""
    if kind == "symbol":
        return ["y:other", *(term for _, term in compared)]
    if kind == "principal":
        return ["s:agent:other", *(term for _, term in compared)]
    cut = [str(term)[2:].split("/") for _, term in compared]
    segments = sorted({s for parts in cut for s in parts if s not in ("*", "**")} | {"other"})
    most = max((len(parts) for parts in cut), default=1) + 1
    if all(relation == "=" for relation, _ in compared):
        segments, most = ["other"], 2
    lengths = range(2 if name == "resource" else 1, most + 1)
    made = ["s:" + "/".join(path) for n in lengths for path in product(segments, repeat=n)]
    return [*(t for r, t in compared if r == "=" and (name != "resource" or "/" in str(t))), *made]
