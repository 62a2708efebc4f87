# SPDX-License-Identifier: Apache-2.0
"""Faults against a log in PostgreSQL while several processes append to it, and their judge.

    python -m tests.ledger.postgres_faults [TIMES]     each fault that often (100 if not said)

Writers are processes of their own, each with its own head guard, as on hosts of their own. They
tell over a pipe what was acknowledged; afterwards every such line must be an entry of one log that
`fsck` accepts, and every head guard a tree head of it.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Self

import attrs
from psycopg import sql

from helm_logic.ledger.checkpoint import verify_checkpoint
from helm_logic.ledger.merkle import verify_consistency
from helm_logic.ledger.postgres import PostgresStore
from helm_logic.ledger.postgres_reader import open_postgres_reader
from helm_logic.ledger.store_fsck import fsck
from tests.ledger.keyring import LOG, ORIGIN
from tests.postgres import Cluster, cluster

ROOT = Path(__file__).parents[2]


@attrs.define
class Writer:
    """A process that appends, and what it told so far."""

    process: subprocess.Popen[str]
    told: list[str] = attrs.field(factory=list)
    reader: threading.Thread | None = None

    @classmethod
    def start(cls, module: str, *arguments: str) -> Self:
        """Start *module*, which tells a line for each acknowledgement."""
        command = [sys.executable, "-m", module, *arguments]
        writer = cls(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        writer.reader = threading.Thread(target=writer._read)
        writer.reader.start()
        return writer

    def wait_for(self, lines: int) -> None:
        """Return when *lines* more lines were told, or when it ended."""
        want = len(self.told) + lines
        while len(self.told) < want and self.process.poll() is None:
            time.sleep(0.002)

    def kill(self) -> list[str]:
        """End it wherever it is; return all that it told."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.reader is not None
        self.reader.join()
        return self.told

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                if line.endswith("\n"):  # else torn in the pipe: told to nobody
                    self.told.append(line.removesuffix("\n"))


@attrs.frozen
class Judgement:
    """What was acknowledged, how many of them the log lost, and how large it became."""

    acknowledged: int
    lost: int
    entries: int


@attrs.frozen
class Scene:
    """A log at *url*, and the head guards of its hosts in *folder*."""

    url: str
    folder: Path

    @classmethod
    def make(cls, url: str, folder: Path) -> Self:
        """Make a log in the database of *url*, and a head guard for each of three hosts."""
        scene = cls(url, folder)
        PostgresStore.create(scene.url, scene.head(0), origin=ORIGIN, signer=LOG).close()
        for host in (1, 2):
            shutil.copy(scene.head(0), scene.head(host))
        return scene

    def head(self, host: int) -> Path:
        """Return the head guard of *host*."""
        return self.folder / f"head{host}.note"

    def writer(self, host: int, run: str) -> Writer:
        """Start a writer on *host*."""
        url = f"{self.url}&application_name=writer{host}"
        arguments = (url, str(self.head(host)), f"{host}/{run}")
        return Writer.start("tests.ledger.postgres_writer", *arguments)

    def judge(self, told: list[str]) -> Judgement:
        """Read the whole log; raise unless it is sound and extends every head guard."""
        lost = 0
        head = self.head(0)
        with open_postgres_reader(self.url, head, origin=ORIGIN, key=LOG.public_key) as log:
            fsck(log)
            for host in (0, 1, 2):
                old = verify_checkpoint(self.head(host).read_bytes(), ORIGIN, LOG.public_key)
                new = verify_checkpoint(log.checkpoint(), ORIGIN, LOG.public_key)
                path = log.consistency(old.size)
                verify_consistency(old.size, new.size, old.root, new.root, path)
            texts = [entry.envelope.payload.decode() for entry in log.entries()]
            for line in told:
                index, text = line.split(" ", 1)
                lost += not (int(index) < len(texts) and texts[int(index)] == text)
            return Judgement(len(told), lost, log.size)


