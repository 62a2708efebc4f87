# SPDX-License-Identifier: Apache-2.0
"""The engine as its users meet it: what goes in, what is refused, what is kept, what is shared."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from helm_logic.engine import Engine, Evaluation
from helm_logic.errors import EvaluationError
from helm_logic.kernel.check import Checker
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Atom, Compute, Literal, Row, Term, Test
from tests.engine.notation import W, X, Y, Z, count, derived, given, no, program, yes
from tests.engine.strategies import Case, cases

REACH = program(
    [given("edge", "symbol", "symbol"), given("start", "symbol"), derived("reach", "symbol")],
    (yes("reach", X), [yes("start", X)]),
    (yes("reach", Y), [yes("edge", X, Y), yes("reach", X)]),
)


def _chain(length: int) -> list[Row]:
    return [(f"y:{n}", f"y:{n + 1}") for n in range(length)]


def _checked(program_: Program, evaluation: Evaluation, goal: tuple[str, Row]) -> None:
    assert Checker(program_).check(evaluation.facts, evaluation.certificate([goal])) == Atom(*goal)


def test_rows_may_come_from_any_iterable_and_twice() -> None:
    """Generators are read once, and a row given twice is one row."""
    rows = [("y:0",), ("y:0",), ("y:1",)]

    evaluation = Engine(REACH).evaluate({"start": iter(rows), "edge": (x for x in _chain(2))})

    assert evaluation.rows("start") == (("y:0",), ("y:1",))
    assert evaluation.model == {"reach": {("y:0",): 1, ("y:1",): 1, ("y:2",): 2}}
    assert evaluation.firings == 4


def test_the_facts_handed_in_are_not_the_facts_kept() -> None:
    """Changing a set of rows after the evaluation changes nothing that was found."""
    rows = {("y:0",)}
    evaluation = Engine(REACH).evaluate({"start": rows})

    rows.add(("y:1",))

    assert evaluation.facts["start"] == {("y:0",)}


@pytest.mark.parametrize("name", ["reach", "nowhere"])
def test_rows_of_other_predicates_are_refused(name: str) -> None:
    """Rows of a derived or undeclared predicate are an error, static or not."""
    with pytest.raises(EvaluationError, match=name):
        Engine(REACH).evaluate({name: []})
    with pytest.raises(EvaluationError, match=name):
        Engine(REACH, static={name: []})
    with pytest.raises(EvaluationError, match=name):
        Engine(REACH, request=[name])


def test_static_predicates_take_no_rows_from_a_request() -> None:
    """What was told not to vary cannot be varied."""
    engine = Engine(REACH, static={"edge": _chain(1)})

    with pytest.raises(EvaluationError, match="`edge`"):
        engine.evaluate({"edge": _chain(2)})
    with pytest.raises(EvaluationError, match="`edge`"):
        Engine(REACH, static={"edge": _chain(1)}, request=["edge"])


def test_a_given_predicate_that_is_neither_has_no_rows() -> None:
    """With `request` told, the given predicates outside it are empty."""
    engine = Engine(REACH, request=["edge"])

    assert engine.evaluate({"edge": _chain(3)}).model == {"reach": {}}
    with pytest.raises(EvaluationError, match="`start`"):
        engine.evaluate({"start": [("y:0",)]})


def test_holds_and_rows_answer_for_given_and_derived() -> None:
    """Both kinds of facts are looked up by name; a name that is not declared is an error."""
    evaluation = Engine(REACH, static={"edge": _chain(2)}).evaluate({"start": [("y:1",)]})

    assert evaluation.holds("reach", ("y:2",))
    assert evaluation.holds("edge", ("y:0", "y:1"))
    assert not evaluation.holds("reach", ("y:0",))
    assert evaluation.rows("reach") == (("y:1",), ("y:2",))
    with pytest.raises(EvaluationError, match="`nowhere`"):
        evaluation.rows("nowhere")


def test_kept_strata_are_in_the_model() -> None:
    """A stratum that depends on static facts alone is evaluated once and in every model."""
    engine = Engine(REACH, static={"edge": _chain(2), "start": [("y:0",)]})

    first, second = engine.evaluate({}), engine.evaluate({})

    assert first.model == {"reach": {("y:0",): 1, ("y:1",): 2, ("y:2",): 3}}
    assert first.firings == second.firings == 3
    assert first.enumerated == 0
    _checked(REACH, second, ("reach", ("y:2",)))


def test_goals_stand_in_order_and_the_last_one_last() -> None:
    """Each fact is derived once; a last goal that others need too is said again at the end."""
    evaluation = Engine(REACH).evaluate({"edge": _chain(2), "start": [("y:0",)]})
    near, far = ("reach", ("y:1",)), ("reach", ("y:2",))

    steps = evaluation.derivation([far, near])

    assert len(steps) == len(evaluation.derivation([far])) + 1
    assert steps[-1] in steps[:-1]
    assert len(evaluation.derivation([near, far])) == len(evaluation.derivation([far]))
    assert evaluation.derivation([far, far]) == evaluation.derivation([far])
    assert evaluation.derivation([]) == ()
    _checked(REACH, evaluation, near)


def test_a_given_fact_is_its_own_derivation() -> None:
    """A goal among the given facts takes one step."""
    evaluation = Engine(REACH).evaluate({"start": [("y:0",)]})

    assert [tuple(step) for step in evaluation.derivation([("start", ("y:0",))])] == [
        ("start", ("y:0",))
    ]


@pytest.mark.parametrize("goal", [("reach", ("y:9",)), ("start", ("y:9",)), ("no", ())])
def test_what_does_not_hold_has_no_derivation(goal: tuple[str, Row]) -> None:
    """A goal outside the model is an error, whatever its predicate."""
    evaluation = Engine(REACH).evaluate({"start": [("y:0",)]})

    with pytest.raises(EvaluationError, match="want a fact of the model"):
        evaluation.derivation([goal])


def test_a_chain_of_ten_thousand_is_derived_without_recursion() -> None:
    """Depth costs rounds and steps, not stack."""
    engine = Engine(REACH, static={"edge": _chain(9_999)})

    evaluation = engine.evaluate({"start": [("y:0",)]})

    assert evaluation.model["reach"]["y:9999",] == 10_000
    assert len(evaluation.derivation([("reach", ("y:9999",))])) == 1 + 2 * 9_999 + 1


@pytest.mark.parametrize(
    "name",
    [
        "v0", "R0", "run", "import os", "p'); raise SystemExit #", "\n  raise SystemExit\n",
        "{row}", "__import__('os')", "é\0\u2028", "", "%s{0}",
    ],
)  # fmt: skip
def test_no_text_of_a_program_becomes_code(name: str) -> None:
    """Names, strings and rule ids may be anything: they are data to the compiler."""
    text: Term = f"s:{name}"
    program_ = program(
        [given(name + "g", "string"), derived(name, "string")],
        (yes(name, f"v:{name}"), [yes(name + "g", f"v:{name}"), Test("=", f"v:{name}", text)]),
        (yes(name, text), [yes(name, f"v:{name}"), yes(name + "g", text)]),
    )

    evaluation = Engine(program_).evaluate({name + "g": [(text,), ("s:other",)]})

    assert evaluation.model == {name: {(text,): 1}}
    assert evaluation.supporting_rules(name, (text,)) == (0, 1)
    _checked(program_, evaluation, (name, (text,)))


@pytest.mark.parametrize("length", [13, 40, 300])
def test_bodies_may_be_longer_than_python_nests(length: int) -> None:
    """Joins deeper than CPython's twenty nested blocks go on in a new nest."""
    variables = [f"v:{n}" for n in range(length + 1)]
    body: list[Literal] = [yes("e", variables[n], variables[n + 1]) for n in range(length)]
    body += [Test("<=", variable, variables[-1]) for variable in variables]
    program_ = program(
        [given("e", "int", "int"), derived("p", "int", "int")],
        (yes("p", variables[0], variables[-1]), body),
    )

    evaluation = Engine(program_).evaluate({"e": [(n, n + 1) for n in range(length)]})

    assert evaluation.rows("p") == ((0, length),)
    assert evaluation.supporting_rules("p", (0, length)) == (0,)
    _checked(program_, evaluation, ("p", (0, length)))


