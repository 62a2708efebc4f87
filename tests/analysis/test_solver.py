# SPDX-License-Identifier: Apache-2.0
"""Asking z3: answers are models or none, and what is not answered is never a yes."""

from __future__ import annotations

import subprocess
import sys

from helm_logic.analysis import second_solver, solver
from helm_logic.analysis.smt import BOOL, Eq, Formula, Le, Lt, Number, Or, Product, Sum, Var, neg
from helm_logic.analysis.solver import (
    HornRule,
    Model,
    Separated,
    Unknown,
    consequences,
    separate,
    solve,
    solve_all,
)

X, Y, P = Var("x"), Var("y"), Var("p", BOOL)
# Sums of cubes are beyond what z3 decides in a moment, and it is asked only for a moment.
HARD = """
(declare-fun a () Int) (declare-fun b () Int) (declare-fun c () Int)
(assert (= 114 (+ (* a a a) (* b b b) (* c c c))))
(check-sat)
"""


def test_a_model_makes_everything_true() -> None:
    """Values for every variable, one that does not matter included."""
    answer = solve([Lt(X, Y), Le(Y, Number(3)), Le(Number(2), X), Or((P, neg(P)))])
    assert isinstance(answer, Model)
    assert (answer.number(X), answer.number(Y)) == (2, 3)
    assert answer.truth(Var("q", BOOL)) is False


def test_the_same_question_gets_the_same_answer() -> None:
    """Whatever was asked before."""
    asked = [Lt(X, Y), Lt(Y, Sum((X, Number(9))))]
    first = solve(asked)
    solve([Lt(Y, X)])
    assert solve(asked) == first


def test_many_questions_at_once() -> None:
    """Each is a question of its own."""
    answers = solve_all([[Lt(X, Number(0))], [Lt(X, X)], []])
    assert [type(each) for each in answers] == [Model, type(None), Model]


def test_a_solver_that_gives_up_says_so() -> None:
    """Out of time is `Unknown`, by both solvers, and never a proof."""
    assert isinstance(solver.is_unsatisfiable(HARD, 50), Unknown)
    assert isinstance(second_solver.is_unsatisfiable(HARD, 50), Unknown)


def test_text_that_is_no_script_is_unknown() -> None:
    """What a solver does not understand it has not proved."""
    for each in ("(assert", "(assert nothing)(check-sat)", ""):
        assert solver.is_unsatisfiable(each) is not True
        assert second_solver.is_unsatisfiable(each) is not True


def test_what_follows() -> None:
    """Goals are judged one by one."""
    asked: list[tuple[list[Formula], list[Formula]]] = [
        ([Lt(X, Y)], [Le(X, Y), Lt(Y, X), neg(Eq(X, Y))]),
        ([Lt(X, Y)], [Le(X, Y)]),
        ([P], []),
    ]
    assert consequences(asked) == ((True, False, True), (True,), ())


def _counter(step: int) -> list[HornRule]:
    return [
        HornRule(("at", (Number(0), Y)), (), Le(Number(0), Y)),
        HornRule(("at", (Sum((X, Number(step))), Y)), (("at", (X, Y)),), Lt(X, Y)),
    ]


def test_spacer_separates_or_refutes() -> None:
    """A counter by twos stays even; a counter by ones does not."""
    signatures = {"at": ("Int", "Int")}
    odd = [((("at", (X, Y)),), Eq(X, Sum((Product(2, Var("k")), Number(1)))))]
    high = [((("at", (X, Y)),), Lt(Sum((Y, Number(1))), X))]
    assert isinstance(separate(signatures, _counter(2), high), Separated)
    assert separate(signatures, _counter(1), odd) is None
    assert separate(signatures, _counter(3), high) is None


def test_solvers_are_loaded_when_asked() -> None:
    """Importing the room loads neither; the extra is found without being loaded."""
    code = (
        "import sys, helm_logic.analysis.chains.prove, helm_logic.analysis.chains.recheck;"
        "from helm_logic.analysis.second_solver import is_available;"
        "print(is_available(), 'z3' in sys.modules, 'cvc5' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.split() == [b"True", b"False", b"False"]
