# SPDX-License-Identifier: Apache-2.0
"""JSON bytes: one meaning in, RFC 8785 out, and every refusal by its own code."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import InputError, JsonError
from helm_logic.kernel.encoding import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_INTEGER,
    canonical_json,
    digest,
    parse_json,
)

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "jcs"
FLOATING = ("structures", "values")  # of the published samples, those that hold floats

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["\ufffd", "\U00010000", "\u2028", "\x7f", "\x00", '"\\/', "\ue000", "\ud7ff", "<&>"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


def _vectors(path: str) -> Path:
    """Return the path of published vectors, or skip the test that needs them."""
    if not (VECTORS / path).exists():
        pytest.skip("no published vectors at ../shared/vectors/jcs")
    return VECTORS / path


def _code(data: bytes, **limits: int) -> str:
    """Return the code with which *data* is refused."""
    with pytest.raises(JsonError) as caught:
        parse_json(data, **limits)
    assert isinstance(caught.value, InputError)
    str(caught.value).encode("ascii", "backslashreplace")
    assert len(str(caught.value)) < 200
    return caught.value.code


@pytest.mark.parametrize("name", ["arrays", "french", "unicode", "weird"])
def test_published_samples_without_floats_come_out_byte_for_byte(name: str) -> None:
    """Order of keys, of lists, control characters, no normalisation: as the RFC's authors write."""
    source = _vectors(f"input/{name}.json").read_bytes()
    expected = bytes.fromhex(_vectors(f"outhex/{name}.txt").read_text(encoding="ascii"))

    assert canonical_json(parse_json(source)) == expected
    assert canonical_json(parse_json(expected)) == expected


@pytest.mark.parametrize("name", FLOATING)
def test_published_samples_with_floats_are_refused(name: str) -> None:
    """We sign no floats, so these inputs have no canonical form here."""
    assert _code(_vectors(f"input/{name}.json").read_bytes()) == "float"


def test_published_results_are_their_own_canonical_form() -> None:
    """What others write is what we write: `structures` with its one float written as 56, too."""
    for name in ("arrays", "french", "unicode", "weird", "structures"):
        written = bytes.fromhex(_vectors(f"outhex/{name}.txt").read_text(encoding="ascii"))

        assert canonical_json(parse_json(written)) == written
    assert _code(_vectors("output/values.json").read_bytes()) == "float"


