# SPDX-License-Identifier: Apache-2.0
"""`helm-logic replay` from the shell: logs, packs, a new policy, interruptions and processes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helm_logic.cli import replay, replay_source
from helm_logic.cli.main import main
from helm_logic.policy.replay_work import Done, work
from tests.guard.town import ENGINE, LOG, ORIGIN, make_folder, open_guard
from tests.policy.replayed import DEPTH, Asked, make_log

TRUST = (
    "--trust-engine", ENGINE.public_key.text, "--log-key", LOG.public_key.text,
    "--log-origin", ORIGIN,
)  # fmt: skip


def helm(*arguments: object, code: int = 0) -> Result:
    """Run the command with *arguments*; it must end with *code*."""
    result = CliRunner().invoke(main, [str(each) for each in arguments])
    assert result.exit_code == code, result.output
    return result


def lines(*arguments: object, code: int = 0) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the findings and the summary that `replay --json` with *arguments* prints."""
    *findings, last = map(
        json.loads, helm("replay", "--json", *arguments, code=code).output.splitlines()
    )
    return findings, last["summary"]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Asked, ...]]:
    """Give the log of all scenes, in its policy folder; not to be written to."""
    folder = tmp_path_factory.mktemp("town") / "policy"
    return folder, make_log(folder)


