# SPDX-License-Identifier: Apache-2.0
"""The rule sets that tests are about: sizes, and which defects go into which one."""

from __future__ import annotations

from functools import cache
from random import Random

from helm_logic.lang import RuleSet, Source, load
from helm_logic.policy.folder import prelude
from tests.analysis.corpus.generate import ALWAYS, MIXED, NEVER, Corpus, Sizes, generate
from tests.analysis.corpus.plants import ALL
from tests.analysis.corpus.wild import wild

# Few enough points that an engine can be asked about all of them.
SMALL = Sizes(units=2, leaves=5, dimensions=4, width=3, roles=1, points=1500)
WILD = Sizes(units=2, leaves=4, dimensions=3, width=2, roles=1, points=400)
MEDIUM = Sizes(units=3, leaves=7, dimensions=7, width=4, roles=2)


def clean(seed: int) -> Corpus:
    """Return a rule set without defects."""
    return generate(seed, MEDIUM)


def plain(seed: int, sizes: Sizes = SMALL) -> Corpus:
    """Return a rule set with some defects, of kinds that follow from *seed*."""
    rng = Random(seed)  # noqa: S311
    tone = rng.choice((*[MIXED] * 10, ALWAYS, NEVER))
    kinds = rng.sample(sorted(ALL), rng.randint(1, 6))
    return generate(seed, sizes, dict.fromkeys(kinds, 1), tone)


def untamed(seed: int) -> Corpus:
    """Return a rule set without a plan."""
    return wild(seed, WILD)


def loaded(corpus: Corpus) -> RuleSet:
    """Return *corpus* as an analysis wants it."""
    return load(corpus.source, corpus.resolve, prelude=_prelude(), claims=True, relevance=False)


@cache
def _prelude() -> tuple[Source, ...]:
    return prelude()
