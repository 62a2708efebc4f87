# SPDX-License-Identifier: Apache-2.0
"""A second checker, by brute force: slow, plain, and with none of the kernel's algorithms.

- A rule is tried under every substitution of constants from the active domain for the variables
  that its positive atoms bind; its body is then read from left to right as it is written.
- The perfect model is what strata in order give, each repeated until nothing is new.
- `opinion` compares a certificate with that model, looks for a supporting instance of each fact,
  and follows the derivation step by step.
- A pattern is a regular expression, and one subsumes another if no text over a small alphabet
  tells otherwise.

Constants are kept with their Python type, so that `True` is never taken for `1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import product

from helm_logic.kernel.certificate import Apply, Certificate, Given, Step
from helm_logic.kernel.program import Predicate, Program, Rule
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
)

Substitution = dict[str, Term]
Rows = Mapping[str, Iterable[Row]]
Typed = tuple[str, tuple[tuple[type, Term], ...]]
Facts = set[Typed]

LARGEST = 9_007_199_254_740_991
TAGS = {"string": "s:", "principal": "s:", "pattern": "s:", "symbol": "y:"}


class NoResult(Exception):
    """A literal has no truth value: an integer out of range, constants of the wrong kinds."""


def opinion(program: Program, facts: Rows, certificate: Certificate) -> Atom | None:
    """Return the claim that *certificate* proves from *facts*, or None if it proves none."""
    facts = {name: list(rows) for name, rows in facts.items()}
    declared = {predicate.name: predicate for predicate in program.predicates}
    if not _are_given(declared, facts):
        return None
    perfect = perfect_model(program, facts)
    given = {typed(name, row) for name, rows in facts.items() for row in rows}
    claimed = {typed(name, row) for name, rows in certificate.model.items() for row in rows}
    if any(declared.get(name, _GIVEN).given for name in certificate.model):
        return None
    if claimed | given != perfect or not _are_supported(program, perfect, certificate.model):
        return None
    proved: list[Typed] = []
    for step in certificate.steps:
        fact = _conclusion(program, given, perfect, step, proved)
        if fact is None:
            return None
        proved.append(fact)
    return untyped(proved[-1]) if proved else None


def perfect_model(program: Program, facts: Rows) -> Facts:
    """Return every fact that holds, given and derived."""
    model = {typed(name, row) for name, rows in facts.items() for row in rows}
    for names in program.strata:
        rules = [rule for rule in program.rules if rule.head.predicate in names]
        before = -1
        while len(model) > before:
            before = len(model)
            heads = (head(rule, s) for rule in rules for s in instances(rule, model))
            model = model.union(list(heads))
    return model


def instances(rule: Rule, model: Facts) -> Iterator[Substitution]:
    """Yield every substitution of constants that makes the body hold."""
    atoms = [literal.atom for literal in rule.body if isinstance(literal, Positive)]
    variables = sorted({term for atom in atoms for term in atom.terms if is_variable(term)})
    computed = {literal.target for literal in rule.body if isinstance(literal, Compute)}
    free = [str(variable) for variable in variables if variable not in computed]
    constants = {pair for _, row in model for pair in row}
    constants |= {(type(t), t) for atom in atoms for t in atom.terms if not is_variable(t)}
    domain = [constant for _, constant in constants]
    for values in product(domain, repeat=len(free)):
        whole = extend(rule, dict(zip(free, values, strict=True)), model)
        if whole is not None:
            yield whole


def extend(rule: Rule, substitution: Substitution, model: Facts) -> Substitution | None:
    """Return *substitution* with what the body computes, or None if the body does not hold."""
    whole = dict(substitution)
    for literal in rule.body:
        if isinstance(literal, Compute):
            result = calculate(
                literal.operator, value(literal.left, whole), value(literal.right, whole)
            )
            if typed("", (whole.setdefault(str(literal.target), result),)) != typed("", (result,)):
                return None
        elif not holds(literal, whole, model):
            return None
    return whole


def holds(literal: Literal, substitution: Substitution, model: Facts) -> bool:
    """Say whether a literal that computes nothing holds."""
    match literal:
        case Positive(atom):
            return ground(atom, substitution) in model
        case Negative(atom):
            return ground(atom, substitution) not in model
        case Test(relation, left, right):
            return compare(relation, value(left, substitution), value(right, substitution))
        case Count(counted, atom, relation, bound):
            found = (
                _matching(atom.terms, row, substitution)
                for name, row in model
                if name == atom.predicate
            )
            values = {tuple(s[str(x)] for x in counted) for s in found if s is not None}
            return compare(relation, len(values), value(bound, substitution))
        case Compute():
            raise NotImplementedError


def typed(name: str, row: Iterable[Term]) -> Typed:
    """Return a fact whose equality is equality of constants."""
    return name, tuple((type(term), term) for term in row)


def untyped(fact: Typed) -> Atom:
    """Return the same fact as the kernel writes it."""
    return Atom(fact[0], tuple(term for _, term in fact[1]))


def head(rule: Rule, substitution: Substitution) -> Typed:
    """Return the conclusion of *rule* under *substitution*."""
    return ground(rule.head, substitution)


def ground(atom: Atom, substitution: Substitution) -> Typed:
    """Return *atom* under *substitution*."""
    return typed(atom.predicate, (value(term, substitution) for term in atom.terms))


def value(term: Term, substitution: Substitution) -> Term:
    """Return what *term* stands for under *substitution*."""
    return substitution[str(term)] if is_variable(term) else term


def is_variable(term: Term) -> bool:
    """Say whether *term* is a variable."""
    return isinstance(term, str) and term[:2] == "v:"


def variables(rule: Rule) -> list[str]:
    """Return the variables of a substitution of *rule*, in the order in which they are bound."""
    found: list[str] = []
    for literal in rule.body:
        if isinstance(literal, Positive):
            found += [str(term) for term in literal.atom.terms if is_variable(term)]
        elif isinstance(literal, Compute):
            found.append(str(literal.target))
    return sorted(set(found), key=found.index)


def compare(relation: str, left: Term, right: Term) -> bool:
    """Say whether two constants stand in *relation*."""
    if relation in ("matches", "subsumes"):
        if str(left)[:2] != "s:" or str(right)[:2] != "s:":
            raise NoResult
        return (matches if relation == "matches" else subsumes)(str(left)[2:], str(right)[2:])
    if relation in ("=", "!="):
        return (typed("", (left,)) == typed("", (right,))) is (relation == "=")
    if type(left) is not type(right):
        raise NoResult
    ordered = sorted({left, right}, key=lambda term: (0, term) if type(term) is int else (1, term))
    position = ordered.index(left) - ordered.index(right)
    return {"<": position < 0, "<=": position <= 0, ">": position > 0, ">=": position >= 0}[
        relation
    ]


def calculate(operator: str, left: Term, right: Term) -> int:
    """Return `left operator right`, if all three are integers in range."""
    if type(left) is not int or type(right) is not int:
        raise NoResult
    result = {"+": left + right, "-": left + (-right), "*": left * right}[operator]
    if abs(result) > LARGEST:
        raise NoResult
    return result


def matches(pattern: str, text: str) -> bool:
    """Say whether *text* is one that *pattern* stands for."""
    expression = _expression(pattern)
    return expression is not None and expression.fullmatch(text) is not None


@cache
def subsumes(wide: str, narrow: str) -> bool:
    """Say whether every text that *narrow* stands for is one that *wide* stands for."""
    return _expression(narrow) is not None and not any(
        matches(narrow, text) and not matches(wide, text) for text in texts(wide, narrow)
    )


def texts(*patterns: str) -> Iterator[str]:
    """Yield every text over the segments of *patterns* and one more, up to one segment longer."""
    segments = {segment for pattern in patterns for segment in pattern.split("/")}
    alphabet = sorted((segments - {"*", "**"}) | {"other"})
    longest = max(pattern.count("/") for pattern in patterns) + 2
    for length in range(1, longest + 1):
        yield from map("/".join, product(alphabet, repeat=length))


@cache
def _expression(pattern: str) -> re.Pattern[str] | None:
    """Return the regular expression for *pattern*, or None if it stands for no text at all."""
    *first, last = pattern.split("/")
    if "**" in first:
        return None
    parts = ["[^/]*" if segment == "*" else re.escape(segment) for segment in (*first, last)]
    if last == "**":
        parts[-1:] = [".*"] if not first else []
        return re.compile("/".join(parts) + ("(/.*)?" if first else ""), re.DOTALL)
    return re.compile("/".join(parts), re.DOTALL)


def _matching(
    terms: Row, row: Iterable[tuple[type, Term]], bound: Substitution
) -> Substitution | None:
    local: Substitution = dict(bound)
    for term, (kind, constant) in zip(terms, row, strict=True):
        want = local.setdefault(str(term), constant) if is_variable(term) else term
        if (type(want), want) != (kind, constant):
            return None
    return local


_GIVEN = Predicate("", (), given=True)


def _are_given(declared: Mapping[str, Predicate], facts: Rows) -> bool:
    return all(
        name in declared
        and declared[name].given
        and all(_fits(row, declared[name].columns) for row in rows)
        for name, rows in facts.items()
    )


def _fits(row: Row, columns: tuple[str, ...]) -> bool:
    return len(row) == len(columns) and all(map(_is_constant, row, columns))


def _is_constant(term: Term, column: str) -> bool:
    if column in ("int", "time"):
        return type(term) is int and abs(term) <= LARGEST
    if column == "bool":
        return type(term) is str and term in ("b:true", "b:false")
    return type(term) is str and term.startswith(TAGS[column])


def _are_supported(
    program: Program, perfect: Facts, model: Mapping[str, Mapping[Row, int]]
) -> bool:
    heights = {
        typed(name, row): height for name, rows in model.items() for row, height in rows.items()
    }
    if any(type(height) is not int for height in heights.values()):
        return False
    own = {name: names for names in program.strata for name in names}
    supported = {
        fact
        for rule in program.rules
        for s in instances(rule, perfect)
        for fact in [head(rule, s)]
        if all(
            heights[ground(x.atom, s)] < heights[fact]
            for x in rule.body
            if isinstance(x, Positive) and x.atom.predicate in own[rule.head.predicate]
        )
    }
    return supported == set(heights)


def _conclusion(
    program: Program, given: Facts, perfect: Facts, step: Step, proved: list[Typed]
) -> Typed | None:
    if isinstance(step, Given):
        fact = typed(step.predicate, step.row)
        return fact if fact in given else None
    return _application(program, perfect, step, proved)


def _application(
    program: Program, perfect: Facts, step: Apply, proved: list[Typed]
) -> Typed | None:
    numbers = (step.rule, *step.premises)
    if any(type(number) is not int for number in numbers) or any(number < 0 for number in numbers):
        return None
    if step.rule >= len(program.rules) or any(n >= len(proved) for n in step.premises):
        return None
    rule = program.rules[step.rule]
    names = variables(rule)
    substitution = dict(zip(names, step.substitution, strict=False))
    if len(names) != len(step.substitution) or extend(rule, substitution, perfect) is None:
        return None
    atoms = [literal.atom for literal in rule.body if isinstance(literal, Positive)]
    if [proved[number] for number in step.premises] != [ground(x, substitution) for x in atoms]:
        return None
    return head(rule, substitution)
