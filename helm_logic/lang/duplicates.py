# SPDX-License-Identifier: Apache-2.0
"""Rules that are the same up to the names of their variables and the order of their bodies.

Rules are grouped by a fingerprint that neither change can alter (each variable told apart by where
it stands, a few rounds of graph colouring); within a group they are matched literal by literal. The
search has a bound, beyond which two rules count as different. Inside the braces of a count the
order of the text matters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TypeAlias

import attrs

from helm_logic.lang import tree, walk

_ROUNDS = 3
_STEPS = 1_000
_COMPARED = 8


@attrs.frozen
class _Literal:
    """A literal as its shape, with holes for variables, and the variables that fill them."""

    shape: Hashable
    names: tuple[str, ...]


_Body: TypeAlias = list[_Literal]


def duplicates(clauses: Sequence[tree.Clause]) -> Iterator[tuple[int, int]]:
    """Yield (first, second) for each clause number *second* that says what number *first* says."""
    outlines = [_outline(clause) for clause in clauses]
    alike = Counter(outlines)
    groups: dict[Hashable, list[tuple[int, _Body]]] = {}
    for number, clause in enumerate(clauses):
        if alike[outlines[number]] == 1:
            continue
        body = _body(clause)
        group = groups.setdefault(_fingerprint(body), [])
        for other, known in group[:_COMPARED]:
            if _Match(known, body).found(0, {}, frozenset()):
                yield other, number
                break
        else:
            group.append((number, body))


def _outline(clause: tree.Clause) -> Hashable:
    """Return what tells most rules apart at once: their atoms, whatever variables stand in them."""
    atoms = walk.atoms(walk.literals(clause))
    shapes = frozenset([(under, *_holes(atom)) for under, atom in atoms])
    return len(clause.body), len(atoms), shapes, *_holes(clause.head)


def _holes(atom: tree.Atom) -> list[Hashable]:
    terms = [each.value if isinstance(each, tree.Constant) else None for each in atom.terms]
    return [atom.predicate, *terms]


def _body(clause: tree.Clause) -> _Body:
    reader = _Reader()
    head = reader.literal(clause.head)
    body = [reader.literal(each) for each in walk.literals(clause)]
    return [_Literal(("head", head.shape), head.names), *body]


class _Reader:
    """Turns literals into shapes; each `_` becomes a variable of its own."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._anonymous = 0

    def literal(self, literal: tree.Literal) -> _Literal:
        self._names = []
        shape = self._shape(literal)
        return _Literal(shape, tuple(self._names))

    def _shape(self, node: tree.Literal | tree.Expression) -> Hashable:
        match node:
            case tree.Variable(name):
                self._anonymous += node.is_anonymous
                self._names.append(f"{name}{self._anonymous}" if node.is_anonymous else name)
                return None
            case tree.Constant(_, value):
                return value
            case tree.Atom(predicate, terms):
                return predicate, *map(self._shape, terms)
            case tree.Not(atom):
                return "not", self._shape(atom)
            case tree.Count(counted, body, relation, bound):
                inner = [*map(self._shape, counted), *map(self._shape, body)]
                return "count", len(counted), *inner, relation, self._shape(bound)
            case (
                tree.Comparison(between, left, right)
                | tree.PatternTest(between, left, right)
                | tree.Operation(between, left, right)
            ):
                kind = type(node).__name__
                return kind, between, self._shape(left), self._shape(right)


def _fingerprint(body: _Body) -> Hashable:
    colours: Mapping[str, int] = dict.fromkeys((n for each in body for n in each.names), 0)
    for _ in range(_ROUNDS):
        seen: dict[str, list[int]] = {name: [] for name in colours}
        for each in body:
            around = (each.shape, tuple(colours[name] for name in each.names))
            for place, name in enumerate(each.names):
                seen[name].append(hash((around, place)))
        colours = {name: hash(tuple(sorted(found))) for name, found in seen.items()}
    return tuple(sorted(hash((e.shape, tuple(colours[n] for n in e.names))) for e in body))


class _Match:
    """Looks for a renaming of variables that makes one body the other."""

    def __init__(self, one: _Body, other: _Body) -> None:
        self._one, self._other = one, other
        self._steps = 0

    def found(self, at: int, renamed: Mapping[str, str], used: frozenset[int]) -> bool:
        """Say whether literals from number *at* on can be matched to those not *used*."""
        if at == len(self._one) or self._steps > _STEPS:
            return at == len(self._one)
        mine = self._one[at]
        for number, theirs in enumerate(self._other):
            if number in used or theirs.shape != mine.shape:
                continue
            self._steps += 1
            extended = dict(renamed)
            fits = all(
                extended.setdefault(a, b) == b
                for a, b in zip(mine.names, theirs.names, strict=True)
            )
            one_to_one = fits and len(set(extended.values())) == len(extended)
            if one_to_one and self.found(at + 1, extended, used | {number}):
                return True
        return False
