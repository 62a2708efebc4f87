# SPDX-License-Identifier: Apache-2.0
"""Cedar schemas: entity types with their attributes and parents, actions with what they apply to.

A *kind* is what a value can be: `Bool`, `Long`, `String`, a type of entities, or sets of one of
them. A *request environment* is a type of principal, an action and a type of resource: Cedar's
analysis looks at each by itself. Optional attributes, tags and action groups are not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import attrs

from tests.analysis.cedar.policy_parser import Reader
from tests.analysis.cedar.syntax import Entity

PRIMITIVE = ("Bool", "Long", "String")


@attrs.frozen
class EntityKind:
    """The entities of one *type*."""

    type: str


@attrs.frozen
class SetKind:
    """Sets of what *of* says."""

    of: Kind


Kind: TypeAlias = str | EntityKind | SetKind  # a str is one of PRIMITIVE


@attrs.frozen
class EntityType:
    """What the entities of a type have: *attributes* by name, and the types of their *parents*."""

    attributes: Mapping[str, Kind]
    parents: tuple[str, ...]


@attrs.frozen
class Action:
    """The types of principals and resources that an action applies to, and its context."""

    principals: tuple[str, ...]
    resources: tuple[str, ...]
    context: Mapping[str, Kind]


@attrs.frozen
class Environment:
    """A request environment."""

    principal: str
    action: Entity
    resource: str

    @property
    def shown(self) -> tuple[str, str, str]:
        """The environment as reports show it: without namespaces."""
        return short(self.principal), self.action.id, short(self.resource)


@attrs.frozen
class Schema:
    """What a schema declares, by qualified names."""

    entities: Mapping[str, EntityType]
    actions: Mapping[Entity, Action]

    def environments(self) -> tuple[Environment, ...]:
        """Return every request environment, in the order of the schema."""
        return tuple(
            Environment(principal, action, resource)
            for action, applies in self.actions.items()
            for principal in applies.principals
            for resource in applies.resources
        )

    def can_be_in(self, child: str, ancestor: str) -> bool:
        """Say whether some parent, or parent's parent, of a *child* can be an *ancestor*."""
        reached: list[str] = []
        waiting = list(self.entities[child].parents)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.append(name)
                waiting += self.entities[name].parents
        return ancestor in reached


def short(name: str) -> str:
    """Return the qualified *name* without its namespace."""
    return name.rpartition("::")[2]


def element_kind(kind: Kind) -> Kind:
    """Return what the elements of a set of *kind* are; raise TypeError for what is no set."""
    if not isinstance(kind, SetKind):
        raise TypeError(f"got a value of kind {kind}, want a set")
    return kind.of


def parse_schema(text: str) -> Schema:
    """Return the schema that *text* is."""
    parser = _Parser(Reader(text))
    parser.statements("")
    return parser.schema()


class _Parser:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._entities: dict[str, EntityType] = {}
        self._actions: dict[Entity, Action] = {}

    def schema(self) -> Schema:
        return Schema(self._entities, self._actions)

    def statements(self, prefix: str) -> None:
        reader = self._reader
        while reader.peek() not in ("", "}"):
            if reader.take("namespace"):
                name = reader.name()
                reader.expect("{")
                self.statements(f"{name}::")
                reader.expect("}")
                continue
            word = reader.take("entity", "action")
            if not word:
                raise reader.wrong("`entity`, `action` or `namespace`")
            names = [reader.name()]
            while reader.take(","):
                names.append(reader.name())
            if word == "entity":
                self._entity([prefix + name for name in names], prefix)
            else:
                self._action([Entity(f"{prefix}Action", name) for name in names], prefix)
            reader.expect(";")

    def _entity(self, names: list[str], prefix: str) -> None:
        parents = self._types(prefix) if self._reader.take("in") else ()
        self._reader.take("=")
        attributes = self._record(prefix) if self._reader.peek() == "{" else {}
        for name in names:
            self._entities[name] = EntityType(attributes, parents)

    def _action(self, actions: list[Entity], prefix: str) -> None:
        reader = self._reader
        reader.expect("appliesTo")
        reader.expect("{")
        types: dict[str, tuple[str, ...]] = {}
        context: dict[str, Kind] = {}
        for _ in reader.listed("}"):
            member = reader.name()
            reader.expect(":")
            if member == "context":
                context = self._record(prefix)
            else:
                types[member] = self._types(prefix)
        for action in actions:
            self._actions[action] = Action(types["principal"], types["resource"], context)

    def _types(self, prefix: str) -> tuple[str, ...]:
        if self._reader.take("["):
            return tuple(prefix + self._reader.name() for _ in self._reader.listed("]"))
        return (prefix + self._reader.name(),)

    def _record(self, prefix: str) -> dict[str, Kind]:
        reader = self._reader
        found: dict[str, Kind] = {}
        reader.expect("{")
        for _ in reader.listed("}"):
            name = reader.text() if reader.peek().startswith('"') else reader.name()
            reader.expect(":")
            found[name] = self._kind(prefix)
        return found

    def _kind(self, prefix: str) -> Kind:
        name = self._reader.name()
        if name == "Set":
            self._reader.expect("<")
            inner = self._kind(prefix)
            self._reader.expect(">")
            return SetKind(inner)
        return name if name in PRIMITIVE else EntityKind(prefix + name)
