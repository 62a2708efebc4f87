# SPDX-License-Identifier: Apache-2.0
"""The quick half of the fault tests: a part of what `make soak` does, in every run the same."""

from __future__ import annotations

import pytest

from tests.ledger.faults import cuts, flips, forks, kills, single
from tests.ledger.faults.disk import compiler
from tests.ledger.faults.judge import Result

needs_compiler = pytest.mark.skipif(compiler() is None, reason="needs Linux and a C compiler, `cc`")


def good(result: Result, least: int) -> None:
    """Raise if one of at least *least* trials went wrong."""
    assert result.bad == 0, (result.what, result.words(), result.named)
    assert result.trials >= least


@needs_compiler
def test_every_file_operation_may_fail_in_every_way() -> None:
    """What was told is there, or the log was not made yet; it goes on without repair."""
    good(single.run(every=17), least=70)


@needs_compiler
def test_power_cuts_take_nothing_that_was_told() -> None:
    """At any moment, after failed syncs too; with less syncing the same test sees losses."""
    for result, least in zip(cuts.run(90, seed=1), (80, 5, 50, 50), strict=True):
        good(result, least)


def test_killed_while_four_threads_append() -> None:
    """Every line that any of them told is an entry, whenever the process is killed."""
    good(kills.run(4, seed=1), least=4)


def test_copies_and_second_writers_in_any_order() -> None:
    """No store that is behind is grown, and all tree heads are those of one history."""
    good(forks.run(4, seed=1), least=4)


def test_flipped_bits_are_refused_or_mean_nothing() -> None:
    """Of database, write-ahead log and head guard; what a guard's log says of approvals, too."""
    for result in flips.run(every=499):
        good(result, least=1)
