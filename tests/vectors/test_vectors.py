# SPDX-License-Identifier: Apache-2.0
"""The vectors that ship: they are what the generator writes, each comes out, none is left out."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache

from click.testing import CliRunner

from helm_logic.authority.reasons import FINALITY
from helm_logic.cli.main import main
from helm_logic.guard.vector_file import Suite, Vector, read_suite
from helm_logic.receipts.verdict import Verdict
from tests.authority.court import program
from tests.vectors.fault import ORDER
from tests.vectors.generate import FOLDER, RULES, files

# Rules of faults that no vector has: they are of tokens in other formats than these two.
LEFT_OUT = {
    "wrong-token-type", "cyclic-actors", "identity-expired", "stranger-identified",
    "asserted-delegation",
}  # fmt: skip


@cache
def suite() -> Suite:
    """Return the vectors that ship."""
    return read_suite(FOLDER)


def _alone() -> list[Vector]:
    return [each for each in suite().vectors if len(each.faults) == 1]


def test_the_generator_writes_these_very_bytes() -> None:
    """Links, tokens, names, expectations and order: nothing depends on when or where it runs.

    The digests of derivations are taken from the files here; the next test finds them.
    """
    known = {each.name: each.expected.derivation for each in suite().vectors}

    written = files(known)

    for name, content in written.items():
        assert (FOLDER / name).read_bytes() == content, name
    beside = {path.name for path in FOLDER.iterdir()} - written.keys()
    assert beside == {RULES, "FORMAT.md"}


def test_every_vector_comes_out_as_it_must() -> None:
    """`helm-logic vectors run` on the folder: verdict, reason, reasons, rules, derivation of each.

    If a change of the rules is meant, `python -m tests.vectors.generate` writes them anew.
    """
    result = CliRunner().invoke(main, ["vectors", "run", str(FOLDER), "--json"])
    found = json.loads(result.output)

    assert [case for case in found["cases"] if not case["passed"]] == []
    assert result.exit_code == 0
    assert found["passed"] == len(suite().vectors) >= 120
    assert found["failed"] == 0


def test_what_is_allowed_has_a_derivation_and_what_is_denied_its_rules() -> None:
    """Each case names one verdict, one reason, and how the verdict was found."""
    for each in suite().vectors:
        want = each.expected
        assert want.rules
        assert want.reason == min(want.reasons, key=ORDER.index)
        assert (want.derivation is None) is (want.verdict is Verdict.DENY)
        assert bool(each.faults) is (want.verdict is Verdict.DENY)


def test_each_fault_stands_once_alone_and_once_beside_another() -> None:
    """A fault alone has one reason; combined, it has at most two, and its own unless hidden."""
    alone = {(each.name.split("/")[0], *each.faults): each.expected for each in _alone()}
    pairs = [each for each in suite().vectors if len(each.faults) == 2]

    assert all(len(each.reasons) == 1 for each in alone.values())
    firsts = Counter((each.name.split("/")[0], each.faults[0]) for each in pairs)
    assert firsts == Counter(alone.keys())
    for each in pairs:
        own = alone[each.name.split("/")[0], each.faults[0]]
        assert set(own.reasons) <= set(each.expected.reasons)
        assert len(each.expected.reasons) <= 2


def test_every_fault_that_the_rules_know_is_the_one_reason_of_a_vector() -> None:
    """No `deny` rule of rules/authority.dl goes without a vector, nor does a reason of a chain."""
    named = {rule for each in _alone() for rule in each.expected.rules}
    rules = [rule for rule in program().rules if rule.head.predicate == "deny"]
    reasons = {str(rule.head.terms[0])[2:] for rule in rules if rule.id not in LEFT_OUT}

    assert {rule.id for rule in rules} - LEFT_OUT <= named
    assert reasons <= {each.expected.reason for each in _alone()}
    assert reasons <= FINALITY.keys()
