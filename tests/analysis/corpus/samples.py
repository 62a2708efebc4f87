# SPDX-License-Identifier: Apache-2.0
"""The rule sets that tests are about: sizes, and which defects go into which one."""

from __future__ import annotations

from functools import cache
from random import Random

import attrs

from helm_logic.lang import RuleSet, Source, load
from helm_logic.policy.folder import prelude
from tests.analysis.corpus.generate import ALWAYS, MIXED, NEVER, Corpus, Sizes, generate
from tests.analysis.corpus.names import renamed, renaming
from tests.analysis.corpus.plants import ALL, AUTHORITY, CLAIMS
from tests.analysis.corpus.wild import wild

# Few enough points that an engine can be asked about all of them.
TINY = Sizes(units=2, leaves=5, dimensions=4, width=3, roles=1, points=250)
WILD = Sizes(units=2, leaves=4, dimensions=3, width=2, roles=1, points=400)
MEDIUM = Sizes(units=3, leaves=7, dimensions=7, width=4, roles=2)
_SIZES = (
    Sizes(units=1, leaves=10, dimensions=4, width=4),
    Sizes(units=1, leaves=10, dimensions=6, width=5),
    Sizes(units=2, leaves=5, dimensions=5, width=3),
    Sizes(units=1, leaves=8, dimensions=4, width=4, compared=2),
)


def clean(seed: int) -> Corpus:
    """Return a rule set without defects."""
    return generate(seed, MEDIUM)


def plain(seed: int, sizes: Sizes | None = None) -> Corpus:
    """Return a rule set with some defects, of kinds that follow from *seed*."""
    rng = Random(seed)  # noqa: S311
    tone = rng.choice((*[MIXED] * 10, ALWAYS, NEVER))
    kinds = rng.sample(sorted(ALL), rng.randint(1, 6))
    if AUTHORITY in kinds and CLAIMS.intersection(kinds):
        kinds.remove(AUTHORITY)
    return generate(seed, sizes or rng.choice(_SIZES), dict.fromkeys(kinds, 1), tone)


def untamed(seed: int) -> Corpus:
    """Return a rule set without a plan."""
    return wild(seed, WILD)


def loaded(corpus: Corpus) -> RuleSet:
    """Return *corpus* as an analysis wants it."""
    return load(corpus.source, corpus.resolve, prelude=_prelude(), claims=True, relevance=False)


def without(corpus: Corpus, rule: str) -> Corpus:
    """Return *corpus* without the rule of that id."""

    def rest(text: str) -> str:
        parts = (part for part in text.split("\n\n") if f'@id("{rule}")' not in part)
        return "\n\n".join(parts).replace(f'  @overrides("{rule}")', "")

    files = {name: rest(text) for name, text in corpus.files.items()}
    return attrs.evolve(corpus, text=rest(corpus.text), files=files)


def shuffled(corpus: Corpus, seed: int) -> Corpus:
    """Return *corpus* with the statements of each file in another order."""
    rng = Random(seed)  # noqa: S311

    def mixed(text: str) -> str:
        parts = text.strip().split("\n\n")
        return "\n\n".join(rng.sample(parts, len(parts))) + "\n"

    files = {name: mixed(text) for name, text in corpus.files.items()}
    return attrs.evolve(corpus, text=mixed(corpus.text), files=files)


def rechristened(corpus: Corpus, seed: int) -> Corpus:
    """Return *corpus* with other names for everything that its author named."""
    whole = "\n".join((corpus.text, *corpus.files.values()))
    names = renaming(whole, Random(seed))  # noqa: S311
    expected = tuple(
        attrs.evolve(
            each,
            rules=tuple(names.get(rule, rule) for rule in each.rules),
            about=names.get(each.about, each.about),
        )
        for each in corpus.expected
    )
    files = {name: renamed(text, names) for name, text in corpus.files.items()}
    return attrs.evolve(corpus, text=renamed(corpus.text, names), files=files, expected=expected)


@cache
def _prelude() -> tuple[Source, ...]:
    return prelude()
