# SPDX-License-Identifier: Apache-2.0
"""Names for what a corpus talks about: words that read, each used once.

Every name ends in a number of its own, so that no two are alike and `renamed` can exchange all of
them in a text without touching anything else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random

_WORDS = (
    "env", "zone", "tier", "team", "stage", "mode", "shop", "cell", "port", "plan", "risk", "fleet",
    "queue", "batch", "ring", "wave", "lane", "dock", "crew", "vault", "grid", "pool", "shard",
)  # fmt: skip
_NAME = re.compile(r"[a-z]+_\d+")


class Names:
    """Gives names; the same seed gives the same ones in the same order."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._number = 0

    def new(self, word: str = "") -> str:
        """Return a name that was not given before, beginning with *word* or some word."""
        self._number += 1
        return f"{word or self._rng.choice(_WORDS)}_{self._number}"


def renaming(text: str, rng: Random) -> dict[str, str]:
    """Return other names for all names in *text*, in no order that the old ones have."""
    old = sorted(set(_NAME.findall(text)))
    numbers = list(range(len(old)))
    rng.shuffle(numbers)
    return {name: f"{rng.choice(_WORDS)}_{1000 + n}" for name, n in zip(old, numbers, strict=True)}


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Return *text* with its names exchanged."""
    return _NAME.sub(lambda found: names.get(found[0], found[0]), text)
