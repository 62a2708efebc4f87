# SPDX-License-Identifier: Apache-2.0
"""A policy set in one request environment as a rule set, and Cedar's worlds as its requests.

Each policy becomes `allow` or `deny` with the policy's id as the rule's: `allow(policy0) :-
policy0_matches.` The rules about `policy0_matches` are the policy. Assumptions fix the environment
and say what equality, sets, hierarchies and patterns are (`assumptions.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from helm_logic.kernel.encoding import JsonValue
from helm_logic.kernel.terms import Row
from helm_logic.lang import RuleSet
from helm_logic.policy.inputs import request_facts
from helm_logic.policy.request import read_request
from tests.analysis.cedar.assumptions import assumptions
from tests.analysis.cedar.conditions import Compare, Never, Unsupported, atoms
from tests.analysis.cedar.evaluate import Value, World
from tests.analysis.cedar.globs import matches, written
from tests.analysis.cedar.rule_text import NAMED, Feed, Writer, quoted, symbol
from tests.analysis.cedar.schema import Environment, Schema, short
from tests.analysis.cedar.strings import patterns_of, spelled
from tests.analysis.cedar.syntax import Entity, Policy
from tests.analysis.cedar.translate import Translator

_HEADS = {"permit": "allow", "forbid": "deny"}


@attrs.frozen
class Translation:
    """The rules for one environment, and what a request and its world must give them.

    *heads* is the fact that each policy concludes where it matches, by the policy's id; *bodies*
    are what never holds. *computes* says that something is added or multiplied, in which our
    integers are narrower than Cedar's.
    """

    environment: Environment
    rules: str
    bodies: tuple[str, ...]
    heads: Mapping[str, tuple[str, str]]
    feeds: Mapping[str, Feed]
    relations: Mapping[str, tuple[str, str]]
    computes: bool

    @property
    def by_automata(self) -> tuple[str, ...]:
        """The patterns of which the translation, not the analysis, knows what they match."""
        return tuple(written(each) for feed in self.feeds.values() for each in feed.patterns)

    def facts(self, world: World, rule_set: RuleSet) -> dict[str, list[Row]]:
        """Return the facts of the request in *world*, read as production reads requests."""
        request = read_request(self.request(world))
        facts = request_facts(request, rule_set.inputs, now=0)
        for name, (child, ancestor) in self.relations.items():
            facts[name] = [
                (f"s:{one.id}", f"s:{other.id}")
                for one in world.attributes
                if one.type == child
                for other in sorted(world.ancestors(one))
                if other.type == ancestor
            ]
        return facts

    def request(self, world: World) -> JsonValue:
        """Return the request in *world* as JSON."""
        context: dict[str, JsonValue] = {}
        actors = {"subject": world.principal, "resource": world.resource}
        request: dict[str, JsonValue] = {}
        for name, entity in actors.items():
            named: dict[str, JsonValue] = {"type": short(entity.type), "id": entity.id}
            request[name] = {**named, "properties": {"entity": named}}
        for feed in self.feeds.values():
            part, _, name = feed.term.name.partition("_")
            if name not in NAMED:
                actor = world.principal if part == "principal" else world.resource
                record = world.context if part == "context" else world.attributes[actor]
                _place(request | {"context": context}, feed.path, _written(record[name], feed))
        return {**request, "action": {"name": world.action.id}, "context": context}


def translate(policies: Sequence[Policy], schema: Schema, environment: Environment) -> Translation:
    """Return *policies* in *environment*; raise Unsupported naming what cannot be said."""
    translator = Translator(schema, environment)
    conditions = {each.id: translator.condition(each.condition) for each in policies}
    mentioned = atoms(conditions.values())
    writer = Writer(patterns_of(mentioned))
    heads: dict[str, tuple[str, str]] = {}
    for policy in policies:
        name, head = symbol(policy.id), _HEADS[policy.effect]
        if any(name == other for _, other in heads.values()):
            raise Unsupported(f"two policies whose ids are both `{name}` here")
        heads[policy.id] = (head, name)
        writer.rule(f"{name}_matches", writer.body(conditions[policy.id], f"{name}_either"))
        writer.rule(f"{head}({name})", [f"{name}_matches"], f'@id("{policy.id}")  ')
    never = [_line(writer, each) for each in assumptions(mentioned, schema)]
    return Translation(
        environment,
        "\n".join([*_preface(schema, environment), *writer.declarations(), "", *writer.rules, ""]),
        (*_fixed(environment), *never),
        heads,
        writer.feeds,
        writer.relations,
        any(isinstance(each, Compare) and each.can_fail for each in mentioned),
    )


def _preface(schema: Schema, environment: Environment) -> list[str]:
    types = ", ".join(quoted(short(name)) for name in schema.entities)
    return [
        f"#input principal_type : {{{types}}} from subject.properties.entity.type.",
        f"known_action({quoted(environment.action.id)}).",
    ]


def _fixed(environment: Environment) -> list[str]:
    principal, action, resource = map(quoted, environment.shown)
    return [
        f"not action({action})",
        f"not principal_type({principal})",
        f"not resource_type({resource})",
    ]


def _line(writer: Writer, never: Never) -> str:
    literals = [each for test in never for each in writer.literals(test.atom, holds=test.holds)]
    return ", ".join(dict.fromkeys(literals))


def _place(whole: Mapping[str, JsonValue], path: Sequence[str], value: JsonValue) -> None:
    """Put *value* into the JSON object *whole* at *path*, making the objects on the way."""
    *folders, last = path
    place: Any = whole
    for folder in folders:
        place = place.setdefault(folder, {})
    place[last] = value


def _written(value: Value, feed: Feed) -> JsonValue:
    if feed.form == "patterns":
        return [written(each) for each in feed.patterns if matches(each, str(value))]
    if feed.form == "spelled":
        return spelled(str(value))
    if isinstance(value, frozenset):
        return sorted((_plain(each) for each in value), key=str)
    return _plain(value)


def _plain(value: Value) -> bool | int | str:
    if isinstance(value, frozenset | Mapping):
        raise TypeError(f"got `{value}`, want a value that no other is in")
    return value.id if isinstance(value, Entity) else value
