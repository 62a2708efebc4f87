# SPDX-License-Identifier: Apache-2.0
"""LaTeX: pdflatex typesets it with bussproofs, and nothing of a fact reaches TeX as a command."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from helm_logic.explain.derivation import Node, ProofDag
from helm_logic.explain.formats import latex
from helm_logic.explain.formats.latex_text import escaped
from tests.explain.formats.browser import program, run
from tests.explain.formats.dags import deep, hostile, large, small, wide
from tests.explain.formats.dags import given as given_fact

# All that an escaped text may consist of.
HARMLESS = re.compile(
    r"(?:[A-Za-z0-9 .,:;!?()\[\]/*+=@~]|\\[#%&_{}]|\{[`'-]\}|\{\\char3[46]\}|\\[a-zA-Z]+\{\}"
    r"|\\[`'^~=.\"uvHcr]\{[a-zA-Z]\})*"
)
_MOST_PREMISES = {"Unary": 1, "Binary": 2, "Trinary": 3}


def typeset(dag: ProofDag, folder: Path) -> str:
    """Return what pdflatex says about *dag*, which it must take without an error."""
    (folder / "derivation.tex").write_text(latex.render(dag), "utf-8")
    found = program("pdflatex", package="texlive-science")
    flags = ("-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape")
    return run(found, *flags, "derivation.tex", cwd=folder)


def joined(*dags: ProofDag) -> ProofDag:
    """Return one derivation that holds all of *dags*."""
    nodes: list[Node] = []
    for dag in dags:
        start = len(nodes)
        nodes += [
            Node(
                node.id + start,
                node.predicate,
                node.row,
                node.text,
                node.rule,
                node.rule_text,
                node.span,
                premises=tuple(each + start for each in node.premises),
                guards=node.guards,
                words=node.words,
                link=node.link,
            )
            for node in dag.nodes
        ]
    return ProofDag(tuple(nodes), len(nodes) - 1, "all of them", "ESCALATE", dags[0].story)


def test_pdflatex_typesets_it(tmp_path: Path) -> None:
    """Small, hostile, deep, wide and shared derivations are typeset on pages that hold them."""
    every = joined(hostile(), small(), deep(60), wide(40), large(80))

    said = typeset(every, tmp_path)

    assert "Output written on derivation.pdf" in said
    assert "mktexpk" not in said  # no font that an installation would have to make


def test_inferences_have_the_premises_that_they_take() -> None:
    """Counted as bussproofs counts, every tree uses up what stands above it."""
    for dag in (small(), wide(40), large(300), deep(40)):
        for tree in re.findall(r"\\begin{lrbox}(.*?)\\DisplayProof", latex.render(dag), re.DOTALL):
            stack = 0
            for name in re.findall(r"^\\(Axiom|\w+Inf)C", tree, re.MULTILINE):
                stack += 1 if name == "Axiom" else 1 - _MOST_PREMISES[name.removesuffix("Inf")]
                assert stack >= 1
            assert stack == 1


def test_every_derived_step_is_concluded_once() -> None:
    """Cut into lemmas, a derivation still has each of its inferences, exactly once."""
    for dag in (small(), wide(40), large(300)):
        inferences = re.findall(r"^\\\w+InfC\{", latex.render(dag), re.MULTILINE)
        assert len(inferences) == sum(node.rule is not None for node in dag.nodes)


def test_a_given_claim_is_a_tree_too() -> None:
    """A fact that was given is explained by itself."""
    text = latex.render(ProofDag((given_fact(0, "env(prod)"),), 0))

    assert r"\UnaryInfC{\texttt{env(prod)}}" in text


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("\\{}$&#_^~%<>`'\"|")))
def test_no_text_is_a_command(text: str) -> None:
    """What is escaped consists of harmless characters and of the commands that print others."""
    assert HARMLESS.fullmatch(escaped(text))


def test_letters_keep_their_accents() -> None:
    """Names of people read as they are written; other characters are spelled out."""
    assert escaped("Žofia Müller-Straße") == r"\v{Z}ofia M\"{u}ller{-}Stra\ss{}e"
    assert escaped("\N{GREEK SMALL LETTER ALPHA}") == r"\textbackslash{}u\{3b1\}"
