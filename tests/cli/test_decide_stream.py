# SPDX-License-Identifier: Apache-2.0
"""Deciding a stream: one line for each line, in order, at once, whatever the lines are."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.cli.decide_stream import GROUP, Lines, _answer
from helm_logic.guard import Decision, Guard
from tests.cli import process

MOST = 20


def one_line(path: Path) -> bytes:
    """Return the request in *path* as a line."""
    return json.dumps(json.loads(path.read_bytes())).encode() + b"\n"


def verdicts(output: bytes) -> list[str]:
    """Return the verdict in each line of *output*."""
    return [json.loads(line)["context"]["verdict"] for line in output.splitlines()]


def lines_of(data: bytes) -> list[bytes]:
    """Return what `Lines` must make of *data*, by plain splitting."""
    parts = data.split(b"\n")
    return [part[:MOST] for part in (parts if parts[-1] else parts[:-1])]


@given(
    st.lists(st.sampled_from([b"\n", b"a", b"{}", b"\n\n", b"0123456789", b"\r\n"]), max_size=60)
)
def test_lines_are_what_splitting_gives(chunks: list[bytes]) -> None:
    """However the bytes arrive, the groups hold the lines, in order and cut at the bound."""
    read, write = os.pipe()
    try:
        lines = Lines(read, MOST)
        got: list[bytes] = []
        groups = lines.groups()
        pending = b""
        for chunk in chunks:
            os.write(write, chunk)
            pending += chunk
            if pending.endswith(b"\n"):
                got += next(groups)
                while len(got) < len(lines_of(pending)):
                    got += next(groups)
        os.close(write)
        write = -1
        for group in groups:
            assert 0 < len(group) <= GROUP
            got += group
    finally:
        os.close(read)
        if write >= 0:
            os.close(write)

    assert got == lines_of(b"".join(chunks))


def test_lines_that_wait_together_come_together_and_no_more_than_a_group() -> None:
    """What is there is taken at once, so that it shares a commit; a group has its bound."""
    read, write = os.pipe()
    os.write(write, b"{}\n" * (2 * GROUP + 5))
    groups = Lines(read, MOST).groups()

    assert [len(next(groups)) for _ in range(3)] == [GROUP, GROUP, 5]
    os.close(write)
    assert list(groups) == []
    os.close(read)


def test_a_line_without_end_takes_no_memory() -> None:
    """Of an endless line only its first bytes are kept."""
    read, write = os.pipe()
    lines = Lines(read, MOST)
    for _ in range(100):
        os.write(write, b"x" * 4096)
        assert lines._read()
        assert len(lines._begun or b"") == MOST
    os.close(write)
    assert list(lines.groups()) == [[b"x" * MOST]]
    os.close(read)


def test_a_stream_answers_each_line_in_order(policy: Path) -> None:
    """Requests, broken lines, an empty line, a line too long and one without its end: one each."""
    asked = {
        name: one_line(policy / f"requests/{name}.json") for name in ("allow", "deny", "escalate")
    }
    stream = [
        (asked["allow"], "ALLOW"),
        (b"{\n", "DENY"),
        (asked["escalate"], "ESCALATE"),
        (b"\n", "DENY"),
        (b"\xff\xfe\n", "DENY"),
        (b'{"subject": "' + b"x" * (2 << 20) + b'"}\n', "DENY"),
        (b"[" * 5000 + b"\n", "DENY"),
        (asked["deny"], "DENY"),
        (asked["allow"].rstrip(), "ALLOW"),
    ]
    done = process.run(
        "decide", "--stream", folder=policy, stdin=b"".join(line for line, _ in stream)
    )

    assert verdicts(done.stdout) == [verdict for _, verdict in stream]
    assert done.stderr == b""
    assert done.returncode == 3
    assert not (policy / "receipts").exists()


def test_a_single_line_is_answered_while_the_stream_stays_open(policy: Path) -> None:
    """No answer is held back for lines that may never come, also when a line comes in pieces."""
    line = one_line(policy / "requests/allow.json")
    with process.started("decide", "--stream", folder=policy) as stream:
        assert stream.stdin is not None
        assert stream.stdout is not None
        for pieces in ([line], [line[:10], line[10:]], [line[:-1], line[-1:]], [b"{}", b"\n"]):
            for piece in pieces:
                stream.stdin.write(piece)
            answer = stream.stdout.readline()
            assert json.loads(answer)["decision"] == (pieces[-1] != b"\n" or pieces[0] != b"{}")
        stream.stdin.close()
        assert stream.stdout.read() == b""
        assert stream.wait() == 3


def test_receipts_of_a_stream_are_in_the_log_and_in_files_if_asked_for(policy: Path) -> None:
    """`--receipts` writes them; without, `verify` finds them by their id."""
    line = one_line(policy / "requests/allow.json")
    done = process.run("decide", "--stream", folder=policy, stdin=line)
    named = json.loads(done.stdout)["context"]["receipt"]
    assert done.returncode == 0
    assert process.run("verify", named, folder=policy).returncode == 0

    done = process.run("decide", "--stream", "--receipts", folder=policy, stdin=line)
    assert (policy / json.loads(done.stdout)["receiptFile"]).is_file()


def test_links_beside_a_stream_go_to_every_request(policy: Path) -> None:
    """A gateway may hold the chain, and the requests leave it out."""
    request = json.loads((policy / "requests/allow.json").read_bytes())
    del request["chain"]
    line = json.dumps(request).encode() + b"\n"
    done = process.run(
        *("decide", "--stream", "--chain", "links/founder-ops.json"),
        *("--chain", "links/ops-deploy.json"),
        folder=policy,
        stdin=line * 3,
    )

    assert verdicts(done.stdout) == ["ALLOW"] * 3


def test_a_stream_that_nobody_reads_ends(policy: Path) -> None:
    """When the reader is gone the process ends, quietly and not with 0."""
    line = one_line(policy / "requests/allow.json")
    with process.started("decide", "--stream", folder=policy) as stream:
        assert stream.stdin is not None
        assert stream.stdout is not None
        assert stream.stderr is not None
        stream.stdout.close()
        stream.stdin.write(line)
        assert stream.wait() == 2
        assert stream.stderr.read() == b""


def test_whatever_fails_inside_is_answered_with_deny(capsys: pytest.CaptureFixture[str]) -> None:
    """A bug in deciding is a DENY for every line of the group and, at the end, 70."""

    class Broken:
        """A guard that fails."""

        def decide_all(self, requests: Sequence[bytes]) -> tuple[Decision, ...]:
            """Fail."""
            raise RuntimeError(str(len(requests)))

    answers, codes = _answer(cast("Guard", Broken()), [b"{}", b"{}"], None)

    assert [json.loads(answer)["decision"] for answer in answers] == [False, False]
    assert codes == [70]
    assert capsys.readouterr().err == "internal error: RuntimeError: 2\n"
