# SPDX-License-Identifier: Apache-2.0
"""The laws of narrowing as conditions for solvers: `python -m tests.proofs.narrowing`.

A limit is what its members are: numbers, a set of values, segments. Its value is any JSON value, of
which only what limits ask is known: whether it is a number and which, whether it is a list and what
is in it, its segments, its address. `ACCEPTS` and `INSIDE` say of limits of any size what `limit`
and `narrowing` compute for one; that they say the same is tested on limits and values at random.

Each law is one condition: that some pair of kinds breaks it. `all` and `any`, which hold limits,
are left out: their laws follow from those of their parts, and are tested.

Run as a program it writes proofs/narrower_limits_accept_no_more anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from helm_logic.analysis.smt import (
    BOOL,
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
    Var,
    conj,
    disj,
    implies,
    neg,
)
from helm_logic.analysis.smt_text import smtlib
from helm_logic.authority.narrowing import MATRIX

ROOT = Path(__file__).resolve().parents[2]
NAME = "narrower_limits_accept_no_more"

VALUE, SEGMENT = "Value", "Segment"
X, I = Var("x", VALUE), Var("i")  # noqa: E741 - a value and an index
STAR = Var("star", SEGMENT)


class Parts:
    """The members of the limit *name*, whatever its kind."""

    def __init__(self, name: str) -> None:
        self._name = name

    def number(self, member: str) -> Formula:
        """Return the integer *member*."""
        return Var(f"{self._name}.{member}")

    def truth(self, member: str) -> Formula:
        """Return the truth *member*."""
        return Var(f"{self._name}.{member}", BOOL)

    def value(self, member: str) -> Formula:
        """Return the value *member*."""
        return Var(f"{self._name}.{member}", VALUE)

    def lists(self, value: Formula) -> Formula:
        """Say that *value* is one of those that the limit lists."""
        return Apply(f"{self._name}.lists", (value,))

    def segment(self, number: Formula) -> Formula:
        """Return the segment *number* of its pattern."""
        return Apply(f"{self._name}.segment", (number,), SEGMENT)


def _of(value: Formula, what: str, sort: str = BOOL) -> Formula:
    return Apply(what, (value,), sort)


def _number(value: Formula) -> Formula:
    return _of(value, "number", "Int")


def _count(value: Formula) -> Formula:
    return _of(value, "segments", "Int")


def _segment(value: Formula, number: Formula) -> Formula:
    return Apply("segment", (value, number), SEGMENT)


def _each(condition: Formula, conclusion: Formula, variable: Var = X) -> Formula:
    return ForAll((variable,), implies(condition, conclusion))


def _below(count: Formula) -> Formula:
    return And((Le(Number(0), I), Lt(I, count)))


# --- When a value is within a limit.


def _in_range(limit: Parts, value: Formula) -> Formula:
    bounds = []
    for name in ("min", "max"):
        bound, number = limit.number(name), _number(value)
        low, high = (bound, number) if name == "min" else (number, bound)
        within = disj((Lt(low, high), conj((Eq(low, high), neg(limit.truth(f"{name}_open"))))))
        bounds.append(implies(limit.truth(f"has_{name}"), within))
    return conj((_of(value, "is_number"), *bounds))


def _contains(limit: Parts, value: Formula) -> Formula:
    return conj((_of(value, "is_list"), _each(limit.lists(X), Apply("member", (value, X)))))


def _subset(limit: Parts, value: Formula) -> Formula:
    return conj((_of(value, "is_list"), _each(Apply("member", (value, X)), limit.lists(X))))


def _fits(limit: Parts, value: Formula) -> Formula:
    return conj(
        (_of(value, "is_text"), _covers(limit, _count(value), lambda n: _segment(value, n)))
    )


def _covers(limit: Parts, count: Formula, segment: Callable[[Formula], Formula]) -> Formula:
    """Say that the pattern of *limit* covers *count* segments."""
    own, is_open = limit.number("count"), limit.truth("open")
    fixed = _each(
        _below(own), disj((Eq(limit.segment(I), STAR), Eq(limit.segment(I), segment(I)))), I
    )
    length = disj((conj((is_open, Le(own, count))), conj((neg(is_open), Eq(own, count)))))
    return conj((length, fixed))


def _under(limit: Parts, value: Formula) -> Formula:
    prefix = limit.value("prefix")
    same = _each(_below(_count(prefix)), Eq(_segment(prefix, I), _segment(value, I)), I)
    return conj((_of(value, "is_path"), Le(_count(prefix), _count(value)), same))


def _in_network(limit: Parts, value: Formula) -> Formula:
    address = _of(value, "address", "Int")
    return conj((
        _of(value, "is_address"),
        Eq(limit.number("family"), _of(value, "family", "Int")),
        Le(limit.number("low"), address),
        Le(address, limit.number("high")),
    ))  # fmt: skip


def _in_window(limit: Parts, value: Formula) -> Formula:
    number = _number(value)
    begun, ended = Le(limit.number("from"), number), Le(limit.number("until"), number)
    return conj((_of(value, "is_number"), begun, Not(ended)))


Accepts: TypeAlias = Callable[[Parts, Formula], Formula]
ACCEPTS: Mapping[str, Accepts] = {
    "exact": lambda limit, value: Eq(limit.value("value"), value),
    "one_of": lambda limit, value: limit.lists(value),
    "not_one_of": lambda limit, value: neg(limit.lists(value)),
    "range": _in_range,
    "contains": _contains,
    "subset": _subset,
    "wildcard": lambda _limit, _value: TRUE,
    "pattern": _fits,
    "path_prefix": _under,
    "cidr": _in_network,
    "time_window": _in_window,
}


# --- When a limit lies inside another, for each pair of kinds that the matrix allows.

Inside: TypeAlias = Callable[[Parts, Parts], Formula]


def _value_within(kind: str) -> Inside:
    return lambda wide, narrow: ACCEPTS[kind](wide, narrow.value("value"))


def _choices_within(kind: str) -> Inside:
    return lambda wide, narrow: _each(narrow.lists(X), ACCEPTS[kind](wide, X))


def _fewer(wide: Parts, narrow: Parts) -> Formula:
    return _each(narrow.lists(X), wide.lists(X))


def _more(wide: Parts, narrow: Parts) -> Formula:
    return _each(wide.lists(X), narrow.lists(X))


def _range_within(wide: Parts, narrow: Parts) -> Formula:
    tighter = []
    for name in ("min", "max"):
        outer, inner = wide.number(name), narrow.number(name)
        low, high = (outer, inner) if name == "min" else (inner, outer)
        keeps = disj((Lt(low, high), narrow.truth(f"{name}_open"), neg(wide.truth(f"{name}_open"))))
        is_tighter = conj((narrow.truth(f"has_{name}"), Le(low, high), keeps))
        tighter.append(implies(wide.truth(f"has_{name}"), is_tighter))
    return conj(tighter)


def _pattern_within(wide: Parts, narrow: Parts) -> Formula:
    count, is_open = narrow.number("count"), narrow.truth("open")
    closed = _covers(wide, count, narrow.segment)
    # `**` alone stands for one segment at least, whatever it is: for `*`, and then anything.
    only = conj((
        Eq(count, Number(0)),
        wide.truth("open"),
        Le(wide.number("count"), Number(1)),
        _each(_below(wide.number("count")), Eq(wide.segment(I), STAR), I),
    ))  # fmt: skip
    more = conj((Lt(Number(0), count), wide.truth("open"), closed))
    return disj((conj((neg(is_open), closed)), conj((is_open, disj((only, more))))))


def _network_within(wide: Parts, narrow: Parts) -> Formula:
    return conj((
        Eq(wide.number("family"), narrow.number("family")),
        Le(wide.number("low"), narrow.number("low")),
        Le(narrow.number("high"), wide.number("high")),
    ))  # fmt: skip


def _window_within(wide: Parts, narrow: Parts) -> Formula:
    return conj((
        Le(wide.number("from"), narrow.number("from")),
        Le(narrow.number("until"), wide.number("until")),
    ))  # fmt: skip


INSIDE: Mapping[tuple[str, str], Inside] = {
    **{("wildcard", kind): lambda _wide, _narrow: TRUE for kind in ACCEPTS},
    **{
        (kind, "exact"): _value_within(kind)
        for kind in ("exact", "one_of", "range", "pattern", "path_prefix", "cidr", "time_window")
    },
    **{(kind, "one_of"): _choices_within(kind) for kind in ("pattern", "path_prefix", "cidr")},
    ("one_of", "one_of"): _fewer,
    ("not_one_of", "not_one_of"): _more,
    ("range", "range"): _range_within,
    ("contains", "contains"): _more,
    ("subset", "subset"): _fewer,
    ("pattern", "pattern"): _pattern_within,
    ("path_prefix", "path_prefix"): lambda wide, narrow: _under(wide, narrow.value("prefix")),
    ("cidr", "cidr"): _network_within,
    ("time_window", "time_window"): _window_within,
}


# --- The laws.


def well_formed(kind: str, limit: Parts) -> Formula:
    """Return what holds of every limit of *kind* that `read_limit` reads."""
    match kind:
        case "pattern":
            least = disj((limit.truth("open"), Lt(Number(0), limit.number("count"))))
            return conj((Le(Number(0), limit.number("count")), least))
        case "path_prefix":
            return _of(limit.value("prefix"), "is_path")
    return TRUE


# What holds of every value: a text has a segment.
KNOWN = ForAll((X,), Lt(Number(0), _count(X)))


def reflexive() -> Formula:
    """Return that some limit does not lie inside itself."""
    one = Parts("limit")
    return Or(
        tuple(
            conj((well_formed(wide, one), neg(INSIDE[wide, narrow](one, one))))
            for wide, narrow in INSIDE
            if wide == narrow and (wide, narrow) in MATRIX
        )
    )


def accepts_no_more() -> Formula:
    """Return that some value is within a limit and not within one that this lies inside."""
    wide, narrow, value = Parts("wide"), Parts("narrow"), Var("value", VALUE)
    broken = [
        conj((
            well_formed(outer, wide),
            well_formed(inner, narrow),
            within(wide, narrow),
            ACCEPTS[inner](narrow, value),
            neg(ACCEPTS[outer](wide, value)),
        ))
        for (outer, inner), within in INSIDE.items()
    ]  # fmt: skip
    return disj(broken)


def transitive() -> Formula:
    """Return that some limit lies inside one inside a third, and not inside the third."""
    wide, middle, narrow = Parts("wide"), Parts("middle"), Parts("narrow")
    broken = [
        conj((
            *(well_formed(*each) for each in ((outer, wide), (between, middle), (inner, narrow))),
            INSIDE[outer, between](wide, middle),
            INSIDE[between, inner](middle, narrow),
            neg(INSIDE[outer, inner](wide, narrow)),
        ))
        for outer, between in INSIDE
        for other, inner in INSIDE
        if other == between
    ]  # fmt: skip
    return disj(broken)


LAWS: Mapping[str, tuple[str, Callable[[], Formula]]] = {
    "1-a-limit-lies-inside-itself": ("no limit lies outside itself", reflexive),
    "2-what-lies-inside-accepts-no-more": (
        "no value is within a limit, and outside one in which that limit lies", accepts_no_more,
    ),
    "3-inside-of-inside-is-inside": (
        "no limit lies inside one that lies inside a third, and outside the third", transitive,
    ),
}  # fmt: skip


def conditions() -> dict[str, str]:
    """Return the SMT-LIB text of each law's negation, by the name of its file."""
    return {f"{name}.smt2": smtlib([KNOWN, law()], said) for name, (said, law) in LAWS.items()}


def write_proofs(folder: Path) -> None:
    """Write the conditions to *folder*."""
    (folder / NAME).mkdir(parents=True, exist_ok=True)
    for name, script in conditions().items():
        (folder / NAME / name).write_text(script, encoding="utf-8")


if __name__ == "__main__":
    write_proofs(ROOT / "proofs")