def kill_writers(server: Cluster, folder: Path, times: int, chance: Random) -> Judgement:
    """Kill a writer *times* times at any moment, while another one goes on all the time."""
    scene = Scene.make(server.fresh(), folder)
    steady, told = scene.writer(0, "0"), []
    for run in range(times):
        victim = scene.writer(1, str(run))
        victim.wait_for(chance.randrange(1, 60))
        told += victim.kill()
    told += steady.kill()
    return scene.judge(told)


def kill_backends(server: Cluster, folder: Path, times: int, chance: Random) -> Judgement:
    """Kill -9 a server process in the middle of its work; all sessions end, both writers go on."""

    def kill() -> None:
        while not server.kill_backend("writer1"):
            time.sleep(0.002)

    return _disturb(server, folder, times, chance, kill)


def crash_server(server: Cluster, folder: Path, times: int, chance: Random) -> Judgement:
    """Stop the server as a crash does, and start it again; both writers go on."""

    def crash() -> None:
        server.stop("immediate")
        server.start()

    return _disturb(server, folder, times, chance, crash)


def crash_and_kill(server: Cluster, folder: Path, times: int, chance: Random) -> Judgement:
    """Crash the server or kill a server process, at any time, whether or not writers got on."""
    scene = Scene.make(server.fresh(), folder)
    writers = [scene.writer(0, "0"), scene.writer(1, "0")]
    for writer in writers:
        writer.wait_for(1)
    for _ in range(times):
        time.sleep(chance.random() ** 3 * 0.4)
        if chance.random() < 0.5:
            server.stop("immediate")
            server.start()
        else:
            server.kill_backend(f"writer{chance.randrange(2)}")
    return _judge_those_left(scene, writers)


def fail_over(folder: Path, times: int, chance: Random) -> Judgement:
    """Stop the primary as a crash does, promote its synchronous standby; both writers go on."""
    results = [_fail_over_once(folder / str(number), chance) for number in range(times)]
    told, lost, entries = (sum(each) for each in zip(*map(attrs.astuple, results), strict=True))
    return Judgement(told, lost, entries)


def _fail_over_once(folder: Path, chance: Random) -> Judgement:
    folder.mkdir()
    with cluster() as primary, primary.standby() as standby:
        scene = Scene.make(primary.fresh_both(standby), folder)
        standby.caught_up_with(primary)
        primary.run(sql.SQL("ALTER SYSTEM SET synchronous_standby_names = '*'"))
        primary.run(sql.SQL("SELECT pg_reload_conf()"))
        time.sleep(0.2)  # until every server process has read it
        writers = [scene.writer(0, "0"), scene.writer(1, "0")]
        for writer in writers:
            writer.wait_for(chance.randrange(1, 200))
        primary.stop("immediate")
        standby.promote()
        return _judge_those_left(scene, writers)


FAULTS = (kill_writers, kill_backends, crash_server)


def _disturb(
    server: Cluster, folder: Path, times: int, chance: Random, fault: Callable[[], object]
) -> Judgement:
    scene = Scene.make(server.fresh(), folder)
    writers = [scene.writer(0, "0"), scene.writer(1, "0")]
    for _ in range(times):
        for writer in writers:
            writer.wait_for(chance.randrange(1, 40))
        fault()
    return _judge_those_left(scene, writers)


def _judge_those_left(scene: Scene, writers: list[Writer]) -> Judgement:
    for writer in writers:
        writer.wait_for(10)
        assert writer.process.poll() is None, writer.told[-1:]
    return scene.judge([line for writer in writers for line in writer.kill()])


def main(times: str = "100") -> None:
    """Run every fault *times* times and print what came of it."""
    with cluster() as server:
        for fault in (*FAULTS, crash_and_kill):
            with tempfile.TemporaryDirectory() as folder:
                result = fault(server, Path(folder), int(times), Random(times))  # noqa: S311
            sys.stdout.write(f"{fault.__name__} {times} times: {result}\n")
            assert result.lost == 0


if __name__ == "__main__":
    main(*sys.argv[1:])
