# SPDX-License-Identifier: Apache-2.0
"""What every certificate of boxes rests on, as JSON: features, guards, impossible boxes, boxes.

Each box is written once and named by its number. Impossible boxes are written as they are used,
each with its reason: `assumed` and the rule of the assumption, `facts`, `sums` with derivations, or
`texts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from helm_logic.analysis.boxes import Box
from helm_logic.analysis.cover import Cover, TooManyCases
from helm_logic.analysis.domain import Lemma
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
    """Writes what is said over the features of *study*; *impossible* as trees number them."""

    def __init__(self, study: Study, impossible: Sequence[Lemma]) -> None:
        self._study, self._impossible = study, impossible
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

    def value(self) -> dict[str, object]:
        """Return the ground of all that was written before."""
        study = self._study
        guards = [[rule_id, [self.box(box) for box in boxes]]
                  for rule_id in study.guarded
                  if (boxes := _guard(study, rule_id)) is not None]  # fmt: skip
        return {
            "features": [feature_value(each) for each in study.features],
            "guards": guards,
            "impossible": [self._lemma(self._impossible[number]) for number in self._used],
            "boxes": [box_value(dict(each)) for each in self._boxes],
        }

    def _lemma(self, lemma: Lemma) -> list[object]:
        box, study = self.box(lemma.box), self._study
        if lemma.why in study.by_id:
            return [box, "assumed", lemma.why]
        if any(isinstance(study.features[number].source, Fact) for number in lemma.box):
            return [box, "facts"]
        derivations = refute_box(study.features, lemma.box)
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
