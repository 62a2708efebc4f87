# SPDX-License-Identifier: Apache-2.0
"""A mapping whose values are made when someone asks for them, and then kept.

A decision reads the texts of few rules, if any: making them all would be a good part of the time
that loading takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

_Source = TypeVar("_Source")
_Value = TypeVar("_Value")


class Lazy(Mapping[str, _Value], Generic[_Source, _Value]):
    """The mapping of each key of *sources* to what *make*, a pure function, makes of its source."""

    def __init__(self, sources: Mapping[str, _Source], make: Callable[[_Source], _Value]) -> None:
        self._sources, self._make = sources, make
        self._made: dict[str, _Value] = {}

    def __getitem__(self, key: str) -> _Value:
        """Return the value of *key*; raise KeyError if there is none."""
        if key not in self._made:
            self._made[key] = self._make(self._sources[key])
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        """Yield the keys in the order of the sources."""
        return iter(self._sources)

    def __len__(self) -> int:
        """Return the number of keys."""
        return len(self._sources)
