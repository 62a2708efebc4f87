# SPDX-License-Identifier: Apache-2.0
"""The page of a derivation, as bytes: nothing of a fact is markup, and nothing leaves the page."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

from attrs import evolve
from hypothesis import given, settings

from helm_logic.explain.derivation import ProofDag
from helm_logic.explain.formats import html
from helm_logic.explain.formats.labels import legible
from helm_logic.explain.notebook import mimebundle
from tests.explain.formats.dags import HOSTILE, dags, hostile, large, small

FOREIGN = {"src", "href", "action", "formaction", "srcset", "data", "style"}


class Reader(HTMLParser):
    """What a page consists of: tags with their attributes, and what stands in scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.text: list[str] = []
        self._in = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)
        self.attributes += attrs
        self._in = tag if tag in self.raw else ""

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the name is html.parser's
        """Note the end of a tag."""
        self._in = ""

    def handle_data(self, data: str) -> None:
        """Note text."""
        (self.raw[self._in] if self._in else self.text).append(data)


@settings(max_examples=30)
@given(dags())
def test_no_text_becomes_markup(dag: ProofDag) -> None:
    """Whatever texts a derivation holds, the page has two scripts, one style, and its own tags."""
    reader = Reader(html.render(dag))

    assert reader.tags.count("script") == 2
    assert reader.tags.count("style") == 1
    assert reader.tags.count("iframe") == reader.tags.count("img") == reader.tags.count("a") == 0
    assert not any(name.startswith("on") for name, _ in reader.attributes)
    assert [value for name, value in reader.attributes if name in FOREIGN] == ["data:,"]
    data = json.loads(reader.raw["script"][0])
    assert [node[0] for node in data["nodes"]] == [legible(node.text) for node in dag.nodes]
    assert [node[3] for node in data["nodes"]] == [list(node.premises) for node in dag.nodes]


def test_the_policy_allows_what_the_page_holds_and_nothing_else() -> None:
    """Script and style are allowed by their hashes, connections and everything else are not."""
    reader = Reader(html.render(hostile()))
    (policy,) = (
        value or "" for name, value in reader.attributes if (value or "").startswith("default")
    )
    script, style = reader.raw["script"][1], reader.raw["style"][0]

    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in policy
    assert f"style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "require-trusted-types-for 'script'" in policy


def test_no_script_makes_markup_of_text() -> None:
    """The page's own scripts use none of the ways that turn a string into elements or code."""
    script = Reader(html.render(small())).raw["script"][1]

    sinks = r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|fetch\(|import\("
    assert re.findall(sinks, script) == []


def test_the_story_and_the_steps_are_there_without_scripts() -> None:
    """The verdict's story is text, and a page without scripts shows the derivation as text."""
    text = "".join(Reader(html.render(hostile())).text)

    for attack in HOSTILE:
        assert legible(attack).replace("`", "") in text.replace("`", "")
    assert "[23]" in text
    assert "[2000]" not in html.render(large(3000))


def test_rules_and_links_are_told_once() -> None:
    """A page of 10,000 steps stays small: rules and links are shared by the steps."""
    data = json.loads(Reader(html.render(large(10_000))).raw["script"][0])

    assert len(data["nodes"]) == 10_000
    assert len(data["links"]) == 2
    assert len(data["rules"]) <= 60


def test_a_notebook_shows_a_derivation_by_itself() -> None:
    """A derivation that is the value of a cell is asked for its forms, and has them."""
    assert small()._repr_mimebundle_() == mimebundle(small())
    assert set(small()._repr_mimebundle_(exclude={"text/html"})) == {"text/plain"}


def test_what_stands_between_backticks_is_code() -> None:
    """The story names rules and principals in code, whatever their names hold."""
    page = html.render(evolve(small(), story=("rule `a<b>` of `c`, and a lone `",)))

    assert "<p><bdi>rule <code>a&lt;b&gt;</code> of <code>c</code>, and a lone `</bdi></p>" in page


def test_a_notebook_chooses_among_the_forms() -> None:
    """Media types are included and excluded as a notebook asks; the page is in a sandbox."""
    assert set(mimebundle(small())) == {"text/plain", "text/html"}
    assert set(mimebundle(small(), include={"text/plain"})) == {"text/plain"}
    assert set(mimebundle(small(), exclude={"text/plain"})) == {"text/html"}
    frame = Reader(mimebundle(hostile())["text/html"])
    assert frame.tags == ["iframe"]
    assert ("sandbox", "allow-scripts") in frame.attributes
    assert ("srcdoc", html.render(hostile())) in frame.attributes
