# SPDX-License-Identifier: Apache-2.0
"""Expressions: each operator beside what biscuit-python answers, laziness, errors and depth."""

from __future__ import annotations

import pytest

from helm_logic.authority.adapters.biscuit.authorizer import authorize
from helm_logic.authority.adapters.biscuit.parser import parse_authorizer, parse_block
from helm_logic.errors import InputError
from tests.authority.adapters.biscuit.test_world import ours, theirs

TRUE = """
null === null
[[1]].contains([1])
[1].get(-1) == null
!{"a": 1}.contains(true)
!{"a": null}.contains("b")
{"a": null}.contains("a")
-7 / 2 == -3
(true || 1)
!{}.any($p -> true)
{}.all($p -> 1)
{1}.union({"a"}).length() == 2
"a".try_or(1) == "a"
(1 / 0 == 1).try_or(true)
{"a": 1}.any($p -> $p.get(0) == "a")
[1, [2]].length() == 2
2 + 3 - 4 * 2 == -3
8 / 4 / 2 == 1
1 - -1 == 2
1-1 == 0
!!true
!true || true
1 ^ 2 & 3 == 3
1 < 2 && 2 < 3 || false
"a".contains("")
"\\n\\"\\\\".length() == 3
[1, 2].starts_with([])
![1].ends_with([2, 1])
{1, 2}.contains({,})
[{"a": 1}].get(0).get("a") == 1
2020-01-01T00:00:00+02:00 < 2020-01-01T00:00:00Z
2020-01-01T00:00:00.5Z === 2020-01-01T00:00:00Z
hex:AB == hex:ab
"x".type() == "string"
!"ab".matches("a b")
"file12.txt".matches("^file[0-9]+\\\\.txt$")
""".strip().splitlines()
FALSE_OR_ERROR = """
null === 1
null !== 1
{1}.contains("a")
!{1}.contains(null)
!{1}.contains([1])
[1].get("a") == null
{"a": 1}.get(true) == null
1 / 0 == 0
-9223372036854775808 / -1 == 0
false || 1
1.length() == 1
"a" < "b"
true & true
[1] + [2] == [1, 2]
null.length() == 0
{1}.intersection([1]) == {1}
{1} < {2}
hex:aa + hex:bb == hex:aabb
{1}.any($p -> 1)
{1}.any($p -> {2}.any($p -> true))
[1, 2] === ["a"]
true.extern::unknown()
2020-01-01T00:00:00Z + 1 == 1
1.contains(1)
{1}.get(0) == 1
true.try_or(1 / 0 == 1)
1 && true
""".strip().splitlines()
NOT_READ = """
2 > 1 == true
1 === 1 === true
[$x].contains(1)
[1 + 1].contains(2)
1.unknown()
1.length(1)
{1, "a"}.length() == 2
{[1]}.length() == 1
9223372036854775808 == 0
"a
{1}.any(1 == 1)
""".strip().splitlines()


@pytest.mark.parametrize("text", TRUE)
def test_what_is_true_for_biscuit(text: str) -> None:
    """Each of these is true for both."""
    check = f"check if {text};"

    assert ours([check]).is_allowed is theirs([check]) is True


@pytest.mark.parametrize("text", FALSE_OR_ERROR)
def test_what_is_false_or_an_error_for_biscuit(text: str) -> None:
    """Each of these is not true for either, and `reject if` does not turn an error around."""
    check, reject = f"check if {text};", f"reject if {text};"

    assert ours([check]).is_allowed is theirs([check]) is False
    assert ours([reject]).is_allowed is theirs([reject])


@pytest.mark.parametrize("text", NOT_READ)
def test_what_is_no_expression(text: str) -> None:
    """Each of these is refused when it is read, as Biscuit's grammar wants it."""
    with pytest.raises(InputError):
        parse_block(f"check if p($x), {text};")


def test_what_we_do_not_read_of_regular_expressions_is_an_error() -> None:
    """It is not taken for false, and `try_or` does not catch it: both could grant."""
    for text in ('!"a".matches("(?i)b")', '"a".matches("(").try_or(true)', '"a".matches("\\\\b")'):
        outcome = ours([f"check if {text};"])
        assert (outcome.error, outcome.is_allowed) == ("Unsupported", False), text


@pytest.mark.parametrize(
    "text",
    ["(" * 3000 + "1" + ")" * 3000, "[" * 3000, "!" * 3000 + "true", "1" + " + 1" * 3000,
     "1" + ".type()" * 3000, "true" + " && true" * 3000],
)  # fmt: skip
def test_no_depth_exhausts_the_stack(text: str) -> None:
    """Deep expressions are refused by name, whichever way they nest."""
    with pytest.raises(InputError):
        parse_block(f"check if {text};")


def test_an_unbound_variable_is_refused_before_anything_runs() -> None:
    """In heads, expressions and policies: the rule is named."""
    for text in ("p($x) <- q($y);", "p(1) <- q($y), $x > 1;", "check if q($y), $x > 1;"):
        outcome = authorize([parse_block(text)], parse_authorizer("allow if true;"))
        assert (outcome.error, outcome.message) == ("InvalidBlockRule", text.removesuffix(";"))


@pytest.mark.parametrize(
    "text",
    ["p($x);", "p();", "allow if true;", "p(1) <- ;", "check if;", "check if true trusting x;",
     "p(1);;", "p(hex:a);", 'p("\\t");', "p(2020-13-01T00:00:00Z);", "_p(1);", "é(1);", "p(1,);"],
)  # fmt: skip
def test_what_is_no_block(text: str) -> None:
    """Facts with variables, policies and whatever the grammar has not are refused."""
    with pytest.raises(InputError):
        parse_block(text)


def test_words_of_the_language_may_be_names() -> None:
    """As in Biscuit, a name is a predicate if a bracket follows."""
    text = "check(1); allow(1); or(1); trusting(1); reject(1); if(1); null(1); true(1);"
    check = "check if check(1), allow(1) or or(2); check if trusting(1), null(1), true($x)"

    assert ours([text + check]).is_allowed is theirs([text + check]) is True
