# SPDX-License-Identifier: Apache-2.0
"""proofs/narrower_limits_accept_no_more: about the matrix as it is, and proved by both solvers.

The formulas speak of limits of any size. That they speak of the limits of `authority.limit` and of
the matrix of `authority.narrowing` is shown by computing both for limits and values at random.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.analysis import second_solver, solver
from helm_logic.analysis.smt import (
    TRUE,
    And,
    Apply,
    Eq,
    ForAll,
    Formula,
    Le,
    Lt,
    Not,
    Number,
    Or,
    Truth,
    Var,
)
from helm_logic.authority.limit import KINDS, Limit, accepts, network_of, read_limit
from helm_logic.authority.narrowing import MATRIX, is_inside
from helm_logic.kernel.encoding import JsonValue, canonical_json
from tests.proofs import narrowing
from tests.proofs.narrowing import ACCEPTS, INSIDE, NAME, ROOT, VALUE, Parts, conditions

AGAIN = "write the proofs anew: python -m tests.proofs.narrowing"
HELD = frozenset(("all", "any"))  # limits that hold limits


def test_the_saved_conditions_are_those_of_the_laws(tmp_path: Path) -> None:
    """Writing them once more gives the same files, byte for byte."""
    narrowing.write_proofs(tmp_path)
    made = {each.name: each.read_bytes() for each in (tmp_path / NAME).iterdir()}
    kept = {each.name: each.read_bytes() for each in (ROOT / "proofs" / NAME).iterdir()}
    assert made == kept, AGAIN


@pytest.mark.parametrize("name", list(conditions()))
def test_narrower_limits_accept_no_more(name: str) -> None:
    """No limit of any size breaks the law: both solvers agree."""
    script = (ROOT / "proofs" / NAME / name).read_text("utf-8")
    assert solver.is_unsatisfiable(script) is True
    assert second_solver.is_unsatisfiable(script) is True


def test_every_pair_of_the_matrix_is_proved_but_for_limits_that_hold_limits() -> None:
    """The laws are about exactly the allowed pairs, and those are closed under them."""
    assert set(KINDS) - set(ACCEPTS) == HELD
    assert {pair for pair in MATRIX if HELD.isdisjoint(pair)} == set(INSIDE)
    assert {(kind, kind) for kind in KINDS} <= set(MATRIX)
    assert {(a, d) for a, b in MATRIX for c, d in MATRIX if b == c} <= set(MATRIX)


@pytest.mark.parametrize("pair", [pair for pair in INSIDE if pair[0] != "wildcard"])
def test_an_entry_that_looks_at_nothing_breaks_a_law(
    pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a pair were allowed whatever its content, the solver would find limits that widen."""
    blind = {**INSIDE, pair: lambda _wide, _narrow: TRUE}
    monkeypatch.setattr(narrowing, "INSIDE", blind)
    script = conditions()["2-what-lies-inside-accepts-no-more.smt2"]
    assert solver.is_unsatisfiable(script) is not True


# --- The formulas say of a limit what the code says of it.

TEXTS = st.sampled_from(["a", "*", "b", "/a", "/a/b", "/a/bc", "a/b", "/", "**", "a/**", "/a/../b"])
ADDRESSES = st.sampled_from(["10.0.0.1", "10.1.0.0", "10.0.0.255", "::1", "010.0.0.1", "fe80::1"])
PATHS = ("/a", "/a/b", "/a/bc", "/b")  # all that are paths, of these texts and prefixes
PLAIN = TEXTS | ADDRESSES | st.integers(-3, 3) | st.booleans() | st.none()
VALUES: st.SearchStrategy[JsonValue] = PLAIN | st.lists(PLAIN, max_size=3)
PATTERNS = st.sampled_from(["a", "*", "**", "a/b", "a/*", "a/**", "*/**", "*/*", "*/b", "a/b/**"])
NETWORKS = st.sampled_from(["10.0.0.0/8", "10.0.0.0/24", "0.0.0.0/0", "10.0.0.1/32", "::/0"])
SMALL = st.integers(-3, 3)
LISTED = st.lists(VALUES, max_size=3)


def _of(kind: str, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"constraint_type": st.just(kind), **members})


def _range() -> st.SearchStrategy[Any]:
    names = {"min": SMALL, "max": SMALL, "min_inclusive": st.booleans()}
    optional = {**names, "max_inclusive": st.booleans()}
    return st.fixed_dictionaries({"constraint_type": st.just("range")}, optional=optional)


LIMITS: Mapping[str, st.SearchStrategy[Any]] = {
    "exact": _of("exact", value=VALUES),
    "one_of": _of("one_of", values=LISTED),
    "not_one_of": _of("not_one_of", excluded=LISTED),
    "range": _range(),
    "contains": _of("contains", required=LISTED),
    "subset": _of("subset", allowed=LISTED),
    "wildcard": _of("wildcard"),
    "pattern": _of("pattern", pattern=PATTERNS),
    "path_prefix": _of("path_prefix", prefix=st.sampled_from(PATHS)),
    "cidr": _of("cidr", cidr=NETWORKS),
    "time_window": st.tuples(SMALL, st.integers(1, 3)).map(
        lambda ends: {"constraint_type": "time_window", "from": ends[0], "until": sum(ends)}
    ),
}


