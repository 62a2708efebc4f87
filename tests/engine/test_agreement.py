# SPDX-License-Identifier: Apache-2.0
"""native = naive = pyDatalog on random stratified programs, and the kernel agrees with them.

The seeds are the same in every run; `python -m tests.engine.fuzz` goes on with others.
"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from tests.engine.agreement import require_agreement
from tests.engine.strategies import Case, cases, random_case

PROGRAMS, BATCHES = 1000, 20


@pytest.mark.parametrize("batch", range(BATCHES))
def test_three_engines_find_the_same(batch: int) -> None:
    """Models, heights, derivations, rules and firings agree; the kernel tells right from wrong."""
    for seed in range(batch, PROGRAMS, BATCHES):
        try:
            require_agreement(random_case(Random(seed)))  # noqa: S311
        except AssertionError as error:
            error.add_note(f"case {seed}: python -m tests.engine.fuzz --seed {seed}")
            raise


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_two_engines_find_the_same(case: Case) -> None:
    """The same without pyDatalog, on cases that hypothesis would make small if they differed."""
    require_agreement(case, reference=False)
