# SPDX-License-Identifier: Apache-2.0
"""The text for clingo: it finds the same model, and refuses what clingo cannot hold."""

from __future__ import annotations

from random import Random

import clingo
import pytest

from helm_logic.engine import Engine
from helm_logic.engine.export import export_clingo
from helm_logic.errors import EvaluationError
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Row, Term, Test
from tests.engine.notation import W, X, Y, Z, count, derived, given, program, yes
from tests.engine.strategies import HIGHEST, random_case


def _solve(program_: Program, text: str) -> dict[str, set[Row]]:
    """Return the one stable model, by the names that the legend gives."""
    control = clingo.Control(["--warn=none"])
    control.add("base", [], text)
    control.ground([("base", [])])
    with control.solve(yield_=True) as handle:
        (atoms,) = [list(model.symbols(shown=True)) for model in handle]
    legend = [line.split("/")[0].removeprefix("% ") for line in text.splitlines()]
    names = dict(zip(legend, (each.name for each in program_.predicates), strict=False))
    found: dict[str, set[Row]] = {
        each.name: set() for each in program_.predicates if not each.given
    }
    for atom in atoms:
        found[names[atom.name]].add(tuple(_constant(x) for x in atom.arguments))
    return found


def _constant(symbol: clingo.Symbol) -> Term:
    return symbol.number if symbol.type == clingo.SymbolType.Number else symbol.string


@pytest.mark.parametrize("batch", range(4))
def test_clingo_finds_the_same_model(batch: int) -> None:
    """Random programs have one stable model there, and it is the native engine's."""
    for seed in range(batch, 400, 4):
        case = random_case(Random(seed))  # noqa: S311
        if any(HIGHEST in row for rows in case.facts.values() for row in rows):
            continue  # clingo has 32 bits
        model = Engine(case.program, case.kept).evaluate(case.asked).model
        found = _solve(case.program, export_clingo(case.program, case.facts))
        assert found == {name: {*rows} for name, rows in model.items()}, seed


@pytest.mark.parametrize(
    "text", ["not", "matches", "x61", "Upper", "a b", "é", '"\\\n%* #', "p). q(", "_", "", "v\t1"]
)
def test_names_and_strings_may_be_anything(text: str) -> None:
    """What clingo would read otherwise is quoted or named by its bytes."""
    program_ = program(
        [given(text, "string"), derived(text + "p", "string")],
        (yes(text + "p", f"v:{text}"), [yes(text, f"v:{text}"), Test("!=", f"v:{text}", "s:")]),
    )
    facts: dict[str, list[Row]] = {text: [(f"s:{text}!",), ("s:",)]}

    assert _solve(program_, export_clingo(program_, facts)) == {text + "p": {(f"s:{text}!",)}}


def test_patterns_are_relations_for_the_strings_there_are() -> None:
    """With facts the relations are filled; without, they are left to the reader."""
    program_ = program(
        [given("v", "string"), derived("p", "string"), derived("q", "string")],
        (yes("p", X), [yes("v", X), Test("matches", "s:a/*", X)]),
        (yes("q", X), [yes("v", X), Test("subsumes", X, "s:a/*")]),
    )
    facts: dict[str, list[Row]] = {"v": [("s:a/b",), ("s:a",), ("s:**",)]}

    assert _solve(program_, export_clingo(program_, facts)) == {
        "p": {("s:a/b",)},
        "q": {("s:**",)},
    }
    assert _solve(program_, export_clingo(program_)) == {"p": set(), "q": set()}


def test_a_count_does_not_catch_variables_from_outside() -> None:
    """A variable that a literal after the count binds ranges freely inside the count."""
    program_ = program(
        [given("e", "symbol", "symbol"), given("f", "symbol"), derived("p", "symbol")],
        (yes("p", W), [yes("f", X), count((Y, W), yes("e", Y, W), "=", 2), yes("e", W, Z)]),
    )
    facts: dict[str, list[Row]] = {"e": [("y:a", "y:b"), ("y:b", "y:c")], "f": [("y:z",)]}

    assert _solve(program_, export_clingo(program_, facts)) == {"p": {("y:a",), ("y:b",)}}


@pytest.mark.parametrize("constant", [2**31, -(2**31), "s:a\0b", "s:\ud800"])
def test_what_clingo_cannot_hold_is_refused(constant: Term) -> None:
    """Integers beyond 32 bits, NUL and lone surrogates are errors and not other constants."""
    program_ = program([given("q", "int"), derived("p", "int")], (yes("p", X), [yes("q", X)]))

    with pytest.raises(EvaluationError, match="for clingo"):
        export_clingo(program_, {"q": [(constant,)]})
