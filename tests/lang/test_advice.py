# SPDX-License-Identifier: Apache-2.0
"""Warnings: what is allowed and looks wrong, and what does not look wrong at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.lang import Source, diagnose, tree, walk
from helm_logic.lang.duplicates import duplicates
from tests.lang.texts import PRELUDE, RULES, codes, findings, from_texts, rule_set, stock
from tests.strategies import clauses


@pytest.mark.parametrize("path", sorted(RULES.rglob("*.dl")), ids=lambda path: path.name)
def test_the_rule_files_of_the_project_give_no_findings(path: Path) -> None:
    """Neither an error nor a warning, whoever loads them.

    But what tokens claim is told for rules of those who include the file: none of its own reads it.
    """
    source = Source(path.name, path.read_text(encoding="utf-8"))
    found = [each.message for each in diagnose(source, stock, prelude=PRELUDE)]

    assert found == ["nothing reads the relation `claim`"] * (path.name == "authority.dl")


def test_an_included_file_is_not_blamed_for_what_its_user_leaves_unused() -> None:
    """Predicates of a library that one policy does not read may be read by another."""
    texts = {"library": "#relation r(a: int).\nhelper(X) :- r(X).\n"}

    def found(text: str) -> list[str]:
        given_ = diagnose(Source("main.dl", text), lambda n: from_texts(texts, n), prelude=PRELUDE)
        return [each.code for each in given_]

    assert found('#include "library".\nallow(x) :- action(_).\n') == []
    assert found(f"{texts['library']}allow(x) :- action(_).\n") == ["HL021"]


def test_a_predicate_that_only_its_own_rules_read_is_unused() -> None:
    """Recursion does not make a predicate useful."""
    assert codes("#relation e(a: int, b: int).\nt(X) :- e(X, _).\nt(X) :- t(Y), e(X, Y).\n") == [
        "HL021"
    ]


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("p(X) :- q(X, Y).", "Y"),
        ("p(X) :- q(X, _Y).", ""),
        ("p(X) :- q(X, _), count{Y : q(Y, Z)} > 1.", "Z"),
        ("p(X) :- q(X, Y), not q(Y, _).", ""),
    ],
)
def test_a_variable_that_joins_nothing_is_pointed_out(rule: str, names: str) -> None:
    """Unless its name says that this is meant."""
    found = [
        each for each in findings(f"#relation q(a: int, b: int).\n{rule}") if each.code == "HL022"
    ]

    assert "".join(each.message.split("`")[1] for each in found) == names


@given(clauses, st.data())
@settings(max_examples=50)
def test_a_rule_is_its_own_duplicate_however_it_is_written(
    clause: tree.Clause, data: st.DataObject
) -> None:
    """Other names for its variables and another order of its body make no other rule."""
    names = ["X", "Y", "_Z"]
    renamed = dict(zip(names, data.draw(st.permutations(["A", "B", "C"])), strict=True))

    def rename(node: Any) -> Any:
        if isinstance(node, tree.Variable):
            return attrs.evolve(node, name=renamed.get(node.name, node.name))
        if isinstance(node, tuple):
            return tuple(map(rename, node))
        if attrs.has(type(node)):
            fields = [each.name for each in attrs.fields(type(node)) if each.eq]
            return attrs.evolve(node, **{each: rename(getattr(node, each)) for each in fields})
        return node

    twin = rename(clause)
    twin = attrs.evolve(twin, body=tuple(data.draw(st.permutations(twin.body))))
    clash = {*renamed.values()} & {v for v in _names(clause) if v not in names}

    if not clash:
        assert list(duplicates([clause, twin])) == [(0, 1)]


def _names(clause: tree.Clause) -> set[str]:
    return {each.name for each in walk.all_variables(clause)}


@pytest.mark.parametrize(
    "other",
    [
        "p(X) :- q(X, Y), q(X, X).",
        "p(X) :- q(Y, X), q(Y, Z), q(Z, X).",
        "p(X) :- q(X, Y), not q(Y, X).",
        "p(X) :- q(X, 1), q(1, X).",
        "p(X) :- q(X, Y).",
        "p(X) :- q(X, Y), q(Z, X).",
    ],
)
def test_rules_that_differ_are_no_duplicates(other: str) -> None:
    """Another join, sign, constant or number of literals is another rule."""
    text = f"#relation q(a: int, b: int).\np(X) :- q(X, Y), q(Y, X).\n{other}"

    assert "HL023" not in codes(text)


def test_warnings_stay_with_the_rule_set() -> None:
    """A program with warnings loads, and brings them along."""
    loaded = rule_set("p(1).\nq(X) :- p(X), p(Y).")

    assert [each.code for each in loaded.warnings] == ["HL021", "HL022"]


def test_a_fingerprint_is_not_taken_for_a_match() -> None:
    """Two triangles and a hexagon look alike from every variable, and are different rules."""

    def rule(edges: str) -> str:
        return "p :- " + ", ".join(f"q({edge[0]}, {edge[1]})" for edge in edges.split()) + "."

    triangles, hexagon = rule("AB BC CA DE EF FD"), rule("AB BC CD DE EF FA")

    assert "HL023" not in codes(f"#relation q(a: int, b: int).\n{triangles}\n{hexagon}")
    assert "HL023" in codes(f"#relation q(a: int, b: int).\n{hexagon}\n{rule('FA EF AB BC CD DE')}")
