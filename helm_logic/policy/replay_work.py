# SPDX-License-Identifier: Apache-2.0
"""Batches of receipts replayed, here or in processes of their own, with one and the same result.

What is to be done is a `Task`: small, and all that a process has to be told. Results come in the
order of the batches whatever the number of processes, and at most a few batches wait for each, so
that memory stays bounded however long the log is. A process reads the new policy itself, and
refuses to go on if it is another one by then.
"""

from __future__ import annotations

import pickle
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import TypeAlias

import attrs

from helm_logic.errors import PolicyError
from helm_logic.policy.folder import read_bundle
from helm_logic.policy.replay import NATIVE, Replayer
from helm_logic.policy.replay_case import REFUSED, Batch, Finding, Logged, Outcome
from helm_logic.policy.replay_change import Rejudge
from helm_logic.receipts.trust import Trust

_WAITING = 3  # batches that wait for each process: enough that none idles

Replay: TypeAlias = Callable[[Logged, Mapping[str, bytes]], Outcome]


@attrs.frozen
class Task:
    """What to do with receipts that *trust* accepts: derive them again by *engines*.

    With a *policy* folder, which has to have the digest *bundle*: judge their requests by it.
    """

    trust: Trust
    engines: tuple[str, ...] = (NATIVE,)
    policy: Path | None = None
    bundle: str = ""
    keep_approvals: bool = False

    def replay(self) -> Replay:
        """Return what does it; raise PolicyError or RuleError if the policy does not load."""
        if self.policy is None:
            return Replayer(self.trust, self.engines)
        bundle = read_bundle(self.policy)
        if bundle.digest != self.bundle:
            raise PolicyError(f"the policy `{self.policy}` was changed while it was replayed")
        return Rejudge(self.trust, bundle, keep_approvals=self.keep_approvals)


@attrs.frozen
class Done:
    """What came of a batch, and of all before it: everything up to entry *end* is dealt with."""

    end: int
    counts: Mapping[str, int]
    findings: tuple[Finding, ...]


def work(task: Task, batches: Iterable[Batch], jobs: int = 1) -> Iterator[Done]:
    """Yield what comes of each of *batches*, in order, with *jobs* processes (1: in this one)."""
    if jobs == 1:
        replay = task.replay()
        for batch in batches:
            yield _done(replay, batch)
        return
    # Fresh processes: a copy of this one would have its locks and its open log.
    context = get_context("spawn")
    told = pickle.dumps(task)
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin) as pool:
        waiting: deque[Future[Done]] = deque()
        try:
            for batch in batches:
                waiting.append(pool.submit(_work, told, batch))
                if len(waiting) > _WAITING * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin() -> None:
    # An interrupt at the terminal reaches every process; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _work(told: bytes, batch: Batch) -> Done:
    return _done(_replay_of(told), batch)


@lru_cache(maxsize=1)
def _replay_of(told: bytes) -> Replay:
    """Return what does the task that *told* pickles, made once in each process."""
    task: Task = pickle.loads(told)  # noqa: S301 - from the process that started this one
    return task.replay()


def _done(replay: Replay, batch: Batch) -> Done:
    counts = Counter({REFUSED: len(batch.refused)} if batch.refused else {})
    findings = list(batch.refused)
    for logged in batch.receipts:
        outcome = replay(logged, batch.blobs)
        counts.update(outcome.counted)
        if outcome.finding is not None:
            findings.append(outcome.finding)
    return Done(batch.end, counts, tuple(findings))
