# SPDX-License-Identifier: Apache-2.0
"""The pages of finding codes say what is so: every example is run, and shows what it is to show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helm_logic.analysis.codes import CODES, known_codes, page, summary
from helm_logic.lang import Source, format_tree, parse
from helm_logic.lang.codes import CODES as LANGUAGE_CODES
from tests.analysis.pages import FOLDER, SAID, Page, findings_of, pages

PAGES = list(pages())
SHOWN = [each for each in PAGES if SAID in each.blocks]
# What these say cannot be shown by rules alone.
WITHOUT_EXAMPLE = {"HL902", "HL903", "HL904"}


def code_of(page: Page) -> str:
    """Name a page in the list of tests."""
    return page.code


def test_every_code_has_its_page() -> None:
    """A code without a page, or a page without a code, leaves a reader without an answer."""
    assert {each.code for each in PAGES} == set(CODES)
    assert set(CODES) - {each.code for each in SHOWN} == WITHOUT_EXAMPLE


@pytest.mark.parametrize("code", known_codes())
def test_a_page_names_its_code_its_title_and_how_grave_it_is(code: str) -> None:
    """Pages of rule text (HL0xx) and of analysis have one form, and a summary of a sentence."""
    known = LANGUAGE_CODES.get(code) or CODES[code]
    text = page(code) or ""

    assert text.startswith(f"# {code} {known.title}\n\n*{known.severity}*\n\n")
    assert summary(code) in " ".join(text.split())
    assert summary(code).endswith((".", ":"))
    assert text.endswith("\n")


def test_there_is_no_page_without_a_code() -> None:
    """Asked for a code that does not exist, there is nothing to say."""
    assert page("HL999") is None
    assert summary("HL999") == ""


@pytest.mark.parametrize("page", SHOWN, ids=code_of)
def test_an_example_shows_exactly_its_finding(page: Page) -> None:
    """The rules of a page give one finding, of its code, and what is said of it is on the page."""
    _, output = page.run()

    codes = re.findall(r"^\S+:\d+:\d+: (?:error|warning|info) (HL\d+):", output, re.MULTILINE)
    assert codes == [page.code]
    assert findings_of(output) == page.blocks[SAID], "python -m tests.analysis.pages writes it"


@pytest.mark.parametrize("page", SHOWN, ids=code_of)
def test_the_mended_rules_show_nothing(page: Page) -> None:
    """What a page proposes in the place of its example has no finding at all, infos included."""
    code, output = page.run(mended=True)

    assert code == 0
    assert re.findall(r"\bHL\d+", output) == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_rules_on_pages_are_in_the_style(path: Path) -> None:
    """What users copy looks as the formatter would have it, and stands alone."""
    for title, text in Page.read(path).blocks.items():
        if title != SAID:
            tree, found = parse(Source(title, text))
            assert found == ()
            assert format_tree(tree) == text
            assert text.startswith('#include "authority".\n') or path.stem.startswith("HL2")
