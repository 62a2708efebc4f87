# SPDX-License-Identifier: Apache-2.0
"""The domain: all requests, what cannot be among them, and the one question asked of them.

Whether a box lies inside a union of boxes: the answer is a cover tree, or a box outside in which
there is a request. What cannot be is a list of *impossible* boxes, each with its reason; it grows
when comparisons of attributes are found to exclude each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import attrs

from helm_logic.analysis.boxes import Box, Space, are_apart
from helm_logic.analysis.cover import Cover, TooManyCases, cover
from helm_logic.analysis.features import Feature
from helm_logic.analysis.formula import Compare, Same
from helm_logic.analysis.residue import Point, point_in, smallest

_MOST_TRIES = 2_000


@attrs.frozen
class Lemma:
    """A box in which no request lies, and *why*."""

    box: Box
    why: str


@attrs.frozen
class Question:
    """Whether *box* lies inside the union of *covering*, and a box *outside* if that was found."""

    box: Box
    covering: tuple[Box, ...]
    outside: Box | None


class Domain:
    """Requests over *features*: any point that lies in no *impossible* box."""

    def __init__(self, features: Sequence[Feature], impossible: Iterable[Lemma] = ()) -> None:
        self.features = features
        self.space = Space([len(each.classes) for each in features])
        self.impossible = list(impossible)
        self.questions: list[Question] | None = None  # kept for a second opinion, if wanted

    @cached_property
    def has_comparisons(self) -> bool:
        """Whether some rule compares attributes with each other: then more may be impossible."""
        return any(isinstance(each.source, (Compare, Same)) for each in self.features)

    def inside(self, box: Box, covering: Sequence[Box]) -> Cover | dict[int, int]:
        """Return the proof that *box* lies inside the union of *covering* and the impossible.

        Leaves are numbered over *covering*, then the impossible boxes; otherwise a box outside, in
        which there is a request.
        """
        while True:
            lemmas = self._touching(box, covering)
            found = cover(self.space, box, [*lemmas, *covering])
            if isinstance(found, Cover):
                self.note(box, covering, None)
                return self._renumbered(found, lemmas, len(covering))
            if self.find_point(found) is not None:
                self.note(box, covering, found)
                return found

    def note(self, box: Box, covering: Iterable[Box], outside: Box | None) -> None:
        """Keep a question and its answer, if a second opinion is wanted."""
        if self.questions is not None:
            self.questions.append(Question(box, tuple(covering), outside))

    def near(self, box: Box) -> list[tuple[int, Box]]:
        """Return the impossible boxes that share a point with *box*, each after its number."""
        return [
            (number, each.box)
            for number, each in enumerate(self.impossible)
            if not are_apart(each.box, box)
        ]

    def _touching(self, box: Box, covering: Sequence[Box]) -> list[Box]:
        """Return the impossible boxes that have to do with *box* and *covering*.

        One about other features only takes away a part of every piece, never a whole one.
        """
        near = [lemma.box for lemma in self.impossible if not are_apart(lemma.box, box)]
        asked = {feature for each in (box, *covering) for feature in each}
        found: list[Box] = []
        while new := [each for each in near if asked & each.keys()]:
            found += new
            near = [each for each in near if not asked & each.keys()]
            asked |= {feature for each in new for feature in each}
        return found

    def avoid(self, box: Box) -> Box | None:
        """Return a part of *box* in which nothing is impossible, None if there is none."""
        tries = 0
        waiting: list[tuple[Box, int]] = [(box, 0)]
        while waiting:
            piece, start = waiting.pop()
            tries += 1
            if tries > _MOST_TRIES:
                raise TooManyCases(f"more than {_MOST_TRIES} tries to find a request")
            lemmas = enumerate(self.impossible[start:], start)
            met = next((n for n, each in lemmas if not are_apart(each.box, piece)), None)
            if met is not None:
                pieces = self.space.apart(piece, self.impossible[met].box)
                waiting += [(each, met + 1) for each in reversed(pieces)]
            elif self.find_point(piece) is not None:
                return piece
        return None

    def _renumbered(self, found: Cover, lemmas: Sequence[Box], covering: int) -> Cover:
        """Return *found* with its leaves numbered as `inside` says: lemmas were tried first."""
        places = {id(lemma.box): covering + n for n, lemma in enumerate(self.impossible)}
        names = [places[id(box)] for box in lemmas]
        names += range(covering)
        return Cover(tuple((names[node[0]],) if len(node) == 1 else node for node in found.nodes))

    def are_inside(self, boxes: Iterable[Box], covering: Sequence[Box]) -> bool:
        """Say whether each of *boxes* lies inside the union of *covering* and the impossible."""
        return all(
            isinstance(self.inside(box, [c for c in covering if not are_apart(c, box)]), Cover)
            for box in boxes
        )

    def is_empty(self, boxes: Iterable[Box]) -> bool:
        """Say whether no request lies in any of *boxes*."""
        return self.are_inside(boxes, ())

    def find_point(self, box: Box) -> Point | None:
        """Return a request in *box*; None if there is none, which is then remembered."""
        point = point_in(self.features, box)
        if point is None:
            self.impossible.append(
                Lemma(smallest(self.features, box), "the comparisons exclude it")
            )
        return point
