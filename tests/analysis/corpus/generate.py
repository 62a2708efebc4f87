# SPDX-License-Identifier: Apache-2.0
"""Rule sets made by chance, clean but for the defects that are planted, and what is to be found.

`generate` is a pure function of its seed and sizes. Without plants the result is a partition: every
request for a known action has exactly one verdict, by one rule, every condition of which excludes
something; so no finding is due, of any severity. Each plant adds what is expected of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from types import MappingProxyType

import attrs

from helm_logic.lang import Source
from helm_logic.policy.folder import stock_rules
from tests.analysis.corpus.dimensions import COMPARED, KINDS, ONCE, Maker
from tests.analysis.corpus.expected import Expected
from tests.analysis.corpus.grid import Grid
from tests.analysis.corpus.names import Names
from tests.analysis.corpus.plants import ALL, PAIRED
from tests.analysis.corpus.table import ALLOW, DENY, ESCALATE, Draft, Table, Unit
from tests.analysis.corpus.wordings import Dimension

MAIN = "main.dl"
_PARTS = "parts"
MIXED, ALWAYS, NEVER = "mixed", "always", "never"
_VERDICTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {MIXED: (ALLOW, DENY, ESCALATE), ALWAYS: (ALLOW,), NEVER: (DENY, ESCALATE)}
)


@attrs.frozen
class Sizes:
    """How large a rule set is.

    *units* are groups of actions, each cut into about *leaves* parts along *width* dimensions of
    the *dimensions* that there are and *roles* that approve; *points* bounds the whole space.
    So many more dimensions as *compared* are about two values of a request.
    """

    units: int = 3
    leaves: int = 6
    dimensions: int = 6
    width: int = 3
    roles: int = 2
    points: int = 1 << 60
    compared: int = 0


@attrs.frozen
class Corpus:
    """A rule set: the text of its main file, of *files* that it includes, and what is *expected*.

    *planted* tells how many defects of each kind are in it.
    """

    text: str
    files: Mapping[str, str]
    expected: tuple[Expected, ...]
    planted: Mapping[str, int]

    @property
    def source(self) -> Source:
        """The main file."""
        return Source(MAIN, self.text)

    def resolve(self, name: str) -> Source | None:
        """Return the source that an `#include` names."""
        if name in self.files:
            return Source(f"{name}.dl", self.files[name])
        path = stock_rules() / f"{name}.dl"
        return Source(path.name, path.read_text("utf-8")) if path.is_file() else None


def generate(
    seed: int, sizes: Sizes, plants: Mapping[str, int] | None = None, tone: str = MIXED
) -> Corpus:
    """Return the rule set of *seed* with *plants*, how many of each kind, where there is room.

    In the *tone* `always` every rule allows, in `never` none does; these are defects themselves.
    """
    rng = Random(f"{seed} {sizes} {tone}")  # noqa: S311
    names = Names(rng)
    table = Table(rng, names, _VERDICTS[tone])
    dimensions = pool(rng, names, sizes)
    units = [unit_of(rng, names, sizes, dimensions) for _ in range(sizes.units)]
    freeze = Maker(rng, names).make("flag") if tone == MIXED and rng.random() < 0.3 else None
    for unit in units:
        _grow(table, unit, freeze, sizes.leaves)
    if freeze is not None:
        name, (yes, _) = names.new("c"), freeze.cuts[0]
        table.drafts.append(Draft(name, f"deny({name})", yes[0].literals, ()))
        dimensions = [*dimensions, freeze]
    planted = _fill(table, plants or {}, tone)
    return print_corpus(table, units, dimensions, planted)


def pool(rng: Random, names: Names, sizes: Sizes) -> list[Dimension]:
    """Return dimensions of random kinds, as many as *sizes* has or as there is space for."""
    maker, found = Maker(rng, names), list[Dimension]()
    space = (1 + sizes.units) << sizes.roles
    once = rng.sample(ONCE, len(ONCE))
    others = [kind for kind in KINDS if kind not in ONCE]
    while len(found) < sizes.dimensions:
        kind = once.pop() if once and rng.random() < 0.2 else rng.choice(others)
        made = maker.make(kind)
        if space * made.classes > sizes.points:
            break
        space *= made.classes
        found.append(made)
    return [*(maker.make(COMPARED) for _ in range(sizes.compared)), *found]


def unit_of(rng: Random, names: Names, sizes: Sizes, pool: Sequence[Dimension]) -> Unit:
    """Return a unit over some dimensions of *pool*, with roles that may approve."""
    approvals = [Maker(rng, names).approval() for _ in range(rng.randint(1, sizes.roles))]
    actions = [names.new("act") for _ in range(2 if rng.random() < 0.15 else 1)]
    asked = [f'action("{each}")' for each in actions]
    lead = asked[0] if len(asked) == 1 else names.new()
    helpers = tuple(f"{lead} :- {each}." for each in asked if len(asked) > 1)
    grid = Grid([*rng.sample(pool, min(sizes.width, len(pool))), *approvals])
    return Unit(tuple(actions), (lead,), helpers, grid, tuple(each.name for each in approvals))


def _grow(table: Table, unit: Unit, freeze: Dimension | None, leaves: int) -> None:
    """Grow the tree of *unit*; where there is a *freeze*, outside it."""
    if freeze is None:
        table.grow(unit, (), unit.grid.full, leaves)
        return
    dimensions = (*unit.grid.dimensions, freeze)
    unit.grid = Grid(dimensions)
    no = table.rng.choice(unit.grid.of(freeze)[1])
    table.grow(unit, (no,), no.points, leaves)


def _fill(table: Table, plants: Mapping[str, int], tone: str) -> dict[str, int]:
    """Plant what there is room for, and settle all other leaves; return what was planted."""
    planted: dict[str, int] = {}
    if tone == MIXED:
        for verdict in (ALLOW, DENY):
            leaf = table.take_leaf(table.is_single) or table.take_leaf()
            assert leaf is not None
            table.settle(leaf, verdict)
    else:
        table.expected.append(Expected("HL110", "error"))
        planted[tone] = 1
    order = table.rng.sample(sorted(plants), len(plants))
    for name in sorted(order, key=lambda name: name not in PAIRED):
        for _ in range(plants[name]):
            if table.leaves and _suits(name, tone) and ALL[name](table):
                planted[name] = planted.get(name, 0) + 1
    while (leaf := table.take_leaf()) is not None:
        table.settle(leaf)
    return planted


def _suits(plant: str, tone: str) -> bool:
    """Say whether a rule set of *tone* stays one with a *plant* of this kind."""
    return tone != ALWAYS or "gap" not in plant


def print_corpus(
    table: Table, units: Sequence[Unit], dimensions: Sequence[Dimension], planted: dict[str, int]
) -> Corpus:
    """Return *table* as text: what is used of *dimensions*, and all rules in random order."""
    rng = table.rng
    drafts = rng.sample(table.drafts, len(table.drafts))
    helpers = list(
        dict.fromkeys(rule for each in drafts for rule in each.needs) | dict.fromkeys(table.helpers)
    )
    rules = [each.text for each in drafts]
    used = set(re.findall(r"[a-z]+_\d+", "\n".join((*helpers, *rules, *table.statements))))
    declared = dict.fromkeys(
        text for each in dimensions if each.name in used for text in each.declarations
    )
    known = [f'known_action("{action}").' for unit in units for action in unit.actions]
    files = {}
    if helpers and rng.random() < 0.2:
        files[_PARTS] = "\n\n".join(helpers) + "\n"
        helpers = []
    includes = [f'#include "{name}".' for name in ("authority", *files)]
    parts: Iterable[str] = (*includes, *declared, *known, *table.statements, *helpers, *rules)
    text = "\n\n".join(parts) + "\n"
    return Corpus(text, files, tuple(table.expected), planted)
