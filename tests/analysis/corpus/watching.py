# SPDX-License-Identifier: Apache-2.0
"""A program that tells which of its rules apply, and which would but for one condition.

Beside each watched rule stands one with the same body that concludes its name, and for each of its
conditions one that has the rest of the body. The verdict is what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from helm_logic.errors import ProgramError
from helm_logic.kernel.program import Predicate, Program, Rule
from helm_logic.kernel.terms import Atom, Literal, Negative, Positive, Test, is_variable

FIRED, WITHOUT = "corpus/fired", "corpus/without"


def is_written(rule: Rule) -> bool:
    """Say whether *rule* stands in a text, rather than being made by the compiler."""
    return "/" not in rule.head.predicate


def negates_authority(rule: Rule) -> bool:
    """Say whether *rule* asks for requests without authority."""
    return any(isinstance(x, Negative) and x.atom.predicate == "authorized" for x in rule.body)


def conditions(rules: Iterable[Rule]) -> Iterator[tuple[str, int]]:
    """Yield what could be left out of each rule: comparisons, ground and negated atoms."""
    for rule in rules:
        for place, literal in enumerate(rule.body):
            if _is_condition(literal):
                yield rule.id, place


def _is_condition(literal: Literal) -> bool:
    match literal:
        case Test() | Negative():
            return True
        case Positive(atom):
            ground = not any(map(is_variable, atom.terms))
            return ground and atom.predicate != "authorized"
    return False


def watching(
    program: Program, rules: Iterable[Rule], conditions: Iterable[tuple[str, int]]
) -> Program:
    """Return *program* with rules that tell which of *rules* apply, now or but for a condition."""
    by_id = {rule.id: rule for rule in rules}
    added = [
        Rule(f"{FIRED}/{n}", Atom(FIRED, (f"s:{rule.id}",)), rule.body)
        for n, rule in enumerate(by_id.values())
    ]
    for n, (name, place) in enumerate(conditions):
        body = by_id[name].body
        head = Atom(WITHOUT, (f"s:{name}", place))
        try:
            added.append(Rule(f"{WITHOUT}/{n}", head, (*body[:place], *body[place + 1 :])))
        except ProgramError:
            continue  # what is left would be unsafe: the literal binds something
    predicates = (
        *program.predicates,
        Predicate(FIRED, ("string",), given=False),
        Predicate(WITHOUT, ("string", "int"), given=False),
    )
    return Program(predicates, (*program.rules, *added), (*program.strata, (FIRED,), (WITHOUT,)))
