# SPDX-License-Identifier: Apache-2.0
"""Rule sets without a plan: rules that ask for whatever comes along, for the oracle to judge.

They overlap, contradict, repeat and leave out as chance has it, so they meet combinations that
nobody thought of planting.
"""

from __future__ import annotations

from random import Random

from tests.analysis.corpus.generate import Corpus, Sizes, pool, print_corpus, unit_of
from tests.analysis.corpus.grid import Phrase, gathered, literals
from tests.analysis.corpus.names import Names
from tests.analysis.corpus.statements import claim, condition
from tests.analysis.corpus.table import ALLOW, DENY, ESCALATE, Table, Unit


def wild(seed: int, sizes: Sizes) -> Corpus:
    """Return the rule set of *seed*: about as many rules a unit as *sizes* has leaves."""
    rng = Random(f"wild {seed} {sizes}")  # noqa: S311
    names = Names(rng)
    table = Table(rng, names, (ALLOW, DENY, ESCALATE))
    dimensions = pool(rng, names, sizes)
    units = [unit_of(rng, names, sizes, dimensions) for _ in range(sizes.units)]
    for unit in units:
        for _ in range(rng.randint(1, sizes.leaves)):
            _add_rule(table, unit)
    for draft in table.drafts:
        if rng.random() < 0.15:
            draft.overrides = [rng.choice(table.drafts).id]
    if rng.random() < 0.3:
        _add_claim(table, rng.choice(units))
    if rng.random() < 0.15:
        never = condition(table, rng.choice(units), _some(table, rng.choice(units), 2))
        table.statements.append(f"#assume never {never}.")
    return print_corpus(table, units, dimensions, {})


def _add_rule(table: Table, unit: Unit) -> None:
    rng, verdict = table.rng, table.rng.choice(table.verdicts)
    phrases = _some(table, unit, rng.choice((0, 1, 1, 2, 2, 3)))
    role = rng.choice(unit.roles)
    yes, no = unit.grid.approvals[role]
    if verdict == ESCALATE and rng.random() < 0.7:
        phrases.append(no)
    elif rng.random() < 0.2:
        phrases.append(rng.choice((yes, no)))
    if rng.random() < 0.2:
        phrases.append(_either(table, unit, rng.choice((yes, no))))
    draft = table.draft(unit, verdict, dict.fromkeys(phrases), role * (verdict == ESCALATE))
    table.drafts.append(draft)


def _some(table: Table, unit: Unit, count: int) -> list[Phrase]:
    return table.rng.choices([*unit.grid.phrases, *unit.grid.tautologies], k=count)


def _either(table: Table, unit: Unit, approval: Phrase) -> Phrase:
    """Return a helper that holds where one of two random bodies does, or its negation."""
    helper = table.names.new()
    bodies = [_some(table, unit, table.rng.randint(1, 2)) for _ in range(2)]
    if table.rng.random() < 0.5:
        bodies[0].append(approval)
    rules = (f"{helper} :- {', '.join(literals(body))}." for body in bodies)
    needed = gathered(phrase for body in bodies for phrase in body)
    literal = table.rng.choice((helper, f"not {helper}"))
    return Phrase((literal,), 0, (*needed, *rules), whole=False)


def _add_claim(table: Table, unit: Unit) -> None:
    verdict = table.rng.choice(table.verdicts)
    kinds = ("never", "always", "only")
    said = [f"{kind} {verdict}" for kind in kinds] + ["always decides", "monotone in approvals"]
    said += [f"independent of {name}" for name in _attributes(unit)]
    where = condition(table, unit, _some(table, unit, table.rng.randint(0, 2)))
    claim(table, f"{table.rng.choice(said)} when {where}")


def _attributes(unit: Unit) -> list[str]:
    return [each.attribute for each in unit.grid.dimensions if each.attribute]
