# SPDX-License-Identifier: Apache-2.0
"""`helm-logic lint` where a script cannot say it: formats, several files, what is loaded."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from helm_logic.analysis.chains.files import stock_proofs
from helm_logic.cli.lint_files import cache_file, file_name
from helm_logic.cli.main import main
from helm_logic.cli.progress import Progress
from helm_logic.policy.case_file import read_cases
from helm_logic.policy.folder import stock_rules
from tests.cli import process

GAP = """\
#include "authority".
#input env : {"dev", "prod"}  from resource.properties.env.
known_action("deploy").
allow(dev) :- action("deploy"), authorized, env("dev").
"""
STOCK = sorted(stock_rules().rglob("*.dl"))


def lint(*arguments: str) -> Result:
    """Return the result of `helm-logic lint` with *arguments* in the current directory."""
    return CliRunner().invoke(main, ["lint", *arguments])


@pytest.fixture
def gap(policy: Path) -> Path:
    """Give a rule file with one gap, in a policy folder that is the current directory."""
    path = policy / "gap.dl"
    path.write_text(GAP, "utf-8")
    return path


@pytest.mark.parametrize("path", STOCK, ids=lambda path: path.stem)
def test_the_rules_that_ship_lint_clean(policy: Path, path: Path) -> None:
    """Nothing at or above a warning in any rule set that users start from."""
    assert policy.is_dir()
    result = lint(str(path))

    assert (result.exit_code, result.stderr) == (0, "")


def test_the_folder_is_found_and_can_be_named(policy: Path, tmp_path: Path) -> None:
    """From below, by option, as an argument: the same main file with the same settings."""
    text = (policy / "helm.toml").read_text("utf-8")
    (policy / "helm.toml").write_text(text.replace('["release-manager"]', '["auditor"]'), "utf-8")
    assert tmp_path in policy.parents

    results = [lint(), lint("--policy", str(policy)), lint(str(policy)), lint("rules/main.dl")]

    assert {result.exit_code for result in results} == {1}
    for result in results:
        assert "nobody can answer `escalate/1`" in result.stdout


@pytest.mark.parametrize("form", ["json", "sarif", "github", "junit", "concise", "text"])
def test_every_format_has_the_finding_and_fails(gap: Path, form: str) -> None:
    """Output is on stdout alone, in the format that was asked for."""
    result = lint(gap.name, "--output-format", form)

    assert result.exit_code == 1
    assert result.stderr == ""
    assert "HL108" in result.stdout
    assert "gap.dl" in result.stdout
    match form:
        case "json":
            (found,) = json.loads(result.stdout)["findings"]
            assert (found["file"], found["line"]) == ("gap.dl", 3)
        case "sarif":
            assert json.loads(result.stdout)["version"] == "2.1.0"
        case "junit":
            assert ET.fromstring(result.stdout)[0].get("failures") == "1"  # noqa: S314 - our own
        case "github":
            assert result.stdout.startswith("::warning file=gap.dl,line=3,")


def test_files_are_named_as_seen_from_here(gap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From elsewhere the same file is named in full, so that the name can be opened."""
    monkeypatch.chdir(gap.parent / "rules")

    assert f"{gap}:3:1: HL108" in lint(str(gap), "--output-format", "concise").stdout


def test_several_files_are_one_report(gap: Path) -> None:
    """What two policies share is told once; witnesses of each are a file of its own."""
    (gap.parent / "team").mkdir()
    (gap.parent / "team" / "gap.dl").write_text(GAP.replace("dev", "qa"), "utf-8")

    result = lint("gap.dl", "team/gap.dl", "gap.dl", "--witnesses", "out")

    assert "2 warnings" in result.stdout
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "gap_test.toml",
        "team-gap_test.toml",
    ]
    tested = CliRunner().invoke(main, ["test", "out/gap_test.toml", "out/team-gap_test.toml"])
    assert (tested.exit_code, tested.stdout.count("  ok ")) == (0, 2)


