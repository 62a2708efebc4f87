# SPDX-License-Identifier: Apache-2.0
"""A derivation as LaTeX: proof trees for bussproofs, cut into lemmas that fit on a page.

A step is a lemma of its own if several steps rest on it, or if the tree that it would stand in is
as deep or as wide as a page takes. bussproofs allows five premises of an inference; here there are
at most three: what is not derived in the same tree (given facts, lemmas, tests) is stacked into
one, and two steps may be derived beside it. A tree that is still too wide is scaled.

The document needs `bussproofs`, `geometry` and `graphicx`, and no fonts beyond TeX's own: letters
with accents are composed, other characters beyond ASCII are spelled out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import attrs

from helm_logic.explain.derivation import Node, ProofDag
from helm_logic.explain.formats.labels import link_words, place, short
from helm_logic.explain.formats.latex_text import escaped, escaped_line

_DEEPEST = 5  # inferences above one another
_BESIDE = 2  # derived premises beside one another
_WIDEST = 90  # characters of the premises beside one another; a line of the page has as many
_LABEL = 6  # characters that the name of a rule takes
_STACK = 8  # lines of one stack of premises
_FACT = 110  # characters of a fact
_CODE = re.compile("`([^`]+)`")
_BELOW = r"\\ "
_INFERENCES = ("", "Unary", "Binary", "Trinary")

_PREAMBLE = r"""\documentclass[a4paper,10pt]{article}
\usepackage[margin=18mm]{geometry}
\usepackage{graphicx}
\usepackage{bussproofs}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\raggedright
\newsavebox{\prooftreebox}
% A tree as wide as the page at most, and less high.
\newcommand{\fittree}{%
  \ifdim\wd\prooftreebox>\linewidth
    \sbox{\prooftreebox}{\resizebox{\linewidth}{!}{\usebox{\prooftreebox}}}\fi
  \ifdim\ht\prooftreebox>0.8\textheight
    \sbox{\prooftreebox}{\resizebox{!}{0.8\textheight}{\usebox{\prooftreebox}}}\fi
  \usebox{\prooftreebox}\par}
