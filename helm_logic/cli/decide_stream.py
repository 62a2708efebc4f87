# SPDX-License-Identifier: Apache-2.0
"""Deciding a stream: one JSON request a line in, one decision a line out, in order.

Invariants:
- every line gets exactly one line, an empty or broken or endless one too, and so does a last line
  without its end;
- no answer waits for more input: a group is what is there when it is begun, at most `GROUP` lines;
- memory is bounded: of a line only its first *most* bytes are kept, one byte more than a request
  may have, so that the guard sees that it is too large;
- whatever goes wrong inside is answered with DENY for every line of its group.
"""

from __future__ import annotations

import json
import os
import select
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from helm_logic.cli import exit_codes
from helm_logic.cli.decision_text import decision_json
from helm_logic.cli.receipt_files import keep_decided
from helm_logic.cli.request_additions import Additions
from helm_logic.guard import Guard

GROUP = 64
_CHUNK = 1 << 16


def decide_stream(guard: Guard, additions: Additions, most: int, receipts: Path | None) -> int:
    """Answer every line of stdin and return the gravest exit code.

    *receipts* is the policy folder to write receipt files to, None to write none.
    """
    worst = exit_codes.OK
    for group in Lines(sys.stdin.fileno(), most).groups():
        answers, codes = _answer(guard, [additions.complete(line) for line in group], receipts)
        click.echo("\n".join(answers))
        worst = exit_codes.gravest((worst, *codes))
    return worst


def _answer(
    guard: Guard, asked: Sequence[bytes], receipts: Path | None
) -> tuple[list[str], list[int]]:
    try:
        decisions = guard.decide_all(asked)
    except Exception as error:  # noqa: BLE001 - fail closed: a bug is answered with DENY, not silence
        click.echo(f"internal error: {type(error).__name__}: {error}", err=True)
        return [_INTERNAL] * len(asked), [exit_codes.INTERNAL]
    answers = []
    for each in decisions:
        kept = None if receipts is None else keep_decided(receipts, guard, each)
        answers.append(decision_json(each, kept))
    return answers, [exit_codes.of_verdict(each.verdict.value) for each in decisions]


_REASON = {"code": "internal_error", "finality": "stop", "text": "the decision failed; see stderr"}
_INTERNAL = json.dumps(
    {"context": {"reasons": [_REASON], "receipt": None, "verdict": "DENY"}, "decision": False},
    separators=(",", ":"),
)


class Lines:
    """The lines out of a file descriptor, each without its end and cut after *most* bytes."""

    def __init__(self, descriptor: int, most: int) -> None:
        self._descriptor = descriptor
        self._most = most
        self._begun: bytearray | None = None
        self._ready: deque[bytes] = deque()

    def groups(self) -> Iterator[list[bytes]]:
        """Yield what is there, at least one line and at most `GROUP`, until the stream ends."""
        open_ = True
        while open_ or self._ready:
            while open_ and len(self._ready) < GROUP and (not self._ready or self._more_waits()):
                open_ = self._read()
            count = min(GROUP, len(self._ready))
            if count:
                yield [self._ready.popleft() for _ in range(count)]

    def _more_waits(self) -> bool:
        return bool(select.select([self._descriptor], [], [], 0)[0])

    def _read(self) -> bool:
        """Take in one chunk, waiting for it; return False at the end of the stream."""
        chunk = os.read(self._descriptor, _CHUNK)
        if not chunk:
            if self._begun is not None:
                self._finish()
            return False
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            self._extend(part)
            self._finish()
        if rest:
            self._extend(rest)
        return True

    def _extend(self, part: bytes) -> None:
        begun = self._begun = bytearray() if self._begun is None else self._begun
        begun += part[: self._most - len(begun)]

    def _finish(self) -> None:
        self._ready.append(bytes(self._begun or b""))
        self._begun = None
