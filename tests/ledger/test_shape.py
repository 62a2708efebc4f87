# SPDX-License-Identifier: Apache-2.0
"""Shapes: the right value passes unchanged, any other is refused with its place and its code."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helm_logic.errors import InputError
from helm_logic.ledger.shape import require_integer, require_list, require_object, require_text

VALUES: list[object] = [None, True, 0, 7, "", "text", [], [1], {}, {"a": 1}]


@pytest.mark.parametrize(
    ("require", "kind"),
    [
        (require_text, str),
        (require_integer, int),
        (require_list, list),
        (require_object, dict),
    ],
)
def test_each_takes_its_own_type_alone(require: Callable[..., object], kind: type) -> None:
    """A bool is no integer; the same object comes back; messages say where."""
    for value in VALUES:
        if type(value) is kind:
            assert require(value, "place") is value
        else:
            with pytest.raises(InputError, match=r"^place: got .*, want") as caught:
                require(value, "place")
            assert caught.value.code == "wrong_shape"


def test_a_list_may_have_a_length() -> None:
    """Exactly that many items."""
    assert require_list([1, 2], "pair", 2) == [1, 2]
    for value in ([], [1], [1, 2, 3]):
        with pytest.raises(InputError, match=r"pair: got a list of \d, want a list of 2"):
            require_list(value, "pair", 2)


def test_an_object_has_its_members_and_no_others() -> None:
    """All required ones, optional ones at will, unknown ones never."""
    assert require_object({"a": 1, "b": 2}, "it", ("a",), ("b",)) == {"a": 1, "b": 2}
    assert require_object({"a": 1}, "it", ("a",), ("b",)) == {"a": 1}
    assert require_object({}, "it", ()) == {}
    for value, code in (({}, "missing_member"), ({"a": 1, "c": 1}, "unknown_member")):
        with pytest.raises(InputError, match="the member `") as caught:
            require_object(value, "it", ("a",), ("b",))
        assert caught.value.code == code
