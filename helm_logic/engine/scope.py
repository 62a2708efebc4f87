# SPDX-License-Identifier: Apache-2.0
"""What generated source may mention: names made of our own letters and numbers, bound to objects.

No text of a program ever becomes source. Predicates, variables and constants appear as `R3`, `v0`
and `k5`; what such a name stands for is an object in the namespace the source is executed with.

    v0 v1 ...   variable number n of the rule at hand
    p0 p1 ...   row of premise number n of that rule
    R3          rows of predicate number 3: {row: origin}, the origin as in `forward.py`
    I3_0_2      its rows by columns 0 and 2: {key: [row]}, the key bare if it is one column
    C3_0__1     how many different values column 1 has, by column 0: {key: int}
    G0_2 T0__1  functions that make such an index or tally from rows
    k5          constant number 5

*Kept* relations are complete before the source is printed: their indexes are namespace objects.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import CodeType
from typing import Any, TypeAlias

from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row, Term

Origin: TypeAlias = tuple[Any, ...]
"""How a row came about: `()` if it was given, else its code and its premise rows."""

Relation: TypeAlias = dict[Row, Origin]

FEW, MANY = 4.0, 64.0  # rows taken to agree with a value, and to be in a relation, if unknown


class Scope:
    """Names for one program and the objects behind them; *kept* are the relations known by now."""

    def __init__(self, program: Program, kept: Mapping[str, Relation]) -> None:
        self.program = program
        self.kept = kept
        self.number = {each.name: number for number, each in enumerate(program.predicates)}
        self.names: dict[str, Any] = {
            f"R{self.number[name]}": relation for name, relation in kept.items()
        }
        self._constants: dict[Term, str] = {}
        self._distinct: dict[tuple[str, tuple[int, ...]], int] = {}

    def constant(self, term: Term) -> str:
        """Return the name of a constant. Terms are `int` and `str` only, so equal means same."""
        name = self._constants.setdefault(term, f"k{len(self._constants)}")
        self.names[name] = term
        return name

    def rows(self, predicate: str) -> str:
        """Return the name of the rows of *predicate*."""
        return f"R{self.number[predicate]}"

    def index(self, predicate: str, keys: Collection[int]) -> str:
        """Return the name of the index of *predicate* by columns *keys*, ready if it is kept."""
        group = self.group(keys)
        name = "_".join((f"I{self.number[predicate]}", *map(str, keys)))
        if predicate in self.kept and name not in self.names:
            self.names[name] = self.names[group](self.kept[predicate])
        return name

    def tally(self, predicate: str, keys: Collection[int], counted: Collection[int]) -> str:
        """Return the name of the tally of columns *counted* by *keys*, ready if it is kept."""
        count = self.count(keys, counted)
        name = "_".join((f"C{self.number[predicate]}", *map(str, (*keys, "", *counted))))
        if predicate in self.kept and name not in self.names:
            self.names[name] = self.names[count](self.kept[predicate])
        return name

    def group(self, keys: Collection[int]) -> str:
        """Return the name of the function that indexes rows by *keys*."""
        return self._function("G", keys, _grouping(keys))

    def count(self, keys: Collection[int], counted: Collection[int]) -> str:
        """Return the name of the function that tallies columns *counted* of rows by *keys*."""
        return self._function("T", (*keys, "", *counted), _tallying(keys, counted))

    def _function(self, letter: str, columns: Collection[int | str], source: str) -> str:
        name = letter + "_".join(map(str, columns))
        if name not in self.names:
            self.names[name] = execute(f"def made(rows):\n{source}", "made")
        return name

    def estimate(self, predicate: str, keys: tuple[int, ...]) -> float:
        """Return how many rows of *predicate* to expect for one value of columns *keys*.

        Exact averages for kept relations. Of the others nothing is known, so those that share a
        value are all alike and the rule's author decides by the order written; but a given
        predicate with one column is taken for a single-valued input of a request, which most are.
        """
        if predicate in self.kept:
            rows = self.kept[predicate]
            if (predicate, keys) not in self._distinct:
                distinct = len({tuple(row[column] for column in keys) for row in rows})
                self._distinct[predicate, keys] = distinct
            return len(rows) / max(1, self._distinct[predicate, keys])
        declared = self.program.by_name[predicate]
        if declared.given and len(declared.columns) == 1:
            return 1.0
        return FEW if keys else MANY


def _grouping(keys: Collection[int]) -> str:
    """Return the body of a function from rows to `{key: [row]}`."""
    return (
        " index = {}\n"
        " for row in rows:\n"
        f"  key = {_key(keys)}\n"
        "  if key in index: index[key].append(row)\n"
        "  else: index[key] = [row]\n"
        " return index\n"
    )


def _tallying(keys: Collection[int], counted: Collection[int]) -> str:
    """Return the body of a function from rows to `{key: number of different counted values}`."""
    return (
        " sets = {}\n"
        " for row in rows:\n"
        f"  sets.setdefault({_key(keys)}, set()).add({_key(counted)})\n"
        " return {key: len(values) for key, values in sets.items()}\n"
    )


def _key(columns: Collection[int]) -> str:
    return display([f"row[{column}]" for column in columns])


def display(values: list[str]) -> str:
    """Return source for a key of *values*: bare if it is one value, else a tuple."""
    return values[0] if len(values) == 1 else row(values)


def row(values: list[str]) -> str:
    """Return source for the tuple of *values*."""
    return f"({', '.join(values)}{',' * (len(values) == 1)})"


def execute(source: str, wanted: str, names: dict[str, Any] | None = None) -> Callable[..., Any]:
    """Execute generated *source* once, in *names*, and return the function it defines."""
    space: dict[str, Any] = {} if names is None else names
    code: CodeType = compile(source, f"<helm_logic.engine {wanted}>", "exec", dont_inherit=True)
    exec(code, space)  # noqa: S102  the source is built here from templates and numbers alone
    function: Callable[..., Any] = space[wanted]
    return function