@pytest.fixture
def town(
    scene: tuple[Path, tuple[Asked, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Give that folder's path, read in small parts, from an empty current directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(replay_source, "_RECEIPTS", 3)
    monkeypatch.setattr(replay_source, "_BATCHES", 2)
    return scene[0]


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """Give a policy under which more is allowed, some is not, and production asks someone else."""
    folder = make_folder(tmp_path / "draft", limits=DEPTH.replace("3", "9"))
    path = folder / "rules" / "main.dl"
    text = path.read_text("utf-8").replace(", ci_passed(true)", "")
    text = text.replace("ci_passed(false)", "freeze(true)")
    path.write_text(text.replace('env("prod"), not', 'env("dev"), not'), "utf-8")
    return folder


def test_a_log_is_replayed_whole(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the folder's name, from within it, and as a copy with the trust on the command line."""
    findings, summary = lines(town)
    assert not findings
    assert summary["holds"]
    assert summary["receipts"] == 27
    assert summary["verdicts"] == {"ALLOW": 4, "DENY": 15, "ESCALATE": 5}
    assert summary["errors"] == {"malformed_json": 1, "too_large": 1, "wrong_shape": 1}
    assert summary["factsMadeAgain"] == 24
    copy = shutil.copy(town / "ledger" / "log.sqlite", "copy.sqlite")
    assert lines(copy, *TRUST) == (findings, summary)
    monkeypatch.chdir(town)
    text = helm("replay").output
    assert "24 by native" in text
    assert "no certificate     3: malformed_json 1, too_large 1, wrong_shape 1" in text


def test_one_process_or_several_print_the_same(town: Path, draft: Path) -> None:
    """Findings come in the order of the log, whoever found them."""
    for options in ((), ("--policy", draft)):
        alone, two = (
            CliRunner().invoke(main, ["replay", str(town), "--jobs", jobs, *map(str, options)])
            for jobs in ("1", "2")
        )
        assert alone.output == two.output
        assert alone.exit_code == two.exit_code == bool(options)


def test_a_new_policy_is_a_gate(town: Path, draft: Path) -> None:
    """Every verdict that would change is listed, newly ALLOWed first; some make the code 1."""
    findings, summary = lines(town, "--policy", draft, code=1)
    groups = [each["group"] for each in findings]
    order = ["allowed", "denied", "escalated", "open"]
    assert groups == sorted(groups, key=order.index)
    assert {"allowed", "escalated", "open"} <= set(groups)
    assert summary["groups"] == {each: groups.count(each) for each in order if each in groups}
    assert sum(summary["moves"].values()) + groups.count("open") + summary["same"] == 27
    text = helm("replay", town, "--policy", draft, code=1).output
    assert (
        text.index("newly ALLOWed") < text.index("newly ESCALATEd") < text.index("cannot be judged")
    )
    assert "--keep-approvals counts them" in text
    assert "failed" in text
    same = helm("replay", town, "--policy", town, "--keep-approvals").output
    assert "same verdict       26" in same
    assert "ok: no verdict is newly ALLOWed" in same
    helm("replay", town, "--policy", town, "--fail-on", "any", code=1)  # one cannot be judged
    helm("replay", town, "--policy", town, "--fail-on", "any", "--to", "20")


def test_packs_and_receipts_are_replayed_by_all_engines(
    town: Path, scene: tuple[Path, tuple[Asked, ...]]
) -> None:
    """An ALLOW in a pack brings the ESCALATE that it answers; whom to trust stands in options."""
    allowed = next(
        each.decision
        for each in scene[1]
        if each.answers and each.decision.verdict.value == "ALLOW"
    )
    helm("pack", allowed.receipt_id, "--policy", town, "-o", "allow.tar")
    with open_guard(town) as guard:
        Path("receipt.json").write_bytes(guard.receipt(allowed.receipt_id).to_bytes())
    findings, summary = lines("allow.tar", "receipt.json", "--engine", "all", *TRUST)
    assert not findings
    assert summary["verdicts"] == {"ALLOW": 2, "ESCALATE": 1}
    assert summary["factsMadeAgain"] == 2  # a receipt file has no policy beside it
    assert summary["engines"] == ["native", "pydatalog"]
    assert lines("allow.tar", town, *TRUST)[1]["receipts"] == 2 + 27


def test_files_that_do_not_verify_are_refused(
    town: Path, scene: tuple[Path, tuple[Asked, ...]], policy_key: str
) -> None:
    """A damaged pack, another format, a redacted pack and a stranger's receipt: each says why."""
    decided = scene[1][0].decision
    key = town / "keys" / "engine.key"
    helm("pack", decided.receipt_id, "--policy", town, "-o", "one.tar")
    redacted = ("--redact", "context.ci_passed", "--key", key)
    helm("pack", decided.receipt_id, "--policy", town, "-o", "less.tar", *redacted)
    damaged = bytearray(Path("one.tar").read_bytes())
    damaged[3000] ^= 1
    Path("damaged.tar").write_bytes(damaged)
    Path("old.json").write_text('{"format":"helm-logic/receipt/v0"}')
    findings, summary = lines("one.tar", "damaged.tar", "less.tar", "old.json", *TRUST, code=1)
    assert [(each["group"], each["place"]) for each in findings] == [
        ("refused", "damaged.tar"), ("refused", "less.tar"), ("refused", "old.json"),
    ]  # fmt: skip
    assert "helm-logic/receipt/v0" in findings[2]["message"]
    assert summary["verdicts"] == {"ALLOW": 1}
    stranger = ("--trust-engine", policy_key, *TRUST[2:])
    (finding,), _ = lines("one.tar", *stranger, code=1)
    assert finding["group"] == "refused"


@pytest.fixture
def policy_key() -> str:
    """Give the public key of somebody else."""
    return LOG.public_key.text


def test_nothing_to_replay_is_no_success(town: Path) -> None:
    """A range without receipts shows nothing, so it does not pass."""
    assert "nothing replayed" in helm("replay", town, "--to", "1", code=1).output
    assert "want entries from 0 to" in helm("replay", town, "--to", "999", code=2).stderr
    assert "want entries" in helm("replay", town, "--from", "9", "--to", "3", code=2).stderr


def test_options_that_do_not_belong_together_are_refused(town: Path, draft: Path) -> None:
    """Each says what it belongs to."""
    for options in (
        ("--keep-approvals",),
        ("--fail-on", "any"),
        ("--policy", draft, "--engine", "all"),
        (town, "--resume", "state"),
        (town, "--from", "3"),
    ):
        helm("replay", town, *options, code=2)
    assert not Path("state").exists()


def _stopping(after: int) -> Any:
    def stopping(*arguments: Any) -> Iterator[Done]:
        for count, done in enumerate(work(*arguments)):
            if count == after:
                raise KeyboardInterrupt
            yield done

    return stopping


@pytest.mark.parametrize("new", [False, True])
def test_an_interrupted_replay_goes_on_to_the_same_end(
    town: Path, draft: Path, monkeypatch: pytest.MonkeyPatch, *, new: bool
) -> None:
    """Stopped twice, and grown in between: the same lines as a run that was never stopped."""
    options = ("--policy", draft) if new else ()
    code = int(new)
    whole = helm("replay", town, *options, code=code).output
    for after in (2, 3):
        with monkeypatch.context() as patched:
            patched.setattr(replay, "work", _stopping(after))
            stopped = helm("replay", town, *options, "--resume", "state", code=130)
        assert "the same command goes on from there" in stopped.stderr
    assert '"mark"' in Path("state").read_text()
    assert helm("replay", town, *options, "--resume", "state", code=code).output == whole
    assert helm("replay", town, *options, "--resume", "state", code=code).output == whole


@pytest.fixture
def finished(town: Path, draft: Path) -> tuple[Path, Path, bytes, str]:
    """Give log and draft, the state of a whole replay, and what it printed."""
    said = helm("replay", town, "--policy", draft, "--resume", "whole", code=1).output
    return town, draft, Path("whole").read_bytes(), said


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.floats(0, 1), tail=st.sampled_from([b"", b"\0\0\0", b'{"mark":{}}\n']))
def test_a_state_that_ends_anywhere_is_gone_on_from(
    finished: tuple[Path, Path, bytes, str], part: float, tail: bytes
) -> None:
    """Whatever of it reached the disk, the end is the same, byte for byte."""
    town, draft, state, said = finished
    first = state.index(b"\n") + 1
    Path("state").write_bytes(state[: first + int(part * (len(state) - first))] + tail)
    again = helm("replay", town, "--policy", draft, "--resume", "state", code=1)
    assert again.output == said
    assert Path("state").read_bytes() == state


def test_the_state_of_another_replay_is_left_alone(town: Path, draft: Path) -> None:
    """Another policy, another range, another file altogether: refused, and not written to."""
    helm("replay", town, "--resume", "state", "--to", "20")
    before = Path("state").read_bytes()
    for options, other in (
        (("--engine", "all"), "another engines"),
        (("--policy", draft), "another policy"),
        (("--to", "9"), "another root, to"),
    ):
        said = helm("replay", town, "--resume", "state", *options, code=2).stderr
        assert other in said
    assert Path("state").read_bytes() == before
    Path("notes").write_text("my notes\n")
    assert "is no state of a replay" in helm("replay", town, "--resume", "notes", code=2).stderr
    assert Path("notes").read_text() == "my notes\n"


def test_a_log_that_grows_meanwhile_is_replayed_as_it_was(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A guard can append between two parts, and what it appends is left to the next replay."""
    folder = shutil.copytree(town, tmp_path / "growing")

    def slow(*arguments: Any) -> Iterator[Done]:
        for count, done in enumerate(work(*arguments)):
            if count == 3:
                with open_guard(folder) as guard:
                    guard.decide(b"more")
            yield done

    monkeypatch.setattr(replay, "work", slow)
    assert lines(folder)[1]["receipts"] == 27
    monkeypatch.undo()
    assert lines(folder)[1]["receipts"] == 28
