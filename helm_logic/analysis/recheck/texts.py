# SPDX-License-Identifier: Apache-2.0
"""Which combinations of tests some text satisfies: all of them, length by length.

A text is as long as the longest test or one segment longer, or else it satisfies what one of those
does: beyond, only `**` looks. Of the segments at one place those that a test names there differ,
and all others are alike. So walking from place to place with the tests that still hold misses none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.formula import Is, Matches, Test
from helm_logic.analysis.recheck.trees import Refused
from helm_logic.authority.principal import is_principal
from helm_logic.kernel.pattern import is_pattern
from helm_logic.kernel.terms import COLUMN_TAGS, Term

MARK = "'"  # what the name of an attribute of another request ends in
_MOST_STATES = 100_000
_REFUSED_SEGMENTS = frozenset({"", ".", ".."})


@attrs.frozen
class Kind:
    """Which texts an attribute may have: the *tag* of its type, and whether it is a resource."""

    tag: str
    is_principal: bool
    is_resource: bool

    def accepts(self, constant: Term) -> bool:
        """Say whether an attribute of this kind can have the value *constant*."""
        if type(constant) is not str or constant[:2] != self.tag:
            return False
        segments = constant[2:].split("/")
        if self.is_resource and (len(segments) == 1 or _REFUSED_SEGMENTS & {*segments}):
            return False
        return not self.is_principal or is_principal(constant[2:])

    def begins(self, segment: str) -> bool:
        """Say whether a text of this kind may begin with *segment*."""
        return not self.is_principal or ":" in segment[1:]


def kind_of(attribute: Attribute) -> Kind:
    """Return the kind of the texts of *attribute*."""
    return Kind(
        COLUMN_TAGS[attribute.type],
        attribute.type == "principal",
        attribute.name.removesuffix(MARK) == "resource",
    )


def combinations(tests: Collection[Test], kinds: Collection[Kind]) -> frozenset[frozenset[Test]]:
    """Return every subset of *tests* that some text of all *kinds* satisfies, and no other test.

    The tests are taken to be about one text, whatever attribute they name.
    """
    shapes = {test: shape for test in tests if (shape := _shape(test, kinds)) is not None}
    longest = max((len(each) for each in shapes.values()), default=1)
    fewest = 2 if any(kind.is_resource for kind in kinds) else 1
    found: set[frozenset[Test]] = set()
    for length in range(fewest, max(longest, fewest) + 2):
        alive = {test: cut for test, each in shapes.items() if (cut := _cut(each, length))}
        found |= _walk(alive, length, kinds)
    return frozenset(found)


def _shape(test: Test, kinds: Collection[Kind]) -> tuple[str, ...] | None:
    """Return the segments of *test*, those that are no wildcard marked; None if it never holds."""
    match test:
        case Is(_, constant):
            if all(kind.accepts(constant) for kind in kinds):
                return tuple(f"={segment}" for segment in str(constant)[2:].split("/"))
        case Matches(_, pattern):
            if is_pattern(pattern):
                segments = pattern.split("/")
                return tuple(s if s in ("*", "**") else f"={s}" for s in segments)
    return None


def _cut(shape: tuple[str, ...], length: int) -> tuple[str, ...]:
    """Return *shape* as that of a text of *length* segments; nothing if it is none."""
    if shape[-1] == "**" and len(shape) - 1 <= length:
        return (*shape[:-1], *("*" for _ in range(length + 1 - len(shape))))
    return shape if len(shape) == length else ()


def _walk(
    alive: Mapping[Test, tuple[str, ...]], length: int, kinds: Collection[Kind]
) -> set[frozenset[Test]]:
    states = {frozenset(alive)}
    for place in range(length):
        following: set[frozenset[Test]] = set()
        for state in states:
            wild = frozenset(test for test in state if alive[test][place] == "*")
            following.add(wild)
            for name in {alive[test][place] for test in state - wild}:
                if place or all(kind.begins(name[1:]) for kind in kinds):
                    following.add(wild | {t for t in state if alive[t][place] == name})
        states = following
        if len(states) > _MOST_STATES:
            raise Refused("the tests of texts have too many combinations")
    return states
