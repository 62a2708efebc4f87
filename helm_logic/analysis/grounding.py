# SPDX-License-Identifier: Apache-2.0
"""What every certificate of boxes rests on, as JSON: features, guards, impossible boxes, boxes.

Each box is written once and named by its number. Impossible boxes are written as they are used,
each with its reason: `assumed` and the rule of the assumption, `facts`, `sums` with derivations,
`texts`, or `grows`, which is said of two requests alone (`copies.py`).

Trees of verdicts on two sides have their nodes in preorder: a cut `[FEATURE, MASK]`, before the
part inside and the part outside; `["same"]`, where no guard of one side comes near;
`["leaf", BEFORE, AFTER]`; or `["empty", [NODE, ...]]`, inside impossible boxes, by a cover tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from helm_logic.analysis.boxes import Box
from helm_logic.analysis.change.moves import Cut, Empty, Leaf, Tree
from helm_logic.analysis.copies import ONLY_ADDED
from helm_logic.analysis.cover import Cover, TooManyCases
from helm_logic.analysis.domain import Lemma
from helm_logic.analysis.feature import Feature
from helm_logic.analysis.formula import Fact
from helm_logic.analysis.notation import box_value, feature_value, mask_text
from helm_logic.analysis.refutation import refute_box
from helm_logic.analysis.study import Study
from helm_logic.kernel.encoding import digest
from helm_logic.lang import Source


def sources_value(sources: Iterable[Source]) -> list[list[str]]:
    """Return the name and the digest of each of *sources*."""
    return [[each.name, digest(each.text.encode("utf-8"))] for each in sources]


class Grounding:
    """Writes what is said of *study* over *features*: its own, if no others are given.

    The boxes *impossible* are numbered as in trees.
    """

    def __init__(
        self, study: Study, impossible: Sequence[Lemma], features: Sequence[Feature] | None = None
    ) -> None:
        self._study, self._impossible = study, impossible
        self._features = study.features if features is None else features
        self._boxes: dict[tuple[tuple[int, int], ...], int] = {}
        self._used: dict[int, int] = {}  # number of an impossible box to its number here

    def box(self, box: Box) -> int:
        """Return the number of *box*."""
        return self._boxes.setdefault(tuple(sorted(box.items())), len(self._boxes))

    def tree(self, cover: Cover, covering: int, places: Mapping[int, int]) -> Iterator[object]:
        """Yield the nodes of *cover* in preorder; leaves below *covering* called as *places*."""
        waiting = [0]
        while waiting:
            node = cover.nodes[waiting.pop()]
            if len(node) > 1:
                feature, mask, inside, outside = node
                yield [feature, mask_text(mask)]
                waiting += (outside, inside)
            elif node[0] in places:
                yield places[node[0]]
            else:
                yield -1 - self._used.setdefault(node[0] - covering, len(self._used))

    def moves(self, tree: Tree) -> Iterator[object]:
        """Yield the nodes of *tree*, which tells verdicts on two sides, in preorder."""
        waiting = [0]
        while waiting:
            match tree.nodes[waiting.pop()]:
                case Cut(feature, mask, inside, outside):
                    yield [feature, mask_text(mask)]
                    waiting += (outside, inside)
                case Leaf(_, before, after):
                    yield ["leaf", before.value, after.value]
                case Empty(cover):
                    yield ["empty", list(self.tree(cover, 0, {}))]
                case _:
                    yield ["same"]

    def value(self) -> dict[str, object]:
        """Return the ground of all that was written before."""
        study = self._study
        guards = [[rule_id, [self.box(box) for box in boxes]]
                  for rule_id in study.guarded
                  if (boxes := _guard(study, rule_id)) is not None]  # fmt: skip
        return {
            "features": [feature_value(each) for each in self._features],
            "guards": guards,
            **self.used(),
        }

    def used(self) -> dict[str, object]:
        """Return the boxes that were written before, and which of them are impossible."""
        impossible = [self._lemma(self._impossible[number]) for number in self._used]
        return {"impossible": impossible, "boxes": [box_value(dict(each)) for each in self._boxes]}

    def _lemma(self, lemma: Lemma) -> list[object]:
        box = self.box(lemma.box)
        if lemma.why in self._study.by_id:
            return [box, "assumed", lemma.why]
        if lemma.why == ONLY_ADDED:
            return [box, "grows"]
        if any(isinstance(self._features[number].source, Fact) for number in lemma.box):
            return [box, "facts"]
        derivations = refute_box(self._features, lemma.box)
        if derivations is None:
            return [box, "texts"]
        steps = [[[step.divisor, *(n for part in step.parts for n in part)] for step in each]
                 for each in derivations]  # fmt: skip
        return [box, "sums", *steps]


def _guard(study: Study, rule_id: str) -> tuple[Box, ...] | None:
    try:
        return study.boxes(rule_id)
    except TooManyCases:
        return None
