# SPDX-License-Identifier: Apache-2.0
"""The oracle itself, on rule sets small enough to judge by eye."""

from __future__ import annotations

import pytest

from helm_logic.lang import Source, load
from helm_logic.policy.folder import IncludeResolver, prelude, stock_rules
from tests.analysis.corpus.oracle import Judged, Oracle
from tests.analysis.corpus.regions import maximal
from tests.analysis.corpus.space import OutOfReach

_HEAD = """
#include "authority".
#input env : {"dev", "prod"} from context.env.
#input n : int from context.n.
#relation on_call(who: string).
known_action("go").
"""
# Decides everything that the rules of an example leave open, and is no part of it.
_REST = """
@id("rest") deny(rest) :- action("go"), env("prod").
@id("open") allow(open) :- action("go"), env("dev").
"""
_ESCALATE = '@id("a") @approver("r") @overrides("open") escalate(a) :- '


def oracle(text: str) -> Oracle:
    """Return the oracle of *text* after the declarations that all examples share."""
    source = Source("main.dl", _HEAD + text)
    resolve = IncludeResolver(stock_rules())
    return Oracle(
        load(source, resolve, prelude=prelude(), relevance=False, claims=True), ["main.dl"]
    )


EXAMPLES: tuple[tuple[str, str, list[Judged]], ...] = (
    (
        "dead",
        '@id("a") deny(a) :- action("go"), env("prod"), env("dev").',
        [Judged("HL101", "error", ("a",))],
    ),
    (
        "dead between bounds",
        '@id("a") deny(a) :- action("go"), n(N), N > 5, N < 6.',
        [Judged("HL101", "error", ("a",))],
    ),
    (
        "dead by assumption",
        '#assume never on_call("x").\n@id("a") deny(a) :- action("go"), on_call("x").',
        [Judged("HL101", "error", ("a",))],
    ),
    (
        "vacuous",
        '@id("a") @overrides("open") deny(a) :- action("go"), env("dev"), n(N), N > 5, N > 3.',
        [Judged("HL102", "warning", ("a",))],
    ),
    (
        "redundant",
        '@id("a") deny(a) :- action("go"), env("prod"), on_call("x").',
        [Judged("HL103", "warning", ("a",))],
    ),
    (
        "equal",
        '@id("a") allow(a) :- action("go"), not env("prod"), authorized.',
        [Judged("HL103", "warning", ("open", "a"))],
    ),
    (
        "overridden",
        '@id("a") allow(a) :- action("go"), env("prod"), on_call("x").',
        [Judged("HL104", "error", ("a",))],
    ),
    (
        "unknown action",
        '@id("a") allow(a) :- action("stay").',
        [Judged("HL104", "error", ("a",))],
    ),
    (
        "exception",
        '@id("a") deny(a) :- action("go"), env("dev"), on_call("x").',
        [Judged("HL105", "info", ("a",), ("open",))],
    ),
    (
        "exception that is meant",
        '@id("a") @overrides("open") deny(a) :- action("go"), env("dev"), on_call("x").',
        [],
    ),
    (
        "overlap",
        '@id("a") deny(a) :- action("go"), on_call("x").',
        [Judged("HL106", "info", ("a",), ("open",))],
    ),
    (
        "contradiction",
        '@id("a") deny(a) :- action("go"), env("dev").',
        [Judged("HL107", "error", ("a", "open")), Judged("HL110", "error")],
    ),
    (
        "overriding the stronger",
        '@id("a") @overrides("rest") allow(a) :- action("go"), env("prod"), on_call("x").',
        [Judged("HL107", "error", ("a", "rest"))],
    ),
    (
        "no approver",
        _ESCALATE + 'action("go"), env("dev"), on_call("x").',
        [Judged("HL109", "error", ("a",))],
    ),
    (
        "an approver",
        _ESCALATE + 'action("go"), env("dev"), on_call("x"), not approved("r").',
        [],
    ),
    ("claim kept", '@id("k") #claim never allow when env = "prod".', []),
    (
        "claim broken",
        '@id("k") #claim never allow when env = "dev".',
        [Judged("HL401", "error", ("k",))],
    ),
    (
        "claim of who is not authorized",
        '@id("k") #claim always allow when env = "dev", action = "go".',
        [Judged("HL401", "error", ("k",))],
    ),
    (
        "claim of who is authorized",
        '@id("k") #claim always allow when env = "dev", action = "go", authorized.',
        [],
    ),
    (
        "claim about what matters",
        '@id("k") #claim independent of env.',
        [Judged("HL401", "error", ("k",))],
    ),
    ("claim about what does not matter", '@id("k") #claim independent of n.', []),
    (
        "claim about nothing",
        '@id("k") #claim never allow when env = "dev", env = "prod".',
        [Judged("HL402", "warning", ("k",))],
    ),
)


@pytest.mark.parametrize(("_name", "text", "due"), EXAMPLES, ids=[each[0] for each in EXAMPLES])
def test_by_eye(_name: str, text: str, due: list[Judged]) -> None:
    """Each definition, on the smallest rule set that shows it."""
    assert sorted(oracle(_REST + text).judged(), key=repr) == sorted(due, key=repr)


def test_gaps_are_maximal_boxes() -> None:
    """An L of two cells has two maximal boxes, which share a corner."""
    found = oracle('@id("a") allow(a) :- action("go"), env("dev"), n(N), N > 5.').gaps()
    assert len(found) == 2
    assert len(oracle(_REST).gaps()) == 0


def test_boxes_of_points() -> None:
    """Two points apart are two boxes; a row is one."""
    assert len(maximal([(0, 0), (1, 1)])) == 2
    assert maximal([(0, 0), (0, 1), (0, 2)]) == [(frozenset({0}), frozenset({0, 1, 2}))]


@pytest.mark.parametrize(
    "text",
    [
        '@id("a") deny(a) :- action("go"), not authorized.',
        '@id("a") deny(a) :- action("go"), n(N), N * N > 5.',
        '@id("a") deny(a) :- action("go"), count{ W : on_call(W) } > 1.',
        '@id("a") deny(a) :- action("go"), on_call(_).',
    ],
)
def test_what_is_not_enumerated_is_refused(text: str) -> None:
    """The oracle does not guess: what it cannot enumerate it does not judge."""
    with pytest.raises(OutOfReach):
        oracle(_REST + text)
