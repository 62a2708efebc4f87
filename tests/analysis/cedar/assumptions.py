# SPDX-License-Identifier: Apache-2.0
"""What holds of every request and every world, so that the analysis looks at no other.

Cedar's analysis knows what equality, sets and hierarchies are. Rules know facts; so for the terms
that the policies of one environment mention, this module writes down what cannot be, each as a list
of tests that never hold together:

- equal terms are in the same sets, under the same ancestors, and have the same attributes;
- being under somebody is transitive and acyclic, and only what the schema allows;
- what sets have in common or lack, of elements named and not named (`witnesses.py`);
- which patterns stand for one string (`strings.py`).

Terms that no policy can make equal may as well be different, and what says nothing about the tests
of the policies is left out (`elimination.py`). What follows for the policies is for the analysis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias, TypeVar

from tests.analysis.cedar.conditions import (
    Asked,
    Atom,
    Below,
    Equal,
    Exceeds,
    Has,
    Holds,
    Lacks,
    Never,
    Shares,
    Term,
    Under,
    Unsupported,
    equality,
    terms_of,
)
from tests.analysis.cedar.elimination import projected
from tests.analysis.cedar.schema import EntityKind, Kind, Schema, SetKind, element_kind
from tests.analysis.cedar.strings import impossible_strings
from tests.analysis.cedar.witnesses import contradictions

_AtomType = TypeVar("_AtomType", bound=Atom)
Consequence: TypeAlias = tuple[tuple[Asked, ...], "Asked | None"]  # premises; None: they cannot be


def assumptions(atoms: Sequence[Atom], schema: Schema) -> tuple[Never, ...]:
    """Return what never holds together of *atoms*, those of the policies of one environment."""
    theory = _Theory(atoms, schema)
    theory.saturate()
    theory.meet_witnesses()
    theory.saturate()
    return (*projected(theory.found, atoms), *impossible_strings(atoms))


class _Theory:
    """The atoms there are, with what follows from each; *found* grows as they are saturated."""

    def __init__(self, atoms: Sequence[Atom], schema: Schema) -> None:
        self._schema = schema
        self._atoms: dict[Atom, None] = dict.fromkeys(atoms)
        self.found: dict[Never, None] = {}
        self._classes = _Classes()
        self._join_classes()

    def _join_classes(self) -> None:
        """Join the terms that some policy, or a set without further elements, can make equal."""
        elements: dict[Kind, list[Term]] = {}
        for atom in self._atoms:
            match atom:
                case Equal(left, right) if left.kind == right.kind:
                    self._classes.join(left, right)
                case Has(_, element):
                    elements.setdefault(element.kind, []).append(element)
                case Exceeds(of, items):
                    elements.setdefault(element_kind(of.kind), []).extend(items)
        closed = {"Long", *(element_kind(each.of.kind) for each in self._each(Exceeds))}
        for kind, terms in elements.items():
            if kind in closed:
                for term in terms[1:]:
                    self._classes.join(terms[0], term)
        self._same_attributes()

    def _same_attributes(self) -> None:
        """If the principal can be the resource, what both have is the same."""
        terms = {term.name: term for atom in self._atoms for term in terms_of(atom)}
        principal, resource = terms.get("principal_id"), terms.get("resource_id")
        if principal is None or resource is None or resource not in self._classes.of(principal):
            return
        same = equality(principal, resource)
        for name, term in terms.items():
            twin = terms.get(name.replace("principal_", "resource_", 1))
            if not name.startswith("principal_") or twin is None or term == principal:
                continue
            if isinstance(term.kind, SetKind) or twin.kind != term.kind:
                raise Unsupported("sets of two entities that may be one")
            if term.kind == "Bool":
                for holds in (True, False):
                    self._never((same, Asked(Holds(term), holds), Asked(Holds(twin), not holds)))
                continue
            self._never((same, equality(term, twin, holds=False)))
            self._classes.join(term, twin)

    def _never(self, tests: Never) -> None:
        self.found.setdefault(tuple(dict.fromkeys(tests)))

    def saturate(self) -> None:
        """Write down what follows from the atoms there are, and from those that follow."""
        done: set[Consequence] = set()
        growing = True
        while growing:
            growing = False
            for atom in [*self._atoms]:
                for premises, conclusion in self._consequences(atom):
                    if (premises, conclusion) in done:
                        continue
                    done.add((premises, conclusion))
                    growing = True
                    if conclusion in premises:
                        continue
                    if conclusion is None:
                        self._never(premises)
                    else:
                        self._atoms.setdefault(conclusion.atom)
                        self._never((*premises, Asked(conclusion.atom, not conclusion.holds)))

    def meet_witnesses(self) -> None:
        """Write down what elements of sets make impossible; needs every atom about sets."""
        about = [each for each in self._atoms if isinstance(each, Below | Lacks | Shares | Exceeds)]
        for never in contradictions(about):
            self._never(never)
            for test in never:
                self._atoms.setdefault(test.atom)

    def _consequences(self, atom: Atom) -> Iterator[Consequence]:
        match atom:
            case Under():
                yield from self._of_under(atom)
            case Has():
                yield from self._of_has(atom)
            case Below():
                yield from self._of_below(atom)

    def _of_below(self, atom: Below) -> Iterator[Consequence]:
        child, of, it = atom.child, atom.of, Asked(atom)
        if not self._can_be_in(child.kind, element_kind(of.kind)):
            yield (it,), None
            return
        for other in self._classes.of(child):
            yield (it, equality(child, other)), Asked(Below(other, of))
        for lacks in self._each(Lacks):
            if lacks.other == of:
                yield (it, Asked(lacks, holds=False)), Asked(Below(child, lacks.of))

    def _of_under(self, atom: Under) -> Iterator[Consequence]:
        child, ancestor, it = atom.child, atom.ancestor, Asked(atom)
        kinds = child.kind, ancestor.kind
        if child == ancestor or not self._can_be_in(*kinds):
            yield (it,), None
            return
        for other in self._classes.of(child):
            yield (it, equality(child, other)), Asked(Under(other, ancestor))
        for other in self._classes.of(ancestor):
            yield (it, equality(ancestor, other)), Asked(Under(child, other))
        for above in self._each(Under):
            if above.child == ancestor:
                yield (it, Asked(above)), Asked(Under(child, above.ancestor))
        for below in self._each(Below):
            if below.child == ancestor:
                yield (it, Asked(below)), Asked(Below(child, below.of))
        for has in self._each(Has) if self._each(Below) else ():
            if has.element == ancestor:
                yield (it, Asked(has)), Asked(Below(child, has.of))

    def _of_has(self, atom: Has) -> Iterator[Consequence]:
        of, element, it = atom.of, atom.element, Asked(atom)
        for other in self._classes.of(element):
            yield (it, equality(element, other)), Asked(Has(of, other))
        for lacks in self._each(Lacks):
            if lacks.other == of:
                yield (it, Asked(lacks, holds=False)), Asked(Has(lacks.of, element))
        for shares in self._each(Shares):
            twin = Has(shares.other, element)
            if shares.one == of and twin in self._atoms:
                yield (it, Asked(twin)), Asked(shares)
        for exceeds in self._each(Exceeds):
            if exceeds.of == of and element not in exceeds.items:
                others = (item for item in exceeds.items if item.name or element.name)
                different = (equality(element, other, holds=False) for other in others)
                yield (it, *different), Asked(exceeds)

    def _can_be_in(self, child: Kind, ancestor: Kind) -> bool:
        if not isinstance(child, EntityKind) or not isinstance(ancestor, EntityKind):
            raise Unsupported("`in` between values that are no entities")
        return self._schema.can_be_in(child.type, ancestor.type)

    def _each(self, kind: type[_AtomType]) -> list[_AtomType]:
        return [atom for atom in self._atoms if isinstance(atom, kind)]


class _Classes:
    """Terms in classes: those of one class can be equal."""

    def __init__(self) -> None:
        self._class: dict[Term, list[Term]] = {}

    def join(self, one: Term, other: Term) -> None:
        first = self._class.setdefault(one, [one])
        second = self._class.setdefault(other, [other])
        if first is not second:
            first += second
            for term in second:
                self._class[term] = first

    def of(self, term: Term) -> list[Term]:
        """Return the other terms that can equal *term*; different constants never do."""
        others = self._class.get(term, [])
        return [other for other in others if other != term and (other.name or term.name)]
