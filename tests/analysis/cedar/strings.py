# SPDX-License-Identifier: Apache-2.0
"""Strings that policies match with `like`, in a language whose patterns are paths.

A string becomes a path of one-character segments behind a `^`, so that `ab*` is the pattern
`^/a/b/**` and no star is needed to cross characters. Other patterns (`*b`, `a*b`) have no such
path: which of them stand for a string is a fact of its own, and which of these facts go together,
with each other, with prefixes and with whole strings, is decided here, by automata (`globs.py`).
How prefixes and whole strings go together is left to the analysis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tests.analysis.cedar.conditions import Asked, Atom, Equal, Never, Stands, Term
from tests.analysis.cedar.globs import Pattern, conflicts, possible

_SPELLED_APART: Final = {"/": "slash", "*": "star"}


def is_prefix(pattern: Pattern) -> bool:
    """Say whether *pattern* is text with at most one star, at its end: a pattern of ours too."""
    return len(pattern) == 1 or (len(pattern) == 2 and not pattern[1])


def spelled(text: str) -> str:
    """Return *text* as the path of its characters."""
    return "/".join(["^", *(_SPELLED_APART.get(character, character) for character in text)])


def impossible_strings(atoms: Sequence[Atom]) -> Iterator[Never]:
    """Yield which patterns never stand for one string, or never fail to, if one is no prefix."""
    for term, patterns in patterns_of(atoms).items():
        if all(map(is_prefix, patterns)):
            continue
        constants = [
            atom.right.constant
            for atom in atoms
            if isinstance(atom, Equal) and atom.left == term and not atom.right.name
        ]
        whole = [*patterns, *((str(each),) for each in constants)]
        for partial in conflicts(possible(whole), len(whole)):
            if not all(is_prefix(whole[n]) for n in partial):
                yield tuple(Asked(Stands(term, whole[n]), holds) for n, holds in partial.items())


def patterns_of(atoms: Sequence[Atom]) -> dict[Term, tuple[Pattern, ...]]:
    """Return the strings that *atoms* match with patterns, and those patterns."""
    found: dict[Term, tuple[Pattern, ...]] = {}
    for atom in atoms:
        if isinstance(atom, Stands):
            found[atom.term] = (*found.get(atom.term, ()), atom.pattern)
    return found
