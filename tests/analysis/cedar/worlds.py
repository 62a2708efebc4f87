# SPDX-License-Identifier: Apache-2.0
"""Random requests in random worlds of a schema, near to what some policies tell apart.

Ids, numbers and texts are those that the policies mention, their neighbours, and a few that none
does. Hierarchies are acyclic and keep to the parents that the schema allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import TypeVar

import attrs

from helm_logic.kernel.encoding import MAX_INTEGER
from tests.analysis.cedar.evaluate import Record, Value, World
from tests.analysis.cedar.globs import Pattern
from tests.analysis.cedar.schema import EntityKind, Environment, Kind, Schema, SetKind
from tests.analysis.cedar.syntax import Constant, Entity, Expression, Like, Policy, SetOf

_NAMELESS = ("x", "y", "z")
_TO_THE_POINT = 0.4  # how often a kind of values is drawn from those that the policies mention
_Drawn = TypeVar("_Drawn", Entity, int, str)
_EDGES = (0, 1, MAX_INTEGER, -MAX_INTEGER, MAX_INTEGER // 8 + 1)


@attrs.frozen
class Pool:
    """What values are drawn from; the *named* values are those that the policies mention."""

    entities: Mapping[str, tuple[Entity, ...]]
    integers: tuple[int, ...]
    texts: tuple[str, ...]
    named: frozenset[Value]


def pool(schema: Schema, policies: Iterable[Policy]) -> Pool:
    """Return the pool of values that are worth drawing for *policies*."""
    leaves = [leaf for each in policies for leaf in _leaves(each.condition)]
    values = [leaf.value for leaf in leaves if isinstance(leaf, Constant)]
    named = [value for value in values if isinstance(value, Entity)]
    integers = [value for value in values if type(value) is int]
    patterns = [leaf.pattern for leaf in leaves if isinstance(leaf, Like)]
    texts = [value for value in values if isinstance(value, str)]
    texts += [one[0] + other[-1] for one in patterns for other in patterns]
    texts += [text for each in patterns for text in _fitting(each)]
    return Pool(
        {
            name: tuple(sorted({*(each for each in named if each.type == name), *_nameless(name)}))
            for name in schema.entities
        },
        tuple(sorted({*_EDGES, *(n + near for n in integers for near in (-1, 0, 1))})),
        tuple(sorted({"", "z", *texts})),
        frozenset([*values, *("z".join(each) for each in patterns)]),
    )


def _nameless(name: str) -> tuple[Entity, ...]:
    return tuple(Entity(name, each) for each in _NAMELESS)


def _fitting(pattern: Pattern) -> Iterator[str]:
    """Yield texts that *pattern* stands for, and some that it nearly stands for."""
    for between in ("", "z"):
        text = between.join(pattern)
        yield from (text, text + "z", "z" + text, text[1:], pattern[0] + between)


def _leaves(expression: Expression) -> Iterator[Constant | Like]:
    if isinstance(expression, Constant | Like):
        yield expression
    parts = attrs.astuple(expression, recurse=False)
    if isinstance(expression, SetOf):
        parts = expression.items
    for part in parts:
        if attrs.has(type(part)) and not isinstance(part, Entity):
            yield from _leaves(part)


def random_world(schema: Schema, environment: Environment, values: Pool, chance: Random) -> World:
    """Return a random request of *environment* in a random world."""
    values = _nearer(values, chance)
    everyone = [entity for entities in values.entities.values() for entity in entities]
    chance.shuffle(everyone)
    parents = {
        entity: _parents(entity, everyone[:place], schema, chance)
        for place, entity in enumerate(everyone)
    }
    return World(
        chance.choice(values.entities[environment.principal]),
        environment.action,
        chance.choice(values.entities[environment.resource]),
        _record(schema.actions[environment.action].context, values, chance),
        {each: _record(schema.entities[each.type].attributes, values, chance) for each in everyone},
        parents,
    )


def _nearer(values: Pool, chance: Random) -> Pool:
    """Return now and then, for each kind of values, only those that the policies mention."""

    def near(some: tuple[_Drawn, ...]) -> tuple[_Drawn, ...]:
        return tuple(each for each in some if each in values.named) or some

    def drawn(some: tuple[_Drawn, ...]) -> tuple[_Drawn, ...]:
        return near(some) if chance.random() < _TO_THE_POINT else some

    everyone = values.entities
    if chance.random() < _TO_THE_POINT:
        everyone = {name: near(some) for name, some in everyone.items()}
    return Pool(everyone, drawn(values.integers), drawn(values.texts), values.named)


def _parents(
    entity: Entity, before: Sequence[Entity], schema: Schema, chance: Random
) -> tuple[Entity, ...]:
    allowed = [each for each in before if each.type in schema.entities[entity.type].parents]
    return tuple(chance.sample(allowed, min(len(allowed), chance.choice((0, 0, 1, 2)))))


def _record(kinds: Mapping[str, Kind], values: Pool, chance: Random) -> Record:
    return {name: _value(kind, values, chance) for name, kind in kinds.items()}


def _value(kind: Kind, values: Pool, chance: Random) -> Value:
    if isinstance(kind, SetKind):
        return frozenset(_value(kind.of, values, chance) for _ in range(chance.randrange(4)))
    if isinstance(kind, EntityKind):
        return chance.choice(values.entities[kind.type])
    if kind == "Bool":
        return chance.random() < 0.5
    if kind == "Long":
        return chance.choice(values.integers)
    return chance.choice(values.texts)
