# SPDX-License-Identifier: Apache-2.0
"""How far a long run is, on stderr: nothing in the first second, nothing where nobody looks."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import click

_PATIENCE = 1.0  # seconds that a run may take before a reader wants to know


class Progress:
    """A bar that appears once a run takes long; called with steps done and steps in all."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._start = time.monotonic()
        self._stack = ExitStack()
        self._update: Callable[[int], None] | None = None
        self._done = 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __call__(self, done: int, total: int) -> None:
        """Show that *done* of *total* steps are done."""
        if self._update is None:
            if time.monotonic() - self._start < _PATIENCE or not sys.stderr.isatty():
                return
            bar = click.progressbar(length=total, label=self._label, file=sys.stderr)
            self._update = self._stack.enter_context(bar).update
        self._update(done - self._done)
        self._done = done

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the line of the bar, if there is one."""
        self._stack.__exit__(kind, error, trace)
