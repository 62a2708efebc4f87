# SPDX-License-Identifier: Apache-2.0
"""Dimensions, their cuts, and the wordings of a cut's sides; which kinds there are is elsewhere.

A *wording* says in literals of the rule language which classes of a dimension it lets through, as a
bit mask.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs


@attrs.frozen
class Wording:
    """*literals* that let the classes in *mask* through; what *helpers*, rules, define is used."""

    literals: tuple[str, ...]
    mask: int
    helpers: tuple[str, ...] = ()


@attrs.frozen
class Dimension:
    """Classes of values, *declarations* in the rule language, and how to cut it.

    *cuts* are pairs of what is let through on either side, each in several wordings; *tautologies*
    let everything through. *attribute* is the single-valued input or part of the request that it is
    about, *approval* the role whose approval.
    """

    name: str
    classes: int
    declarations: tuple[str, ...]
    cuts: tuple[tuple[tuple[Wording, ...], tuple[Wording, ...]], ...]
    tautologies: tuple[Wording, ...] = ()
    attribute: str = ""
    approval: str = ""

    @property
    def full(self) -> int:
        """The mask of all classes."""
        return (1 << self.classes) - 1


Cut = tuple[tuple[Wording, ...], tuple[Wording, ...]]


def variable_of(name: str) -> str:
    """Return the variable that stands for the value of *name* in every rule."""
    return name.replace("_", "").capitalize()


def yes_no(atom: str) -> Cut:
    """Return the cut of a dimension of two classes: *atom* does not hold, or does."""
    return (Wording((atom,), 2),), (Wording((f"not {atom}",), 1),)


def masked(cut: Cut, mask: int, classes: int) -> Cut:
    """Return *cut* for a dimension of *classes* classes; its first side has those in *mask*."""
    yes, no = cut
    rest = ((1 << classes) - 1) ^ mask
    return tuple(attrs.evolve(each, mask=mask) for each in yes), tuple(
        attrs.evolve(each, mask=rest) for each in no
    )


def vectors(
    patterns: Sequence[str], segments: Sequence[str], fewest: int
) -> list[tuple[bool, ...]]:
    """Return which of *patterns* hold together of some text, for all texts that there are."""
    texts: list[tuple[str, ...]] = [()]
    found: dict[tuple[bool, ...], None] = {}
    for length in range(1, 5):
        texts = [(*text, segment) for text in texts for segment in (*segments, "?")]
        if length >= fewest:
            found |= dict.fromkeys(tuple(_fits(p.split("/"), t) for p in patterns) for t in texts)
    return sorted(found)


def _fits(pattern: Sequence[str], text: Sequence[str]) -> bool:
    if pattern[-1] == "**":
        pattern = pattern[:-1]
        text = text[: len(pattern)]
    return len(pattern) == len(text) and all(
        p in ("*", t) for p, t in zip(pattern, text, strict=True)
    )
