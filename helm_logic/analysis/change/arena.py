# SPDX-License-Identifier: Apache-2.0
"""The ground that two sides are compared on: features, and boxes in which no request lies.

Both versions of a rule set, or one rule set in two situations, become entries over one arena. An
arena is a study's, or a study's with some features twice (`copies.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from helm_logic.analysis.boxes import Box, Space, are_apart
from helm_logic.analysis.cover import Cover, cover
from helm_logic.analysis.domain import Lemma
from helm_logic.analysis.features import Feature
from helm_logic.analysis.residue import Point, point_in, smallest


class Arena:
    """*features* with their *space*; *impossible* grows as comparisons turn out to exclude boxes.

    A box of it keeps its place in the list, which is its number in certificates.
    """

    def __init__(self, features: Sequence[Feature], impossible: Iterable[Lemma]) -> None:
        self.features = features
        self.space = Space([len(each.classes) for each in features])
        self.impossible = list(impossible)

    def possible(self, box: Box) -> Cover | dict[int, int]:
        """Return a part of *box* in which there is a request, or the proof that there is none.

        Leaves are numbered over the impossible boxes. Raises TooManyCases.
        """
        while True:
            found = cover(self.space, box, [each.box for each in self.impossible])
            if isinstance(found, Cover) or self.point(found) is not None:
                return found

    def point(self, box: Box) -> Point | None:
        """Return a request in *box*; None if there is none, which is then remembered."""
        found = point_in(self.features, box)
        if found is None:
            why = "the comparisons exclude it"
            self.impossible.append(Lemma(smallest(self.features, box), why))
        return found

    def near(self, box: Box) -> list[tuple[int, Box]]:
        """Return the impossible boxes that share a point with *box*, each after its number."""
        return [
            (number, each.box)
            for number, each in enumerate(self.impossible)
            if not are_apart(each.box, box)
        ]
