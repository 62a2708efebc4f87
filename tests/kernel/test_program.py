# SPDX-License-Identifier: Apache-2.0
"""Rules and programs: what is unsafe, unstratified or undeclared cannot be built."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import ProgramError
from helm_logic.kernel.program import Predicate, Program, Rule
from helm_logic.kernel.terms import Compute, Count, Literal, Negative, Positive, Row, Term, Test
from tests.kernel import notation, reference
from tests.kernel.programs import programs

DECLARATIONS = """
given g(int)
given e(int, int)
derived p(int) q(int)
derived r(int)
"""
UNLISTED = "the strata do not list every derived predicate exactly once"


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ("p(X) :- g(Y).", "rule `r0` is unsafe: ['v:X'] of the head is not bound"),
        ("p(X) :- .", "rule `r0` is unsafe: ['v:X'] of the head is not bound"),
        ("p(X) :- not g(X).", "rule `r0` is unsafe: ['v:X'] read before it is bound"),
        ("p(X) :- not e(1, X), g(X).", "rule `r0` is unsafe: ['v:X'] read before it is bound"),
        ("p(X) :- X < 3, g(X).", "rule `r0` is unsafe: ['v:X'] read before it is bound"),
        ("p(1) :- g(Y), 3 < X.", "rule `r0` is unsafe: ['v:X'] read before it is bound"),
        ("p(Y) :- Y := X + 1, g(X).", "rule `r0` is unsafe: ['v:X'] read before it is bound"),
        ("p(Y) :- g(X), Y := 1 + Y.", "rule `r0` is unsafe: ['v:Y'] read before it is bound"),
        (
            "p(1) :- count{X : g(X)} > N, g(N).",
            "rule `r0` is unsafe: ['v:N'] read before it is bound",
        ),
        ("p(X) :- count{X : g(X)} > 1.", "rule `r0` is unsafe: ['v:X'] of the head is not bound"),
        (
            "p(1) :- count{X : g(X)} > 1, X < 2.",
            "rule `r0` is unsafe: ['v:X'] read before it is bound",
        ),
        ("p(X) :- e(X, X).", "rule `r0` repeats a variable inside one atom"),
        ("p(X) :- g(X), e(X, X).", "rule `r0` repeats a variable inside one atom"),
        ("p(1) :- count{X : e(X, X)} > 1.", "rule `r0` repeats a variable inside one atom"),
        ("p(X) :- g(X), count{X : g(X)} > 1.", "rule `r0` counts what its count does not range"),
        ("p(1) :- count{Y : g(X)} > 1.", "rule `r0` counts what its count does not range over"),
        ("p(1) :- count{1 : g(1)} > 1.", "rule `r0` counts what its count does not range over"),
        ("p(X) :- g(X), X := 1 + 1.", "rule `r0` computes a term that has a value already"),
        ("p(1) :- 2 := 1 + 1.", "rule `r0` computes a term that has a value already"),
    ],
)
def test_a_rule_that_cannot_be_evaluated_is_refused(rule: str, error: str) -> None:
    """Every variable has exactly one place that binds it, before all places that read it."""
    with pytest.raises(ProgramError) as caught:
        notation.rule("r0", rule)

    assert error in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ("g(X) :- p(X).", "rule `r0` concludes about `g`, which is not derived"),
        ("unheard(X) :- g(X).", "rule `r0` concludes about `unheard`, which is not derived"),
        ("p(X) :- unheard(X).", "rule `r0`: `unheard` is not declared"),
        ("p(1) :- not unheard(1).", "rule `r0`: `unheard` is not declared"),
        ("p(1) :- count{X : unheard(X)} > 1.", "rule `r0`: `unheard` is not declared"),
        ("p(X) :- g(X, Y).", "rule `r0`: `g` has 2 terms for 1 columns"),
        ("p(1) :- not e(1).", "rule `r0`: `e` has 1 terms for 2 columns"),
        ("p(1) :- count{X : e(X)} > 1.", "rule `r0`: `e` has 1 terms for 2 columns"),
        ("p(X, Y) :- e(X, Y).", "rule `r0`: `p` has 2 terms for 1 columns"),
        ("p(X) :- r(X).", "rule `r0`: `r` is of stratum 1, want at most 0"),
        ("p(1) :- not r(1).", "rule `r0`: `r` is of stratum 1, want at most -1"),
        ("p(1) :- not p(1).", "rule `r0`: `p` is of stratum 0, want at most -1"),
        ("p(1) :- not q(1).", "rule `r0`: `q` is of stratum 0, want at most -1"),
        ("p(1) :- q(1), not q(1).", "rule `r0`: `q` is of stratum 0, want at most -1"),
        ("r(1) :- count{X : r(X)} = 0.", "rule `r0`: `r` is of stratum 1, want at most 0"),
    ],
)
def test_a_rule_in_the_wrong_place_is_refused(rule: str, error: str) -> None:
    """A rule reads declared predicates, its own stratum positively, and only lower ones negated."""
    with pytest.raises(ProgramError) as caught:
        notation.program(DECLARATIONS + rule)

    assert str(caught.value) == error


@pytest.mark.parametrize(
    "rule",
    [
        "p(X) :- p(X).",
        "p(X) :- q(X), not g(X).",
        "r(X) :- p(X), r(X), not q(X), count{Y : p(Y)} > X.",
        "p(X) :- e(X, Y), e(Y, X), e(1, 1), not e(X, X).",
        "p(1) :- count{X, Y : e(X, Y)} > 1, count{X : e(X, Y)} > 1, e(X, Y).",
        "p(Y) :- g(X), Y := X * X, e(X, Y).",
        "p(X) :- g(X), count{Y, Y : e(X, Y)} > X, count{ : e(Z, 1)} = 0.",
        "p(1) :- 1 < 2.",
    ],
)
def test_what_can_be_evaluated_can_be_built(rule: str) -> None:
    """Neither safety nor stratification asks for more than it must."""
    assert notation.program(DECLARATIONS + rule).rules[0] == notation.rule("r0", rule)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"strata": (("p",),)}, UNLISTED),
        ({"strata": (("p", "p"), ("q",), ("r",))}, UNLISTED),
        ({"strata": (("p", "q", "r", "g"),)}, UNLISTED),
        ({"strata": (("p", "q", "r", "x"),)}, UNLISTED),
        ({"rules": ("p(1) :- .", "q(1) :- .")}, "two rules have one id"),
        ({"predicates": ("p", True)}, "a predicate is declared twice"),
        ({"predicates": ("p", False)}, "a predicate is declared twice"),
        ({"predicates": ("g", True)}, "a predicate is declared twice"),
    ],
)
def test_a_program_names_everything_once(changes: dict[str, tuple[str, ...]], error: str) -> None:
    """Each predicate has one declaration and one stratum, each rule its own id."""
    program = notation.program(DECLARATIONS)
    predicates, rules, strata = program.predicates, program.rules, program.strata
    if "predicates" in changes:
        name, is_given = changes["predicates"]
        predicates += (Predicate(name, ("int",), given=bool(is_given)),)
        strata += ((name,),) if not is_given else ()
    rules = tuple(notation.rule("same", text) for text in changes.get("rules", ()))

    with pytest.raises(ProgramError) as caught:
        Program(predicates, rules, changes.get("strata", strata))  # type: ignore[arg-type]
    assert str(caught.value) == error


@pytest.mark.parametrize("column", ["integer", "", "v:X", "Int"])
def test_a_column_has_a_known_type(column: str) -> None:
    """A predicate with a column of no known type cannot be declared."""
    with pytest.raises(ProgramError, match=f"got `{column}`, want one of"):
        Predicate("p", ("int", column), given=True)


def test_a_program_answers_what_the_check_asks() -> None:
    """Strata number from 0, given predicates are below them, premises and variables in order."""
    program = notation.program(
        DECLARATIONS + "r(Z) :- e(3, Y), p(Y), not g(Y), Z := Y + 1, count{C : e(C, Z)} > Y, q(W)."
    )
    rule = program.rules[0]

    assert program.stratum == {"g": -1, "e": -1, "p": 0, "q": 0, "r": 1}
    assert program.by_name["e"] == Predicate("e", ("int", "int"), given=True)
    assert list(program.by_name) == ["g", "e", "p", "q", "r"]
    assert rule.variables == ("v:Y", "v:Z", "v:W")
    assert rule.premises == tuple(map(notation.atom, ("e(3, Y)", "p(Y)", "q(W)")))


@given(st.data(), programs())
def test_a_body_may_stand_in_every_order_that_binds_before_it_reads(
    data: st.DataObject, program: Program
) -> None:
    """Whatever the order of a body, it is accepted exactly if a second definition calls it safe."""
    for rule in program.rules:
        body = tuple(data.draw(st.permutations(rule.body)))
        dropped = body[data.draw(st.integers(0, 1)) :]

        if _is_safe(rule.head.terms, dropped):
            assert Rule(rule.id, rule.head, dropped).body == dropped
        else:
            with pytest.raises(ProgramError, match=r"is unsafe|counts what|has a value already"):
                Rule(rule.id, rule.head, dropped)


@given(st.data(), programs())
def test_strata_may_stand_in_every_order_that_keeps_negation_below(
    data: st.DataObject, program: Program
) -> None:
    """Whatever the strata, they are accepted exactly if a second definition calls them right."""
    strata = [list(names) for names in data.draw(st.permutations(program.strata))]
    if len(strata) > 1 and data.draw(st.booleans()):
        strata[0] += strata.pop()
    order = tuple(map(tuple, strata))

    if _is_stratified(program, order):
        assert attrs.evolve(program, strata=order).strata == order
    else:
        with pytest.raises(ProgramError, match="is of stratum"):
            attrs.evolve(program, strata=order)


def _variables(terms: Row) -> set[Term]:
    return {term for term in terms if reference.is_variable(term)}


def _is_safe(head: Row, body: tuple[Literal, ...]) -> bool:
    """Say whether each literal reads only what those before it bind."""
    bound: set[Term] = set()
    for literal in body:
        reads, binds = _reads_and_binds(literal, bound)
        if not reads <= bound:
            return False
        bound |= binds
    return _variables(head) <= bound


def _reads_and_binds(literal: Literal, bound: set[Term]) -> tuple[set[Term], set[Term]]:
    """Return what *literal* needs bound and what it binds; a need that none can meet is `never`."""
    match literal:
        case Positive(atom):
            return set(), _variables(atom.terms)
        case Negative(atom):
            return _variables(atom.terms), set()
        case Test(_, left, right):
            return _variables((left, right)), set()
        case Compute(target, _, left, right):
            doubled: set[Term] = {"never"} if target in bound else set()
            return _variables((left, right)) | doubled, {target}
        case Count(counted, atom, _, limit):
            fixed = set(counted) - (_variables(atom.terms) - bound)
            return _variables((limit,)) | {"never" for _ in fixed}, set()


def _is_stratified(program: Program, strata: tuple[tuple[str, ...], ...]) -> bool:
    """Say whether every predicate comes before those that negate it, and none after its readers."""
    levels = {name: level for level, names in enumerate(strata) for name in names}
    for rule in program.rules:
        own = levels[rule.head.predicate]
        for literal in rule.body:
            match literal:
                case Positive(atom) if levels.get(atom.predicate, -1) > own:
                    return False
                case Negative(atom) | Count(_, atom) if levels.get(atom.predicate, -1) >= own:
                    return False
                case _:
                    pass
    return True
