# SPDX-License-Identifier: Apache-2.0
"""`helm-logic log`: logs that somebody holds, that grow while one looks, and that are damaged."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from helm_logic.cli import log_fsck, log_tail, log_tree
from helm_logic.cli.log import COMMANDS
from helm_logic.cli.log_source import LogSource, log_source
from helm_logic.cli.main import main
from helm_logic.cli.progress import Progress
from helm_logic.errors import StoreLocked
from helm_logic.guard import Guard
from helm_logic.ledger.leaf import Kind
from helm_logic.ledger.store_protocol import Record
from tests.cli import process
from tests.ledger.keyring import envelope
from tests.ledger.logs import receipts

REQUEST = "requests/allow.json"


def helm(*arguments: str) -> Result:
    """Run the command here."""
    return CliRunner().invoke(main, list(arguments))


def held(policy: Path) -> Guard:
    """Open the guard of *policy*, which then has the log."""
    return Guard.open(policy, clock=lambda: 0)


@pytest.mark.parametrize(
    "words", [*((name,) for name in COMMANDS), ("prove", "inclusion"), ("prove", "consistency")]
)
def test_every_command_teaches(words: tuple[str, ...]) -> None:
    """Each says what it does, shows an example, and what its exit codes mean."""
    result = helm("log", *words, "--help")

    assert result.exit_code == 0
    assert f"  helm-logic log {' '.join(words)}" in result.output
    assert "Exit code" in result.output or words == ("prove",)


def test_help_loads_none_of_them(tmp_path: Path) -> None:
    """`log --help` costs the table of commands; reading a log needs no engine and no rules."""
    loaded = process.modules_after("log", "--help", folder=tmp_path)
    assert {name for name in loaded if name.startswith("helm_logic.cli.log")} == {
        "helm_logic.cli.log"
    }
    assert not {name for name in loaded if name.startswith("helm_logic.ledger")}


def test_reading_needs_no_engine_and_no_rules(policy: Path) -> None:
    """Ledger, receipts, and the trust in helm.toml; neither parser nor solver nor guard."""
    loaded = process.modules_after("log", "fsck", folder=policy)

    rooms = {name.split(".")[1] for name in loaded if name.startswith("helm_logic.")}
    assert rooms == {"cli", "errors", "kernel", "ledger", "policy", "receipts"}
    assert {name for name in loaded if name.startswith("helm_logic.policy.")} == {
        "helm_logic.policy.trust"
    }


def test_a_log_that_a_guard_holds_says_what_can_be_done(policy: Path) -> None:
    """Wait, copy, or read the last tree head, which is in the head guard."""
    with held(policy) as guard:
        guard.decide(b"{")
        for words in (("show",), ("tail",), ("tree", "0"), ("fsck",), ("export", "tiles")):
            done = helm("log", *words)

            assert (done.exit_code, done.stdout) == (2, "")
            assert "--wait SECONDS" in done.stderr
            assert "helm-logic log export DIR" in done.stderr
        head = helm("log", "checkpoint", "--json").output
        assert helm("log", "checkpoint", "--size", "1").exit_code == 2
        value = json.loads(head)

    assert (value["size"], value["from"]) == (4, "head guard, as a process has the log")
    assert helm("log", "checkpoint", "--json").output == head.replace(value["from"], "log")


def test_waiting_for_a_log_helps(policy: Path) -> None:
    """The command goes on as soon as the guard lets go."""
    with held(policy), process.started("log", "show", "--wait", "60", folder=policy) as shown:
        assert shown.stdout is not None
        assert shown.poll() is None
    with process.started("log", "show", "--wait", "60", folder=policy) as shown:
        assert shown.stdout is not None
        assert b"1 of 1 entries" in shown.stdout.read()


def test_what_is_exported_is_read_while_a_guard_has_the_log(policy: Path) -> None:
    """Tiles prove what was logged, to anyone, at any time."""
    decided = json.loads(helm("decide", "--json", REQUEST).output)
    assert helm("log", "export", "tiles").exit_code == 0
    with held(policy):
        proved = helm("log", "prove", "inclusion", "3", "--tiles", "tiles", "-o", "3.proof")
        verified = helm(
            "log", "prove", "inclusion", "--verify", "3.proof", "--of", decided["receiptFile"]
        )
        checked = helm("log", "export", "--verify", "tiles")

    assert [each.exit_code for each in (proved, verified, checked)] == [0, 0, 0]


def test_a_stranger_needs_the_key_and_nothing_else(
    policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proof, a checkpoint, tiles or a copy of the log, in a folder without a policy."""
    decided = json.loads(helm("decide", "--json", REQUEST).output)
    helm("log", "checkpoint", "--size", "1", "-o", "first.checkpoint")
    helm("log", "prove", "inclusion", "3", "-o", "3.proof")
    helm("log", "prove", "consistency", "1", "-o", "grown.proof")
    helm("log", "export", "tiles")
    head = json.loads(helm("log", "checkpoint", "--json").output)
    away = tmp_path / "away"
    shutil.copytree(policy / "tiles", away / "tiles")
    names = ("first.checkpoint", "3.proof", "grown.proof", decided["receiptFile"])
    for name in (*names, "ledger/log.sqlite"):
        shutil.copy(policy / name, away / Path(name).name)
    monkeypatch.chdir(away)
    trust = ("--log-origin", head["origin"], "--log-key", head["key"])
    receipt = Path(decided["receiptFile"]).name
    for words in (
        ("prove", "inclusion", "--verify", "3.proof", "--of", receipt),
        ("prove", "consistency", "--verify", "grown.proof", "--old", "first.checkpoint"),
        ("prove", "consistency", "1", "--tiles", "tiles"),
        ("export", "--verify", "tiles"),
        ("show", "--store", "log.sqlite"),
        ("fsck", "--quick", "--store", "log.sqlite"),
    ):
        assert helm("log", *words).exit_code == 2
        assert helm("log", *words, *trust).exit_code == 0


