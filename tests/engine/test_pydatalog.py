# SPDX-License-Identifier: Apache-2.0
"""pyDatalog as reference engine: what reaches it, and the traps that the encoding keeps clear of.

That it finds what the other engines find is in `test_agreement`.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from helm_logic.engine import Engine, pydatalog, pydatalog_text
from helm_logic.engine.pydatalog_text import GRAMMAR, Text, decode, encode
from helm_logic.errors import EvaluationError
from helm_logic.kernel.terms import Compute, Row, Test
from tests.engine.notation import W, X, Y, Z, count, derived, given, no, program, yes

CONSTANTS = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.text().map(lambda text: f"s:{text}"),
    st.sampled_from(["y:one", "y:true", "b:true", "b:false", "s:1", "s:True", "s:true"]),
)


@for_all(st.lists(CONSTANTS, max_size=4).map(tuple))
def test_constants_survive_the_encoding(row: Row) -> None:
    """Decoding what was encoded gives the row back, and what is encoded is plain."""
    values = encode(row)

    assert decode(values, len(row)) == row
    assert all(isinstance(x, int) or re.fullmatch("x[0-9a-f]*", x) for x in values)


@for_all(st.text(), st.text())
def test_the_encoding_keeps_the_order_of_text(one: str, two: str) -> None:
    """Encoded strings compare as the strings do, by code point."""
    ((first,), (second,)) = encode((f"s:{one}",)), encode((f"s:{two}",))

    assert (str(first) < str(second)) == (one < two)


def test_kinds_stay_apart() -> None:
    """`1`, `"1"`, the symbol `1`, true, `"true"` and `"True"` are six constants."""
    rows: list[Row] = [(1,), ("s:1",), ("y:1",), ("b:true",), ("s:true",), ("s:True",)]
    program_ = program(
        [
            given("a", "string"),
            given("b", "string"),
            derived("p", "string"),
            derived("q", "string"),
        ],
        (yes("p", X), [yes("a", X), yes("b", X)]),
        (yes("q", X), [yes("a", X), no("b", X)]),
    )
    for row in rows:
        found = pydatalog.evaluate(program_, {"a": rows, "b": [row]})
        assert found == {"p": {row}, "q": {*rows} - {row}}


@pytest.mark.parametrize(
    "text", ["import os", "') & __import__('os').abort() & p('", "True", "\n+ p(1)"]
)
def test_no_text_of_a_program_reaches_pydatalog(text: str) -> None:
    """Names and strings stand in comments and in encoded constants, never in a clause."""
    program_ = program(
        [given(text, "string"), derived(text + "_", "string")],
        (yes(text + "_", X), [yes(text, X), Test("!=", X, f"s:{text}")]),
    )  # fmt: skip

    lines = pydatalog.export_text(program_).splitlines()

    clauses = [line for line in lines if not line.startswith("# p")]
    assert all(GRAMMAR.fullmatch(line) for line in clauses)
    assert [json.dumps(text) in line for line in lines[:2]] == [True, False]
    assert pydatalog.evaluate(program_, {text: [(f"s:{text}",), ("s:x",)]}) == {
        text + "_": {("s:x",)}
    }


def test_a_line_outside_the_grammar_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line is held against the grammar, whatever the printer thinks of it."""
    program_ = program([given("q", "int"), derived("p", "int")], (yes("p", X), [yes("q", X)]))
    monkeypatch.setattr(pydatalog_text, "GRAMMAR", re.compile("[a-z]*"))

    with pytest.raises(EvaluationError, match="want only own names"):
        pydatalog.export_text(program_)


def test_the_exported_text_alone_finds_the_same() -> None:
    """Loaded as it is, with facts added, the text needs nothing of ours."""
    program_ = program(
        [given("e", "symbol", "symbol"), given("n", "symbol", "int"),
         derived("r", "symbol", "symbol"), derived("big", "symbol", "int"),
         derived("not_big", "symbol"), derived("only")],
        (yes("r", X, Y), [yes("e", X, Y)]),
        (yes("r", X, Z), [yes("e", X, Y), yes("r", Y, Z)]),
        (yes("big", X, Z), [yes("n", X, Y), Compute(Z, "*", Y, Y), Test("<", 3, Z),
                            count((W,), yes("r", X, W), ">=", 2)]),
        (yes("not_big", X), [yes("e", X, Y), no("big", X, 4)]),
        (yes("only"), [no("not_big", "y:z"), count((X, Y), yes("r", X, Y), "=", 4)]),
    )  # fmt: skip
    facts: dict[str, list[Row]] = {
        "e": [("y:a", "y:b"), ("y:b", "y:c"), ("y:z", "y:a")],
        "n": [("y:a", 2), ("y:b", 9)],
    }

    def alone() -> dict[str, set[Row]]:
        session = pydatalog.Session(program_, staged=False)
        first = session.ask(facts, ["r", "big", "not_big", "only"])
        assert session.ask({}, ["r", "not_big"]) == {"r": set(), "not_big": set()}
        assert session.ask(facts, ["r", "big", "not_big", "only"]) == first
        return first

    with ThreadPoolExecutor(max_workers=1) as thread:
        found = thread.submit(alone).result()

    assert found == {name: {*rows} for name, rows in Engine(program_).evaluate(facts).model.items()}
    assert Text(program_, staged=False).lines == [
        line for line in pydatalog.export_text(program_).splitlines() if not line.startswith("#")
    ]


def test_an_evaluation_leaves_the_state_of_its_caller_alone() -> None:
    """What the calling thread had loaded into pyDatalog is there afterwards."""
    program_ = program([given("q", "int"), derived("p", "int")], (yes("p", X), [yes("q", X)]))

    def nested() -> None:
        session = pydatalog.Session(program_, staged=True)
        assert pydatalog.evaluate(program_, {"q": [(7,)]}) == {"p": {(7,)}}
        assert session.derive({"q": [(8,)]}) == {"p": {(8,)}}

    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(nested).result()


def test_an_overflow_is_the_same_error() -> None:
    """Integers are unbounded in pyDatalog; ours are not, there as here."""
    program_ = program(
        [given("q", "int"), given("r", "int"), derived("p", "int")],
        (yes("p", Y), [yes("q", X), Compute(Y, "+", X, 1), yes("r", Y)]),
    )
    largest = 2**53 - 1

    assert pydatalog.evaluate(program_, {"q": [(largest,)]}) == {"p": set()}
    for evaluate in (pydatalog.evaluate, lambda p, facts: Engine(p).evaluate(facts)):
        with pytest.raises(EvaluationError, match=f"{largest} \\+ 1"):
            evaluate(program_, {"q": [(largest,)], "r": [(1,)]})
