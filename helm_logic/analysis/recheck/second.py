# SPDX-License-Identifier: Apache-2.0
"""The second of two requests that a claim compares: a copy of every feature that can differ.

What can differ is found here from the claim and the rules alone. `monotone in approvals`: facts of
`approval` and of all that depends on them. `independent of a`: the value of `a`, values read at the
same place of a request, tests and facts about such values, and what depends on them. Names of
values and predicates that can differ end in a mark in the copy, so that a fact is one for both
requests just if neither its predicates nor its values can differ.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import attrs

from helm_logic.analysis.attribute import PLACES, Attribute
from helm_logic.analysis.feature import FALSE_MASK, TRUE_MASK, Class, Feature
from helm_logic.analysis.formula import (
    Compare,
    Fact,
    GroundLiteral,
    Linear,
    Ref,
    Same,
    Test,
    Value,
)
from helm_logic.analysis.recheck.bundle import Bundle
from helm_logic.analysis.recheck.texts import MARK
from helm_logic.analysis.recheck.trees import Box, Refused
from helm_logic.analysis.unfold import stand_in
from helm_logic.kernel.program import Rule
from helm_logic.kernel.terms import Count, Negative, Positive, is_variable
from helm_logic.lang import Claim

_TRUTH = (Class(("b:false",)), Class(("b:true",)))
_NOWHERE = frozenset[int](), frozenset[int]()
_GROWING = (">=", ">", "")  # of counts; no relation: the count itself


@attrs.frozen
class Second:
    """Both requests: *features* are those of the first, then the copies for the second.

    *copy* gives the number of each copy. *apart* is where the value that is claimed to make no
    difference is another one. Of the features *growing*, the class of the second is none below
    that of the first, of those *falling* none above.
    """

    features: tuple[Feature, ...]
    copy: Mapping[int, int]
    apart: Box
    growing: frozenset[int]
    falling: frozenset[int]

    def other(self, box: Box) -> Box:
        """Return *box*, which is said of one request, of the second."""
        return {self.copy.get(number, number): mask for number, mask in box.items()}

    def grows(self, box: Box) -> bool:
        """Say whether nothing lies in *box* since what only grows would be less there."""
        return any(
            (number in self.growing and _least(box[number]) > _most(box[copy]))
            or (number in self.falling and _most(box[number]) < _least(box[copy]))
            for number, copy in self.copy.items()
            if number in box and copy in box
        )


def _least(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _most(mask: int) -> int:
    return mask.bit_length() - 1


def second_request(bundle: Bundle, claim: Claim) -> Second:
    """Return what the two requests of *claim* are; raise Refused for a claim about one."""
    if claim.kind == "monotone":
        names, about = {"approval"}, ""
    elif claim.kind == "independent":
        names, about = set(_beside(bundle, claim.about)), claim.about
    else:
        raise Refused(f"a claim of the kind `{claim.kind}` is about one request")
    changing = _Changing(bundle, names)
    moved = [n for n, each in enumerate(bundle.features) if changing.moves(each.source)]
    count = len(bundle.features)
    copies = [changing.copied(bundle.features[number]) for number in moved]
    apart = _apart(bundle, about)
    extra = [] if apart is None else [Feature(apart[0], _TRUTH, {apart[0]: TRUE_MASK})]
    return Second(
        (*bundle.features, *copies, *extra),
        {number: count + place for place, number in enumerate(moved)},
        {} if apart is None else {count + len(moved): apart[1]},
        *(_directions(bundle, changing, moved) if claim.kind == "monotone" else _NOWHERE),
    )


def _beside(bundle: Bundle, about: str) -> Iterator[str]:
    """Yield *about*, and what is read at the same place of a request, in it or around it."""
    read = {each.name: {".".join(each.path)} for each in bundle.rule_set.inputs}
    read |= {name: {".".join(path) for path in paths} for name, paths in PLACES.items()}
    if about not in read:
        raise Refused(f"`{about:.40}` is no value of a request")
    for name, places in read.items():
        if name == about or any(_overlap(one, other) for one in places for other in read[about]):
            yield name


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _apart(bundle: Bundle, about: str) -> tuple[Compare | Same, int] | None:
    """Return a test, and how it comes out if *about* has two values; None if it is no attribute.

    Of two integers one is less, and which request is called the first makes no difference.
    """
    attribute = bundle.unfolder.attributes.get(about)
    if attribute is None:
        return None
    if attribute.type in ("int", "time"):
        return Compare(((about, 1), (about + MARK, -1)), -1), TRUE_MASK
    return Same(about, about + MARK), FALSE_MASK


class _Changing:
    """What can change with *names*, attributes or predicates of *bundle*."""

    def __init__(self, bundle: Bundle, names: Collection[str]) -> None:
        rules = bundle.rules.values()
        self.predicates = _closure(rules, names)
        self._whole = {stand_in(rule.id) for rule in rules if self._stands_apart(rule)}
        self.values = {name for name in names if name in bundle.unfolder.attributes}
        counts = bundle.unfolder.counts
        self.values |= {name for name, each in counts.items() if self.moves(each)}

    def _stands_apart(self, rule: Rule) -> bool:
        """Say whether a fact that stands for *rule*, which is not unfolded, may change."""
        return any(map(is_variable, rule.head.terms)) or not self.predicates.isdisjoint(_read(rule))

    def stands_for_rule(self, literal: GroundLiteral) -> bool:
        """Say whether *literal* may stand for a rule, not unfolded, whose body may change."""
        return literal.predicate in self._whole

    def moves(self, source: Attribute | Fact | Compare | Same) -> bool:
        """Say whether what *source* is about can be another for the second request."""
        match source:
            case Attribute(name):
                return name in self.values
            case Compare(terms, _):
                return any(name in self.values for name, _ in terms)
            case Same(first, second):
                return first in self.values or second in self.values
            case Fact(literals):
                return any(each != self._literal(each) for each in literals)

    def moves_terms(self, literal: GroundLiteral) -> bool:
        """Say whether *literal* is about a value that can be another for the second request."""
        return literal.terms != self._terms(literal.terms)

    def copied(self, feature: Feature) -> Feature:
        """Return the copy of *feature*, about what the second request has."""
        source = self._marked(feature.source)
        if isinstance(source, Attribute):
            masks: dict[Test, int] = {
                attrs.evolve(test, name=source.name): mask  # type: ignore[arg-type]
                for test, mask in feature.masks.items()
            }
            return Feature(source, feature.classes, masks)
        return Feature(source, feature.classes, {source: TRUE_MASK})

    def _marked(
        self, source: Attribute | Fact | Compare | Same
    ) -> Attribute | Fact | Compare | Same:
        match source:
            case Attribute(name):
                return attrs.evolve(source, name=self._name(name))
            case Compare(terms, bound):
                return Compare(tuple((self._name(name), n) for name, n in terms), bound)
            case Same(first, second):
                return Same(self._name(first), self._name(second))
            case Fact(literals):
                return Fact(tuple(map(self._literal, literals)))

    def _literal(self, literal: GroundLiteral) -> GroundLiteral:
        changes = literal.predicate in self.predicates or self.stands_for_rule(literal)
        predicate = literal.predicate + MARK if changes else literal.predicate
        return attrs.evolve(literal, predicate=predicate, terms=self._terms(literal.terms))

    def _terms(self, terms: Iterable[Value]) -> tuple[Value, ...]:
        return tuple(map(self._value, terms))

    def _value(self, value: Value) -> Value:
        match value:
            case Ref(name):
                return Ref(self._name(name))
            case Linear(terms, constant):
                return Linear(tuple((self._name(name), n) for name, n in terms), constant)
        return value

    def _name(self, name: str) -> str:
        return name + MARK if name in self.values else name


def _closure(rules: Iterable[Rule], names: Iterable[str]) -> set[str]:
    """Return *names*, and the heads of *rules* that rest on them."""
    reading = [(rule.head.predicate, _read(rule)) for rule in rules]
    found, size = set(names), -1
    while len(found) != size:
        size = len(found)
        found |= {head for head, read in reading if not found.isdisjoint(read)}
    return found


def _read(rule: Rule) -> set[str]:
    return {each.atom.predicate for each in rule.body
            if isinstance(each, (Positive, Negative, Count))}  # fmt: skip


# What only grows.


def _directions(
    bundle: Bundle, changing: _Changing, moved: Iterable[int]
) -> tuple[frozenset[int], frozenset[int]]:
    """Return which of *moved* do not become less when rows are added to `approval`, or not more.

    A sum is at most its bound the less, the more is added, and the more, the more is taken away.
    """
    lessening = _lessening(list(bundle.rules.values()), changing.predicates)
    counts = bundle.unfolder.counts
    growing, falling = set(), set()

    def grows(fact: Fact) -> bool:
        return all(_grows(each, changing, lessening) for each in fact.literals)

    for number in moved:
        match bundle.features[number].source:
            case Fact() as fact if grows(fact):
                growing.add(number)
            case Attribute(name) if name in counts and grows(counts[name]):
                growing.add(number)
            case Compare(terms, _):
                changed = [(name, factor) for name, factor in terms if name in changing.values]
                if all(name in counts and grows(counts[name]) for name, _ in changed):
                    growing |= {number} if all(n < 0 for _, n in changed) else set()
                    falling |= {number} if all(n > 0 for _, n in changed) else set()
    return frozenset(growing), frozenset(falling)


def _grows(literal: GroundLiteral, changing: _Changing, lessening: Collection[str]) -> bool:
    """Say whether *literal*, once it holds, goes on to: of a count, whether it stays as high."""
    if changing.stands_for_rule(literal) or changing.moves_terms(literal):
        return False
    if literal.predicate not in changing.predicates:
        return True
    if literal.predicate in lessening:
        return False
    return literal.kind == "atom" or (literal.kind == "count" and literal.extra[0] in _GROWING)


def _lessening(rules: Collection[Rule], changing: Collection[str]) -> set[str]:
    """Return the predicates that may lose rows: a body asks that something is not."""
    found: set[str] = set()
    size = -1
    while len(found) != size:
        size = len(found)
        found |= {rule.head.predicate for rule in rules if _may_fail(rule, changing, found)}
    return found


def _may_fail(rule: Rule, changing: Collection[str], lessening: Collection[str]) -> bool:
    """Say whether the body of *rule* may cease to hold when rows of *changing* are added."""
    for literal in rule.body:
        match literal:
            case Positive(atom):
                fails = atom.predicate in lessening
            case Negative(atom):
                fails = atom.predicate in changing
            case Count(_, atom, relation, _):
                grows = relation in (">=", ">") and atom.predicate not in lessening
                fails = atom.predicate in changing and not grows
            case _:
                fails = False
        if fails:
            return True
    return False
