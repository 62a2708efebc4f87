# SPDX-License-Identifier: Apache-2.0
"""From conditions to rules of our language, and what a request must hold to be ruled by them.

- A string that some policy matches with `like` is written as a path, and an input of its own says
  which patterns stand for it that are no pattern of ours (`strings.py`).
- A sum or a product is computed only behind a predicate that says that it stays within our
  integers: where Cedar has an error and the policy does not match, no rule computes anything.
- `x in y` is a relation of the world for each pair of types, `user_in_group`: every ancestor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from helm_logic.kernel.encoding import MAX_INTEGER
from tests.analysis.cedar.conditions import (
    ActionIs,
    All,
    Any,
    Asked,
    Atom,
    Below,
    Compare,
    Computed,
    Condition,
    Equal,
    Exceeds,
    Has,
    Holds,
    Lacks,
    Long,
    Shares,
    Stands,
    Term,
    TypeIs,
    Under,
    Unsupported,
)
from tests.analysis.cedar.globs import Pattern, written
from tests.analysis.cedar.schema import EntityKind, Kind, SetKind, element_kind, short
from tests.analysis.cedar.strings import is_prefix, spelled

# Where the name of the entity that acts, or is acted on, stands among its properties.
NAMED: Final = {"id": ("entity", "id"), "type": ("entity", "type")}
_TYPES: Final = {"Bool": "bool", "Long": "int", "String": "string"}
_OPERATORS: Final = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_CONTRARY: Final = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def quoted(text: str) -> str:
    """Return *text* as a string of our language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def symbol(name: str) -> str:
    """Return *name* as a name of our language."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name[:1].lower() + name[1:])


@attrs.frozen
class Feed:
    """Where a request holds an input: at *path*, *form* telling how the value is written there.

    The form is `plain`, `spelled`, or `patterns`: those of *patterns* that stand for the string.
    """

    term: Term
    path: tuple[str, ...]
    form: str
    patterns: tuple[Pattern, ...] = ()


class Writer:
    """Collects the text of rules, with the inputs and relations that they read.

    *spelled_terms* are the strings that are written as paths.
    """

    def __init__(self, spelled_terms: Mapping[Term, tuple[Pattern, ...]]) -> None:
        self._patterns = spelled_terms
        self._named: dict[Condition | Long | Atom, str] = {}
        self._comparisons = 0
        self.feeds: dict[str, Feed] = {}
        self.relations: dict[str, tuple[str, str]] = {}
        self.rules: list[str] = []

    def declarations(self) -> list[str]:
        """Return the declarations of what has been read so far."""
        found = [_declared(name, feed) for name, feed in self.feeds.items()]
        relations = [
            f"#relation {name}(child: string, ancestor: string)." for name in self.relations
        ]
        return [*found, *relations]

    def rule(self, head: str, body: Iterable[str], note: str = "") -> None:
        """Add the rule `head :- body`."""
        literals = ", ".join(dict.fromkeys(body))
        self.rules.append(f"{note}{head} :- {literals}." if literals else f"{note}{head}.")

    def body(self, condition: Condition, stem: str) -> list[str]:
        """Return literals that say *condition*; alternatives become predicates named by *stem*."""
        match condition:
            case Asked(atom, holds):
                return self.literals(atom, holds=holds)
            case All(parts):
                return [literal for part in parts for literal in self.body(part, stem)]
            case Any(parts):
                if condition not in self._named:
                    name = f"{stem}_{len(self._named) + 1}"
                    self._named[condition] = name
                    bodies = [self.body(part, stem) for part in parts]
                    for each in bodies or [["1 = 2"]]:
                        self.rule(name, each)
                return [self._named[condition]]

    def literals(self, atom: Atom, *, holds: bool) -> list[str]:  # noqa: PLR0911  one for each kind
        """Return literals that say that *atom* holds, or that it does not."""
        sign = "" if holds else "not "
        match atom:
            case TypeIs(variable, type_):
                return [f"{sign}{variable}_type({quoted(short(type_))})"]
            case ActionIs(name):
                return [f"{sign}action({quoted(name)})"]
            case Holds(term):
                return [f"{sign}{self._input(term)}(true)"]
            case Equal(left, right):
                return self._equal(left, right, "=" if holds else "!=")
            case Compare(left, relation, right):
                name = _OPERATORS[relation]
                return self._compared(left, name if holds else _CONTRARY[name], right)
            case Stands(term, pattern):
                return [sign + self._stands(term, pattern)]
            case Under(child, ancestor):
                one, before = self._value(child)
                other, after = self._value(ancestor)
                relation = self._relation(child.kind, ancestor.kind)
                return [*before, *after, f"{sign}{relation}({one}, {other})"]
            case Has(of, element):
                if element in self._patterns:
                    raise Unsupported("`like` on strings that are elements of sets")
                value, before = self._value(element)
                return [*before, f"{sign}{self._input(of)}({value})"]
        return [sign + self._existence(atom)]

    def _existence(self, atom: Below | Lacks | Shares | Exceeds) -> str:
        if atom not in self._named:
            name = self._named[atom] = f"{type(atom).__name__.lower()}_{len(self._named) + 1}"
            match atom:
                case Below(child, of):
                    value, body = self._value(child)
                    relation = self._relation(child.kind, element_kind(of.kind))
                    body = [*body, f"{self._input(of)}(X)", f"{relation}({value}, X)"]
                case Lacks(of, other):
                    body = [f"{self._input(other)}(X)", f"not {self._input(of)}(X)"]
                case Shares(one, other):
                    body = [f"{self._input(one)}(X)", f"{self._input(other)}(X)"]
                case Exceeds(of, items):
                    body = [f"{self._input(of)}(X)"]
                    for item in items:
                        value, before = self._value(item)
                        body += [*before, f"X != {value}"]
            self.rule(name, body)
        return self._named[atom]

    def _stands(self, term: Term, pattern: Pattern) -> str:
        if not is_prefix(pattern):
            self._input(term)
            return f"{term.name}_like({quoted(written(pattern))})"
        text = spelled(pattern[0])
        if len(pattern) == 1:
            return f'{self._input(term)}("{text}")'
        atom = Stands(term, pattern)
        if atom not in self._named:
            name = self._named[atom] = f"{term.name}_begins_{len(self._named) + 1}"
            variable, body = self._value(term)
            self.rule(name, [*body, f'matches("{text}/**", {variable})'])
        return self._named[atom]

    # --- Values.

    def _equal(self, left: Term, right: Term, relation: str) -> list[str]:
        if right.constant is not None:
            value, _ = self._value(right, of=left)
            return [f"{'' if relation == '=' else 'not '}{self._input(left)}({value})"]
        if left in self._patterns or right in self._patterns:
            raise Unsupported("`like` on strings that are compared with each other")
        one, before = self._value(left)
        other, after = self._value(right)
        return [*before, *after, f"{one} {relation} {other}"]

    def _value(self, term: Term, of: Term | None = None) -> tuple[str, list[str]]:
        """Return the text of *term*, and what gives it its value; a constant is of term *of*."""
        if term.name:
            variable = term.name[0].upper() + term.name[1:]
            return variable, [f"{self._input(term)}({variable})"]
        if isinstance(term.constant, str):
            return quoted(spelled(term.constant) if of in self._patterns else term.constant), []
        return str(term.constant), []

    def _input(self, term: Term) -> str:
        if term.name not in self.feeds:
            if not term.name:
                raise Unsupported("a constant where a value of the request must stand")
            path = _path(term)
            if term not in self._patterns:
                self.feeds[term.name] = Feed(term, path, "plain")
            else:
                others = tuple(each for each in self._patterns[term] if not is_prefix(each))
                self.feeds[term.name] = Feed(term, (*path, "spelled"), "spelled")
                if others:
                    name = f"{term.name}_like"
                    self.feeds[name] = Feed(term, (*path, "like"), "patterns", others)
        return term.name

    def _relation(self, child: Kind, ancestor: Kind) -> str:
        if not isinstance(child, EntityKind) or not isinstance(ancestor, EntityKind):
            raise Unsupported("`in` between values that are no entities")
        name = f"{symbol(short(child.type))}_in_{symbol(short(ancestor.type))}"
        self.relations[name] = (child.type, ancestor.type)
        return name

    # --- Longs: each mention of an input is a variable of its own, bound by what makes it safe.

    def _compared(self, left: Long, relation: str, right: Long) -> list[str]:
        self._comparisons += 1
        (one, before), (other, after) = (
            self._value(value)
            if isinstance(value, Term)
            else self._safe(value, f"{stem}{self._comparisons}")
            for value, stem in ((left, "L"), (right, "R"))
        )
        return [*before, *after, f"{one} {relation} {other}"]

    def _safe(self, value: Long, stem: str) -> tuple[str, list[str]]:
        """Return the text of *value*, and literals that bind its variables if it is a Long."""
        if isinstance(value, Term):
            if not value.name:
                return str(value.constant), []
            return stem, [f"{self._input(value)}({stem})"]
        text, variables = _sum_text(value, stem)
        if not variables:
            raise Unsupported("arithmetic of constants alone")
        if value not in self._named:
            self._named[value] = f"computable_{len(self._named) + 1}"
            self._write_safety(self._named[value], value, stem, variables)
        return text, [f"{self._named[value]}({', '.join(variables)})"]

    def _write_safety(self, name: str, value: Computed, stem: str, variables: list[str]) -> None:
        head = f"{name}({', '.join(variables)})"
        left, before = self._safe(value.left, f"{stem}l")
        right, after = self._safe(value.right, f"{stem}r")
        body = [*before, *after]
        if value.operator == "*":
            if before and after:
                raise Unsupported("the product of two values of the request")
            factor, varying = (left, right) if after else (right, left)
            most = MAX_INTEGER // max(1, abs(int(factor.strip("()"))))
            self.rule(head, [*body, f"{varying} <= {most}", f"{varying} >= -{most}"])
            return
        sign, back = ("+", "-") if value.operator == "+" else ("-", "+")
        falling, rising = ("<", ">=") if sign == "+" else (">", "<=")
        self.rule(head, [*body, f"{right} {rising} 0", f"{left} <= {MAX_INTEGER} {back} {right}"])
        self.rule(head, [*body, f"{right} {falling} 0", f"{left} >= -{MAX_INTEGER} {back} {right}"])


def _sum_text(value: Long, stem: str) -> tuple[str, list[str]]:
    """Return the text of *value* and its variables, which *stem* names by their places."""
    if isinstance(value, Term):
        return (stem, [stem]) if value.name else (str(value.constant), [])
    left, one = _sum_text(value.left, f"{stem}l")
    right, other = _sum_text(value.right, f"{stem}r")
    return f"({left} {value.operator} {right})", [*one, *other]


def _path(term: Term) -> tuple[str, ...]:
    part, _, name = term.name.partition("_")
    if part == "context":
        return (part, name)
    return ("subject" if part == "principal" else part, "properties", *NAMED.get(name, (name,)))


def _declared(name: str, feed: Feed) -> str:
    kind = feed.term.kind
    star = "*" if isinstance(kind, SetKind) or feed.form == "patterns" else ""
    inner = kind.of if isinstance(kind, SetKind) else kind
    scalar = _TYPES[inner] if isinstance(inner, str) else "string"
    return f"#input {name} : {scalar}{star} from {'.'.join(feed.path)}."
