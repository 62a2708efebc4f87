# SPDX-License-Identifier: Apache-2.0
"""Every point of a space put to the production engine, and which rules are seen to apply there.

The program that runs has, beside each watched rule, one with the same body that concludes its name,
and for each condition of it one with the rest of the body. The verdict is what it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import attrs

from helm_logic.engine import Engine
from helm_logic.errors import ProgramError
from helm_logic.kernel.program import Predicate, Program, Rule
from helm_logic.kernel.terms import Atom, Literal, Negative, Positive, Row, Test, is_variable
from tests.analysis.corpus.space import Space

_FIRED, _WITHOUT, _AUTHORIZED = "corpus/fired", "corpus/without", "corpus/authorized"
_VERDICTS = ("allow", "deny", "escalate")


@attrs.define
class Seen:
    """Sets of points, as masks: where each rule applies, and each rule without one condition.

    *verdict* has the points of each verdict, *authorized* those with authority.
    """

    fired: dict[str, int]
    without: dict[tuple[str, int], int]
    verdict: dict[str, int]
    authorized: int = 0


def watching(program: Program, rules: Iterable[Rule], given: Collection[str]) -> Program:
    """Return *program* with rules that tell which of *rules* apply, now or but for a condition.

    Only the *given* predicates will have facts: rules that ask for others never apply, and are left
    out, most of those about chains.
    """
    program = _with_facts(program, given)
    added: list[Rule] = []
    for rule in rules:
        added.append(Rule(f"{_FIRED}/{len(added)}", Atom(_FIRED, (f"s:{rule.id}",)), rule.body))
        for place in conditions(rule):
            head = Atom(_WITHOUT, (f"s:{rule.id}", place))
            rest = (*rule.body[:place], *rule.body[place + 1 :])
            added.append(Rule(f"{_WITHOUT}/{len(added)}", head, rest))
    body = (Positive(Atom("authorized", ())),)
    added.append(Rule(_AUTHORIZED, Atom(_AUTHORIZED, ()), body))
    columns = {_FIRED: ("string",), _WITHOUT: ("string", "int"), _AUTHORIZED: ()}
    predicates = tuple(Predicate(name, each, given=False) for name, each in columns.items())
    return Program(
        (*program.predicates, *predicates),
        (*program.rules, *added),
        (*program.strata, *((name,) for name in columns)),
    )


def _with_facts(program: Program, given: Collection[str]) -> Program:
    known, rules = set(given), list[Rule]()
    waiting = list(program.rules)
    while ready := [r for r in waiting if known.issuperset(a.predicate for a in r.premises)]:
        rules += ready
        known |= {rule.head.predicate for rule in ready}
        waiting = [rule for rule in waiting if rule not in ready]
    return Program(program.predicates, tuple(rules), program.strata)


def conditions(rule: Rule) -> Iterator[int]:
    """Yield the places of what *rule* could do without: comparisons, ground and negated atoms.

    What gives a variable of the rest its value could not be left out.
    """
    for place, literal in enumerate(rule.body):
        if _is_condition(literal):
            try:
                Rule(rule.id, rule.head, (*rule.body[:place], *rule.body[place + 1 :]))
            except ProgramError:
                continue
            yield place


def observe(engine: Engine, space: Space, *, authorized: bool) -> Seen:
    """Ask *engine*, of a watching program, about every point of *space*."""
    seen = Seen({}, {}, dict.fromkeys(_VERDICTS, 0))
    for number, point in enumerate(space.points()):
        facts: dict[str, list[Row]] = space.facts(point)
        facts["anchor"] = list(facts["subject"]) if authorized else []
        found, bit = engine.evaluate(facts), 1 << number
        for (name,) in found.rows(_FIRED):
            _add(seen.fired, str(name)[2:], bit)
        for name, place in found.rows(_WITHOUT):
            _add(seen.without, (str(name)[2:], int(place)), bit)
        ((verdict,),) = found.rows("verdict")
        seen.verdict[str(verdict)[2:]] |= bit
        seen.authorized |= bit * found.holds(_AUTHORIZED, ())
    return seen


def is_written(rule: Rule) -> bool:
    """Say whether *rule* stands in a text, rather than being made for a claim or a count."""
    return "/" not in rule.head.predicate


def negates_authority(rule: Rule) -> bool:
    """Say whether *rule* asks for requests without authority."""
    return any(isinstance(x, Negative) and x.atom.predicate == "authorized" for x in rule.body)


def _add(masks: dict[str, int] | dict[tuple[str, int], int], key: object, bit: int) -> None:
    masks[key] = masks.get(key, 0) | bit  # type: ignore[index,call-overload]


def _is_condition(literal: Literal) -> bool:
    match literal:
        case Test() | Negative():
            return True
        case Positive(atom):
            ground = not any(map(is_variable, atom.terms))
            return ground and atom.predicate != "authorized"
    return False
