# SPDX-License-Identifier: Apache-2.0
"""What stands for the variables of a rule while it is unfolded, and groups of literals as facts.

An environment maps variables to values, or to other variables whose value they share. A `Fact` is
the same for literals that differ in the names of local variables, as far as sorting can tell: two
names for one thing cost precision, never soundness.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from helm_logic.analysis.arithmetic import equation, relation
from helm_logic.analysis.formula import FALSE, TRUE, Fact, Formula, GroundLiteral, Value
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import (
    Atom,
    Compute,
    Count,
    Literal,
    Negative,
    Positive,
    Row,
    Term,
    Test,
    is_variable,
)

Env = dict[Term, Value]


def resolve(term: Term, env: Mapping[Term, Value]) -> Value:
    """Return what *term* stands for: a value, or a variable that has none."""
    value: Value = term
    while value in env:
        value = env[value]  # type: ignore[index]
    return value


def is_local(value: Value) -> bool:
    """Say whether *value* is a variable without a value."""
    return isinstance(value, str) and is_variable(value)


def unify(head: Row, asked: Row, env: Env, types: Mapping[str, str]) -> list[Formula] | None:
    """Bind in *env* what makes the *head* of a rule the *asked* terms; None if nothing can.

    What the attributes of the request must satisfy besides is returned.
    """
    conditions: list[Formula] = []
    for term, wanted in zip(head, asked, strict=True):
        left, right = resolve(term, env), resolve(wanted, env)
        if left == right:
            continue
        if is_local(left):
            env[left] = right  # type: ignore[index]
        elif is_local(right):
            env[right] = left  # type: ignore[index]
        else:
            condition = equal(left, right, types)
            if condition is FALSE:
                return None
            conditions.append(condition)
    return [each for each in conditions if each is not TRUE]


def equal(left: Value, right: Value, types: Mapping[str, str]) -> Formula:
    """Return the formula that the values *left* and *right* are one."""
    found = relation("=", left, right, types)
    return equation(left, right) if found is None else found


def rename(rule: Rule, number: int) -> tuple[Row, tuple[Literal, ...]]:
    """Return head terms and body of *rule* with variables that no other rule has."""

    def fresh(term: Term) -> Term:
        return f"{term}~{number}" if is_variable(term) else term

    def row(terms: Row) -> Row:
        return tuple(map(fresh, terms))

    body: list[Literal] = []
    for literal in rule.body:
        match literal:
            case Positive(atom):
                body.append(Positive(Atom(atom.predicate, row(atom.terms))))
            case Negative(atom):
                body.append(Negative(Atom(atom.predicate, row(atom.terms))))
            case Test(name, left, right):
                body.append(Test(name, fresh(left), fresh(right)))
            case Compute(target, operator, left, right):
                body.append(Compute(fresh(target), operator, fresh(left), fresh(right)))
            case Count(counted, atom, name, bound):
                inner = Atom(atom.predicate, row(atom.terms))
                body.append(Count(row(counted), inner, name, fresh(bound)))
    return row(rule.head.terms), tuple(body)


def ground(literal: Literal, env: Mapping[Term, Value]) -> GroundLiteral:
    """Return *literal* with values for its terms."""
    match literal:
        case Positive(atom):
            return GroundLiteral("atom", atom.predicate, _values(atom.terms, env))
        case Negative(atom):
            return GroundLiteral("not", atom.predicate, _values(atom.terms, env))
        case Test(name, left, right):
            return GroundLiteral(name, "", _values((left, right), env))
        case Compute(target, operator, left, right):
            return GroundLiteral(operator, "", _values((target, left, right), env))
        case Count(counted, atom, name, bound):
            terms = _values((*atom.terms, bound, *counted), env)
            return GroundLiteral("count", atom.predicate, terms, (name, len(counted)))


def _values(terms: Iterable[Term], env: Mapping[Term, Value]) -> tuple[Value, ...]:
    return tuple(resolve(term, env) for term in terms)


def groups(literals: Sequence[tuple[int, GroundLiteral]]) -> list[list[tuple[int, GroundLiteral]]]:
    """Return *literals* in groups that share no variable."""
    found: list[tuple[set[Value], list[tuple[int, GroundLiteral]]]] = []
    for numbered in literals:
        variables = {value for value in numbered[1].terms if is_local(value)}
        joined = [numbered]
        apart = []
        for names, group in found:
            if names & variables:
                variables |= names
                joined = [*group, *joined]
            else:
                apart.append((names, group))
        found = [*apart, (variables, joined)]
    return [group for _, group in found]


def fact(literals: Iterable[GroundLiteral]) -> Fact:
    """Return the fact of *literals*, in one order and with one naming of local variables."""
    ordered = sorted(dict.fromkeys(literals), key=_blank)
    names: dict[Value, Value] = {}
    renamed = []
    for each in ordered:
        for value in each.terms:
            if is_local(value):
                names.setdefault(value, f"v:{len(names) + 1}")
        terms = tuple(names.get(value, value) for value in each.terms)
        renamed.append(GroundLiteral(each.kind, each.predicate, terms, each.extra))
    return Fact(tuple(renamed))


def _blank(literal: GroundLiteral) -> tuple[str, ...]:
    terms = ("" if is_local(value) else repr(value) for value in literal.terms)
    return ((literal.kind != "atom" and literal.kind) or "", literal.predicate, *terms)
