# SPDX-License-Identifier: Apache-2.0
"""Annotations: what they say, and what they may not."""

from __future__ import annotations

import pytest

from helm_logic.lang import Annotations
from tests.lang.texts import codes, findings, rule_set


def test_annotations_are_the_readers_text_and_the_policys_data() -> None:
    """All five, on a rule and on a fact; the text is the rule as the formatter prints it."""
    rules = rule_set(
        'q(1).\n@id("a/b.c") p(X):-q(X).\n'
        '@reason("so")\n@approver("boss")@severity(high) @overrides("a/b.c") @overrides("q/1")\n'
        "r(1)."
    )

    assert rules.annotations["r/1"] == Annotations(
        reason="so", approver="boss", severity="high", overrides=("a/b.c", "q/1")
    )
    assert rules.annotations["a/b.c"] == Annotations()
    texts = {rule_id: said.text for rule_id, said in rules.annotations.items()}
    assert texts == {"q/1": "q(1).", "a/b.c": "p(X) :- q(X).", "r/1": "r(1)."}


@pytest.mark.parametrize(
    "annotation",
    [
        "@reason(so)", "@reason(1)", '@severity("high")', "@severity(urgent)", "@id(a)",
        '@id("")', '@id("a b")', '@id("a/1")', '@id("7")', '@id("relevant/x")', '@id("-a")',
        '@id("é")', '@reason("a") @reason("b")', '@id("a") @id("b")', '@overrides("none")',
        '@because("x")', "@severity(true)", f'@id("{"a" * 129}")',
    ],
)  # fmt: skip
def test_an_annotation_of_another_form_is_refused(annotation: str) -> None:
    """Wrong names, kinds, values, repetitions, and ids that could be mistaken for made ones."""
    assert "HL015" in codes(f"{annotation} p(1).")


def test_an_unknown_override_names_the_nearest_rule() -> None:
    """`@overrides` names a rule of the program."""
    found = findings('@id("no-prod") p(1).\n@overrides("no-pord") p(2).')

    assert [each.fix for each in found if each.code == "HL015"] == ["did you mean `no-prod`?"]