\newcommand{\stack}[1]{\begin{tabular}[b]{@{}l@{}}#1\end{tabular}}
\begin{document}
"""


def render(dag: ProofDag) -> str:
    """Return *dag* as a document that pdflatex takes."""
    return "\n".join([_PREAMBLE, *_document(dag), r"\end{document}", ""])


def _document(dag: ProofDag) -> Iterator[str]:
    title = "  ".join(part for part in (dag.verdict, dag.title) if part)
    yield rf"\section*{{{escaped(short(title) or 'Derivation')}}}"
    if short(title) != title:
        yield rf"{{\scriptsize {escaped(title)}}}\par"
    yield from (f"{_sentence(sentence)}\n" for sentence in dag.story)
    yield from _Proofs.of(dag).lines()
    yield from _rules(dag)
    yield from _links(dag)


def _sentence(text: str) -> str:
    """Return *text* with what stands between backticks in the letters of code."""
    parts = _CODE.split(text)
    code = (rf"\texttt{{{escaped(part)}}}" for part in parts[1::2])
    return "".join(escaped(part) + next(code, "") for part in parts[::2])


@attrs.frozen
class _Proofs:
    """The proofs of *dag*, cut at *lemmas*: the number of each by the id of its node."""

    dag: ProofDag
    lemmas: dict[int, int]

    @classmethod
    def of(cls, dag: ProofDag) -> _Proofs:
        """Cut *dag*."""
        cut = _cut(dag)
        return cls(dag, {number: at for at, number in enumerate(sorted(cut), 1)})

    def lines(self) -> Iterator[str]:
        """Yield the proofs, each after those that it uses."""
        for number, lemma in self.lemmas.items():
            name = "Claim" if number == self.dag.claim else "Lemma"
            yield rf"\par\medskip\textbf{{{name} {lemma}}} (step {number})\par\nopagebreak"
            yield r"\begin{lrbox}{\prooftreebox}"
            yield from self._tree(number)
            yield r"\DisplayProof\end{lrbox}"
            yield r"\fittree"

    def _tree(self, top: int) -> Iterator[str]:
        """Yield the inferences that end in *top*, in the postfix order that bussproofs reads."""
        waiting: list[tuple[int, bool]] = [(top, False)]
        while waiting:
            number, done = waiting.pop()
            node = self.dag.nodes[number]
            stacked, derived = self._parts(node)
            if not done:
                yield from ([rf"\AxiomC{{{_stacks(stacked)}}}"] if stacked or not derived else [])
                waiting.append((number, True))
                waiting.extend((each, False) for each in reversed(derived))
                continue
            premises = len(derived) + (1 if stacked or not derived else 0)
            name = escaped(short(node.rule or "given", 40))
            yield rf"\RightLabel{{\scriptsize\texttt{{{name}}}}}"
            yield rf"\{_INFERENCES[premises]}InfC{{{_fact(node)}}}"

    def _parts(self, node: Node) -> tuple[list[str], list[int]]:
        """Return what *node* rests on: lines that are stacked, and steps derived beside them."""
        derived = [each for each in dict.fromkeys(node.premises) if self._inline(each)]
        stacked = [self._leaf(each) for each in dict.fromkeys(node.premises) if each not in derived]
        return [*stacked, *(_text(guard) for guard in node.guards)], derived

    def _inline(self, number: int) -> bool:
        return self.dag.nodes[number].rule is not None and number not in self.lemmas

    def _leaf(self, number: int) -> str:
        fact = _fact(self.dag.nodes[number])
        if number not in self.lemmas:
            return fact
        return rf"{fact}\quad\textrm{{\scriptsize(lemma {self.lemmas[number]})}}"


def _cut(dag: ProofDag) -> set[int]:
    """Return the ids of the nodes that are lemmas: shared ones, roots, and tops of large trees."""
    uses = Counter(premise for node in dag.nodes for premise in set(node.premises))
    cut = {node.id for node in dag.nodes if node.rule is not None and uses[node.id] != 1}
    cut.add(dag.claim)
    depth, width = [0] * len(dag.nodes), [0] * len(dag.nodes)
    for node in dag.nodes:
        inside = [
            each
            for each in dict.fromkeys(node.premises)
            if dag.nodes[each].rule is not None and each not in cut
        ]
        lines = [_length(dag.nodes[each].text) for each in node.premises if each not in inside]
        room = _WIDEST - max([0, *lines, *map(_length, node.guards)])
        for beside, each in enumerate(inside):
            if depth[each] >= _DEEPEST or width[each] > room or beside >= _BESIDE:
                cut.add(each)
                continue
            room -= width[each]
            depth[node.id] = max(depth[node.id], depth[each])
        depth[node.id] += 1
        width[node.id] = max(_WIDEST - room, _length(node.text)) + _LABEL
    return cut


def _length(text: str) -> int:
    return len(short(text, _FACT))


def _stacks(lines: Sequence[str]) -> str:
    """Return *lines* above one another, in as many stacks as it takes."""
    stacks = [lines[at : at + _STACK] for at in range(0, len(lines), _STACK)]
    return r"\quad ".join(rf"\stack{{{_BELOW.join(stack)}}}" for stack in stacks)


def _fact(node: Node) -> str:
    return _text(node.text)


def _text(text: str) -> str:
    return rf"\texttt{{{escaped_line(short(text, _FACT))}}}"


def _rules(dag: ProofDag) -> Iterator[str]:
    """Yield the rules that were used, each with its place and its author's words."""
    used = {node.rule: node for node in dag.nodes if node.rule is not None}
    yield r"\section*{Rules}"
    for name in sorted(used):
        node = used[name]
        where = rf" \textrm{{({escaped(place(node))})}}" if node.span else ""
        yield rf"\texttt{{\textbf{{{escaped(name)}}}}}{where}\par"
        yield from ([rf"\textsl{{{escaped(node.words)}}}\par"] if node.words else [])
        for line in node.rule_text.strip("\n").split("\n"):
            yield rf"{{\small\texttt{{{escaped(line)}}}}}\par"
        yield r"\smallskip"


def _links(dag: ProofDag) -> Iterator[str]:
    links = {node.link.id: node.link for node in dag.nodes if node.link is not None}
    if links:
        yield r"\section*{Links}"
        yield from (rf"{{\small {escaped(link_words(link))}}}\par" for link in links.values())
