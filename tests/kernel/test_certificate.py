# SPDX-License-Identifier: Apache-2.0
"""The JSON forms: the same whatever the order in memory, different for whatever differs."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.kernel.certificate import (
    Apply,
    Certificate,
    Given,
    Model,
    certificate_value,
    facts_value,
    program_digest,
    program_value,
)
from helm_logic.kernel.encoding import canonical_json, digest
from helm_logic.kernel.program import Predicate, Program
from helm_logic.kernel.terms import Row
from tests.kernel import naive, notation
from tests.kernel.programs import Case, cases, programs

EVERY_LITERAL = """
given g(string, int)
derived d(int)
derived e(string)
d(N) :- g(S, M), M > 1, N := M * 2.
e(S) :- g(S, M), not d(M), count{K : g(S, K)} >= 2, S matches "a/*".
"""


def _bytes(value: object) -> bytes:
    return canonical_json(value)


def test_the_form_of_a_program() -> None:
    """Predicates, rules and strata, each rule with its name, head and tagged literals."""
    assert json.loads(_bytes(program_value(notation.program(EVERY_LITERAL)))) == {
        "predicates": [
            ["g", ["string", "int"], True],
            ["d", ["int"], False],
            ["e", ["string"], False],
        ],
        "rules": [
            [
                "r0",
                ["d", ["v:N"]],
                [
                    ["is", "g", ["v:S", "v:M"]],
                    ["test", ">", "v:M", 1],
                    ["let", "v:N", "*", "v:M", 2],
                ],
            ],
            [
                "r1",
                ["e", ["v:S"]],
                [
                    ["is", "g", ["v:S", "v:M"]],
                    ["not", "d", ["v:M"]],
                    ["count", ["v:K"], "g", ["v:S", "v:K"], ">=", 2],
                    ["test", "matches", "v:S", "s:a/*"],
                ],
            ],
        ],
        "strata": [["d"], ["e"]],
    }


def test_the_form_of_facts_and_certificate() -> None:
    """Rows are sorted, predicates without rows left out, steps told apart by their length."""
    facts = {"g": [("s:b", 2), ("s:a", 10), ("s:a", 2), ("s:b", 2)], "h": []}
    steps = (Given("g", ("s:a", 2)), Apply(0, ("s:a", 2), (0,)))
    model: Model = {"e": {}, "d": {(2,): 1, (-1,): 3}}

    assert json.loads(_bytes(facts_value(facts))) == {"g": [["s:a", 2], ["s:a", 10], ["s:b", 2]]}
    assert json.loads(_bytes(certificate_value(Certificate(model, steps)))) == {
        "model": {"d": [[[-1], 3], [[2], 1]]},
        "steps": [["g", ["s:a", 2]], [0, ["s:a", 2], [0]]],
    }


def test_the_digest_of_a_program_is_that_of_its_canonical_bytes() -> None:
    """Anyone can recompute it from the JSON form."""
    program = notation.program(EVERY_LITERAL)

    assert program_digest(program) == digest(canonical_json(program_value(program)))


@given(cases(), st.randoms(use_true_random=False))
def test_bytes_do_not_depend_on_the_order_in_memory(case: Case, random: Any) -> None:
    """Sets, lists, repeated facts and dicts in any order have one form."""
    certificate = naive.certify(case.program, case.facts)
    facts = {name: random.sample(rows * 2, len(rows) * 2) for name, rows in case.facts.items()}
    model = {
        name: dict(random.sample(sorted(rows.items(), key=repr), len(rows)))
        for name, rows in random.sample(sorted(certificate.model.items()), len(certificate.model))
    }

    assert _bytes(facts_value(facts)) == _bytes(facts_value(case.facts))
    assert _bytes(certificate_value(attrs.evolve(certificate, model=model))) == _bytes(
        certificate_value(certificate)
    )


@given(
    st.lists(st.tuples(*[st.sampled_from([1, 2, -1, "s:a", "y:a", "s:"])] * 2), max_size=8),
    st.randoms(use_true_random=False),
)
def test_rows_of_any_kinds_have_one_order(rows: list[Row], random: Any) -> None:
    """What a stranger's model holds can be written down, and refused later for what it is."""
    shuffled = random.sample(rows, len(rows))
    model: Model = {"p": dict.fromkeys(rows, 1)}
    other: Model = {"p": dict.fromkeys(shuffled, 1)}
    ordered = sorted(set(rows), key=lambda row: [(isinstance(x, str), x) for x in row])

    assert facts_value({"p": rows}) == facts_value({"p": shuffled})
    assert _bytes(certificate_value(Certificate(model, ()))) == _bytes(
        certificate_value(Certificate(other, ()))
    )
    assert facts_value({"p": rows}).get("p", []) == ordered


@given(programs(), programs())
def test_two_programs_have_one_digest_only_if_they_are_one(one: Program, two: Program) -> None:
    """Nothing of a program is left out of its digest."""
    assert (program_digest(one) == program_digest(two)) is (one == two)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("d(N) :-", "d(M) :-"),
        ("M > 1", "M < 1"),
        ("M > 1", "N > 1"),
        ("M > 1", "M > 2"),
        ("N := M * 2", "N := M + 2"),
        ("N := M * 2", "N := 2 * M"),
        ("not d(M)", "d(M)"),
        ("not d(M)", "not d(1)"),
        ("{K : g(S, K)}", "{ : g(S, K)}"),
        ("{K : g(S, K)}", '{K : g("s", K)}'),
        (">= 2, S", "> 2, S"),
        (">= 2, S", ">= 1, S"),
        ("matches", "subsumes"),
        ('"a/*"', '"a/**"'),
        ("g(string, int)", "g(pattern, int)"),
        ("g(string, int)", "g(string, time)"),
        ("given g", "derived g"),
        ("derived e(string)", "derived e(string) f()"),
        ("derived e(string)", "derived f()\nderived e(string)"),
        ("derived e(string)", "derived e(string)\ngiven f()"),
    ],
)
def test_every_part_of_a_program_is_in_its_digest(old: str, new: str) -> None:
    """One change anywhere gives another digest."""
    changed = EVERY_LITERAL.replace(old, new).replace("M > 1, N :=", "M > 1, N :=")
    if new == "N > 1":
        changed = changed.replace("N > 1, N := M * 2", "N := M * 2, N > 1")

    assert changed != EVERY_LITERAL
    assert program_digest(notation.program(changed)) != program_digest(
        notation.program(EVERY_LITERAL)
    )


def test_names_of_rules_and_order_of_declarations_are_in_the_digest() -> None:
    """A derivation numbers rules and reasons name them, so neither may change unseen."""
    program = notation.program(EVERY_LITERAL)
    others = [
        attrs.evolve(program, rules=program.rules[::-1]),
        attrs.evolve(program, rules=program.rules[:1]),
        attrs.evolve(program, rules=(attrs.evolve(program.rules[0], id="x"), program.rules[1])),
        attrs.evolve(program, predicates=program.predicates[::-1]),
        attrs.evolve(program, predicates=(*program.predicates, Predicate("h", (), given=True))),
    ]

    assert len({program_digest(each) for each in [program, *others]}) == len(others) + 1
