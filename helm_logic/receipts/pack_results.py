# SPDX-License-Identifier: Apache-2.0
"""Results that are found one by one, each of which may hold, fail, or stay open.

Verification of a receipt stops at the first step that fails; of a pack, each of a few things is
told apart, so that a reader sees what still holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

import attrs

from helm_logic.errors import HelmError


class State(Enum):
    """How one result came out; only HOLDS and NOT_ASKED let a pack be verified."""

    HOLDS = "ok"
    FAILED = "failed"
    UNKNOWN = "not checked"
    WITHHELD = "withheld"
    NOT_ASKED = "not asked"


@attrs.frozen
class Result:
    """One result: its *name*, and in words what was found."""

    name: str
    state: State
    detail: str


class Findings:
    """Results as they are found; what is raised within `result` is that one's failure."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self._detail = ""

    @property
    def failed(self) -> bool:
        """Whether a result so far is a failure."""
        return any(each.state is State.FAILED for each in self.results)

    def say(self, detail: str) -> None:
        """Give the result that is being found its *detail*, should it hold."""
        self._detail = detail

    def add(self, name: str, state: State, detail: str) -> None:
        """Add a result that is known."""
        self.results.append(Result(name, state, detail))

    @contextmanager
    def result(self, name: str) -> Iterator[None]:
        """Find the result *name*: it holds unless a HelmError is raised within."""
        self._detail = ""
        try:
            yield
        except HelmError as error:
            self.add(name, State.FAILED, str(error))
        else:
            self.add(name, State.HOLDS, self._detail)
