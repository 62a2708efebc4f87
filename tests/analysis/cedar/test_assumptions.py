# SPDX-License-Identifier: Apache-2.0
"""What is assumed of worlds is exactly what is true of them: nothing more, and nothing less.

More would let the analysis prove what is false; less would leave it with worlds that cannot be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import combinations, product
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.cedar.assumptions import assumptions
from tests.analysis.cedar.conditions import (
    Asked,
    Atom,
    Equal,
    Exceeds,
    Has,
    Lacks,
    Never,
    Shares,
    Stands,
    Term,
    Under,
)
from tests.analysis.cedar.elimination import projected
from tests.analysis.cedar.globs import matches
from tests.analysis.cedar.schema import EntityKind, EntityType, Schema, SetKind

SCHEMA: Final = Schema({"T": EntityType({}, ("T",)), "U": EntityType({}, ())}, {})
ONE, TWO = (Term("", "Long", n) for n in (1, 2))
SETS: Final = [Term(name, SetKind("Long")) for name in ("context_a", "context_b")]
THINGS: Final = [Term("", EntityKind("T"), name) for name in "xyz"]
PLACES: Final = [Term("", EntityKind("U"), name) for name in "uv"]

Signs = tuple[bool, ...]


def _allowed(nevers: Iterable[Never], atoms: Sequence[Atom]) -> set[Signs]:
    """Return which of all truth values of *atoms* none of *nevers* excludes."""
    found = set()
    for signs in product((False, True), repeat=len(atoms)):
        holds = dict(zip(atoms, signs, strict=True))
        if not any(all(holds[test.atom] is test.holds for test in each) for each in nevers):
            found.add(signs)
    return found


facts = st.sampled_from([Under(one, other) for one in THINGS for other in THINGS])


@given(st.lists(st.lists(st.tuples(facts, st.booleans()), max_size=3), max_size=6), st.sets(facts))
def test_elimination_keeps_what_follows(
    some: list[list[tuple[Under, bool]]], ask: set[Under]
) -> None:
    """Truth values of what is asked are allowed iff they are with some values of all the rest."""
    nevers = [tuple(Asked(*each) for each in dict.fromkeys(never)) for never in some]
    asked = sorted(ask, key=str)
    rest = sorted({test.atom for never in nevers for test in never} - ask, key=str)

    kept = projected(nevers, asked)

    with_rest = _allowed(nevers, [*asked, *rest])
    assert _allowed(kept, asked) == {signs[: len(asked)] for signs in with_rest}


set_atoms: st.SearchStrategy[Atom] = st.one_of(
    st.builds(Has, st.sampled_from(SETS), st.sampled_from([ONE, TWO])),
    st.sampled_from([Lacks(*SETS), Lacks(*reversed(SETS)), Shares(*SETS)]),
    st.builds(Exceeds, st.sampled_from(SETS), st.sampled_from([(), (ONE,), (TWO, ONE)])),
)


def _of_sets(atom: Atom, values: dict[Term, frozenset[int]]) -> bool:
    match atom:
        case Has(of, element):
            return element.constant in values[of]
        case Lacks(of, other):
            return not values[other] <= values[of]
        case Shares(one, other):
            return not values[one].isdisjoint(values[other])
        case Exceeds(of, items):
            return not values[of] <= {item.constant for item in items}
    raise TypeError(atom)


@cache
def _subsets() -> tuple[frozenset[int], ...]:
    """Return the sets of 1, 2, and of elements that nobody names, one for each test on sets."""
    return tuple(
        frozenset(each) for size in range(6) for each in combinations((1, 2, 3, 4, 5), size)
    )


@settings(max_examples=60)
@given(st.lists(set_atoms, min_size=1, max_size=4, unique=True))
def test_sets_are_what_sets_are(atoms: list[Atom]) -> None:
    """Members, inclusion, overlap and listed sets: the truth values that some two sets have."""
    nevers = assumptions(atoms, SCHEMA)
    pairs = product(_subsets(), repeat=2)
    possible = {
        tuple(_of_sets(atom, dict(zip(SETS, pair, strict=True))) for atom in atoms)
        for pair in pairs
    }

    assert _allowed(nevers, atoms) == possible


@cache
def _orders() -> tuple[frozenset[tuple[Term, Term]], ...]:
    """Return who is under whom, for every acyclic way of giving THINGS their parents."""
    pairs = [(one, other) for one in THINGS for other in THINGS]
    found = {_closure({pair for pair, is_in in zip(pairs, signs, strict=True) if is_in})
             for signs in product((False, True), repeat=len(pairs))}  # fmt: skip
    return tuple(each for each in found if not any(one == other for one, other in each))


def _closure(pairs: set[tuple[Term, Term]]) -> frozenset[tuple[Term, Term]]:
    while more := {(a, d) for a, b in pairs for c, d in pairs if b == c} - pairs:
        pairs |= more
    return frozenset(pairs)


@given(st.lists(facts, min_size=1, max_size=5, unique=True))
def test_hierarchies_are_acyclic_and_transitive(atoms: list[Under]) -> None:
    """The truth values that some hierarchy has; nobody in between needs to be asked about."""
    nevers = assumptions(atoms, SCHEMA)

    assert _allowed(nevers, atoms) == {
        tuple((atom.child, atom.ancestor) in order for atom in atoms) for order in _orders()
    }


def test_only_what_the_schema_allows_is_under_something() -> None:
    """A type without parents is under nothing; a type that is no parent has nothing under it."""
    atoms = [Under(PLACES[0], PLACES[1]), Under(PLACES[0], THINGS[0]), Under(THINGS[0], PLACES[0])]

    assert _allowed(assumptions(atoms, SCHEMA), atoms) == {(False, False, False)}


PATTERNS: Final = [("a", ""), ("", "a"), ("", "b", ""), ("ab", "")]


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(PATTERNS), min_size=1, unique=True), st.sampled_from(["a", "ab", ""])
)
def test_strings_match_as_strings_do(patterns: list[tuple[str, ...]], whole: str) -> None:
    """With what the analysis knows of prefixes and of whole strings: what some string matches."""
    text = Term("context_s", "String")
    atoms: list[Atom] = [Stands(text, each) for each in patterns]
    atoms.append(Equal(text, Term("", "String", whole)))
    says: Callable[[str], Signs] = lambda value: (  # noqa: E731  one line says it
        *(matches(each, value) for each in patterns),
        value == whole,
    )
    values = ["".join(each) for size in range(5) for each in product("abz", repeat=size)]
    nevers = [
        tuple(
            Asked(atoms[-1], test.holds) if test.atom == Stands(text, (whole,)) else test
            for test in never
        )
        for never in assumptions(atoms, SCHEMA)
    ]

    prefixes = [n for n, each in enumerate(patterns) if len(each) == 2 and not each[1]]
    known = {tuple(says(value)[n] for n in [*prefixes, -1]) for value in values}
    allowed = {
        signs
        for signs in _allowed(nevers, atoms)
        if tuple(signs[n] for n in [*prefixes, -1]) in known
    }
    assert allowed == {says(value) for value in values}
