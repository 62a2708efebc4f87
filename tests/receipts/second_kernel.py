# SPDX-License-Identifier: Apache-2.0
"""The half of the second verifier that reads JSON and checks certificates, from FORMAT.md alone.

It imports the standard library only. Every instance of every rule is found by plain search, so it
is slow, and says what the page says without a thought about speed.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Iterator
from typing import Any

JSON_MAX = 2**53 - 1
TAGS = dict.fromkeys(("string", "principal", "pattern"), "s:") | {"symbol": "y:", "bool": "b:"}
COMPARE = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le}
COMPARE |= {">": operator.gt, ">=": operator.ge}
COMPUTE = {"+": operator.add, "-": operator.sub, "*": operator.mul}


class Refused(Exception):
    """What was to be verified does not hold."""


def need(holds: object, what: str) -> None:
    """Return if it *holds*; raise Refused with *what* it was otherwise."""
    if not holds:
        raise Refused(what)


def canonical(value: Any) -> bytes:
    """Return *value* as canonical JSON."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":")).encode()


def _ordered(value: Any, depth: int = 0) -> Any:
    need(depth <= 64, "nested too deep")
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: _ordered(value[key], depth + 1) for key in keys}
    return [_ordered(each, depth + 1) for each in value] if isinstance(value, list) else value


def _integer(text: str) -> int:
    need(
        re.fullmatch("0|-?[1-9][0-9]{0,15}", text, re.ASCII) and abs(int(text)) <= JSON_MAX,
        "no such integer",
    )
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    need(len(dict(pairs)) == len(pairs), "a key stands twice")
    return dict(pairs)


def load(data: bytes, *, as_canonical: bool = True) -> Any:
    """Return the value in the restricted JSON *data*, which must be canonical."""
    hooks: Any = dict.fromkeys(("parse_int", "parse_float", "parse_constant"), _integer)
    value = json.loads(data.decode(), object_pairs_hook=_object, **hooks)
    need(not as_canonical or canonical(value) == data, "not canonical json")
    return value


