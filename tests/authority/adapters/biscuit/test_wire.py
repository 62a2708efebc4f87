# SPDX-License-Identifier: Apache-2.0
"""The wire format: the statements that it has, and that no bytes do more than be refused."""

from __future__ import annotations

from biscuit_auth import BlockBuilder
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.authority.adapters.biscuit.authorizer import authorize
from helm_logic.authority.adapters.biscuit.parser import parse_authorizer, parse_block
from helm_logic.authority.adapters.biscuit.wire import read_blocks
from helm_logic.errors import InputError
from tests.authority.adapters.biscuit.tokens import by_third_party, issue

_CODE = """
right("file1", {1, 2}); map({"a": [1, null], 2: hex:ab}); time(2020-01-01T00:00:00Z); no(-1);
head($x) <- right($x, $s), $s.contains(1) && !$s.all($e -> $e > 3), $x.length() + 1 > 2
    trusting previous;
check if head($x), $x.starts_with("f").try_or(false), $x.extern::test("a") or right($x, $y);
check all right($x, $y), $y.type() == "set"; reject if no($n), $n * 2 ^ 1 | 2 & 3 === 0 || false;
"""


def test_bytes_and_text_mean_the_same() -> None:
    """Every kind of term, operator, check and scope, in blocks of the token's and others' own."""
    token, key = by_third_party(issue(_CODE, 'later("file1", "new");'), _CODE, b"t" * 32)
    trusting = f'check if later($x, "new") trusting {key}, authority;'
    token = token.append(BlockBuilder(trusting))

    blocks = read_blocks(bytes(token.to_bytes()))

    assert blocks[0] == parse_block(_CODE)
    assert blocks[1] == parse_block('later("file1", "new");')
    assert blocks[2] == parse_block(_CODE, key)
    assert blocks[3] == parse_block(trusting)


_GOOD = bytes(issue(_CODE, "check if right($x, $y);").to_bytes())


@given(st.lists(st.tuples(st.integers(0, len(_GOOD) - 1), st.integers(0, 255)), max_size=6))
def test_changed_bytes_are_refused_or_read(changes: list[tuple[int, int]]) -> None:
    """Nothing but InputError is raised, and what is read can be authorized without raising."""
    data = bytearray(_GOOD)
    for place, byte in changes:
        data[place] = byte
    try:
        blocks = read_blocks(bytes(data))
    except InputError:
        return
    assert authorize(blocks, parse_authorizer("allow if true")) is not None


@given(st.binary(max_size=60), st.text(max_size=60))
def test_anything_else_is_refused(data: bytes, text: str) -> None:
    """Random bytes are no token, and random text a block or an InputError."""
    for read in (lambda: read_blocks(data), lambda: parse_block(text)):
        try:
            read()
        except InputError:
            continue
