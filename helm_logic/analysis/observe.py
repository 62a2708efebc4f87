# SPDX-License-Identifier: Apache-2.0
"""From what the engine found to where it lies: the class of every feature at one evaluated request.

This is the way back from facts to the abstraction, and the reason to believe it: if the point
that is observed lies in a rule's boxes exactly when the engine fired the rule, unfolding and
classes were right about that request. Nothing of unfolding, classes or boxes is used here, only
their data types: tests are evaluated on values with the kernel's matcher, facts are looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from operator import ge, gt, le, lt

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.feature import Feature
from helm_logic.analysis.formula import (
    AtMost,
    Compare,
    Fact,
    GroundLiteral,
    Is,
    Linear,
    Matches,
    Present,
    Ref,
    Same,
    Value,
)
from helm_logic.errors import HelmError
from helm_logic.kernel.pattern import matches, subsumes
from helm_logic.kernel.terms import Row, Term, is_variable

Rows = Callable[[str], Collection[Row]]
Values = Mapping[str, Term | None]
_ORDER = {"<": lt, "<=": le, ">": gt, ">=": ge}


class NotObservable(HelmError):
    """A request that lies in no class, or a literal that cannot be evaluated."""


def observe(
    features: Sequence[Feature], counts: Mapping[str, Fact], rows: Rows
) -> tuple[dict[int, int], dict[str, Term | None]]:
    """Return the masks of the one class that each feature has, and the values of the attributes.

    *rows* gives the rows of a predicate, given or derived; *counts* what attributes that are counts
    count. A comparison with an absent value has no class.
    """
    values: dict[str, Term | None] = {}
    for feature in features:
        source = feature.source
        if isinstance(source, Attribute):
            if source.name in counts:
                values[source.name] = _number(counts[source.name].literals[0], values, {}, rows)
            else:
                values[source.name] = next((row[0] for row in rows(source.name)), None)
    found = {}
    for number, feature in enumerate(features):
        place = class_of(feature, values, rows)
        if place is not None:
            found[number] = 1 << place
    return found, values


def class_of(feature: Feature, values: Values, rows: Rows) -> int | None:
    """Return the number of the class of *feature*; None if it compares what is absent.

    Raises NotObservable if the value lies in no class, or in several.
    """
    source = feature.source
    match source:
        case Fact():
            return int(fact_holds(source, values, rows))
        case Same(first, second):
            one, other = values[first], values[second]
            return None if one is None or other is None else int(one == other)
        case Compare(terms, bound):
            total = _sum(terms, values)
            return None if total is None else int(total <= bound)
    value = values[source.name]
    places = [n for n in range(len(feature.classes)) if _lies_in(feature, n, value)]
    if len(places) != 1:
        raise NotObservable(f"`{source.name}` is {value!r}, which is in {len(places)} classes")
    return places[0]


def _lies_in(feature: Feature, number: int, value: Term | None) -> bool:
    candidate = feature.classes[number]
    if value is None or candidate.values == (None,):
        return value is None and candidate.values == (None,)
    if candidate.bounds is not None:
        return type(value) is int and candidate.bounds[0] <= value <= candidate.bounds[1]
    source = feature.source
    if isinstance(source, Attribute) and source.domain is not None:
        return value in candidate.values
    return all(
        satisfies(test, value) == bool(mask >> number & 1) for test, mask in feature.masks.items()
    )


def satisfies(test: object, value: Term | None) -> bool:
    """Say whether *value*, None if absent, satisfies a test of one attribute."""
    match test:
        case Present():
            return value is not None
        case Is(_, constant):
            return value == constant and type(value) is type(constant)
        case AtMost(_, bound):
            return type(value) is int and value <= bound
        case Matches(_, pattern):
            return type(value) is str and value[:2] == "s:" and matches(f"s:{pattern}", value)
    raise NotObservable(f"got {test!r}, want a test of one attribute")


def _sum(terms: Sequence[tuple[str, int]], values: Values) -> int | None:
    total = 0
    for name, factor in terms:
        value = values[name]
        if type(value) is not int:
            return None
        total += factor * value
    return total


# Facts of the world: is there a row for each literal?


def fact_holds(fact: Fact, values: Values, rows: Rows) -> bool:
    """Say whether some values of its local variables make every literal of *fact* hold."""
    return _satisfiable(list(fact.literals), values, {}, rows)


def _satisfiable(
    literals: list[GroundLiteral], values: Values, env: Mapping[Value, Term], rows: Rows
) -> bool:
    if not literals:
        return True
    chosen = next((each for each in literals if _is_ready(each, env)), None)
    if chosen is None:
        raise NotObservable(f"no order in which to evaluate {literals}")
    rest = [each for each in literals if each is not chosen]
    return any(_satisfiable(rest, values, after, rows)
               for after in _extensions(chosen, values, env, rows))  # fmt: skip


def _is_ready(literal: GroundLiteral, env: Mapping[Value, Term]) -> bool:
    loose = [value for value in literal.terms if _is_local(value) and value not in env]
    if literal.kind in ("atom", "count"):
        return True
    if literal.kind in ("+", "-", "*"):
        return not {*loose} & {*literal.terms[1:]}
    return not loose


def _is_local(value: Value) -> bool:
    return isinstance(value, str) and is_variable(value)


def _extensions(
    literal: GroundLiteral, values: Values, env: Mapping[Value, Term], rows: Rows
) -> Iterator[Mapping[Value, Term]]:
    """Yield the environments beyond *env* in which *literal* holds."""
    terms = [_valued(value, values, env) for value in literal.terms]
    match literal.kind:
        case "atom":
            for row in rows(literal.predicate):
                yield from _unified(literal.terms, terms, row, env)
        case "not":
            if None not in terms and tuple(terms) not in rows(literal.predicate):
                yield env
        case "+" | "-" | "*":
            result = _computed(literal.kind, terms[1], terms[2])
            if result is not None:
                yield from _unified(literal.terms[:1], terms[:1], (result,), env)
        case "count":
            relation, counted = literal.extra[0], literal.extra[1]
            bound = terms[len(terms) - 1 - int(str(counted))]
            if _compared(str(relation), _number(literal, values, env, rows), bound):
                yield env
        case _:
            if _compared(literal.kind, terms[0], terms[1]):
                yield env


def _unified(
    asked: Sequence[Value], known: Sequence[Term | None], row: Row, env: Mapping[Value, Term]
) -> Iterator[Mapping[Value, Term]]:
    found = dict(env)
    for value, term, cell in zip(asked, known, row, strict=True):
        if term is None and not _is_local(value):
            return  # an absent value is in no row
        if found.setdefault(value, cell if term is None else term) != cell:
            return
    yield found


def _number(literal: GroundLiteral, values: Values, env: Mapping[Value, Term], rows: Rows) -> int:
    """Return how many different values the counted variables of *literal* have.

    Its terms are those of the atom, the bound if it has a relation, and the counted variables.
    """
    counted = int(str(literal.extra[1]))
    size = len(literal.terms) - counted - bool(literal.extra[0])
    asked, names = literal.terms[:size], literal.terms[len(literal.terms) - counted :]
    known = [_valued(value, values, env) for value in asked]
    found = {
        tuple(after[name] for name in names)
        for row in rows(literal.predicate)
        for after in _unified(asked, known, row, env)
    }
    return len(found)


def _valued(value: Value, values: Values, env: Mapping[Value, Term]) -> Term | None:
    """Return what *value* is, None if it is absent or has no value yet."""
    if isinstance(value, Ref):
        return values[value.name]
    if isinstance(value, Linear):
        total = _sum(value.terms, values)
        return None if total is None else total + value.constant
    return env.get(value) if _is_local(value) else value


def _computed(operator: str, left: Term | None, right: Term | None) -> int | None:
    if type(left) is not int or type(right) is not int:
        return None
    return {"+": left + right, "-": left - right, "*": left * right}[operator]


def _compared(relation: str, left: Term | None, right: Term | None) -> bool:
    if left is None or right is None:
        return False
    match relation:
        case "=" | "!=":
            same = left == right and type(left) is type(right)
            return same == (relation == "=")
        case "matches":
            return matches(left, right)
        case "subsumes":
            return subsumes(left, right)
    if type(left) is not type(right):
        return False
    return bool(_ORDER[relation](left, right))
