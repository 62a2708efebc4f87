# SPDX-License-Identifier: Apache-2.0
"""`helm-logic demo`: the story comes out as told, reads well, and can be repeated by hand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from helm_logic.cli.main import main
from helm_logic.cli.stage import Stage, StoryError


@attrs.frozen
class Told:
    """What the demo printed, and the folder that it kept."""

    text: str
    folder: Path


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Give the demo, played once."""
    folder = tmp_path_factory.mktemp("demo") / "story"
    result = CliRunner().invoke(main, ["demo", "--keep", str(folder)])
    assert result.exit_code == 0, result.output
    return Told(result.output, folder)


def _part(told: Told, title: str) -> str:
    """Return the part of the story whose title begins with *title*."""
    found = re.search(rf"^\d+\. {title}.*?(?=^\d+\. |\Z)", told.text, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[0]


def test_the_verdicts_come_in_the_order_of_the_story(told: Told) -> None:
    """Staging, production, production approved, outside the grant, revoked."""
    verdicts = re.findall(r"^ +(ALLOW|DENY|ESCALATE) +requests/", told.text, re.MULTILINE)

    assert verdicts == ["ALLOW", "ESCALATE", "ALLOW", "DENY", "DENY"]


def test_the_chain_says_who_what_and_until_when(told: Told) -> None:
    """Each link is one line: delegator, delegate, grant and end."""
    links = re.findall(r"(\S+) +-> (\S+) +may (.*?) +until \d{4}-", _part(told, "The chain"))

    assert links == [
        ("user:founder", "agent:ops", "deploy, restart on service/shop/**"),
        ("agent:ops", "tool:deploy", "deploy on service/shop/*"),
    ]


def test_staging_is_allowed_with_its_derivation(told: Told) -> None:
    """The outline leads from the verdict down to the anchor of the chain."""
    lines = _part(told, "The tool asks").splitlines()
    facts = [line.split("  given")[0].strip() for line in lines]

    order = [facts.index(fact) for fact in ("granted", "authorized", 'anchored("founder-ops")')]
    assert order == sorted(order)
    assert any(line.strip().startswith("verdict(allow)") for line in lines)


def test_production_waits_for_who_is_named_and_the_approval_is_in_the_derivation(
    told: Told,
) -> None:
    """ESCALATE names the role and the person; the ALLOW that follows shows the approval."""
    waiting, _, approved = _part(told, "The same deploy").partition("The tool asks again")

    assert "approve  as release-manager: user:release-manager" in waiting
    assert re.search(r'approved\("release-manager"\) +given approval', approved)
    assert "escalated" not in waiting
    assert "verdict(allow)" in approved


def test_what_was_not_granted_and_what_was_revoked_is_denied_with_its_reason(told: Told) -> None:
    """Each DENY has its own code."""
    assert "outside_grant:" in _part(told, "A deploy of what was never granted")
    assert "ancestor_revoked:" in _part(told, "The founder revokes")


def test_every_receipt_is_verified_and_the_flipped_byte_is_found(told: Told) -> None:
    """Five receipts pass ten steps; the forged one fails at a step that is named."""
    evidence = _part(told, "Anyone can verify")
    forged = _part(told, "One byte")

    assert evidence.count("verified:") == 5
    assert [f" {number} " in evidence for number in range(1, 10)] == [True] * 9
    assert "2 signature    FAILED" in forged
    assert "refused at step 2 (signature)" in forged


def test_the_forged_receipt_differs_in_one_byte(told: Told) -> None:
    """What failed is a real receipt of the story but for one byte."""
    forged = (told.folder / "flipped.json").read_bytes()
    same = [
        path
        for path in (told.folder / "receipts").iterdir()
        if len(data := path.read_bytes()) == len(forged)
        and sum(one != other for one, other in zip(data, forged, strict=True)) == 1
    ]

    assert len(same) == 1


def test_it_is_plain_text_of_a_hundred_columns(told: Told) -> None:
    """No line is longer, none ends in spaces, and no escape code is needed to read it."""
    lines = told.text.splitlines()

    assert max(map(len, lines)) <= 100
    assert [line for line in lines if line != line.rstrip()] == []
    assert "\x1b" not in told.text
    assert not re.search(r"[0-9a-f]{32}", told.text)


def test_the_commands_at_the_end_do_it_again(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copied into a shell in an empty folder, each works and ends with the code that it says."""
    monkeypatch.chdir(tmp_path)
    listed = _part(told, "Again, by hand").replace("\\\n", " ")
    commands = re.findall(
        r"^   (cd|helm-logic) (.*?)(?: *# exit code (\d))?$", listed, re.MULTILINE
    )
    assert len(commands) == 15

    for program, arguments, code in commands:
        words = shlex.split(arguments)
        if program == "cd":
            monkeypatch.chdir(words[0])
        elif words != ["verify", "flipped.json"]:
            result = CliRunner().invoke(main, words)
            assert result.exit_code == int(code or 0), f"{arguments}\n{result.output}"
    forged = CliRunner().invoke(main, ["verify", "flipped.json"])

    assert Path.cwd() == told.folder
    assert forged.exit_code == 1


def test_a_temporary_folder_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --keep the folder is gone when the story has ended."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    result = CliRunner().invoke(main, ["demo"])

    assert result.exit_code == 0
    assert "a temporary folder" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_not_played_in(policy: Path) -> None:
    """`--keep` takes a new or empty folder only."""
    result = CliRunner().invoke(main, ["demo", "--keep", str(policy)])

    assert result.exit_code == 2
    assert "is not empty" in result.output


def test_a_story_that_turns_out_differently_stops(policy: Path) -> None:
    """A command with another exit code than the story wants is an error that names it."""
    with pytest.raises(StoryError, match="ended with 3, want 0"):
        Stage(policy).run("decide requests/deny.json", want=0)
