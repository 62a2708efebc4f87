# SPDX-License-Identifier: Apache-2.0
"""DOT, GraphML and Mermaid: the graph is the derivation's, and each format's own tool reads it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import networkx as nx
import pytest

from helm_logic.explain.derivation import ProofDag
from helm_logic.explain.formats import dot, graphml, mermaid
from helm_logic.explain.formats.labels import legible
from tests.explain.formats.browser import browse, program, quiet, run
from tests.explain.formats.dags import HOSTILE, hostile, large, small, wide

SVG = "{http://www.w3.org/2000/svg}"
CASES = {"small": small(), "hostile": hostile(), "large": large(200), "wide": wide(60)}


def edges(dag: ProofDag) -> set[tuple[str, str]]:
    """Return what rests on what, by the names of nodes in pictures."""
    return {(f"n{node.id}", f"n{each}") for node in dag.nodes for each in node.premises}


@pytest.mark.parametrize("name", CASES)
def test_graphviz_draws_it(name: str, tmp_path: Path) -> None:
    """`dot -Tsvg` draws every step with its text and every edge, and nothing else."""
    source = tmp_path / "derivation.dot"
    source.write_text(dot.render(CASES[name]), "utf-8")

    drawn = run(program("dot", package="graphviz"), "-Tsvg", str(source))

    svg = ET.fromstring(drawn.replace("&nbsp;", " "))  # noqa: S314 - of dot's making
    groups = [group for group in svg.iter(f"{SVG}g") if group.get("class") == "node"]
    assert len(groups) == len(CASES[name].nodes)
    arrows = [group for group in svg.iter(f"{SVG}g") if group.get("class") == "edge"]
    titles = {each.text for group in arrows for each in group.iter(f"{SVG}title")}
    assert titles == {f"{one}->{two}" for one, two in edges(CASES[name])}
    texts = " ".join(each.text or "" for group in groups for each in group.iter(f"{SVG}text"))
    if name == "hostile":
        for attack in (HOSTILE[1], HOSTILE[3], HOSTILE[5]):
            assert attack in texts


@pytest.mark.parametrize("name", CASES)
def test_graphml_is_read_with_everything_in_it(name: str) -> None:
    """A GraphML reader finds the steps, what they rest on, and all that is known of them."""
    dag = CASES[name]

    graph = nx.parse_graphml(graphml.render(dag))

    assert graph.is_directed()
    assert set(graph.edges()) == edges(dag)
    assert list(graph) == [f"n{node.id}" for node in dag.nodes]
    for node in dag.nodes:
        read = graph.nodes[f"n{node.id}"]
        assert read["fact"] == legible(node.text)
        assert read.get("rule") == (None if node.rule is None else legible(node.rule))
        assert read["height"] == node.height
        assert read.get("link_counts") == (node.link.counts if node.link else None)
    assert graph.graph["claim"] == f"n{dag.claim}"


def test_mermaid_draws_it() -> None:
    """Mermaid's own parser takes every diagram; its drawings show the facts as text."""
    diagrams = [mermaid.render(dag) for dag in (*CASES.values(), large(5000))]

    (answer,) = browse({"do": "mermaid", "diagrams": diagrams, "draw": 2})

    quiet(answer["seen"])
    few, attacked, *_ = answer["drawn"]
    assert {each["type"] for each in answer["drawn"]} == {"flowchart-v2"}
    assert few["unsafe"] == attacked["unsafe"] == 0
    assert any(label.startswith("needs_approval(deploy)") for label in few["labels"])
    assert few["edges"] == len(edges(CASES["small"]))
    for attack in (HOSTILE[1], HOSTILE[3], HOSTILE[6]):
        # Where a label is folded, its text has no space.
        text = attack.replace(" ", "")
        assert any(text in label.replace(" ", "") for label in attacked["labels"])


def test_mermaid_keeps_what_is_nearest_to_the_claim() -> None:
    """A derivation that is too large is cut far from its claim, and says where."""
    text = mermaid.render(large(5000))

    assert len(text) < 50_000
    assert text.count("-->") < 500
    assert "n4999([" in text
    assert "more, not drawn" in text
