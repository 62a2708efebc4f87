# SPDX-License-Identifier: Apache-2.0
"""The rule sets that analyses are measured on, made from seeds: what tests judge by the same kind.

A rule set of a size is a partitioned decision table of so many rules, helpers counted, with defects
planted in a twentieth of them: of every kind but rules that hand out authority, which would leave
claims open. Its next version has other verdicts, and rules gone. What is due about it is known, so
that speed without truth does not count.
"""

from __future__ import annotations

import re
from collections import Counter

import attrs

from helm_logic.lang import RuleSet, Source, load
from helm_logic.policy.folder import prelude
from tests.analysis.corpus.generate import Corpus, Sizes, generate
from tests.analysis.corpus.plants import ALL, AUTHORITY

SEED = 1
_UNIT = 36  # rules of a unit, on the average
_DEFECTS = 20  # one in so many rules
_CHANGED = 10


def rule_set_of(size: int) -> Corpus:
    """Return the rule set of *size* rules and facts, or some more."""
    units = max(1, size // _UNIT)
    while (count := (corpus := _made(units, size)).text.count(".\n\n")) < size:
        units += max(1, (size - count) // _UNIT)
    return corpus


def _made(units: int, size: int) -> Corpus:
    leaves = min(24, max(8, size // 2))
    sizes = Sizes(units=units, leaves=leaves, dimensions=16, width=5, roles=2)
    count, kinds = max(1, size // _DEFECTS), sorted(ALL.keys() - {AUTHORITY})
    plants = {kind: (count + place) // len(kinds) for place, kind in enumerate(kinds)}
    return generate(SEED, sizes, {kind: times for kind, times in plants.items() if times})


def read(corpus: Corpus) -> RuleSet:
    """Return *corpus* as an analysis wants it: with claims, without rules about missing inputs."""
    before: tuple[Source, ...] = prelude()
    return load(corpus.source, corpus.resolve, prelude=before, claims=True, relevance=False)


def size_of(rule_set: RuleSet) -> int:
    """Return how many rules and facts *rule_set* has beside those that ship."""
    files = {"main.dl", "parts.dl"}
    return sum(span.source.name in files for span in rule_set.spans.values())


def next_version(corpus: Corpus) -> tuple[Corpus, Counter[tuple[str, str]]]:
    """Return *corpus* with some ALLOW rules gone and others denying, and how many of each."""
    parts, moves = corpus.text.split("\n\n"), Counter[tuple[str, str]]()
    at_fault = {rule for each in corpus.expected for rule in each.rules}
    for place, part in enumerate(parts):
        found = re.search(r"\nallow\((\w+)\)", part)
        if found is None or found[1] in at_fault or moves.total() == 2 * _CHANGED:
            continue
        if moves.total() % 2:
            parts[place] = part.replace("\nallow(", "\ndeny(").replace(",\n    authorized.", ".")
        else:
            parts[place] = ""
        moves["ALLOW", "DENY"] += 1
    return attrs.evolve(corpus, text="\n\n".join(filter(None, parts))), moves


def edited(corpus: Corpus, number: int) -> Corpus:
    """Return *corpus* with one rule changed: rule *number* denies what it allowed."""
    places = [found.start() for found in re.finditer(r"\nallow\(", corpus.text)]
    place = places[(number * 7) % len(places)]
    text = corpus.text[:place] + corpus.text[place:].replace("\nallow(", "\ndeny(", 1)
    return attrs.evolve(corpus, text=text)
