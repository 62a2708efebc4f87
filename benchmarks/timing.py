# SPDX-License-Identifier: Apache-2.0
"""Measuring: CPU time and wall time of one call, medians of repeated rounds, ratios in one run.

CPU time (user + system, this process) is what figures are judged by: on a machine with busy
neighbours wall time moves several-fold and CPU time, where cores share hardware, by half as much
again. Sides that are compared take turns within every round, in alternating order, so that a
disturbance meets all of them; a ratio is the median of the rounds' ratios, not the ratio of two
medians. The median counts; the best round beside it shows how far it was disturbed.

The garbage collector stays on, as it is in production; a collection before each round keeps one
side from paying for another's garbage.
"""

from __future__ import annotations

import gc
import os
import platform
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter_ns, process_time_ns
from typing import TypeAlias

import attrs

# Called with a running number, so that a side can take another input at each call.
Work: TypeAlias = Callable[[int], object]


@attrs.frozen
class Effort:
    """How much to measure: *rounds* whose median counts, *calls* in each, after *warm_up* calls."""

    rounds: int = 101
    calls: int = 10
    warm_up: int = 50

    @property
    def text(self) -> str:
        """What a table says about it."""
        return f"median of {self.rounds} rounds of {self.calls} calls"


TINY = Effort(rounds=2, calls=2, warm_up=1)


@attrs.frozen
class Timing:
    """What one call took in each round, in µs of CPU and of wall time."""

    cpu_rounds: tuple[float, ...]
    wall_rounds: tuple[float, ...]

    @property
    def cpu(self) -> float:
        """The median CPU time of one call, µs."""
        return median(self.cpu_rounds)

    @property
    def best(self) -> float:
        """The CPU time of one call in the round that was disturbed least, µs."""
        return min(self.cpu_rounds)

    @property
    def wall(self) -> float:
        """The median wall time of one call, µs."""
        return median(self.wall_rounds)

    def times(self, other: Timing) -> float:
        """Return how many times the CPU time of *other* this one takes."""
        return median(one / two for one, two in zip(self.cpu_rounds, other.cpu_rounds, strict=True))


def measure(work: Work, effort: Effort) -> Timing:
    """Return what one call of *work* takes."""
    return interleave({"": work}, effort)[""]


def interleave(sides: Mapping[str, Work], effort: Effort) -> dict[str, Timing]:
    """Return what one call of each of *sides* takes; they take turns in every round."""
    names = list(sides)
    for name in names:
        for call in range(effort.warm_up):
            sides[name](call)
    cpu: dict[str, list[float]] = {name: [] for name in names}
    wall: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(effort.rounds):
        first = effort.warm_up + turn * effort.calls
        for name in names if turn % 2 == 0 else reversed(names):
            spent = _round(sides[name], range(first, first + effort.calls))
            cpu[name].append(spent[0])
            wall[name].append(spent[1])
    return {name: Timing(tuple(cpu[name]), tuple(wall[name])) for name in names}


def _round(work: Work, calls: range) -> tuple[float, float]:
    gc.collect()
    wall, cpu = perf_counter_ns(), process_time_ns()
    for call in calls:
        work(call)
    spent = process_time_ns() - cpu, perf_counter_ns() - wall
    return spent[0] / len(calls) / 1000, spent[1] / len(calls) / 1000


def stay_on_one_core() -> None:
    """Keep this process, and what it starts, on one core, where the system lets one choose."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def machine() -> str:
    """Return one line about where the figures were measured, and how busy it was there."""
    cores = os.cpu_count()
    name = f"{platform.python_implementation()} {platform.python_version()}"
    place = f"{platform.system()} {platform.machine()}, {_processor()}, {cores} cores"
    return f"{name}, {place}, load {os.getloadavg()[0]:.1f}"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123 - not a path of ours
            named = next(line for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "processor unknown"
    return named.partition(":")[2].strip()
