# SPDX-License-Identifier: Apache-2.0
"""Includes: every file once, before those that include it, and nothing by an absolute name."""

from __future__ import annotations

import pytest

from helm_logic.errors import RuleError
from helm_logic.lang import SizeLimits, Source, diagnose, load, render
from tests.lang.texts import PRELUDE, from_texts


def _load(texts: dict[str, str], main: str) -> list[str]:
    loaded = load(Source("main.dl", main), lambda name: from_texts(texts, name))
    return [each.name for each in loaded.sources]


def _found(texts: dict[str, str], main: str, limits: SizeLimits | None = None) -> list[str]:
    source = Source("main.dl", main)
    found = diagnose(source, lambda name: from_texts(texts, name), limits=limits)
    return [render(each) for each in found]


def test_a_file_is_read_once_and_before_those_that_include_it() -> None:
    """A diamond of includes gives each file one place, the included ones first."""
    texts = {
        "top": '#include "left". #include "right". t :- l, r.',
        "left": '#include "deep/base". l :- b.',
        "right": '#include "deep/base". r :- b.',
        "deep/base": "b.",
    }

    assert _load(texts, '#include "top". #include "right". m :- t.') == [
        "deep/base.dl",
        "left.dl",
        "right.dl",
        "top.dl",
        "main.dl",
    ]


def test_the_prelude_comes_first() -> None:
    """Its sources stand before the main one and what that includes."""
    loaded = load(Source("main.dl", "allow(x) :- action(_)."), lambda _: None, prelude=PRELUDE)

    assert [each.name for each in loaded.sources] == ["request.dl", "verdict.dl", "main.dl"]


@pytest.mark.parametrize("source", PRELUDE, ids=lambda each: each.name)
def test_a_file_of_the_prelude_can_be_checked_itself(source: Source) -> None:
    """Under whatever name it is given, it is the one that is loaded anyway."""
    main = Source(f"rules/{source.name}", source.text)

    assert diagnose(main, lambda _: None, prelude=PRELUDE) == ()


@pytest.mark.parametrize(
    "name",
    ["/a", "../a", "a/../b", "a//b", "a/", "", ".", "..", "C:a", "a\\\\b", "a b", "~a", ".a", "ä"],
)
def test_an_include_is_a_relative_name_without_climbing(name: str) -> None:
    """Anything else is refused before it is looked up."""

    def resolve(asked: str) -> Source | None:
        raise AssertionError(asked)

    found = diagnose(Source("main.dl", f'#include "{name}".'), resolve)

    assert [each.code for each in found] == ["HL013"]


def test_a_cycle_of_includes_is_shown_as_one() -> None:
    """The path from a file to itself is printed, and each step is a note."""
    found = _found({"a": '#include "b".', "b": '#include "a".'}, '#include "a".')

    assert found == [
        """\
b.dl:1:10: error HL014: files include each other: a.dl → b.dl → a.dl
    #include "a".
             ^^^
a.dl:1:10: note: `b.dl` is included here
    #include "b".
             ^^^"""
    ]


def test_two_texts_under_one_name_are_refused() -> None:
    """A file is known by its name: another text under it would silently be another program."""
    found = _found({"main": "p(1).", "b": "q."}, '#include "main". #include "b".')

    assert "error HL013: two different files are called `main.dl`" in found[0]


def test_what_a_missing_file_may_define_is_not_called_undefined() -> None:
    """One mistake is one report."""
    found = _found({}, '#include "gone".\np :- q, r(1).\n')

    assert [each.split(": ")[1] for each in found] == ["error HL013"]


def test_errors_in_an_included_file_are_reported_in_it() -> None:
    """Diagnostics name the file they are about; those of included files come first."""
    found = _found({"a": "p(X).\n"}, '#include "a".\nq(Y) :- p(1).\n')

    assert [each.split(" ")[0] for each in found if "error" in each] == [
        "a.dl:1:3:",
        "main.dl:2:3:",
    ]


def test_the_number_of_files_is_bounded() -> None:
    """A chain of includes ends at the limit."""
    texts = {f"f{n}": f'#include "f{n + 1}".' for n in range(9)} | {"f9": "p."}

    assert _found(texts, '#include "f0".\nq :- p.\n', limits=SizeLimits(sources=20))[:-1] == []
    assert "HL016" in _found(texts, '#include "f0".', limits=SizeLimits(sources=5))[0]


def test_loading_raises_with_every_error() -> None:
    """The message of the exception is all errors as they are rendered; its diagnostics are all."""
    with pytest.raises(RuleError) as caught:
        _load({}, "p(X).\nq(Y).\n")

    assert str(caught.value).count("error HL003") == 2
    assert "warning" not in str(caught.value)
    assert {each.code for each in caught.value.diagnostics} == {"HL003", "HL021"}  # type: ignore[attr-defined]
