# SPDX-License-Identifier: Apache-2.0
"""Signing by ssh-agent: a real one of OpenSSH, and sockets that answer what no agent should."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helm_logic.errors import SignerError
from helm_logic.ledger.base64text import print_base64
from helm_logic.ledger.envelope import sign, verify
from helm_logic.ledger.open_signer import open_signer
from helm_logic.ledger.ssh_agent import (
    MAX_MESSAGE,
    AgentKey,
    AgentSigner,
    agent_keys,
    find_agent_key,
)
from tests.ledger.keyring import ENGINE, LOG, TYPE
from tests.ssh import Agent, running_agent

Answer = Callable[[bytes], bytes]


@pytest.fixture
def agent() -> Iterator[Agent]:
    """Give an agent of one's own; it ends with the test."""
    with running_agent() as started:
        yield started


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """Listen where a client takes *answer* of what it asked for what an agent says."""
    with TemporaryDirectory(prefix="a") as folder, socket.socket(socket.AF_UNIX) as listener:
        name = f"{folder}/s"  # a name of a socket is short
        listener.bind(name)
        listener.listen()
        server = threading.Thread(target=_serve, args=(listener, answer), daemon=True)
        server.start()
        try:
            yield name
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            server.join()


def _serve(listener: socket.socket, answer: Answer) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client:
            client.sendall(answer(client.recv(MAX_MESSAGE)))


def framed(data: bytes) -> bytes:
    """Return *data* after its length."""
    return struct.pack(">I", len(data)) + data


def test_a_real_agent_signs(agent: Agent) -> None:
    """Its ed25519 keys are found by the fingerprint that ssh-add shows, and sign envelopes."""
    line = agent.add("rita", "ed25519")
    agent.add("other", "ecdsa")
    (key,) = agent_keys(agent.socket)
    environment = {"SSH_AUTH_SOCK": agent.socket}
    signer = open_signer(f"agent:{key.fingerprint}", agent.folder, None, environment)
    envelope = sign(TYPE, b"a receipt", signer)

    assert (line.split()[1], key.comment) == (key.fingerprint, "rita's key")
    assert verify(envelope, (key.public_key,)) == (signer.public_key,)
    assert signer.scheme == "ed25519"
    assert signer.sign(b"m") == signer.sign(b"m")
    written = (agent.folder / "rita.pub").read_text("ascii").split()
    assert written[:2] == ["ssh-ed25519", print_base64(key.blob)]


def test_a_key_that_the_agent_no_longer_has_signs_nothing(agent: Agent) -> None:
    """The agent refuses, and the message says what may be the matter."""
    agent.add("rita", "ed25519")
    (key,) = agent_keys(agent.socket)
    agent.run("ssh-add", "-q", "-D")

    with pytest.raises(SignerError, match="refused"):
        AgentSigner(key, agent.socket).sign(b"m")
    with pytest.raises(SignerError, match=r"it holds none\. `ssh-add FILE` adds one"):
        find_agent_key(agent.socket, key.fingerprint)


def test_a_message_as_long_as_an_agent_takes(agent: Agent) -> None:
    """It is signed; a longer one is not sent at all."""
    agent.add("rita", "ed25519")
    (key,) = agent_keys(agent.socket)
    signer = AgentSigner(key, agent.socket)
    around = 1 + len(framed(key.blob)) + 4 + 4

    long = bytes(MAX_MESSAGE - around)
    key.public_key.verify(long, signer.sign(long))
    with pytest.raises(SignerError, match="an ssh-agent takes 262144"):
        signer.sign(long + b"x")


def test_nobody_there(tmp_path: Path) -> None:
    """No variable, no socket, a file in its place, one that never answers: each is told apart."""
    (tmp_path / "file").touch()
    for path, message in (
        ("", "SSH_AUTH_SOCK is not set"),
        (str(tmp_path / "absent"), "was not reached: No such file"),
        (str(tmp_path / "file"), "was not reached: Connection refused"),
        (str(tmp_path / ("x" * 200)), "was not reached: AF_UNIX path too long"),
    ):
        with pytest.raises(SignerError, match=message):
            agent_keys(path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "silent"))
        listener.listen()
        with pytest.raises(SignerError, match=r"did not answer within 0\.1 seconds"):
            agent_keys(str(tmp_path / "silent"), 0.1)


KEY = AgentKey(ENGINE.public_key, "engine")
SIGNED = framed(b"ssh-ed25519") + framed(ENGINE.sign(b"m"))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"", "hung up"),
        (b"\0\0", "hung up"),
        (framed(b""), "another question"),
        (framed(b"\x05"), "refused"),
        (framed(b"\x0c" + bytes(4)), "another question"),
        (framed(b"\x0e"), "ends too soon"),
        (framed(b"\x0e" + struct.pack(">I", 9) + b"x"), "ends too soon"),
        (framed(b"\x0e" + framed(framed(b"ssh-rsa") + framed(bytes(64)))), "another scheme"),
        (struct.pack(">I", MAX_MESSAGE + 1), "announced 262145 bytes"),
    ],
)
def test_an_answer_that_no_agent_gives(answer: bytes, message: str) -> None:
    """Nothing, half of it, another one, one that contradicts its own lengths, one without end."""
    with answering(lambda _: answer) as path, pytest.raises(SignerError, match=message):
        AgentSigner(KEY, path, 5.0).sign(b"m")


def test_what_an_agent_is_asked() -> None:
    """A sign request is the key's blob, the message, no flags; the answer is the signature."""
    asked = []

    def answer(request: bytes) -> bytes:
        asked.append(request)
        return framed(b"\x0e" + framed(SIGNED))

    with answering(answer) as path:
        assert AgentSigner(KEY, path, 5.0).sign(b"m") == ENGINE.sign(b"m")
    blob = framed(b"ssh-ed25519") + framed(ENGINE.public_key.raw)
    assert asked == [framed(b"\x0d" + framed(blob) + framed(b"m") + bytes(4))]


def test_only_plain_ed25519_keys_are_listed() -> None:
    """Security keys, certificates, RSA keys and keys of a wrong length are passed over."""
    held = [
        (framed(b"sk-ssh-ed25519@openssh.com") + framed(bytes(32)) + framed(b"ssh:"), b"token"),
        (framed(b"ssh-ed25519-cert-v01@openssh.com") + framed(bytes(32)), b"certificate"),
        (framed(b"ssh-rsa") + framed(bytes(3)) + framed(bytes(256)), b"rsa"),
        (framed(b"ssh-ed25519") + framed(bytes(31)), b"short"),
        (framed(b"ssh-ed25519") + framed(LOG.public_key.raw), b"log \xff"),
    ]
    listed = b"".join(framed(blob) + framed(comment) for blob, comment in held)
    with answering(lambda _: framed(b"\x0c" + struct.pack(">I", 5) + listed)) as path:
        assert agent_keys(path) == (AgentKey(LOG.public_key, "log \N{REPLACEMENT CHARACTER}"),)


@settings(max_examples=60)
@given(st.binary(max_size=60), st.sampled_from([b"", b"\x0c", b"\x0c\0\0\0\2", b"\x0e"]))
def test_whatever_it_answers_is_keys_or_an_error(data: bytes, start: bytes) -> None:
    """No bytes from the socket are anything but a list, a signature or a SignerError."""
    with answering(lambda _: framed(start + data)) as path:
        for ask in (lambda: agent_keys(path, 5.0), lambda: AgentSigner(KEY, path, 5.0).sign(b"m")):
            with suppress(SignerError):
                ask()
