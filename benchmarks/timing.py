# SPDX-License-Identifier: Apache-2.0
"""Measuring: CPU time and wall time of one call, medians of repeated rounds, ratios in one run.

CPU time (user + system, this process) is what figures are judged by: on a machine with busy
neighbours wall time moves several-fold and CPU time, where cores share hardware, by half as much
again. Sides that are compared take turns within every round, in alternating order, so that a
disturbance meets all of them; a ratio is the median of the rounds' ratios, not the ratio of two
medians. The median counts; the best round beside it shows how far it was disturbed.

The garbage collector stays on, as it is in production.
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
    """How much to measure: *rounds*, each of *calls* or for *span* ms, whichever is more.

    Short rounds would measure how caches fill; many rounds find out how much each was disturbed.
    """

    rounds: int = 51
    calls: int = 1
    span: float = 10.0
    warm_up: int = 20

    @property
    def text(self) -> str:
        """What a table says about it."""
        least = f"{self.calls} calls" if self.calls > 1 else "a call"
        span = f" and {self.span:g} ms" if self.span else ""
        return f"median of {self.rounds} rounds of at least {least}{span}"


TINY = Effort(rounds=2, calls=2, span=0, warm_up=1)


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
    gc.collect()
    names = list(sides)
    done = dict.fromkeys(names, 0)
    calls = dict.fromkeys(names, effort.calls)

    def spend(name: str, count: int) -> tuple[float, float]:
        first, done[name] = done[name], done[name] + count
        return _round(sides[name], range(first, done[name]))

    for name in names:
        spent = spend(name, effort.warm_up)[0]
        calls[name] = max(effort.calls, int(1000 * effort.span / max(spent, 0.01)))
    cpu: dict[str, list[float]] = {name: [] for name in names}
    wall: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(effort.rounds):
        for name in names if turn % 2 == 0 else reversed(names):
            round_ = spend(name, calls[name])
            cpu[name].append(round_[0])
            wall[name].append(round_[1])
    return {name: Timing(tuple(cpu[name]), tuple(wall[name])) for name in names}


def _round(work: Work, calls: range) -> tuple[float, float]:
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
