# SPDX-License-Identifier: Apache-2.0
"""Terms, atoms and literals: the whole abstract syntax of a rule body.

A *constant* is an `int` or a tagged `str`: `s:` string, `y:` symbol, `b:` bool. A *variable* is a
`str` tagged `v:`. So `1`, `"1"`, `one` and `true` are four different constants (plain Python would
merge `1` with `True`), equality and hashing run at native speed, and every term is already JSON.

Column types are finer: `time` is an int of seconds, `principal` and `pattern` are strings.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any, TypeAlias

import attrs

from helm_logic.errors import ProgramError
from helm_logic.kernel.encoding import MAX_INTEGER

Term: TypeAlias = int | str
Row: TypeAlias = tuple[Term, ...]

COLUMN_TAGS = {
    "string": "s:", "principal": "s:", "pattern": "s:",
    "symbol": "y:", "bool": "b:", "int": "", "time": "",
}  # fmt: skip
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
TESTS = (*COMPARISONS, "matches", "subsumes")
ARITHMETIC = ("+", "-", "*")

_BOOLS = frozenset({"b:true", "b:false"})


def is_variable(term: Term) -> bool:
    """Say whether *term* is a variable rather than a constant."""
    return type(term) is str and term.startswith("v:")


def is_constant_of(term: object, column: str) -> bool:
    """Say whether *term* is a constant that a column of type *column* may hold."""
    return is_row_of((term,), (column,))


def is_row_of(row: Sequence[object], columns: Sequence[str]) -> bool:
    """Say it of a whole row; by exact type, because Python holds `True`, `1` and `1.0` equal."""
    if len(row) != len(columns):
        return False
    for term, column in zip(row, columns, strict=True):
        tag = COLUMN_TAGS[column]
        if type(term) is str:
            if not tag or term[:2] != tag or (tag == "b:" and term not in _BOOLS):
                return False
        elif tag or type(term) is not int or not -MAX_INTEGER <= term <= MAX_INTEGER:
            return False
    return True


def one_of(options: Container[str]) -> Callable[[object, object, str], None]:
    """Return the attrs validator that raises ProgramError for a value outside *options*."""

    def require(_owner: object, _field: object, value: str) -> None:
        if value not in options:
            raise ProgramError(f"got `{value}`, want one of {options}")

    return require


def _require_terms(_owner: object, _field: object, value: Any) -> None:
    for term in value if isinstance(value, tuple) else (value,):
        if not (is_variable(term) or any(is_constant_of(term, column) for column in COLUMN_TAGS)):
            raise ProgramError(f"got the term {term!r}, want an int or text tagged s: y: b: or v:")


@attrs.frozen
class Atom:
    """`predicate(terms)`; ground if no term is a variable."""

    predicate: str
    terms: Row = attrs.field(validator=_require_terms)


@attrs.frozen
class Positive:
    """The atom holds; binds its variables."""

    atom: Atom


@attrs.frozen
class Negative:
    """The atom does not hold."""

    atom: Atom


@attrs.frozen
class Test:
    """*left* and *right* stand in *relation*; strings are ordered by code point."""

    __test__ = False  # tells pytest that it is no test case

    relation: str = attrs.field(validator=one_of(TESTS))
    left: Term = attrs.field(validator=_require_terms)
    right: Term = attrs.field(validator=_require_terms)


@attrs.frozen
class Compute:
    """`target = left operator right` on integers; binds *target*."""

    target: Term = attrs.field(validator=_require_terms)
    operator: str = attrs.field(validator=one_of(ARITHMETIC))
    left: Term = attrs.field(validator=_require_terms)
    right: Term = attrs.field(validator=_require_terms)


@attrs.frozen
class Count:
    """The number of distinct values of *counted* stands in *relation* to *bound*.

    The rows are those that match *atom*, whose variables range freely inside the count unless they
    are bound before it.
    """

    counted: Row = attrs.field(validator=_require_terms)
    atom: Atom
    relation: str = attrs.field(validator=one_of(COMPARISONS))
    bound: Term = attrs.field(validator=_require_terms)


Literal: TypeAlias = Positive | Negative | Test | Compute | Count
