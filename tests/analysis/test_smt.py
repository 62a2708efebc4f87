# SPDX-License-Identifier: Apache-2.0
"""Formulas and their text: what is written is read back, whatever the names are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.analysis import second_solver, solver
from helm_logic.analysis.smt import (
    BOOL,
    FALSE,
    TRUE,
    And,
    Apply,
    Eq,
    Exists,
    ForAll,
    Formula,
    Le,
    Lt,
    Not,
    Number,
    Or,
    Product,
    Sum,
    Var,
    conj,
    disj,
    implies,
    neg,
    same,
    sort_of,
)
from helm_logic.analysis.smt_reader import inlined, read_expressions, read_formula
from helm_logic.analysis.smt_text import share, smtlib, symbol, text
from helm_logic.analysis.solver import Model
from helm_logic.errors import InputError

NUMBERS = tuple(Var(name) for name in ("x", "root-until", "and", "1st", "a b"))
TRUTHS = tuple(Var(name, BOOL) for name in ("p", "gives.scope?", "not"))
NAMES: dict[str, Formula] = {symbol(each.name): each for each in (*NUMBERS, *TRUTHS)}

terms = st.recursive(
    st.sampled_from(NUMBERS) | st.integers(-9, 9).map(Number),
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(lambda each: Sum(tuple(each)))
        | st.builds(Product, st.integers(-3, 3), st.sampled_from(NUMBERS))
    ),
    max_leaves=4,
)
atoms = st.sampled_from(TRUTHS) | st.builds(Le, terms, terms) | st.builds(Lt, terms, terms)
formulas = st.recursive(
    atoms | st.builds(Eq, terms, terms),
    lambda inner: (
        st.lists(inner, max_size=3).map(conj)
        | st.lists(inner, max_size=3).map(disj)
        | inner.map(neg)
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
def test_what_is_written_is_read(formula: Formula) -> None:
    """Reading the text of a formula gives one with the same text."""
    (expression,) = read_expressions(text(formula))
    again = read_formula(expression, NAMES)
    assert text(again) == text(formula)
    assert sort_of(again) == BOOL


@settings(max_examples=30)
@given(formulas)
def test_both_solvers_read_it_alike(formula: Formula) -> None:
    """What one solver finds contradictory, the other does; a model makes the formula true."""
    script = smtlib([formula])
    assert solver.is_unsatisfiable(script) == second_solver.is_unsatisfiable(script)
    answer = solver.solve([formula])
    if isinstance(answer, Model):
        pinned: list[Formula] = [Eq(each, Number(answer.number(each))) for each in NUMBERS]
        pinned += [each if answer.truth(each) else neg(each) for each in TRUTHS]
        assert solver.is_unsatisfiable(smtlib([formula, *pinned])) is False
    else:
        assert answer is None


@settings(max_examples=30)
@given(st.lists(formulas, min_size=1, max_size=3))
def test_sharing_changes_nothing(asked: list[Formula]) -> None:
    """Formulas with their common parts named hold together iff they did before."""
    twice = [disj((*asked, neg(asked[0]))), conj(asked)]
    before = solver.is_unsatisfiable(smtlib(twice))
    assert solver.is_unsatisfiable(smtlib(share(twice))) == before


def test_what_is_plain_to_see_is_simplified() -> None:
    """Truths vanish, contradictions spread, doubles count once."""
    p, q = TRUTHS[:2]
    assert conj([TRUE, p, p]) == p
    assert conj([p, FALSE]) == FALSE
    assert disj([p, conj([])]) == TRUE
    assert disj([]) == FALSE
    assert implies(TRUE, p) == p
    assert neg(neg(q)) == q
    assert conj([And((p, q)), q]) == And((p, q))
    assert disj([Or((p, q)), q]) == Or((p, q))
    assert same(Number(1), Number(2)) == FALSE
    assert same(TRUE, p) == p
    assert same(p, FALSE) == Not(p)


def test_a_script_declares_what_it_names() -> None:
    """Sorts, constants and functions, but no bound variables; with a comment before."""
    link = Var("L", "Link")
    said = ForAll((link,), Exists((Var("n"),), Apply("until", (link, Var("n")))))
    assert smtlib([said, Var("p", BOOL), TRUE], "two\nlines").splitlines() == [
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
        smtlib([Le(Var("x"), Number(0)), Var("x", BOOL)])


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
    differs = solver.solve([neg(read), Eq(x, Number(3)), p])
    assert differs is None
    assert isinstance(solver.solve([neg(read), Eq(x, Number(7)), p]), Model)


def test_local_names_hide_outer_ones() -> None:
    """Putting values in place of names stops where a name means something else."""
    (expression,) = read_expressions("(and a (let ((a b)) a))")
    assert inlined(expression, {"a": "1", "b": "2"}) == ["and", "1", ["let", [["a", "2"]], "a"]]
