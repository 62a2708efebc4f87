# SPDX-License-Identifier: Apache-2.0
"""From a point to a policy test case: a request with every fact that the point says.

What is free in the point is given in the plainest way. An authorized request gets a chain of one
link; a fact of the world becomes rows with new constants for its local variables; `approved`
becomes an approval. Whether the case then does what the point promised is for `replay.py` to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs

from helm_logic.analysis.environment import Env, ground, is_local, rename, resolve, unify
from helm_logic.analysis.formula import Fact, GroundLiteral, Linear, Ref, Value
from helm_logic.analysis.residue import Point
from helm_logic.analysis.unfold import AUTHORIZED, Unfolder
from helm_logic.authority.link import Grant
from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.pattern import is_pattern
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import COLUMN_TAGS, Negative, Positive, Row, Term
from helm_logic.lang import Input, RuleSet
from helm_logic.policy.case_file import MARGIN, ApprovalPlan, Case, LinkPlan
from helm_logic.receipts.verdict import Verdict

OWNER = "user:owner"
_DEPTH = 4  # rules deep, to make a derived fact of the world true


@attrs.define
class _Draft:
    """The facts of a case as they are collected."""

    rows: dict[str, dict[Row, None]]
    approvals: dict[tuple[str, str], None]
    authorized: bool = False


class WitnessMaker:
    """Makes cases for the points of one rule set."""

    def __init__(self, rule_set: RuleSet, unfolder: Unfolder) -> None:
        self._inputs = {each.name: each for each in rule_set.inputs}
        self._columns = {each.name: each.columns for each in rule_set.program.predicates}
        self._given = {each.name for each in rule_set.program.predicates if each.given}
        self._unfolder = unfolder
        self._rules = rule_set.program.rules
        self._number = 0

    def case(self, name: str, point: Point) -> Case:
        """Return the case called *name* that makes *point* true; its verdict is not known yet."""
        self._number = 0
        draft = _Draft({}, {})
        for fact in point.facts:
            self._make(fact.literals, point, draft)
        for count, fact in self._unfolder.counts.items():
            wanted = point.values.get(count, 0)
            for _ in range(wanted if isinstance(wanted, int) else 0):
                self._count(fact, point, draft)
        request = self._request(point, draft)
        subject, action = _text(point.values["subject"]), _text(point.values["action"])
        resource, now = _text(point.values["resource"]), point.values.get("now", 0)
        now = now if isinstance(now, int) else 0
        chain = (_link(subject, action, resource, now),) if draft.authorized else ()
        return Case(
            name=name,
            verdict=Verdict.DENY,
            reasons=(),
            rules=None,
            now=now,
            anchors=(_owner(subject),),
            request=request,
            chain=chain,
            revoked=(),
            approvals=tuple(
                ApprovalPlan(role, approver, now + MARGIN) for approver, role in draft.approvals
            ),
            relations={
                predicate: [[_json(term, column) for term, column in
                             zip(row, self._columns[predicate], strict=True)] for row in rows]
                for predicate, rows in sorted(draft.rows.items())
                if predicate not in self._inputs
            },
        )  # fmt: skip

    # Facts.

    def _make(self, literals: Sequence[GroundLiteral], point: Point, draft: _Draft) -> None:
        env = self._choose(literals, point)
        for literal in literals:
            if literal.kind == "atom":
                terms = tuple(self._value(value, point, env) for value in literal.terms)
                self._hold(literal.predicate, terms, point, draft, _DEPTH)

    def _hold(self, predicate: str, row: Row, point: Point, draft: _Draft, depth: int) -> None:
        if predicate == AUTHORIZED:
            draft.authorized = True
        elif predicate == "approved":
            draft.approvals[f"user:{_slug(_text(row[0]))}", _text(row[0])] = None
        elif predicate == "approval":
            draft.approvals[_text(row[1]), _text(row[2])] = None
        elif predicate in self._given:
            draft.rows.setdefault(predicate, {})[row] = None
        elif depth:
            self._derive(predicate, row, point, draft, depth - 1)

    def _derive(self, predicate: str, row: Row, point: Point, draft: _Draft, depth: int) -> None:
        """Make the body of the first rule that can conclude the row hold."""
        for rule in self._rules:
            body = self._body(rule, row) if rule.head.predicate == predicate else None
            if body is None:
                continue
            chosen = self._choose(body, point)
            for literal in body:
                if literal.kind == "atom" and literal.predicate not in self._unfolder.attributes:
                    terms = tuple(self._value(value, point, chosen) for value in literal.terms)
                    self._hold(literal.predicate, terms, point, draft, depth)
            return

    def _body(self, rule: Rule, row: Row) -> list[GroundLiteral] | None:
        """Return the body of *rule* where its head is *row*; None if that cannot be."""
        self._number += 1
        head, body = rename(rule, self._number)
        asked = tuple(f"v:?{place}" for place in range(len(row)))
        env: Env = dict(zip(asked, row, strict=True))
        if unify(head, asked, env, self._unfolder.types) is None:
            return None
        for literal in body:
            if (
                isinstance(literal, Positive)
                and literal.atom.predicate in self._unfolder.attributes
            ):
                value = resolve(literal.atom.terms[0], env)
                if is_local(value):
                    env[value] = Ref(literal.atom.predicate)  # type: ignore[index]
        return [ground(literal, env) for literal in body]

    def _count(self, fact: Fact, point: Point, draft: _Draft) -> None:
        literal = fact.literals[0]
        counted = literal.extra[1]
        terms = literal.terms[: len(literal.terms) - (counted if isinstance(counted, int) else 0)]
        self._make([GroundLiteral("atom", literal.predicate, terms)], point, draft)

    def _choose(self, literals: Sequence[GroundLiteral], point: Point) -> dict[Value, Term]:
        """Return constants for the local variables of *literals*: new ones, moved by the tests."""
        chosen: dict[Value, Term] = {}
        for literal in literals:
            if literal.kind in ("atom", "not"):
                columns = self._columns.get(literal.predicate, ())
                for value, column in zip(literal.terms, columns, strict=False):
                    if is_local(value) and value not in chosen:
                        chosen[value] = self._plain(literal.predicate, column, point)
        for _ in literals:
            for literal in literals:
                _adjust(literal, chosen, lambda value: self._value(value, point, chosen))
        return chosen

    def _plain(self, predicate: str, column: str, point: Point) -> Term:
        """Return a value for a *column* of *predicate* that nothing else is asked of.

        Of a set with listed values it is one that *point* has anyway, else one that no rule names.
        """
        declared = self._inputs.get(predicate)
        if declared is None or declared.domain is None:
            self._number += 1
            return _new(column, self._number)
        told = [value for fact in point.facts for each in fact.literals
                if each.kind == "atom" and each.predicate == predicate
                for value in each.terms]  # fmt: skip
        named = self._named(predicate)
        likely = [
            *(value for value in declared.domain if value in told),
            *(value for value in declared.domain if value not in named),
        ]
        return [*likely, *declared.domain][0]

    def _named(self, predicate: str) -> set[Term]:
        return {
            term
            for rule in self._rules
            for each in rule.body
            if isinstance(each, Positive | Negative) and each.atom.predicate == predicate
            for term in each.atom.terms
        }

    def _value(self, value: Value, point: Point, chosen: Mapping[Value, Term]) -> Term:
        if isinstance(value, Ref):
            return point.values.get(value.name) or ""
        if isinstance(value, Linear):
            numbers = ((point.values.get(name), factor) for name, factor in value.terms)
            return value.constant + sum(n * times for n, times in numbers if isinstance(n, int))
        return chosen.get(value, value)

    # The request.

    def _request(self, point: Point, draft: _Draft) -> dict[str, JsonValue]:
        subject, resource = _text(point.values["subject"]), _text(point.values["resource"])
        kind, _, name = subject.partition(":")
        what, _, which = resource.partition("/")
        request: dict[str, JsonValue] = {
            "subject": {"type": kind, "id": name},
            "action": {"name": _text(point.values["action"])},
            "resource": {"type": what, "id": which},
        }
        for declared in self._inputs.values():
            value = _input(declared, point, draft)
            if value is not None:
                _put(request, declared.path, value)
        return request


def _input(declared: Input, point: Point, draft: _Draft) -> JsonValue | None:
    if declared.is_set:
        rows = draft.rows.get(declared.name, {})
        return [_json(row[0], declared.type) for row in rows]
    value = point.values.get(declared.name)
    return None if value is None else _json(value, declared.type)


def _put(request: dict[str, JsonValue], path: Sequence[str], value: JsonValue) -> None:
    place = request
    for name in path[:-1]:
        inner = place.setdefault(name, {})
        if not isinstance(inner, dict):
            return
        place = inner
    place.setdefault(path[-1], value)


def _adjust(
    literal: GroundLiteral, chosen: dict[Value, Term], value_of: Callable[[Value], Term]
) -> None:
    """Move the value of a variable so that the test *literal* holds, if that is simple."""
    if literal.kind not in ("=", "!=", "<", "<=", ">", ">="):
        return
    left, right = literal.terms
    one, other = value_of(left), value_of(right)
    steps = {"=": 0, "<=": 0, ">=": 0, "<": -1, ">": 1}
    if literal.kind == "=" or (type(one) is int and type(other) is int):
        if literal.kind == "!=" or _true(literal.kind, one, other):
            return
        if left in chosen:
            chosen[left] = other + steps[literal.kind] if type(other) is int else other
        elif right in chosen:
            chosen[right] = one - steps[literal.kind] if type(one) is int else one


def _true(kind: str, left: Term, right: Term) -> bool:
    if kind == "=":
        return left == right
    one, other = int(left), int(right)
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[kind]


def _new(column: str, number: int) -> Term:
    tag = COLUMN_TAGS[column]
    if not tag:
        return number
    if tag == "b:":
        return "b:true"
    return f"{tag}{'user:' if column == 'principal' else ''}someone-{number}"


def _text(value: Term | None) -> str:
    return str(value)[2:]


def _slug(text: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in text) or "approver"


def _json(term: Term, column: str) -> JsonValue:
    if column == "bool":
        return term == "b:true"
    return term if type(term) is int else _text(term)


def _owner(subject: str) -> str:
    return OWNER if subject != OWNER else "user:founder"


def _link(subject: str, action: str, resource: str, now: int) -> LinkPlan:
    owner = _owner(subject)
    pattern = action if is_pattern(action) else "**"
    where = resource if is_pattern(resource) else "**"
    grant = Grant((pattern,), where)
    return LinkPlan("grant", owner, subject, owner, grant, max(0, now - MARGIN), now + MARGIN, 0)
