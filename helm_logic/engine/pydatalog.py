# SPDX-License-Identifier: Apache-2.0
"""pyDatalog, the reference engine, running the text that `pydatalog_text.py` prints.

pyDatalog finds what follows in one step from the rows so far; going from step to step, and from
stratum to stratum, is done here, because its own recursion does not always return (see
`pydatalog_text.py`). It gives rows; `canonical.py` adds heights and derivations. It keeps no
limits: arithmetic that recursion repeats without end does not come back from here. It is asked for
a second opinion and decides nothing.

pyDatalog keeps its state per thread and clears it for everyone there, so an evaluation has a thread
of its own. This is the one module that imports pyDatalog, and only when it is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from helm_logic.engine.patterns import pattern_rows
from helm_logic.engine.pydatalog_text import Text, decode, encode
from helm_logic.kernel.certificate import Facts
from helm_logic.kernel.joins import compute
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row


def export_text(program: Program) -> str:
    """Return *program* as text that `pyDatalog.load` reads, with a legend of its names.

    Facts are for the reader to add, and with them the rows of `matches` and `subsumes`.
    """
    text = Text(program, staged=False)
    return "\n".join([*text.legend(), *text.lines, ""])


def evaluate(program: Program, facts: Facts) -> dict[str, set[Row]]:
    """Return the rows that pyDatalog finds for every derived predicate.

    Raises EvaluationError for an integer out of range, as the native engine does.
    """
    with ThreadPoolExecutor(max_workers=1) as alone:
        return alone.submit(lambda: Session(program, staged=True).derive(facts)).result()


class Session:
    """pyDatalog with a program loaded, in this thread alone; making another one ends it."""

    def __init__(self, program: Program, *, staged: bool) -> None:
        """Load *program*, as one text or for evaluation stratum by stratum."""
        from pyDatalog import pyDatalog  # noqa: PLC0415  loaded only where it is used
        from pyDatalog.Logic import Logic  # noqa: PLC0415

        self._program = program
        self._text = Text(program, staged=staged)
        self._engine: Any = pyDatalog
        Logic()
        for name, size in self._names():
            # pyDatalog knows a predicate by its clauses, and a negated one must be known.
            self._engine.assert_fact(name, *[0] * size)
            self._engine.retract_fact(name, *[0] * size)
        self._engine.load("\n".join(self._text.lines))
        self._asserted: list[tuple[str, list[int | str]]] = []

    def derive(self, facts: Facts) -> dict[str, set[Row]]:
        """Return all derived rows (staged sessions only)."""
        try:
            self._assert_given(facts)
            return {
                name: rows
                for stratum, names in enumerate(self._program.strata)
                for name, rows in self._stratum(stratum, names).items()
            }
        finally:
            self._retract()

    def ask(self, facts: Facts, wanted: Sequence[str]) -> dict[str, set[Row]]:
        """Return the rows of the predicates *wanted* (sessions with one text only)."""
        try:
            self._assert_given(facts)
            return {name: self._rows(name) for name in wanted}
        finally:
            self._retract()

    def _names(self) -> Iterator[tuple[str, int]]:
        yield from (("matches", 2), ("subsumes", 2))
        for each in self._program.predicates:
            for name in {self._text.predicate(each.name), self._text.found(each.name)}:
                yield name, max(1, len(each.columns))

    def _stratum(self, stratum: int, names: Sequence[str]) -> dict[str, set[Row]]:
        known: dict[str, set[Row]] = {name: set() for name in names}
        while (found := {name: self._rows(name) for name in names}) != known:
            for name in names:
                self._assert(self._text.found(name), map(encode, found[name] - known[name]))
            known = found
        for number, read, sign in self._text.reads:
            if number == stratum:
                for left, right in self._answers(f"{read}(A0,A1)"):
                    compute(sign, left, right)
        return known

    def _assert_given(self, facts: Facts) -> None:
        for name, rows in facts.items():
            self._assert(self._text.found(name), map(encode, rows))
        for relation, pairs in pattern_rows(self._program, facts).items():
            self._assert(relation, map(encode, pairs))

    def _assert(self, name: str, rows: Iterable[list[int | str]]) -> None:
        for row in rows:
            self._asserted.append((name, row))
            self._engine.assert_fact(name, *row)

    def _retract(self) -> None:
        while self._asserted:
            name, row = self._asserted.pop()
            self._engine.retract_fact(name, *row)

    def _rows(self, name: str) -> set[Row]:
        size = len(self._program.by_name[name].columns)
        return {decode(values, size) for values in self._answers(self._text.query(name))}

    def _answers(self, query: str) -> Iterable[tuple[Any, ...]]:
        answer = self._engine.ask(query)
        return answer.answers if answer is not None else ()
