# SPDX-License-Identifier: Apache-2.0
"""Tests, features and boxes as JSON, and back: what certificates of this room are written in.

    TEST      ["present", NAME] · ["is", NAME, TERM] · ["at_most", NAME, N]
              ["matches", NAME, TEXT]
              ["same", NAME, NAME] · ["compare", [[NAME, N], ...], N]
              ["fact", LITERAL, ...]
    LITERAL   [KIND, PREDICATE, [VALUE, ...], EXTRA...]
    VALUE     TERM · ["ref", NAME] · ["sum", [[NAME, N], ...], N]
    N         an integer, as text where JSON does not reach
    MASK      hexadecimal digits, one bit a class
    BOX       [FEATURE, MASK, FEATURE, MASK, ...] by feature
    FEATURE   {"of": ATTRIBUTE or TEST, "classes": [CLASS, ...], "tests": [[TEST, MASK], ...]}
    CLASS     {"values": [TERM or null, ...], "bounds": [N, N] if they are integers}
    ATTRIBUTE {"name", "type", "domain", "optional", "path", "label"}

Reading is strict: anything that writing would not have written is InputError, so that no value has
two texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from helm_logic.analysis.attribute import Attribute
from helm_logic.analysis.feature import Class, Feature
from helm_logic.analysis.formula import (
    AtMost,
    Compare,
    Fact,
    GroundLiteral,
    Is,
    Linear,
    Matches,
    Present,
    Ref,
    Same,
    Test,
    Value,
)
from helm_logic.errors import InputError
from helm_logic.kernel.encoding import MAX_INTEGER, JsonValue
from helm_logic.kernel.terms import Term
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text

_MASK = re.compile(r"[1-9a-f][0-9a-f]*")
_LARGE = re.compile(r"-?[1-9][0-9]{0,99}")


# Writing.


def test_value(test: Test) -> list[object]:  # noqa: PLR0911  one case for each kind
    """Return *test* as JSON."""
    match test:
        case Present(name):
            return ["present", name]
        case Is(name, constant):
            return ["is", name, constant]
        case AtMost(name, bound):
            return ["at_most", name, _number(bound)]
        case Matches(name, pattern):
            return ["matches", name, pattern]
        case Same(first, second):
            return ["same", first, second]
        case Compare(terms, bound):
            return ["compare", _terms(terms), _number(bound)]
        case Fact(literals):
            return ["fact", *(_literal(each) for each in literals)]


def feature_value(feature: Feature) -> dict[str, object]:
    """Return *feature* as JSON."""
    source = feature.source
    return {
        "of": _attribute(source) if isinstance(source, Attribute) else test_value(source),
        "classes": [_class(each) for each in feature.classes],
        "tests": [[test_value(test), mask_text(mask)] for test, mask in feature.masks.items()],
    }


def box_value(box: Mapping[int, int]) -> list[object]:
    """Return *box* as JSON."""
    return [each for feature, mask in sorted(box.items()) for each in (feature, mask_text(mask))]


def mask_text(mask: int) -> str:
    """Return *mask* as JSON."""
    return f"{mask:x}"


def _number(number: int) -> int | str:
    return number if -MAX_INTEGER <= number <= MAX_INTEGER else str(number)


def _terms(terms: Sequence[tuple[str, int]]) -> list[object]:
    return [[name, _number(factor)] for name, factor in terms]


def _literal(literal: GroundLiteral) -> list[object]:
    values = [_value(each) for each in literal.terms]
    return [literal.kind, literal.predicate, values, *literal.extra]


def _value(value: Value) -> object:
    match value:
        case Ref(name):
            return ["ref", name]
        case Linear(terms, constant):
            return ["sum", _terms(terms), _number(constant)]
    return value


def _class(one: Class) -> dict[str, object]:
    values: dict[str, object] = {"values": one.values}
    return values if one.bounds is None else {**values, "bounds": [*map(_number, one.bounds)]}


def _attribute(attribute: Attribute) -> dict[str, object]:
    return {
        "name": attribute.name,
        "type": attribute.type,
        "domain": attribute.domain,
        "optional": attribute.optional,
        "path": attribute.path,
        "label": attribute.label,
    }


# Reading.


def read_test(value: JsonValue, where: str) -> Test:
    """Return the test that *value* means; raise InputError naming *where*."""
    kind, *parts = require_list(value, where) or [None]
    if kind == "fact":
        return Fact(tuple(_read_literal(each, where) for each in parts))
    if kind == "compare" and len(parts) == 2:  # noqa: PLR2004  as the notation has it
        return Compare(_read_terms(parts[0], where), _read_number(parts[1], where))
    if kind == "at_most" and len(parts) == 2:  # noqa: PLR2004
        return AtMost(require_text(parts[0], where), _read_number(parts[1], where))
    if kind == "is" and len(parts) == 2:  # noqa: PLR2004
        return Is(require_text(parts[0], where), _read_term(parts[1], where))
    names = [require_text(each, where) for each in parts]
    made: dict[tuple[JsonValue, int], Callable[..., Test]] = {
        ("present", 1): Present, ("matches", 2): Matches, ("same", 2): Same,
    }  # fmt: skip
    if not isinstance(kind, str) or (kind, len(names)) not in made:
        raise InputError("wrong_shape", f"{where}: got {kind!r:.40}, want a test")
    return made[kind, len(names)](*names)


def read_feature(value: JsonValue, where: str) -> Feature:
    """Return the feature that *value* means; raise InputError naming *where*."""
    parts = require_object(value, where, ("of", "classes", "tests"))
    masks: dict[Test, int] = {}
    for each in require_list(parts["tests"], where):
        test, mask = require_list(each, where, 2)
        read = read_test(test, where)
        if read in masks:
            raise InputError("wrong_shape", f"{where}: a test stands there twice")
        masks[read] = 0 if mask == "0" else read_mask(mask, where)
    classes = tuple(_read_class(each, where) for each in require_list(parts["classes"], where))
    if isinstance(parts["of"], dict):
        return Feature(_read_attribute(parts["of"], where), classes, masks)
    source = read_test(parts["of"], where)
    if not isinstance(source, (Fact, Compare, Same)):
        raise InputError("wrong_shape", f"{where}: got a test of one attribute as a feature")
    return Feature(source, classes, masks)


def read_box(value: JsonValue, sizes: Sequence[int], where: str) -> dict[int, int]:
    """Return the box that *value* means: masks neither empty nor full, features in order."""
    parts = require_list(value, where)
    if len(parts) % 2:
        raise InputError("wrong_shape", f"{where}: got a feature without a mask")
    found: dict[int, int] = {}
    for place in range(0, len(parts), 2):
        feature, mask = require_integer(parts[place], where), read_mask(parts[place + 1], where)
        if not max(found, default=-1) < feature < len(sizes) or mask >= (1 << sizes[feature]) - 1:
            raise InputError("wrong_shape", f"{where}: got the mask {mask:x} of feature {feature}")
        found[feature] = mask
    return found


def read_mask(value: JsonValue, where: str) -> int:
    """Return the mask, not empty, that *value* means."""
    if type(value) is not str or _MASK.fullmatch(value) is None:
        raise InputError("wrong_shape", f"{where}: got {value!r:.40}, want a mask")
    return int(value, 16)


def _read_number(value: JsonValue, where: str) -> int:
    if type(value) is str and _LARGE.fullmatch(value):
        number = int(value)
        if not -MAX_INTEGER <= number <= MAX_INTEGER:
            return number
    return require_integer(value, where)


def _read_terms(value: JsonValue, where: str) -> tuple[tuple[str, int], ...]:
    pairs = (require_list(each, where, 2) for each in require_list(value, where))
    return tuple((require_text(one, where), _read_number(n, where)) for one, n in pairs)


def _read_term(value: JsonValue, where: str) -> Term:
    return value if type(value) is int else require_text(value, where)


def _read_literal(value: JsonValue, where: str) -> GroundLiteral:
    match require_list(value, where):
        case [kind, predicate, terms, *extra]:
            pass
        case _:
            raise InputError("wrong_shape", f"{where}: got {value!r:.40}, want a literal")
    return GroundLiteral(
        require_text(kind, where),
        require_text(predicate, where),
        tuple(_read_value(each, where) for each in require_list(terms, where)),
        tuple(_read_term(each, where) for each in extra),
    )


def _read_value(value: JsonValue, where: str) -> Value:
    if not isinstance(value, list):
        return _read_term(value, where)
    match value:
        case ["ref", str(name)]:
            return Ref(name)
        case ["sum", terms, constant]:
            return Linear(_read_terms(terms, where), _read_number(constant, where))
    raise InputError("wrong_shape", f"{where}: got {value!r:.40}, want a value")


def _read_class(value: JsonValue, where: str) -> Class:
    parts = require_object(value, where, ("values",), ("bounds",))
    values = tuple(
        None if each is None else _read_term(each, where)
        for each in require_list(parts["values"], where)
    )
    if "bounds" not in parts:
        return Class(values)
    low, high = (_read_number(each, where) for each in require_list(parts["bounds"], where, 2))
    return Class(values, (low, high))


def _read_attribute(value: JsonValue, where: str) -> Attribute:
    parts = require_object(value, where, ("name", "type", "domain", "optional", "path", "label"))
    domain = parts["domain"]
    if type(parts["optional"]) is not bool:
        raise InputError("wrong_shape", f"{where}: got an `optional` that is no bool")
    return Attribute(
        require_text(parts["name"], where),
        require_text(parts["type"], where),
        None if domain is None
        else tuple(_read_term(each, where) for each in require_list(domain, where)),
        parts["optional"],
        tuple(require_text(each, where) for each in require_list(parts["path"], where)),
        require_text(parts["label"], where),
    )  # fmt: skip
