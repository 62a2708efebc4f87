# SPDX-License-Identifier: Apache-2.0
"""What holds of every format: same bytes, no recursion, nothing hidden, nothing forgotten."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from helm_logic.explain.derivation import ProofDag
from helm_logic.explain.formats import FORMATS, render
from helm_logic.explain.formats.labels import legible, short
from tests.explain.formats.dags import DIGEST, HOSTILE, dags, deep, hostile, small, wide

HIDDEN = ("\u202e", "\u2066", "\u200b", "\x1b", "\x00", "\r", "\u2028", "\U000e0041", "\ufffe")


@pytest.fixture(scope="module")
def deepest() -> ProofDag:
    """Return a derivation of ten thousand steps, each of which rests on the one before."""
    return deep(10_000)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=5)
@given(dag=dags())
def test_any_derivation_is_rendered_and_twice_the_same(name: str, dag: ProofDag) -> None:
    """Whatever texts a derivation holds, each format takes it, and gives the same text again."""
    assert render(dag, name) == render(dag, name)


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_hands_on_what_cannot_be_seen(name: str) -> None:
    """Controls and bidirectional overrides are escaped or spelled out in every format."""
    text = render(hostile(), name)

    assert [character for character in HIDDEN if character in text] == []


@pytest.mark.parametrize("name", FORMATS)
def test_depth_and_width_overflow_nothing(name: str, deepest: ProofDag) -> None:
    """Ten thousand steps above one another, or hundreds of premises, are rendered."""
    assert render(deepest, name)
    assert render(wide(300), name)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "mermaid"])
def test_every_step_is_in_every_format(name: str) -> None:
    """No step of a small derivation is left out (Mermaid, which escapes more, has its own test)."""
    text = render(small(), name).replace(r"\_", "_").replace("{-}", "-")

    for fact in ("allow(covered)", "authorized", "needs_approval(deploy)", "live(1)", "ready"):
        assert fact in text


def test_an_unknown_format_is_refused() -> None:
    """A format that is not in the list is named, with those that are."""
    with pytest.raises(ValueError, match="got the format `os`, want one of text, json"):
        render(small(), "os")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_legible_can_be_seen(text: str) -> None:
    """Every character of a legible text is printable, and printable text stays as it is."""
    seen = legible(text)

    assert seen.isprintable()
    assert legible(seen) == seen
    assert seen == text or not text.isprintable()


def test_short_texts_keep_the_beginning_of_digests() -> None:
    """A digest is cut to eight digits, other text at the length."""
    assert short(f'link("{DIGEST}")') == 'link("sha256:5eed5eed\u2026")'
    assert short("x" * 300, 10) == "x" * 9 + "\u2026"
    assert short("5eed" * 4) == "5eed" * 4
