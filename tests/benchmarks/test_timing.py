# SPDX-License-Identifier: Apache-2.0
"""How measuring goes about its work: turns, inputs, medians."""

from __future__ import annotations

import os

import pytest

from benchmarks.timing import Effort, Timing, interleave, machine, measure, stay_on_one_core


def test_every_call_has_its_own_number() -> None:
    """Warm-up and rounds count on, so that no call is given the input of another."""
    seen: list[int] = []
    measure(seen.append, Effort(rounds=3, calls=4, span=0, warm_up=2))
    assert seen == list(range(2 + 3 * 4))


def test_a_round_lasts_its_span() -> None:
    """Quick calls are made more often in a round than slow ones, so that it is no shorter."""
    calls = {"quick": 0, "slow": 0}

    def side(name: str, size: int) -> None:
        calls[name] += 1
        sum(range(size))

    sides = {"quick": lambda _: side("quick", 10), "slow": lambda _: side("slow", 1_000_000)}
    interleave(sides, Effort(rounds=2, calls=1, span=1.0, warm_up=3))
    assert calls["quick"] > calls["slow"] >= 3 + 2


def test_sides_take_turns_and_change_their_order() -> None:
    """In every round each side runs once, and none is always the first."""
    turns: list[str] = []

    def side(name: str, call: int) -> None:
        if call >= 1:
            turns.append(name)

    sides = {name: lambda call, name=name: side(name, call) for name in ("one", "two")}
    interleave(sides, Effort(rounds=4, calls=1, span=0, warm_up=1))
    assert turns == ["one", "two", "two", "one", "one", "two", "two", "one"]


def test_a_timing_has_one_value_a_round() -> None:
    """CPU and wall time are noted for each round, and neither is negative."""
    timing = measure(lambda _: sum(range(1000)), Effort(rounds=5, calls=3, span=0, warm_up=1))
    assert len(timing.cpu_rounds) == len(timing.wall_rounds) == 5
    assert min(*timing.cpu_rounds, *timing.wall_rounds) >= 0


def test_one_disturbed_round_moves_neither_median_nor_ratio() -> None:
    """The ratio is that of rounds: a disturbance that meets both sides in one round cancels."""
    one = Timing((20.0, 900.0, 22.0), (0.0,) * 3)
    two = Timing((10.0, 450.0, 11.0), (0.0,) * 3)
    assert (one.cpu, two.cpu) == (22.0, 11.0)
    assert one.times(two) == 2.0


def test_the_machine_is_told_in_one_line() -> None:
    """What figures depend on is named: interpreter, processor, cores."""
    assert "\n" not in machine()
    assert f"{os.cpu_count()} cores" in machine()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no choice of cores here")
def test_one_core_is_one_core() -> None:
    """After `stay_on_one_core` the process has one core left."""
    before = os.sched_getaffinity(0)
    try:
        stay_on_one_core()
        assert len(os.sched_getaffinity(0)) == 1
    finally:
        os.sched_setaffinity(0, before)