def test_sums_of_sums_are_no_longer_than_they_are_written() -> None:
    """A chain of computations, each using the last one twice, is not unfolded."""
    names = [f"v:{n}" for n in range(60)]
    body: list[Literal] = [yes("n", names[0])]
    body += [Compute(names[n + 1], "-", names[n], names[n]) for n in range(59)]
    program_ = program(
        [given("n", "int"), derived("p", "int")],
        (yes("p", names[-1]), body),
    )

    evaluation = Engine(program_).evaluate({"n": [(7,)]})

    assert evaluation.rows("p") == ((0,),)
    _checked(program_, evaluation, ("p", (0,)))


def test_predicates_without_columns_and_rules_without_premises() -> None:
    """`p.` and `q :- not r, 1 < 2.` are rules like others."""
    program_ = program(
        [given("r"), derived("p"), derived("q"), derived("s", "int")],
        (yes("p"), []),
        (yes("q"), [no("r"), Test("<", 1, 2)]),
        (yes("s", X), [Compute(X, "+", 1, 2), yes("p"), count((), yes("r"), "=", 0)]),
    )

    assert Engine(program_).evaluate({}).model == {"p": {(): 1}, "q": {(): 1}, "s": {(3,): 1}}
    assert Engine(program_).evaluate({"r": [()]}).model == {"p": {(): 1}, "q": {}, "s": {}}


def test_a_count_ranges_over_what_is_not_bound_where_it_is_written() -> None:
    """A variable that a later literal binds ranges freely in the count before it."""
    program_ = program(
        [given("e", "symbol", "symbol"), given("f", "symbol"), derived("p", "symbol", "symbol")],
        (yes("p", X, Y), [yes("e", X, Z), count((Y,), yes("e", X, Y), ">=", 2), yes("f", Y)]),
    )

    facts: dict[str, list[Row]] = {"e": [("y:a", "y:b"), ("y:a", "y:c")], "f": [("y:b",)]}

    assert Engine(program_).evaluate(facts).model == {"p": {("y:a", "y:b"): 1}}