class Check:
    """The perfect model of a program, checked rule by rule."""

    def __init__(self, program: Any, facts: Any, model: Any) -> None:
        need(set(program) == {"predicates", "rules", "strata"}, "no program")
        predicates, self.rules, strata = map(program.get, ("predicates", "rules", "strata"))
        for rows in (*facts.values(), *([r for r, _ in pairs] for pairs in model.values())):
            inorder = sorted(
                {*map(tuple, rows)}, key=lambda row: [(type(t) is str, t) for t in row]
            )
            need(rows and inorder == [*map(tuple, rows)], "not in order, or not once")
        self.columns = {name: columns for name, columns, _ in predicates}
        derived = [name for name, _, given in predicates if given is False]
        need(len(self.columns) == len(predicates), "a predicate is declared twice")
        need(sorted(name for names in strata for name in names) == sorted(derived), "strata")
        need(len({rule[0] for rule in self.rules}) == len(self.rules), "a rule id stands twice")
        self.stratum = {name: n for n, names in enumerate(strata) for name in names}
        need(set(facts) <= set(self.columns) - set(derived), "facts of derived predicates")
        need(set(model) <= set(derived), "a model of given predicates")
        self.rows = {name: {tuple(row): 0 for row in rows} for name, rows in facts.items()}
        for name, rows in self.rows.items():
            pairs = [pair for row in rows for pair in zip(row, self.columns[name], strict=True)]
            need(all(_fits(*pair) for pair in pairs), "a fact of another type")
        for name, pairs in model.items():
            self.rows[name] = {tuple(row): height for row, height in pairs}
            need(all(type(height) is int for _, height in pairs), "a height is an integer")
            need(all(len(row) == len(self.columns[name]) for row in self.rows[name]), "columns")
        self.given, self.instances = set(facts), [set[tuple[Any, ...]]() for _ in self.rules]
        supported = {(name, row) for name in facts for row in self.rows[name]}
        for number, rule in enumerate(self.rules):
            supported |= set(self._supported(number, *rule))
        need(supported >= {(n, r) for n, rows in self.rows.items() for r in rows}, "support")

    def _supported(self, number: int, _id: str, head: Any, body: Any) -> Iterator[Any]:
        """Check the rule and yield the facts of the model that it supports."""
        order = self._safe(head, body)
        for values in self._solve(body, {}):
            self.instances[number].add(tuple(values[name] for name in order))
            row = _ground(head[1], values)
            height = self.rows.get(head[0], {}).get(row)
            need(height is not None, "closure")
            same = [
                self.rows[name][_ground(terms, values)]
                for kind, name, terms in (each for each in body if each[0] == "is")
                if self.stratum.get(name) == self.stratum[head[0]] and kind
            ]
            if all(each < (height or 0) for each in same):
                yield head[0], row

    def _safe(self, head: Any, body: Any) -> list[str]:
        """Return the variables in the order bound; refuse what is not safe or not stratified."""
        order: list[str] = []
        own = self.stratum[head[0]]
        for literal in body:
            name, terms, free, reads = _parts(literal)
            if name is not None:
                highest = own if literal[0] == "is" else own - 1
                need(len(self.columns[name]) == len(terms), "columns")
                need(self.stratum.get(name, -1) <= highest, "not stratified")
            need(len(set(free)) == len(free), "a variable stands twice")
            need(set(reads) <= set(order), "read before it is bound")
            if literal[0] == "count":
                need(set(literal[1]) <= set(free) - set(order), "counts something else")
            if literal[0] == "let":
                need(_variables(free) == free and free[0] not in order, "bound before")
            if literal[0] in ("is", "let"):
                order += [each for each in free if each not in order]
        need(set(_variables(head[1])) <= set(order), "the head is not bound")
        need(len(self.columns[head[0]]) == len(head[1]), "columns of the head")
        return order

    def _solve(self, body: list[Any], values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if not body:
            yield values
            return
        for found in self._holds(body[0], values):
            yield from self._solve(body[1:], found)

    def _holds(self, literal: Any, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        match literal:
            case ["is", name, terms]:
                yield from self._matching(name, terms, values)
            case ["not", name, terms] if _ground(terms, values) not in self.rows.get(name, {}):
                yield values
            case ["test", relation, left, right] if _test(
                relation, *_ground([left, right], values)
            ):
                yield values
            case ["let", target, sign, left, right]:
                one, two = _ground([left, right], values)
                need(type(one) is int and type(two) is int, "no integers")
                result = COMPUTE[sign](one, two)
                need(abs(result) <= JSON_MAX, "an integer out of range")
                yield values | {target: result}
            case ["count", counted, name, terms, relation, bound]:
                rows = {_ground(counted, v) for v in self._matching(name, terms, values)}
                if COMPARE[relation](len(rows), _ground([bound], values)[0]):
                    yield values

    def _matching(self, name: str, terms: Any, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for row in self.rows.get(name, {}):
            found = dict(values)
            for term, value in zip(terms, row, strict=True):
                if (found.setdefault(term, value) if str(term)[:2] == "v:" else term) != value:
                    break
            else:
                yield found

    def reads(self) -> set[str]:
        """Return the predicates that rules read."""
        return {str(_parts(literal)[0]) for _, _, body in self.rules for literal in body}

    def claim(self, steps: list[Any]) -> tuple[str, tuple[Any, ...]]:
        """Return what the last of *steps* concludes, once each of them follows."""
        shown: list[tuple[str, tuple[Any, ...]]] = []
        for step in steps:
            if len(step) == 2:
                name, row = step[0], tuple(step[1])
                need(name in self.given and row in self.rows[name], "no given fact")
                shown.append((name, row))
                continue
            number, substitution, premises = step
            need(0 <= number < len(self.rules), "no such rule")
            need(tuple(substitution) in self.instances[number], "no instance")
            _, head, body = self.rules[number]
            values = dict(zip(self._safe(head, body), substitution, strict=True))
            wanted = [(each[1], _ground(each[2], values)) for each in body if each[0] == "is"]
            need(all(0 <= each < len(shown) for each in premises), "a later premise")
            need([shown[each] for each in premises] == wanted, "other premises")
            shown.append((head[0], _ground(head[1], values)))
        return shown[-1]


def _parts(literal: Any) -> tuple[str | None, Any, list[str], list[str]]:
    """Return a literal's predicate and its terms, the variables it ranges over, those it reads."""
    match literal:
        case ["is", name, terms]:
            return name, terms, _variables(terms), []
        case ["not", name, terms]:
            return name, terms, [], _variables(terms)
        case ["test", _, left, right]:
            return None, [], [], _variables([left, right])
        case ["let", target, _, left, right]:
            return None, [], [target], _variables([left, right])
        case ["count", _, name, terms, _, bound]:
            return name, terms, _variables(terms), _variables([bound])
    raise Refused("no literal")


def _variables(terms: Any) -> list[str]:
    known = [type(term) is int or term[:2] in ("s:", "y:", "b:", "v:") for term in terms]
    need(all(known), "no term")
    return [term for term in terms if str(term).startswith("v:")]


def _ground(terms: Any, values: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(values[term] if str(term).startswith("v:") else term for term in terms)


def _fits(term: Any, column: str) -> bool:
    if column in ("int", "time"):
        return type(term) is int
    fits = type(term) is str and term.startswith(TAGS[column])
    return fits and (column != "bool" or term in ("b:true", "b:false"))


def _test(relation: str, left: Any, right: Any) -> bool:
    if relation in COMPARE:
        return bool(COMPARE[relation](left, right))
    need(relation in ("matches", "subsumes"), "no relation")
    need(left[:2] == right[:2] == "s:", "no patterns")
    wide, narrow = left[2:].split("/"), right[2:].split("/")
    if relation == "subsumes" and narrow[-1] == "**":
        if wide[-1] != "**":
            return False
        narrow = narrow[:-1] or ["*"]
    if "**" in wide[:-1] or (relation == "subsumes" and "**" in narrow):
        return False
    if wide[-1] == "**":
        wide, narrow = wide[:-1], narrow[: len(wide) - 1]
    pairs = [*zip(wide, narrow, strict=False)]
    return len(wide) == len(narrow) and all(one in ("*", two) for one, two in pairs)
