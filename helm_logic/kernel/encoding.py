# SPDX-License-Identifier: Apache-2.0
"""Bytes: the strict JSON reader, the canonical JSON writer and the digest for all that is signed.

Invariants:
- `parse_json` accepts only JSON that has exactly one meaning: no duplicate keys, floats, NaN, `-0`,
  lone surrogates, integers beyond ±(2^53-1), and no nesting beyond `MAX_DEPTH`; each refusal has
  its own code.
- `canonical_json` writes what RFC 8785 (JCS) writes for that subset: same value, same bytes.

What values mean (terms, programs, certificates) is elsewhere in this room.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import partial
from typing import NoReturn, TypeAlias

from helm_logic.errors import JsonError

JsonValue: TypeAlias = "bool | int | str | list[JsonValue] | dict[str, JsonValue] | None"

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64
MAX_BYTES = 1 << 20

_dumps = partial(json.dumps, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")


def parse_json(data: bytes, *, max_bytes: int = MAX_BYTES) -> JsonValue:
    """Return the one value that *data* means; raise JsonError, with a code, for anything else."""
    if len(data) > max_bytes:
        raise JsonError("too_large", f"got {len(data)} bytes of json, at most {max_bytes} are read")
    try:
        text = data.decode("utf-8")
        value: JsonValue = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_float,
            parse_constant=_constant,
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        raise JsonError("not_utf8", f"json is not utf-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise JsonError("malformed_json", f"not json at {where}: {error.msg.lower()}") from None
    except RecursionError:
        raise JsonError("too_deep", f"json nests deeper than {MAX_DEPTH}") from None
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH:
        _refuse_depth(value)
    if _SURROGATE_ESCAPE.search(data):
        _refuse_lone_surrogates(value)
    return value


def canonical_json(value: object) -> bytes:
    """Return the RFC 8785 bytes of *value*: lists, tuples, dicts by str, str, int, bool, None.

    Raise JsonError for text with a lone surrogate, which has no bytes.
    """
    text = _dumps(value, sort_keys=True)
    try:
        if not text.isascii():
            # RFC 8785 3.2.3 sorts keys by UTF-16 code unit, Python by code point: above U+FFFF
            # they differ.
            text = _dumps(_utf16_ordered(value))
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise JsonError("lone_surrogate", f"got text with a lone surrogate: {text!a:.40}") from None


def digest(data: bytes) -> str:
    """Return `sha256:` and the 64 hexadecimal digits of SHA-256(*data*)."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise JsonError("duplicate_key", f"json object has the key {twice!a:.40} twice")
    return result


def _float(text: str) -> NoReturn:
    raise JsonError(
        "float",
        f"got the number `{text:.24}`, want an integer; write it as text or a scaled integer",
    )


def _constant(text: str) -> NoReturn:
    raise JsonError("not_a_number", f"got `{text}`, which is not a json number")


def _integer(text: str) -> int:
    # The length is bounded before `int`, whose time is quadratic in it.
    value = int(text) if len(text) <= len(f"-{MAX_INTEGER}") else MAX_INTEGER + 1
    if text == "-0" or not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise JsonError(
            "integer_range", f"got the integer `{text:.24}`, want one within ±(2^53-1) and not -0"
        )
    return value


def _refuse_depth(value: JsonValue) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        nested = [node for node in level if isinstance(node, (dict, list))]
        level = [x for node in nested for x in (node.values() if isinstance(node, dict) else node)]
    if nested:
        raise JsonError("too_deep", f"json nests deeper than {MAX_DEPTH}")


def _refuse_lone_surrogates(value: JsonValue) -> None:
    try:
        _dumps(value).encode("utf-8")
    except UnicodeEncodeError:
        raise JsonError(
            "lone_surrogate", "json has a string with a lone surrogate, which is no unicode text"
        ) from None


def _utf16_ordered(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: _utf16_ordered(value[key])
            for key in sorted(value, key=lambda key: key.encode("utf-16-be"))
        }
    if isinstance(value, (list, tuple)):
        return [_utf16_ordered(child) for child in value]
    return value
