# SPDX-License-Identifier: Apache-2.0
"""Features: every value has exactly one class, and a class answers every test as its values do."""

from __future__ import annotations

from itertools import pairwise, product

from hypothesis import given
from hypothesis import strategies as st

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.features import (
    FALSE_MASK,
    TRUE_MASK,
    attribute_feature,
    truth_feature,
)
from helm_logic.analysis.formula import AtMost, Fact, GroundLiteral, Is, Matches, Present, Test
from helm_logic.analysis.observe import class_of, satisfies
from helm_logic.kernel.encoding import MAX_INTEGER
from helm_logic.kernel.terms import Term

_TEXTS = ("a", "a/b", "a/c", "b/a", "a/b/c", "other-1", "other-2", "other-2/x", "", "a//b")
_PRINCIPALS = ("user:ann", "agent:x", "agent:other-1", "user:ann/x", "user:b/c")
_RESOURCES = ("a/b", "a/c", "b/a", "a/b/c", "thing-1/other-1", "other-2/x", "a/other-1")
_PATTERNS = ("a/*", "a/**", "**", "*", "*/b", "user:ann", "user:ann/**", "other-2/*", "a", "a/**/b")
_EDGES = (-MAX_INTEGER, -MAX_INTEGER + 1, MAX_INTEGER - 1, MAX_INTEGER)


def _tests(name: str, constants: st.SearchStrategy[Term]) -> st.SearchStrategy[list[Test]]:
    one: st.SearchStrategy[Test] = st.one_of(
        st.builds(Is, st.just(name), constants),
        st.builds(Matches, st.just(name), st.sampled_from(_PATTERNS)),
        st.just(Present(name)),
    )
    return st.lists(one, max_size=5, unique=True)


def _check(attribute: Attribute, tests: list[Test], values: list[Term]) -> None:
    feature = attribute_feature(attribute, tests)
    assert {*tests} <= {*feature.masks}
    asked: list[Term | None] = [*values, *([None] if attribute.optional else [])]
    asked += [value for each in feature.classes for value in each.values]
    for value in asked:
        place = class_of(feature, {attribute.name: value}, lambda _name: ())
        assert place is not None
        for test, mask in feature.masks.items():
            assert bool(mask >> place & 1) == satisfies(test, value), (test, value)
    for number, each in enumerate(feature.classes):
        assert each.values
        for value in each.values:
            assert class_of(feature, {attribute.name: value}, lambda _name: ()) == number


@given(_tests("x", st.sampled_from(_TEXTS).map("s:{}".format)), st.booleans())
def test_every_text_has_one_class(tests: list[Test], optional: bool) -> None:  # noqa: FBT001
    """For inputs of any text, required and optional."""
    _check(Attribute("x", "string", None, optional), tests, [f"s:{each}" for each in _TEXTS])


@given(_tests("x", st.sampled_from((*_TEXTS, *_PRINCIPALS)).map("s:{}".format)))
def test_every_principal_has_one_class(tests: list[Test]) -> None:
    """Though tests may name what is no principal."""
    _check(Attribute("x", "principal"), tests, [f"s:{each}" for each in _PRINCIPALS])


@given(_tests("resource", st.sampled_from((*_TEXTS, *_RESOURCES)).map("s:{}".format)))
def test_every_resource_has_one_class(tests: list[Test]) -> None:
    """Though tests may name what is no resource."""
    _check(Attribute("resource", "string"), tests, [f"s:{each}" for each in _RESOURCES])


@given(st.lists(st.sampled_from(("y:live", "y:test", "y:other", "y:other-1")), unique=True))
def test_every_symbol_has_one_class(constants: list[str]) -> None:
    """An input of symbols is as open as one of texts."""
    tests: list[Test] = [Is("x", each) for each in constants]
    _check(Attribute("x", "symbol"), tests, ["y:live", "y:test", "y:rest"])


@given(_tests("x", st.sampled_from(_TEXTS).map("s:{}".format)), st.booleans())
def test_listed_values_fall_into_classes(tests: list[Test], optional: bool) -> None:  # noqa: FBT001
    """Every value of the domain lies in one class, and all are there."""
    domain = tuple(f"s:{each}" for each in _TEXTS[:6])
    attribute = Attribute("x", "string", domain, optional)
    _check(attribute, tests, [*domain])
    found = [value for each in attribute_feature(attribute, tests).classes for value in each.values]
    assert sorted(value for value in found if value is not None) == sorted(domain)


_integers = st.one_of(st.integers(-9, 9), st.sampled_from(_EDGES))
_integer_tests = st.lists(
    st.one_of(
        st.builds(AtMost, st.just("x"), _integers | st.just(1 << 60) | st.just(-(1 << 60))),
        st.builds(Is, st.just("x"), _integers),
        st.just(Present("x")),
    ),
    max_size=5,
    unique=True,
)


@given(_integer_tests, st.sampled_from(("int", "time")), st.booleans())
def test_every_integer_has_one_class(tests: list[Test], kind: str, optional: bool) -> None:  # noqa: FBT001
    """From the least to the greatest, at the edges too; the bounds tile them."""
    attribute = Attribute("x", kind, None, optional)
    _check(attribute, tests, [*range(-10, 11), *_EDGES])
    bounds = [each.bounds for each in attribute_feature(attribute, tests).classes if each.bounds]
    assert bounds[0][0] == -MAX_INTEGER
    assert bounds[-1][1] == MAX_INTEGER
    assert all(one[1] + 1 == other[0] for one, other in pairwise(bounds))


@given(_integer_tests)
def test_a_count_is_never_negative(tests: list[Test]) -> None:
    """Its classes begin at zero."""
    _check(Attribute("count/1", "int"), _of_count(tests), [*range(11), MAX_INTEGER])


def _of_count(tests: list[Test]) -> list[Test]:
    """Return *tests* asked of the attribute `count/1`."""
    found: list[Test] = []
    for test in tests:
        match test:
            case AtMost(_, bound):
                found.append(AtMost("count/1", bound))
            case Is(_, constant):
                found.append(Is("count/1", constant))
    return found


def test_a_test_that_is_true_or_false_has_two_classes() -> None:
    """False first; the masks of the two are each other's contrary."""
    fact = Fact((GroundLiteral("atom", "blocked", ("s:x",)),))
    feature = truth_feature(fact)
    assert [each.values for each in feature.classes] == [("b:false",), ("b:true",)]
    assert feature.masks == {fact: TRUE_MASK}
    assert FALSE_MASK | TRUE_MASK == 0b11


def test_classes_of_one_attribute_are_few() -> None:
    """Tests that say the same make no class of their own."""
    tests: list[Test] = [AtMost("x", 3), Is("x", 3), AtMost("x", 2)]
    assert len(attribute_feature(Attribute("x", "int"), tests).classes) == 3
    same: list[Test] = [Matches("x", f"{a}/{b}") for a, b in product("ab", repeat=2)]
    assert len(attribute_feature(Attribute("x", "string"), same).classes) == 5