@pytest.fixture
def damaged(policy: Path) -> Path:
    """Give a policy folder in whose log a byte was added to an old entry."""
    helm("decide", "--no-receipts", REQUEST)
    connection = sqlite3.connect(policy / "ledger" / "log.sqlite", isolation_level=None)
    found = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    triggers = found.fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(
        "UPDATE entry SET envelope = CAST(CAST(envelope AS TEXT) || ' ' AS BLOB) WHERE idx = 2"
    )
    for _, sql in triggers:
        connection.execute(sql)
    connection.close()
    return policy


def test_damage_is_found_and_is_not_success(damaged: Path) -> None:
    """The check says where; a command that has to read the entry is an error."""
    fsck = helm("log", "fsck")
    assert (fsck.exit_code, "not sound" in fsck.output) == (1, True)
    assert "entry 2" in fsck.output
    value = json.loads(helm("log", "fsck", "--json").output)
    assert (value["sound"], value["report"]) == (False, None)
    assert helm("log", "show", "3").exit_code == 0
    shown = helm("log", "show")
    assert (shown.exit_code, "entry 2 of store" in shown.output) == (2, True)
    (damaged / "log.head").unlink()
    assert helm("log", "fsck").exit_code == 1


def test_entries_that_are_out_of_order_are_findings(policy: Path) -> None:
    """Sound bytes that no guard would write: listed, few of them for people, all for programs."""
    helm("decide", "--no-receipts", REQUEST)
    with held(policy) as guard:
        guard._store.append(receipts(0, 60))
    result = helm("log", "fsck")
    value = json.loads(helm("log", "fsck", "--json").output)

    assert result.exit_code == 1
    assert "  entry 4  unreadable: " in result.output
    assert "and 10 more; --json has all of them" in result.output
    assert "not in order" in result.output
    assert [each["index"] for each in value["findings"]] == list(range(4, 64))
    assert helm("log", "fsck", "--quick").exit_code == 0
    assert "a receipt that cannot be read" in helm("log", "show", "10").output


def test_following_shows_what_comes(policy: Path) -> None:
    """Entries appear once the one who appended them has let go of the log, in order, each once."""
    with process.started("log", "tail", "-f", "--json", "--every", "0.05", folder=policy) as tail:
        assert tail.stdout is not None
        lines = [tail.stdout.readline()]
        for _ in range(2):
            with held(policy) as guard:
                guard.decide(b"{")
                guard.decide(b"[]")
            lines += [tail.stdout.readline() for _ in range(4 if len(lines) == 1 else 0)]

    values = [json.loads(line) for line in lines]
    assert [each["index"] for each in values] == list(range(5))
    assert [each["kind"] for each in values] == ["config", "policy", "root", "receipt", "receipt"]


class Stop(Exception):
    """Nothing more to see."""


def test_following_waits_without_taking_the_log(
    policy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """While nothing came it is not opened; while it is held, that is said once."""
    opened: list[str] = []
    steps = iter(["quiet", "grown", "grown", "free", "quiet", "stop"])
    source = log_source(policy, None, None, None)
    step = ""

    def sleep(_: float) -> None:
        nonlocal step
        step = next(steps)
        if step == "stop":
            raise Stop
        if step == "grown" and not opened:
            with held(policy) as guard:
                guard.decide(b"{")

    real = LogSource.open

    def look(self: Any) -> Any:
        opened.append(step)
        if step == "grown":
            raise StoreLocked("held")
        return real(self)

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(LogSource, "open", look)
    new: list[int] = []
    followed = log_tail._followed(source, 1, 1.0)
    with pytest.raises(Stop):
        new.extend(entry.index for entries in followed for entry in entries)

    assert opened == ["grown", "grown", "free"]
    assert new == [1, 2, 3]
    assert capsys.readouterr().err.count("another process holds it; waiting") == 1


def test_long_work_says_how_far_it_is(
    policy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A check and a history tell their progress; a bar is for who waits, and only for them."""
    helm("decide", "--no-receipts", REQUEST)
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(Progress, "__call__", lambda _, done, total: told.append((done, total)))
    source = log_source(policy, None, None, None)
    assert log_fsck._check(source, quick=False).sound
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1] > 4
    told.clear()
    with source.open() as log:
        assert len(list(log_tree._told(log))) == 4
    assert told == [(0, 4)]
    assert capsys.readouterr() == ("", "")


def test_two_entries_that_begin_alike_are_told_apart(policy: Path) -> None:
    """A beginning that fits several is refused, with two of them; more digits choose."""
    with held(policy) as guard:
        guard._store.append([Record(Kind.RECEIPT, envelope(str(number))) for number in range(700)])
        digests = sorted(entry.digest for entry in guard._store.entries())
    pairs = [(one, two) for one, two in pairwise(digests) if one[:11] == two[:11]]
    one, two = pairs[0]

    result = helm("log", "show", one[:11])
    assert result.exit_code == 2
    assert "begins several digests" in result.output
    assert one[:23] in result.output
    assert two[:23] in result.output
    assert helm("log", "show", one).exit_code == 0
    assert helm("log", "show", two.removeprefix("sha256:")).exit_code == 0