def test_witnesses_of_an_earlier_run_do_not_stay(gap: Path) -> None:
    """Once there is nothing to show, the file that showed it is gone."""
    lint("gap.dl", "--witnesses", "out")
    (case,) = read_cases(Path("out/gap_test.toml"))
    assert case.name.startswith("HL108")
    gap.write_text(GAP + 'deny(prod) :- action("deploy"), env("prod").\n', "utf-8")

    assert lint("gap.dl", "--witnesses", "out").exit_code == 0
    assert list(Path("out").iterdir()) == []


def test_certificates_are_written_where_they_were_asked_for(gap: Path) -> None:
    """One JSON file for each rule file, with the sources that it is about beside it."""
    result = lint(gap.name, "--certificates", "proofs")

    assert "wrote proofs/gap.json" in result.stderr
    assert isinstance(json.loads(Path("proofs/gap.json").read_bytes()), dict)
    assert GAP in [path.read_text("utf-8") for path in Path("proofs/sources").iterdir()]


def test_names_of_files_about_rules() -> None:
    """Alone, the stem; beside others, the path, so that two `main.dl` do not collide."""
    assert file_name(Path("rules/main.dl"), alone=True) == "main"
    assert file_name(Path("a/rules/main.dl"), alone=False) == "a-rules-main"
    assert file_name(Path("../x/main.dl"), alone=False).endswith("x-main")


def test_the_cache_is_the_users_own(tmp_path: Path) -> None:
    """Where the environment says, else below the home folder; a relative path is not heeded."""
    rules = tmp_path / "main.dl"
    named = cache_file(rules, {"XDG_CACHE_HOME": str(tmp_path)})

    assert named.parent == tmp_path / "helm-logic"
    for environment in ({}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "here"}):
        assert cache_file(rules, environment) == Path.home() / ".cache/helm-logic" / named.name


def test_a_policy_of_conditions_is_linted_without_a_solver(gap: Path) -> None:
    """z3 is loaded when two values of a request are compared with each other, and else never."""
    loaded = process.modules_after("lint", gap.name, "--no-cache", folder=gap.parent)

    assert "helm_logic.analysis.lint" in loaded
    assert not {name for name in loaded if name.split(".")[0] in {"z3", "cvc5", "pyDatalog"}}


def test_a_page_is_shown_without_loading_the_analysis(policy: Path) -> None:
    """`--explain` reads a file; it starts as fast as `--help`."""
    loaded = process.modules_after("lint", "--explain", "HL104", folder=policy)

    assert not {"helm_logic.analysis.lint", "helm_logic.analysis.study", "z3"} & loaded


def test_a_short_run_shows_no_progress(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the first second, or where stderr is no terminal, nothing is shown."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Progress("lint main.dl") as progress:
        progress(1, 2)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    with Progress("lint main.dl") as progress:
        progress._start -= 10
        progress(1, 2)

    assert capsys.readouterr() == ("", "")


def test_a_long_run_shows_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a second a bar appears on stderr, and ends with its line."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Progress("lint main.dl") as progress:
        progress._start -= 10
        for done in range(1, 5):
            progress(done, 4)
    out, err = capsys.readouterr()

    assert out == ""
    assert "lint main.dl" in err
    assert "100%" in err
    assert err.endswith("\n")


def test_the_proofs_that_ship_are_found_and_checked(policy: Path) -> None:
    """`check-analysis` reads the proofs in the folders of proofs/, whatever they are about."""
    assert policy.is_dir()
    rules = stock_rules() / "authority.dl"

    result = CliRunner().invoke(
        main, ["check-analysis", str(stock_proofs()), "--rules", str(rules), "--z3-alone"]
    )

    assert result.exit_code == 0, result.output
    assert result.output.count("conditions, each unsatisfiable for z3") == 2


def test_a_second_run_says_the_same_with_what_the_first_one_found_out(
    gap: Path, tmp_path: Path
) -> None:
    """The cache is written and read, a damaged one is no trouble, and `--no-cache` leaves it be."""
    folder = tmp_path / "cache" / "helm-logic"
    alone = lint(gap.name, "--no-cache").stdout
    assert not folder.exists()

    first = lint(gap.name).stdout
    (file,) = folder.iterdir()
    kept = json.loads(file.read_bytes())["entries"]
    second = lint(gap.name).stdout
    file.write_bytes(b"damaged")

    assert first == second == alone
    assert kept
    assert lint(gap.name).stdout == alone