@pytest.mark.parametrize("static", [(), ("n",), ("m",), ("n", "m")])
def test_an_overflow_is_an_error_exactly_where_the_kernel_has_one(static: tuple[str, ...]) -> None:
    """What literals after a computation would have filtered out does not hide its overflow."""
    program_ = program(
        [given("n", "int"), given("m", "int"), derived("p", "int")],
        (yes("p", Y), [yes("n", X), Compute(Y, "*", X, X), yes("m", X)]),
    )
    facts: dict[str, list[Row]] = {"n": [(2**30,), (2,)], "m": [(2,)]}
    kept = {name: facts[name] for name in static}
    asked = {name: rows for name, rows in facts.items() if name not in static}

    with pytest.raises(EvaluationError, match=r"1073741824 \* 1073741824"):
        Engine(program_, kept).evaluate(asked)

    assert Engine(program_).evaluate({"n": facts["n"]}).model == {"p": {}}


def test_which_overflow_is_reported_does_not_depend_on_the_order_of_rows() -> None:
    """The message names the same operands however the rows came."""
    program_ = program(
        [given("n", "int"), derived("p", "int")],
        (yes("p", Y), [yes("n", X), Compute(Y, "*", X, X)]),
    )
    rows: list[Row] = [(2**30 + n,) for n in range(5)]
    messages = set()
    for ordered in (rows, rows[::-1], rows[2:] + rows[:2]):
        with pytest.raises(EvaluationError) as caught:
            Engine(program_).evaluate({"n": ordered})
        messages.add(str(caught.value))

    assert len(messages) == 1


def test_threads_share_an_engine() -> None:
    """Evaluations at the same time do not see each other's facts."""
    program_ = program(
        [
            given("e", "int", "int"),
            given("w", "string"),
            derived("p", "int", "int"),
            derived("c", "int"),
        ],
        (yes("p", X, Y), [yes("e", X, Y)]),
        (yes("p", X, Z), [yes("p", X, Y), yes("p", Y, Z)]),
        (yes("c", X), [yes("p", X, W), Test("!=", X, W), yes("w", "s:on")]),
    )
    engine = Engine(program_, static={"w": [("s:on",)]})

    def work(base: int) -> bool:
        rows = [(base + n, base + n + 1) for n in range(6)]
        evaluation = engine.evaluate({"e": rows})
        last = (base + 5,)
        return (
            len(evaluation.rows("p")) == 21
            and evaluation.supporting_rules("c", last) == (2,)
            and Checker(program_).check(evaluation.facts, evaluation.certificate([("c", last)]))
            == Atom("c", last)
        )

    with ThreadPoolExecutor(max_workers=8) as pool:
        assert all(pool.map(work, range(0, 4_000, 20)))


@settings(max_examples=50)
@for_all(cases(), st.randoms(use_true_random=False))
def test_order_and_repetition_of_facts_change_nothing(case: Case, random: Random) -> None:
    """Model, derivations and firings are those of the set of facts."""
    shuffled = {name: rows * 2 for name, rows in case.facts.items()}
    for rows in shuffled.values():
        random.shuffle(rows)
    found: list[tuple[object, ...]] = []
    for facts in (case.facts, shuffled):
        try:
            evaluation = Engine(case.program).evaluate(facts)
        except EvaluationError as error:
            found.append((str(error),))
            continue
        goals = [(name, row) for name, rows in evaluation.model.items() for row in sorted(rows)]
        found.append((evaluation.model, evaluation.firings, evaluation.derivation(goals)))

    assert found[0] == found[1]


DIGEST = """
import hashlib
from random import Random
from helm_logic.engine import Engine
from helm_logic.errors import EvaluationError
from helm_logic.kernel.certificate import certificate_value
from helm_logic.kernel.encoding import canonical_json
from tests.engine.strategies import random_case
total = hashlib.sha256()
for seed in range(150):
    case = random_case(Random(seed))
    try:
        found = Engine(case.program, case.kept).evaluate({n: {*r} for n, r in case.asked.items()})
    except EvaluationError as error:
        total.update(str(error).encode())
        continue
    goals = [(n, row) for n, rows in found.model.items() for row in sorted(rows)]
    total.update(canonical_json([certificate_value(found.certificate(goals)), found.firings]))
print(total.hexdigest())
"""


def test_no_hash_seed_reaches_a_certificate() -> None:
    """Certificates are the same bytes under every PYTHONHASHSEED, from facts given as sets too."""
    digests = set()
    for seed in ("0", "1", "2", "4294967295"):
        run = subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(run.stdout)

    assert len(digests) == 1


def test_importing_the_engine_does_not_load_pydatalog() -> None:
    """The reference engine is loaded when it is asked, not before."""
    program_ = "import sys, helm_logic.engine, helm_logic.engine.pydatalog; print(*sys.modules)"

    run = subprocess.run(
        [sys.executable, "-c", program_], capture_output=True, text=True, check=True
    )

    assert "pyDatalog" not in run.stdout.split()
