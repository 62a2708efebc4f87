# SPDX-License-Identifier: Apache-2.0
"""Rule sets without a plan: rules that ask for whatever comes along, for the oracle to judge.

They overlap, contradict, repeat and leave out as chance has it, so they meet combinations that
nobody thought of planting.
"""

from __future__ import annotations

from random import Random

from tests.analysis.corpus.generate import Corpus, Sizes, pool, print_corpus, unit_of
from tests.analysis.corpus.grid import Phrase
from tests.analysis.corpus.names import Names
from tests.analysis.corpus.table import ALLOW, DENY, ESCALATE, Draft, Table, Unit


def wild(seed: int, sizes: Sizes) -> Corpus:
    """Return the rule set of *seed*: about as many rules a unit as *sizes* has leaves."""
    rng = Random(f"wild {seed} {sizes}")  # noqa: S311
    names = Names(rng)
    table = Table(rng, names, (ALLOW, DENY, ESCALATE))
    dimensions = pool(rng, names, sizes)
    units = [unit_of(rng, names, sizes, dimensions) for _ in range(sizes.units)]
    for unit in units:
        for _ in range(rng.randint(1, sizes.leaves)):
            _add(table, unit)
    for draft in table.drafts:
        if rng.random() < 0.15:
            draft.overrides = [rng.choice(table.drafts).id]
    return print_corpus(table, units, dimensions, {})


def _add(table: Table, unit: Unit) -> Draft:
    rng, verdict = table.rng, table.rng.choice(table.verdicts)
    ones: list[Phrase] = [*unit.grid.phrases, *unit.grid.tautologies]
    phrases = rng.choices(ones, k=rng.choice((0, 1, 1, 2, 2, 3)))
    role = rng.choice(unit.roles)
    yes, no = unit.grid.approvals[role]
    if verdict == ESCALATE and rng.random() < 0.8:
        phrases.append(no)
    elif rng.random() < 0.2:
        phrases.append(rng.choice((yes, no)))
    draft = table.draft(unit, verdict, dict.fromkeys(phrases), role * (verdict == ESCALATE))
    table.drafts.append(draft)
    return draft
