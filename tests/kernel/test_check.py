# SPDX-License-Identifier: Apache-2.0
"""The check: it accepts exactly what is right, and says why it refuses anything else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import CertificateRefused
from helm_logic.kernel.certificate import Apply, Certificate, Facts, Given, Model, Step
from helm_logic.kernel.check import Checker, check
from helm_logic.kernel.program import Program
from helm_logic.kernel.terms import Atom, Row
from tests.kernel import chain, naive, notation, reference
from tests.kernel.mutations import Draft, draft, mutated
from tests.kernel.programs import Case, cases, times

# A road is open if it is not closed; a place is reached over open roads, in rounds.
ROADS = """
given road(symbol, symbol)
given closed(symbol, symbol)
given start(symbol)
given toll(symbol, int)
derived open(symbol, symbol)
derived reached(symbol)
derived cut(symbol) costs(symbol, int)
open(X, Y) :- road(X, Y), not closed(X, Y).
reached(X) :- start(X).
reached(Y) :- open(X, Y), reached(X).
cut(X) :- road(Y, X), not reached(X).
costs(X, N) :- reached(X), toll(X, M), N := M + 1, N < 9.
costs(X, 0) :- reached(X), count{M : toll(X, M)} = 0.
"""
ROAD_FACTS = """
road(a, b) road(b, c) road(c, a) road(c, d) road(e, f) closed(c, d) start(a) toll(b, 1) toll(c, 8)
"""

# p and q hold only if the other does; nothing else supports them.
LOOP = """
given g(symbol)
derived p(symbol) q(symbol) r(symbol)
derived silent(symbol)
p(X) :- q(X).
q(X) :- p(X).
r(X) :- g(X).
silent(X) :- g(X), not p(X).
"""


def _roads() -> Draft:
    """Return the true certificate that c is reached, to be changed."""
    case = Case(notation.program(ROADS), notation.facts(ROAD_FACTS))
    return draft(case, notation.atom("reached(c)"))


def _claim(program: Program, facts: Facts, certificate: Certificate) -> Atom | None:
    """Return what the kernel says: the claim, or None when it refuses."""
    try:
        return check(program, facts, certificate)
    except CertificateRefused:
        return None


def _refusal(draft: Draft) -> tuple[str, str, str]:
    """Return where, got and want of the refusal of *draft*."""
    with pytest.raises(CertificateRefused) as caught:
        check(draft.case.program, draft.facts, draft.certificate())
    return caught.value.where, str(caught.value.got), str(caught.value.want)


@pytest.mark.parametrize("links", [1, 4, 9])
def test_a_whole_decision_is_accepted(links: int) -> None:
    """A delegation chain as long as a real one: its verdict is proved, and every fact of it."""
    program, facts = chain.program(), chain.facts(links)
    claim = notation.atom("verdict(allow)" if links < 9 else "verdict(deny)")
    whole = naive.certify(program, facts)

    assert check(program, facts, naive.certify(program, facts, claim)) == claim
    assert len(whole.steps) == sum(map(len, facts.values())) + sum(map(len, whole.model.values()))
    assert check(program, facts, whole) is not None


def test_every_derived_fact_is_needed() -> None:
    """Whichever fact is left out of the model of a decision, some rule still concludes it."""
    program, facts = chain.program(), chain.facts()
    certificate = naive.certify(program, facts, notation.atom("verdict(allow)"))
    checker = Checker(program)
    for name, rows in certificate.model.items():
        for row in rows:
            lesser = {**certificate.model, name: {r: h for r, h in rows.items() if r != row}}

            with pytest.raises(CertificateRefused, match=r"^model: got "):
                checker.check(facts, Certificate(lesser, certificate.steps))


@pytest.mark.parametrize("fact", ["deny(revoked)", "dead(nobody)", "holds(s, t)", "authorized()"])
def test_no_derived_fact_may_be_added(fact: str) -> None:
    """A fact that does not follow is refused, whatever its height."""
    program, facts = chain.program(), chain.facts()
    facts["subject"] = [("s:agent:0",)] if fact != "authorized()" else [("s:user:stranger",)]
    certificate = naive.certify(program, facts, notation.atom("needs(release_manager)"))
    name, row = attrs.astuple(notation.atom(fact))
    for height in (-1, 0, 1, 99):
        model = {**certificate.model, name: {**certificate.model[name], row: height}}

        assert _claim(program, facts, Certificate(model, certificate.steps)) is None


@pytest.mark.parametrize("heights", [(1, 1), (1, 2), (2, 1), (0, 0), (-1, -2), (5, 9)])
def test_facts_that_only_support_each_other_are_refused(heights: tuple[int, int]) -> None:
    """A loop is closed under its rules, but no order of heights carries it."""
    program, facts = notation.program(LOOP), notation.facts("g(a)")
    fact: Row = ("y:a",)
    model = {"p": {fact: heights[0]}, "q": {fact: heights[1]}, "r": {fact: 1}}

    with pytest.raises(CertificateRefused, match=r"got [pq]\('y:a',\), want a fact that a rule"):
        check(program, facts, Certificate(model, (Given("g", ("y:a",)),)))


def test_absence_is_certified() -> None:
    """`silent` follows only because p is not in the model, and p may not be kept out of it."""
    program = notation.program(LOOP)
    alone = naive.certify(program, notation.facts("g(a)"), notation.atom("silent(a)"))
    forced = notation.program(LOOP + "p(X) :- g(X).")

    assert check(program, notation.facts("g(a)"), alone) == notation.atom("silent(a)")
    with pytest.raises(CertificateRefused, match=r"no such fact, want p\('y:a',\) by rule `r4`"):
        check(forced, notation.facts("g(a)"), alone)


def test_a_checker_keeps_nothing() -> None:
    """A refusal leaves no trace, nor does an acceptance."""
    roads, checker = _roads(), Checker(notation.program(ROADS))
    good, claim = roads.certificate(), notation.atom("reached(c)")
    for facts in (roads.facts, {}, roads.facts, {"road": roads.facts["road"]}, roads.facts):
        if facts is roads.facts:
            assert checker.check(facts, good) == claim
        else:
            with pytest.raises(CertificateRefused):
                checker.check(facts, good)


def test_predicates_without_facts_may_be_left_out() -> None:
    """No facts and no derived facts need be said, and saying so changes nothing."""
    program = notation.program(LOOP)
    empty: Facts = {"g": []}
    none: Model = {name: {} for name in ("p", "q", "r", "silent")}

    for facts in (dict[str, list[Row]](), empty):
        for model in ({}, none):
            with pytest.raises(
                CertificateRefused, match=r"derivation: got no steps, want .* claim$"
            ):
                check(program, facts, Certificate(model, ()))


def test_facts_may_be_any_iterables() -> None:
    """Sets, iterators and generators are read once, as lists are."""
    roads = _roads()
    certificate, claim = roads.certificate(), notation.atom("reached(c)")
    for kind in (list, set, iter, dict.fromkeys, lambda rows: (row for row in rows)):
        facts = {name: kind(rows) for name, rows in roads.facts.items()}

        assert check(roads.case.program, facts, certificate) == claim


def _calls(checker: Checker, size: int) -> int:
    """Return how many calls, of Python or C functions, the check of *size* roads in a row makes."""
    places = [f"y:{number}" for number in range(size + 1)]
    facts: dict[str, list[Row]] = {"road": list(pairwise(places)), "start": [("y:0",)]}
    opened = dict.fromkeys(facts["road"], 1)
    reached: dict[Row, int] = {(place,): number + 1 for number, place in enumerate(places)}
    costs: dict[Row, int] = {(place, 0): 1 for place in places}
    steps: list[Step] = [Given("start", ("y:0",)), Apply(1, ("y:0",), (0,))]
    for road in facts["road"]:
        last = len(steps) - 1
        steps += [
            Given("road", road),
            Apply(0, road, (last + 1,)),
            Apply(2, road, (last + 2, last)),
        ]
    model: Model = {"open": opened, "reached": reached, "costs": costs}
    certificate = Certificate(model, tuple(steps))
    count = 0

    def tick(_frame: object, event: str, _what: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(tick)
    try:
        checker.check(facts, certificate)
    finally:
        sys.setprofile(None)
    return count


def test_work_grows_as_facts_and_steps_do() -> None:
    """Ten times as many facts and steps take about ten times as many calls, not a hundred."""
    checker = Checker(notation.program(ROADS))

    assert _calls(checker, 1000) < 11 * _calls(checker, 100)


def _put(name: str, row: tuple[Any, ...], height: Any = 1) -> Callable[[Draft], None]:
    return lambda draft: draft.model.setdefault(name, {}).update({row: height})


def _without(name: str, row: tuple[Any, ...]) -> Callable[[Draft], None]:
    return lambda draft: draft.model[name].__delitem__(row)


def _given(name: str, *rows: Any) -> Callable[[Draft], None]:
    return lambda draft: draft.facts.update({name: list(rows)})


def _step(number: int, step: Any) -> Callable[[Draft], None]:
    return lambda draft: draft.steps.__setitem__(number, step)


def test_the_derivation_that_the_refusals_change() -> None:
    """The steps that prove c reached, which the numbers below speak of."""
    assert _roads().steps == [
        Given("road", ("y:b", "y:c")),
        Apply(0, ("y:b", "y:c"), (0,)),
        Given("road", ("y:a", "y:b")),
        Apply(0, ("y:a", "y:b"), (2,)),
        Given("start", ("y:a",)),
        Apply(1, ("y:a",), (4,)),
        Apply(2, ("y:a", "y:b"), (3, 5)),
        Apply(2, ("y:b", "y:c"), (1, 6)),
    ]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        # the model
        (_without("reached", ("y:c",)), ("model", "no such fact", "reached('y:c',) by rule `r2`")),
        (_without("cut", ("y:d",)), ("model", "no such fact", "cut('y:d',) by rule `r3`")),
        (_put("cut", ("y:a",)), ("model", "cut('y:a',)", "a fact that a rule supports")),
        (_put("open", ("y:c", "y:d")), ("model", "no such fact", "reached('y:d',) by rule `r2`")),
        (_put("costs", ("y:b", 3)), ("model", "costs('y:b', 3)", "a fact that a rule supports")),
        (_put("costs", ("y:c", 9)), ("model", "costs('y:c', 9)", "a fact that a rule supports")),
        (
            _put("reached", ("y:c",), height=2),
            ("model", "reached('y:c',)", "a fact that a rule supports"),
        ),
        (
            _put("reached", ("y:b",), height=3),
            ("model", "reached('y:c',)", "a fact that a rule supports"),
        ),
        (_put("open", ("y:a",)), ("model", "open('y:a',)", "2 constants")),
        (_put("cut", ("y:d", "y:d")), ("model", "cut('y:d', 'y:d')", "1 constants")),
        (_put("road", ("y:a", "y:d")), ("model", "`road`", "derived predicates only")),
        (_put("unheard", ()), ("model", "`unheard`", "derived predicates only")),
        # the facts
        (_given("closed"), ("model", "no such fact", "open('y:c', 'y:d') by rule `r0`")),
        (_given("start"), ("model", "reached('y:a',)", "a fact that a rule supports")),
        (_given("cut", ("y:a",)), ("facts", "`cut`", "given predicates only")),
        (_given("unheard"), ("facts", "`unheard`", "given predicates only")),
        (_given("start", ("y:a",), ("s:a",)), ("facts", "start('s:a',)", "rows of ('symbol',)")),
        (_given("start", ("y:a",), ()), ("facts", "start()", "rows of ('symbol',)")),
        (
            _given("toll", ("y:a", 2**53)),
            ("facts", "toll('y:a', 9007199254740992)", "rows of ('symbol', 'int')"),
        ),
        # the steps
        (_step(0, Given("road", ("y:b", "y:d"))), ("step 0", "road('y:b', 'y:d')", "a given fact")),
        (_step(0, Given("open", ("y:b", "y:c"))), ("step 0", "open('y:b', 'y:c')", "a given fact")),
        (_step(0, Given("unheard", ())), ("step 0", "unheard()", "a given fact")),
        (_step(1, Apply(-1, (), ())), ("step 1", "rule -1", "one of 6 rules")),
        (_step(1, Apply(6, (), ())), ("step 1", "rule 6", "one of 6 rules")),
        (_step(1, Apply(cast("int", "r0"), (), ())), ("step 1", "rule r0", "one of 6 rules")),
        (
            _step(1, Apply(1, ("y:b", "y:c"), (0,))),
            ("step 1", "('y:b', 'y:c')", "an instance of rule `r1`"),
        ),
        (
            _step(1, Apply(0, ("y:c", "y:d"), (0,))),
            ("step 1", "('y:c', 'y:d')", "an instance of rule `r0`"),
        ),
        (
            _step(1, Apply(0, ("y:b",), (0,))),
            ("step 1", "('y:b',)", "an instance of rule `r0`"),
        ),
        (
            _step(1, Apply(0, ("y:a", "y:b"), (0,))),
            (
                "step 1",
                "premises [Given(predicate='road', row=('y:b', 'y:c'))]",
                "[('road', ('y:a', 'y:b'))]",
            ),
        ),
        (
            _step(1, Apply(0, ("y:b", "y:c"), ())),
            ("step 1", "premises []", "[('road', ('y:b', 'y:c'))]"),
        ),
        (
            _step(1, Apply(0, ("y:b", "y:c"), (1,))),
            ("step 1", "premises [None]", "[('road', ('y:b', 'y:c'))]"),
        ),
        (
            _step(1, Apply(0, ("y:b", "y:c"), (-1,))),
            ("step 1", "premises [None]", "[('road', ('y:b', 'y:c'))]"),
        ),
        (
            _step(7, Apply(2, ("y:b", "y:c"), (6, 1))),
            (
                "step 7",
                "premises [('reached', ('y:b',)), ('open', ('y:b', 'y:c'))]",
                "[('open', ('y:b', 'y:c')), ('reached', ('y:b',))]",
            ),
        ),
    ],
)
def test_a_refusal_says_where_and_what_was_wanted(
    change: Callable[[Draft], None], refusal: tuple[str, str, str]
) -> None:
    """One thing wrong in a right certificate is refused for exactly that."""
    draft = _roads()
    change(draft)

    assert _refusal(draft) == refusal


@pytest.mark.parametrize("stranger", [True, 1.0])
@pytest.mark.parametrize(
    "change",
    [
        lambda x: {"model": {"n": {(x,): 1}, "m": {(1,): 1}}},
        lambda x: {"model": {"n": {(1,): x}, "m": {(1,): 1}}},
        lambda x: {"steps": (Given("g", (x,)),)},
        lambda x: {"steps": (Given("g", (1,)), Apply(0, (x,), (0,)))},
        lambda x: {"steps": (Given("g", (1,)), Given("g", (1,)), Apply(0, (1,), (x,)))},
    ],
    ids=["row", "height", "given", "substitution", "premise"],
)
def test_what_only_equals_a_number_is_none(change: Callable[[Any], Any], stranger: Any) -> None:
    """`True` and `1.0` equal 1 in Python; in a certificate they are refused wherever they stand."""
    program = notation.program("given g(int)\nderived n(int) m(int)\nn(X) :- g(X).\nm(X) :- g(X).")
    facts = notation.facts("g(1)")
    right = naive.certify(program, facts, notation.atom("n(1)"))

    assert check(program, facts, attrs.evolve(right, **change(1))) is not None
    with pytest.raises(
        CertificateRefused, match=r"^certificate: got .* type, want ints and texts$"
    ):
        check(program, facts, attrs.evolve(right, **change(stranger)))


@pytest.mark.parametrize("rule", [True, 1.0])
def test_what_only_equals_a_rule_number_is_none(rule: Any) -> None:
    """Rules are numbered by ints."""
    roads = _roads()
    roads.steps[5] = Apply(rule, ("y:a",), (4,))

    assert _refusal(roads) == ("step 5", f"rule {rule}", "one of 6 rules")


@pytest.mark.parametrize("row", [(True,), (1.0,), ("v:X",), ("",), ("s:1",), (None,), (2**53,)])
def test_what_is_no_constant_of_its_column_is_no_fact(row: Any) -> None:
    """A given fact holds constants of its columns, even beside one that equals it."""
    program = notation.program("given g(int)\nderived n(int)\nn(X) :- g(X).")

    for rows in ([row], [(1,), row]):
        with pytest.raises(CertificateRefused, match=r"facts: got g.*, want rows of"):
            check(program, {"g": rows}, naive.certify(program, {"g": rows[:-1]}))


@pytest.mark.parametrize(
    ("rules", "error"),
    [
        ("d(X) :- g(X, Y), X < Y.", "not supported between"),
        ("d(X) :- g(X, Y), Y >= X.", "not supported between"),
        ("d(X) :- g(X, Y), Y matches Y.", "where a pattern or string must stand"),
        ("d(X) :- g(X, Y), X subsumes X.", "where a pattern or string must stand"),
        ("d(Z) :- g(X, Y), Z := X * 9007199254740991.", "not an integer within"),
        ("d(Z) :- g(X, Y), Z := X + Y.", "not an integer within"),
        ("d(X) :- g(X, Y), count{Z : g(Z, Y)} < Y.", "not supported between"),
    ],
)
def test_a_body_without_a_result_is_refused(rules: str, error: str) -> None:
    """Integers out of range and constants of kinds that do not compare end the check, politely."""
    program = notation.program(f"given g(int, symbol)\nderived d(int)\n{rules}")
    certificate = Certificate({}, (Given("g", (2, "y:a")),))

    with pytest.raises(
        CertificateRefused, match=f"rule `r0`: got .*{error}.*, want a body .*result$"
    ):
        check(program, notation.facts("g(2, a)"), certificate)
    with pytest.raises(CertificateRefused, match="step 0"):
        check(program, {}, certificate)


def test_facts_of_other_kinds_in_the_model_are_refused() -> None:
    """What a model claims need not compare with anything, and is refused all the same."""
    program = notation.program(
        "given g(int)\nderived n(int)\nderived m(int)\nn(X) :- g(X).\nm(X) :- n(X)."
    )
    certificate = naive.certify(program, notation.facts("g(1)"), notation.atom("m(1)"))
    model: Any = {"n": {(1,): 1, ("s:x",): 1, (2,): 1}, "m": {(1,): 1}}

    with pytest.raises(CertificateRefused, match=r"no such fact, want m\('s:x',\) by rule `r1`"):
        check(program, notation.facts("g(1)"), attrs.evolve(certificate, model=model))
    model["m"] = {(1,): 1, ("s:x",): 1, (2,): 1}
    with pytest.raises(CertificateRefused, match=r"got n\('s:x',\), want a fact that a rule"):
        check(program, notation.facts("g(1)"), attrs.evolve(certificate, model=model))


def test_a_rule_without_a_body_holds_once() -> None:
    """A fact in the program is an instance with nothing to substitute and no premise."""
    program = notation.program("derived p(symbol, int)\np(a, 1) :- .")
    model: Model = {"p": {("y:a", 1): 1}}

    assert check(program, {}, Certificate(model, (Apply(0, (), ()),))) == notation.atom("p(a, 1)")
    with pytest.raises(CertificateRefused, match=r"want p\('y:a', 1\) by rule `r0`"):
        check(program, {}, Certificate({}, (Apply(0, (), ()),)))


@given(cases())
def test_every_fact_of_the_perfect_model_can_be_proved(case: Case) -> None:
    """With the heights of the rounds, each fact, given or derived, is the claim of a derivation."""
    checker = Checker(case.program)
    for name, rows in naive.model_of(case.program, case.facts).items():
        for row in rows:
            claim = Atom(name, row)

            assert (
                checker.check(case.facts, naive.certify(case.program, case.facts, claim)) == claim
            )


@times(2)
@given(st.data(), cases())
def test_two_checkers_agree_on_changed_certificates(data: st.DataObject, case: Case) -> None:
    """Whatever is changed, the kernel accepts what the brute-force checker accepts, no more."""
    draft = data.draw(mutated(case))

    expected = reference.opinion(case.program, draft.facts, draft.certificate())

    assert _claim(case.program, draft.facts, draft.certificate()) == expected


@given(st.data(), cases())
def test_an_accepted_model_is_the_perfect_model(data: st.DataObject, case: Case) -> None:
    """However it was changed, an accepted model holds all that follows and nothing else."""
    draft = data.draw(mutated(case))
    if _claim(case.program, draft.facts, draft.certificate()) is not None:
        rows = {**draft.facts, **draft.model}
        claimed = {reference.typed(name, row) for name in rows for row in rows[name]}

        assert claimed == reference.perfect_model(case.program, draft.facts)


@given(cases(), st.randoms(use_true_random=False))
def test_order_has_no_meaning(case: Case, random: Any) -> None:
    """Facts, predicates and the model may stand in any order, and facts may be said twice."""
    certificate = naive.certify(case.program, case.facts)
    facts = {name: random.sample(rows * 2, len(rows) * 2) for name, rows in case.facts.items()}
    names = random.sample(sorted(certificate.model), len(certificate.model))
    model = {
        name: dict(random.sample(sorted(rows.items(), key=repr), len(rows)))
        for name, rows in ((name, certificate.model[name]) for name in names)
    }

    claim = _claim(case.program, facts, attrs.evolve(certificate, model=model))

    assert claim == _claim(case.program, case.facts, certificate)