def test_published_pack_agrees_where_it_is_interoperable() -> None:
    """Bytes and SHA-256 are equal where RFC 8785 and the pack agree; the rest is refused."""
    pack = json.loads(_vectors("helm-canonical-json-v1/vectors.json").read_bytes())
    refused = {}
    for vector in pack["vectors"]:
        source = vector["input"].encode()
        if vector["interoperable"]:
            written = canonical_json(parse_json(source))

            assert written == vector["canonical"].encode()
            assert digest(written) == f"sha256:{vector['sha256']}"
        else:
            refused[vector["id"].removeprefix("deviation_")] = _code(source)

    assert len(pack["vectors"]) - len(refused) == 7
    assert refused == {
        "exponent_literal": "float",
        "uppercase_exponent": "float",
        "trailing_zero_fraction": "float",
        "negative_zero": "integer_range",
        "beyond_safe_integer": "integer_range",
        "non_integer": "float",
    }


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "malformed_json"),
        (b" ", "malformed_json"),
        (b"{", "malformed_json"),
        (b"[1,]", "malformed_json"),
        (b"{'a':1}", "malformed_json"),
        (b"[1] 2", "malformed_json"),
        (b"1\x00", "malformed_json"),
        (b"\xef\xbb\xbf[]", "malformed_json"),
        (b"[\xc2\xa0]", "malformed_json"),
        (b"01", "malformed_json"),
        (b"+1", "malformed_json"),
        (b"1_0", "malformed_json"),
        (b"0x10", "malformed_json"),
        ("\u0661".encode(), "malformed_json"),
        (b'"\x01"', "malformed_json"),
        (b'"\\x41"', "malformed_json"),
        (b'"\\u00g0"', "malformed_json"),
        (b"True", "malformed_json"),
        (b"/**/1", "malformed_json"),
        (b"\xff", "not_utf8"),
        (b'"\xc0\x80"', "not_utf8"),
        (b'"\xed\xa0\x80"', "not_utf8"),
        (b'"\xf4\x90\x80\x80"', "not_utf8"),
        ("[]".encode("utf-16"), "not_utf8"),
        (b'{"a":1,"a":1}', "duplicate_key"),
        (b'{"a":1,"\\u0061":2}', "duplicate_key"),
        (b'[{"b":{"":1,"c":2,"":3}}]', "duplicate_key"),
        (b'{"\\ud800":1,"\\ud800":1}', "duplicate_key"),
        (b'{"' + b"k" * 5000 + b'":1,"' + b"k" * 5000 + b'":1}', "duplicate_key"),
        (b"NaN", "not_a_number"),
        (b"[Infinity]", "not_a_number"),
        (b'{"a":-Infinity}', "not_a_number"),
        (b"1.0", "float"),
        (b"0.1", "float"),
        (b"-0.0", "float"),
        (b"1e2", "float"),
        (b"1E400", "float"),
        (b"1e-400", "float"),
        (b"0." + b"1" * 100_000, "float"),
        (b"-0", "integer_range"),
        (b"[-0]", "integer_range"),
        (b"9007199254740992", "integer_range"),
        (b"-9007199254740992", "integer_range"),
        (b"90071992547409910", "integer_range"),
        (b"-90071992547409910", "integer_range"),
        (b"1" * 4301, "integer_range"),
        (b"-" + b"9" * 1_000_000, "integer_range"),
        (b'"\\ud800"', "lone_surrogate"),
        (b'"\\uDFFF"', "lone_surrogate"),
        (b'["\\udc00\\ud800"]', "lone_surrogate"),
        (b'["\\ud83d","\\ude00"]', "lone_surrogate"),
        (b'{"\\uD83Dx":1}', "lone_surrogate"),
        (b'[{"a":["\\\\\\ud800"]}]', "lone_surrogate"),
    ],
    ids=lambda case: repr(case)[:40] if isinstance(case, bytes) else case,
)
def test_what_has_no_one_meaning_is_refused(data: bytes, code: str) -> None:
    """Each kind of bad input has its code, and a message that is short and can be printed."""
    assert _code(data) == code


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b" [1 ,\n-1\t]\r ", [1, -1]),
        (b"0", 0),
        (b"9007199254740991", MAX_INTEGER),
        (b"-9007199254740991", -MAX_INTEGER),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\\\ud800"', "\\ud800"),
        (b'{"\\uD83D\\uDE00":null}', {"\U0001f600": None}),
        (b'"\\/\\u002f"', "//"),
        (b'"\\u0000"', "\x00"),
        (b'{"a":{"a":true},"A":false}', {"a": {"a": True}, "A": False}),
        (b'"\xe2\x80\xa8"', "\u2028"),
        (b'"NaN Infinity 1.0 -0 1e5"', "NaN Infinity 1.0 -0 1e5"),
    ],
    ids=lambda case: ascii(case)[:40],
)
def test_what_has_one_meaning_is_read(data: bytes, value: Any) -> None:
    """The same text inside strings, pairs of surrogates and the largest integers are no trouble."""
    read = parse_json(data)

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
@pytest.mark.parametrize("inside", ["", "1", '"["', "[]"])
def test_nesting_ends_at_its_limit(opening: str, inside: str) -> None:
    """64 levels are read and 65 are not, whether lists or objects, empty inside or not."""
    each = opening.count("[") + opening.count("{")
    closing = "".join("]" if x == "[" else "}" for x in reversed(opening) if x in "[{")
    for levels in (MAX_DEPTH - 2, MAX_DEPTH, MAX_DEPTH + 2, 900):
        inner = inside or ("null" if opening.endswith(":") else "")
        data = (opening * (levels // each) + inner + closing * (levels // each)).encode()
        if levels + (inside == "[]") <= MAX_DEPTH:
            assert canonical_json(parse_json(data)) == data
        else:
            assert _code(data) == "too_deep"


@pytest.mark.parametrize("opening", [b"[", b'{"":'])
def test_nesting_without_end_is_refused(opening: bytes) -> None:
    """A hundred thousand levels cost no more than a refusal, closed or not."""
    closing = b"]" if opening == b"[" else b"}"

    assert _code(opening * 100_000) == "too_deep"
    assert _code(opening * 100_000 + b"1" + closing * 100_000, max_bytes=2**20) == "too_deep"


def test_width_is_no_depth() -> None:
    """Many brackets side by side, or inside strings, are read."""
    wide = b"[" + b",".join([b'[{"[":"{"}]'] * 1000) + b"]"

    assert parse_json(wide) == [[{"[": "{"}]] * 1000


def test_size_ends_at_its_limit() -> None:
    """One byte more than the limit is refused before it is looked at; the limit can be lowered."""
    assert parse_json(b" " * (MAX_BYTES - 1) + b"1") == 1
    assert _code(b" " * MAX_BYTES + b"1") == "too_large"
    assert _code(b"\xff" * (MAX_BYTES + 1)) == "too_large"
    assert parse_json(b"[1]", max_bytes=3) == [1]
    assert _code(b"[1]", max_bytes=2) == "too_large"
    assert MAX_BYTES == 1_048_576


@given(values)
def test_reading_what_was_written_gives_it_back(value: Any) -> None:
    """Canonical bytes mean the value they were made of, and are their own canonical form."""
    written = canonical_json(value)

    assert parse_json(written) == value
    assert canonical_json(parse_json(written)) == written


@given(values, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_canonical_bytes_do_not_depend_on_how_a_value_was_written(
    value: Any,
    escaped: bool,  # noqa: FBT001
    indent: Any,
) -> None:
    """Escapes, white space and the order of keys in the input leave no trace."""
    other = json.dumps(_reversed(value), ensure_ascii=escaped, indent=indent).encode()

    assert canonical_json(parse_json(other)) == canonical_json(value)


@given(values, values)
def test_different_values_have_different_bytes(one: Any, two: Any) -> None:
    """No two values share canonical bytes."""
    assert (canonical_json(one) == canonical_json(two)) is (_kinds(one) == _kinds(two))


@given(st.dictionaries(text, st.integers(0, 9), min_size=2))
def test_keys_are_ordered_by_utf16_code_units(value: dict[str, int]) -> None:
    """RFC 8785, 3.2.3: neither code points nor UTF-8 bytes decide, in nested objects too."""
    keys = sorted(value, key=lambda key: [*memoryview(key.encode("utf-16-le")).cast("H")])

    assert list(json.loads(canonical_json(value))) == keys
    assert list(json.loads(canonical_json([{"": (value,)}]))[0][""][0]) == keys


def test_tuples_are_written_as_lists() -> None:
    """Rows and steps are tuples in memory and lists in JSON, with any text in them."""
    assert canonical_json((1, ("a", ()))) == b'[1,["a",[]]]'
    assert canonical_json((1, ("\u00e9", {"b": (), "a": None}))) == (
        '[1,["\u00e9",{"a":null,"b":[]}]]'.encode()
    )


@pytest.mark.parametrize(
    "value", ["\ud800", ["a", "\udfff"], {"\ud83d": 1}, {"a": ["\u00e9\ud800"]}]
)
def test_text_without_bytes_is_not_written(value: Any) -> None:
    """A lone surrogate in a value of our own is refused as it is in JSON that is read."""
    with pytest.raises(JsonError, match="lone surrogate") as caught:
        canonical_json(value)

    assert caught.value.code == "lone_surrogate"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object(), b"bytes"])
def test_what_is_no_json_is_not_written(value: Any) -> None:
    """Nothing without a JSON form slips into signed bytes."""
    with pytest.raises((TypeError, ValueError)):
        canonical_json([value])


@given(st.binary(max_size=64))
def test_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes whatever raise anything but a JsonError."""
    try:
        value = parse_json(data)
    except JsonError:
        return
    assert parse_json(canonical_json(value)) == value


@given(st.binary(max_size=16))
def test_a_digest_is_sha256_and_says_so(data: bytes) -> None:
    """The algorithm stands in front of 64 hexadecimal digits."""
    assert digest(data) == f"sha256:{hashlib.sha256(data).hexdigest()}"


def _reversed(value: Any) -> Any:
    """Return *value* with the keys of every object in reverse order."""
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(x) for x in value] if isinstance(value, list) else value


def _kinds(value: Any) -> Any:
    """Return *value* in a form in which `True` does not equal 1, and order of keys is nothing."""
    if isinstance(value, dict):
        return {key: _kinds(inner) for key, inner in value.items()}
    return [_kinds(x) for x in value] if isinstance(value, list) else (type(value), value)
