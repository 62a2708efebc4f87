# SPDX-License-Identifier: Apache-2.0
"""`helm-logic init`: the folder works at once, its keys are private, nothing is overwritten."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from helm_logic.authority.link import verify_link
from helm_logic.cli.main import main
from helm_logic.cli.new_folder import MACHINES, PEOPLE, REQUESTS, write_folder
from helm_logic.ledger.key_file import read_key_file
from helm_logic.policy.settings import parse_settings
from tests.postgres import Cluster

NOW, MONTH = 1_800_000_000, 30 * 86400


def test_the_requests_are_named_for_their_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`init` alone is enough for `decide` to give 0, 3 and 4."""
    monkeypatch.chdir(tmp_path)

    made = CliRunner().invoke(main, ["init", "shop"])
    monkeypatch.chdir(tmp_path / "shop")
    codes = {
        name: CliRunner().invoke(main, ["decide", f"requests/{name}.json"]).exit_code
        for name in REQUESTS
    }

    assert made.exit_code == 0
    assert "cd shop\n" in made.output
    assert codes == {"allow": 0, "deny": 3, "escalate": 4}


def test_the_log_may_be_kept_by_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Cluster
) -> None:
    """`init --ledger URL` lays the log there, and `decide` appends to it; no other URL will do."""
    monkeypatch.chdir(tmp_path)
    refused = CliRunner().invoke(main, ["init", "shop", "--ledger", "mysql://db/logs"])
    made = CliRunner().invoke(main, ["init", "shop", "--ledger", postgres.fresh()])
    monkeypatch.chdir(tmp_path / "shop")
    decided = CliRunner().invoke(main, ["decide", "requests/allow.json"])
    checked = CliRunner().invoke(main, ["log", "fsck"])

    assert (refused.exit_code, made.exit_code) == (2, 0)
    assert (decided.exit_code, checked.exit_code) == (0, 0), checked.output
    assert list((tmp_path / "shop" / "ledger").iterdir()) == []


def test_the_rules_that_are_written_pass_the_tests_that_are_written(policy: Path) -> None:
    """The folder's own policy tests are green before anybody edits anything."""
    result = CliRunner().invoke(main, ["test"])

    assert result.exit_code == 0
    assert "rules/main_test.toml" in result.output
    assert (policy / "rules" / "main.dl").is_file()


def test_private_keys_are_private_and_never_in_version_control(pristine: Path) -> None:
    """Every key file is 0600 and stands where .gitignore keeps it out, as does the log."""
    ignored = (pristine / ".gitignore").read_text("utf-8").splitlines()
    keys = sorted((pristine / "keys").iterdir())

    assert [path.stem for path in keys] == sorted((*PEOPLE, *MACHINES))
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}
    assert {"/keys/", "/ledger/", "/log.head*", "/receipts/"} <= set(ignored)


def test_the_settings_name_the_keys_that_were_written(pristine: Path) -> None:
    """Anchor, approver, engine and log in helm.toml are the public halves of the key files."""
    settings = parse_settings((pristine / "helm.toml").read_bytes())
    keys = {
        name: read_key_file(pristine / "keys" / f"{name}.key").public_key
        for name in (*PEOPLE, *MACHINES)
    }

    assert settings.anchors == {"user:founder": (keys["founder"],)}
    assert settings.approvers["user:release-manager"].keys == (keys["release-manager"],)
    assert settings.trusted_engines == (keys["engine"],)
    assert settings.trusted_log == keys["log"]


def test_the_chain_narrows_and_holds_as_long_as_asked(tmp_path: Path) -> None:
    """Two links, the second below the first, both valid from now for the stated time."""
    write_folder(tmp_path / "shop", NOW, MONTH)
    request = json.loads((tmp_path / "shop" / "requests" / "allow.json").read_bytes())
    files = [tmp_path / "shop" / "links" / f"{name}.json" for name in ("founder-ops", "ops-deploy")]

    first, second = (verify_link(envelope) for envelope in request["chain"])

    assert [json.loads(file.read_bytes()) for file in files] == request["chain"]
    assert second.link.parent == first.digest
    assert second.link.delegate_key is None
    assert {(link.link.not_before, link.link.expires) for link in (first, second)} == {
        (NOW, NOW + MONTH)
    }


def test_two_folders_share_no_key_and_no_log(tmp_path: Path) -> None:
    """Keys are fresh each time, and so is the name of the log."""
    for name in ("one", "other"):
        write_folder(tmp_path / name, NOW, MONTH)
    one, other = (
        parse_settings((tmp_path / name / "helm.toml").read_bytes()) for name in ("one", "other")
    )

    assert one.origin != other.origin
    assert one.anchors != other.anchors
    assert one.trusted_engines != other.trusted_engines


def test_an_empty_folder_is_taken_and_a_full_one_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that holds anything is left as it is, with what to do instead."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note").touch()
    (tmp_path / "file").touch()

    results = {name: CliRunner().invoke(main, ["init", name]) for name in ("empty", "full", "file")}

    assert results["empty"].exit_code == 0
    for name in ("full", "file"):
        assert results[name].exit_code == 2
        assert f"`{name}` is not empty" in results[name].output
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["note"]


def test_the_lifetime_of_the_links_is_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--valid` is a duration; anything else is a usage error and writes nothing."""
    monkeypatch.chdir(tmp_path)

    short = CliRunner().invoke(main, ["init", "shop", "--valid", "90m"])
    wrong = CliRunner().invoke(main, ["init", "other", "--valid", "soon"])
    link = verify_link(json.loads((tmp_path / "shop" / "links" / "ops-deploy.json").read_bytes()))

    assert short.exit_code == 0
    assert link.link.expires - link.link.not_before == 5400
    assert wrong.exit_code == 2
    assert not (tmp_path / "other").exists()
