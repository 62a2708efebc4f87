# SPDX-License-Identifier: Apache-2.0
"""Formulas and their text: what is written is read back, whatever the names are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.analysis import second_solver, smt, solver
from helm_logic.analysis.smt_reader import inlined, read_expressions, read_formula
from helm_logic.analysis.smt_text import share, smtlib, symbol, text
from helm_logic.analysis.solver import Model
from helm_logic.errors import InputError

NUMBERS = tuple(smt.Var(name) for name in ("x", "root-until", "and", "1st", "a b"))
TRUTHS = tuple(smt.Var(name, smt.BOOL) for name in ("p", "gives.scope?", "not"))
NAMES: dict[str, smt.Formula] = {symbol(each.name): each for each in (*NUMBERS, *TRUTHS)}

terms = st.recursive(
    st.sampled_from(NUMBERS) | st.integers(-9, 9).map(smt.Number),
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(lambda each: smt.Sum(tuple(each)))
        | st.builds(smt.Product, st.integers(-3, 3), st.sampled_from(NUMBERS))
    ),
    max_leaves=4,
)
atoms = st.sampled_from(TRUTHS) | st.builds(smt.Le, terms, terms) | st.builds(smt.Lt, terms, terms)
formulas = st.recursive(
    atoms | st.builds(smt.Eq, terms, terms),
    lambda inner: (
        st.lists(inner, max_size=3).map(smt.conj)
        | st.lists(inner, max_size=3).map(smt.disj)
        | inner.map(smt.neg)
    ),
    max_leaves=8,
)


@given(st.text(max_size=6), st.text(max_size=6))
def test_names_stay_apart(one: str, other: str) -> None:
    """No two names have one symbol, and every symbol is plain SMT-LIB."""
    assert (symbol(one) == symbol(other)) == (one == other)
    assert not set(symbol(one)) & set(" ()|\"'\\;:#\n\t")
    assert not symbol(one)[0].isdigit()


@given(formulas)
def test_what_is_written_is_read(formula: smt.Formula) -> None:
    """Reading the text of a formula gives one with the same text."""
    (expression,) = read_expressions(text(formula))
    again = read_formula(expression, NAMES)
    assert text(again) == text(formula)
    assert smt.sort_of(again) == smt.BOOL


@settings(max_examples=30)
@given(formulas)
def test_both_solvers_read_it_alike(formula: smt.Formula) -> None:
    """What one solver finds contradictory, the other does; a model makes the formula true."""
    script = smtlib([formula])
    assert solver.is_unsatisfiable(script) == second_solver.is_unsatisfiable(script)
    answer = solver.solve([formula])
    if isinstance(answer, Model):
        pinned: list[smt.Formula] = [
            smt.Eq(each, smt.Number(answer.number(each))) for each in NUMBERS
        ]
        pinned += [each if answer.truth(each) else smt.neg(each) for each in TRUTHS]
        assert solver.is_unsatisfiable(smtlib([formula, *pinned])) is False
    else:
        assert answer is None


@settings(max_examples=30)
@given(st.lists(formulas, min_size=1, max_size=3))
def test_sharing_changes_nothing(asked: list[smt.Formula]) -> None:
    """Formulas with their common parts named hold together iff they did before."""
    twice = [smt.disj((*asked, smt.neg(asked[0]))), smt.conj(asked)]
    before = solver.is_unsatisfiable(smtlib(twice))
    assert solver.is_unsatisfiable(smtlib(share(twice))) == before


def test_what_is_plain_to_see_is_simplified() -> None:
    """Truths vanish, contradictions spread, doubles count once."""
    p, q = TRUTHS[:2]
    assert smt.conj([smt.TRUE, p, p]) == p
    assert smt.conj([p, smt.FALSE]) == smt.FALSE
    assert smt.disj([p, smt.conj([])]) == smt.TRUE
    assert smt.disj([]) == smt.FALSE
    assert smt.implies(smt.TRUE, p) == p
    assert smt.neg(smt.neg(q)) == q
    assert smt.conj([smt.And((p, q)), q]) == smt.And((p, q))
    assert smt.disj([smt.Or((p, q)), q]) == smt.Or((p, q))
    assert smt.same(smt.Number(1), smt.Number(2)) == smt.FALSE
    assert smt.same(smt.TRUE, p) == p
    assert smt.same(p, smt.FALSE) == smt.Not(p)


def test_a_script_declares_what_it_names() -> None:
    """Sorts, constants and functions, but no bound variables; with a comment before."""
    link = smt.Var("L", "Link")
    said = smt.ForAll(
        (link,), smt.Exists((smt.Var("n"),), smt.Apply("until", (link, smt.Var("n"))))
    )
    assert smtlib([said, smt.Var("p", smt.BOOL), smt.TRUE], "two\nlines").splitlines() == [
        "; two",
        "; lines",
        "(set-logic ALL)",
        "(declare-sort Link 0)",
        "(declare-fun p () Bool)",
        "(declare-fun until (Link Int) Bool)",
        "(assert (forall ((L Link)) (exists ((n Int)) (until L n))))",
        "(assert p)",
        "(check-sat)",
    ]


def test_one_name_has_one_signature() -> None:
    """The same name as a number and as a truth is refused."""
    with pytest.raises(ValueError, match="is used as"):
        smtlib([smt.Le(smt.Var("x"), smt.Number(0)), smt.Var("x", smt.BOOL)])


@pytest.mark.parametrize(
    "said",
    [
        "(<= x", "x)", "(<= x 1.5)", "(f x)", "(* x x)", "(= x p)", "(forall ((x Int)) p)",
        "(let (x) p)", "()", "(assert p)", "(" * 500,
    ],
)  # fmt: skip
def test_what_is_no_formula_is_refused(said: str) -> None:
    """Unknown names and heads, products of variables and bad brackets are no formulas."""
    with pytest.raises(InputError):
        [read_formula(each, NAMES) for each in read_expressions(said)]


def test_solvers_write_more_than_we_do() -> None:
    """Local names, differences, implications and comparisons in a row are read as what they say."""
    said = "(let ((a (- x 1)) (b (>= x 2))) (! (=> b (ite p (< 0 a 5) (> a (- 3)))) :weight 0))"
    (expression,) = read_expressions(said)
    read = read_formula(expression, NAMES)
    x, p = NUMBERS[0], TRUTHS[0]
    differs = solver.solve([smt.neg(read), smt.Eq(x, smt.Number(3)), p])
    assert differs is None
    assert isinstance(solver.solve([smt.neg(read), smt.Eq(x, smt.Number(7)), p]), Model)


def test_local_names_hide_outer_ones() -> None:
    """Putting values in place of names stops where a name means something else."""
    (expression,) = read_expressions("(and a (let ((a b)) a))")
    assert inlined(expression, {"a": "1", "b": "2"}) == ["and", "1", ["let", [["a", "2"]], "a"]]