@attrs.frozen
class World:
    """What names in formulas mean: *limits* by role, and the *values* that there are by text."""

    limits: Mapping[str, Limit]
    values: Mapping[str, JsonValue]

    def holds(self, term: Formula, bound: Mapping[Formula, Any]) -> Any:  # noqa: C901, PLR0911
        """Return what *term* is here, *bound* being the variables that quantifiers bind."""
        if term in bound:
            return bound[term]
        match term:
            case Truth(value) | Number(value):
                return value
            case Var(name, _) if "." in name:
                return self._member(*name.split("."))
            case Var(name, _):
                return {"star": "*"}[name]
            case Apply(name, terms, _):
                return self._apply(name, [self.holds(each, bound) for each in terms])
            case And(parts):
                return all(self.holds(each, bound) for each in parts)
            case Or(parts):
                return any(self.holds(each, bound) for each in parts)
            case Not(part):
                return not self.holds(part, bound)
            case Eq(left, right):
                return self.holds(left, bound) == self.holds(right, bound)
            case Le(left, right):
                return self.holds(left, bound) <= self.holds(right, bound)
            case Lt(left, right):
                return self.holds(left, bound) < self.holds(right, bound)
            case ForAll((variable,), body):
                domain = self.values if variable.sort == VALUE else range(8)
                return all(self.holds(body, {**bound, variable: each}) for each in domain)
        raise NotImplementedError(term)

    def _member(self, role: str, name: str) -> Any:
        limit = self.limits[role]
        parts = limit.members
        if limit.kind == "cidr":
            network = network_of(str(parts["cidr"]))
            assert network is not None
            low, high = int(network.network_address), int(network.broadcast_address)
            return {"family": network.version, "low": low, "high": high}[name]
        if limit.kind == "pattern":
            fixed = _fixed(str(parts["pattern"]))
            is_open = len(fixed) < len(str(parts["pattern"]).split("/"))
            return {"count": len(fixed), "open": is_open}[name]
        if name.startswith("has_"):
            return name.removeprefix("has_") in parts
        if name.endswith("_open"):
            return parts.get(name.replace("_open", "_inclusive")) is False
        value = parts.get(name, 0)
        return value if limit.kind in ("range", "time_window") else _text(value)

    def _apply(self, name: str, terms: list[Any]) -> Any:
        role, _, what = name.partition(".")
        if what == "lists":
            (listed,) = self.limits[role].members.values()
            return terms[0] in map(_text, listed)  # type: ignore[arg-type]
        if what == "segment":
            return _at(_fixed(str(self.limits[role].members["pattern"])), terms[0])
        return _ABOUT[name](self.values[terms[0]], *terms[1:])


def _address(value: JsonValue) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    host = network_of(f"{value}/{128 if ':' in str(value) else 32}")
    return host.network_address if isinstance(value, str) and host is not None else None


def _family(value: JsonValue) -> int:
    address = _address(value)
    return 0 if address is None else address.version


def _text(value: JsonValue) -> str:
    return canonical_json(value).decode("utf-8")


def _fixed(pattern: str) -> list[str]:
    segments = pattern.split("/")
    return segments[:-1] if segments[-1] == "**" else segments


def _at(segments: list[str], number: int) -> str:
    return segments[number] if number < len(segments) else ""


_ABOUT: Mapping[str, Callable[..., Any]] = {
    "is_number": lambda value: type(value) is int,
    "number": lambda value: value if type(value) is int else 0,
    "is_list": lambda value: isinstance(value, list),
    "member": lambda value, item: isinstance(value, list) and item in map(_text, value),
    "is_text": lambda value: isinstance(value, str),
    "segments": lambda value: len(str(value).split("/")),
    "segment": lambda value, number: _at(str(value).split("/"), number),
    "is_path": lambda value: isinstance(value, str) and value in PATHS,
    "is_address": lambda value: _address(value) is not None,
    "family": _family,
    "address": lambda value: int(_address(value) or 0),
}


def _world(limits: Mapping[str, Limit], value: JsonValue) -> World:
    found: list[JsonValue] = [value]
    for limit in limits.values():
        for part in limit.members.values():
            found += [part, *(part if isinstance(part, list) else ())]
    found += [each for part in found if isinstance(part, list) for each in part]
    return World(limits, {_text(each): each for each in found})


MANY = settings(max_examples=3 * settings().max_examples)  # there are many pairs of kinds


@MANY
@given(kind=st.sampled_from(list(ACCEPTS)), data=st.data())
def test_the_formula_accepts_what_the_limit_accepts(kind: str, data: st.DataObject) -> None:
    """For limits of each kind and values at random, both say the same."""
    limit, value = read_limit(data.draw(LIMITS[kind])), data.draw(VALUES)
    world = _world({"limit": limit}, value)
    asked = Var("value", VALUE)
    formula = ACCEPTS[kind](Parts("limit"), asked)
    assert world.holds(formula, {asked: _text(value)}) == accepts(limit, value)


@MANY
@given(pair=st.sampled_from(list(INSIDE)), data=st.data())
def test_the_formula_says_inside_where_the_matrix_does(
    pair: tuple[str, str], data: st.DataObject
) -> None:
    """For limits of each allowed pair of kinds at random, both say the same."""
    wide, narrow = (read_limit(data.draw(LIMITS[kind])) for kind in pair)
    world = _world({"wide": wide, "narrow": narrow}, None)
    formula = INSIDE[pair](Parts("wide"), Parts("narrow"))
    assert world.holds(formula, {}) == is_inside(wide, narrow)
