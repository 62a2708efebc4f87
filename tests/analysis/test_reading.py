# SPDX-License-Identifier: Apache-2.0
"""Rules for analysis: which file is meant, under which names, and with whose settings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from helm_logic.analysis.reading import read_subject
from helm_logic.analysis.scope import stock_sources
from helm_logic.cli.new_folder import write_folder
from helm_logic.errors import PolicyError, RuleError
from helm_logic.policy.folder import stock_rules


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a policy folder as `init` makes it."""
    made = tmp_path_factory.mktemp("reading") / "policy"
    write_folder(made, 1_772_452_800, 3600)
    return made


def short(path: Path) -> str:
    """Name a file by its folder and name."""
    return f"{path.parent.name}/{path.name}"


def test_a_policy_folder_is_its_main_file_with_its_settings(folder: Path) -> None:
    """The folder, and the rule file that its helm.toml names, are the same subject."""
    whole = read_subject(folder, short)
    named = read_subject(folder / "rules" / "main.dl", short)

    assert whole.path == folder / "rules" / "main.dl"
    assert whole.settings is not None
    assert whole.settings == named.settings
    assert whole.rule_set.program == named.rule_set.program


def test_files_are_called_as_their_reader_finds_them(folder: Path) -> None:
    """Own files get the caller's names, stock files keep theirs: by these they are recognised."""
    (folder / "rules" / "team").mkdir(exist_ok=True)
    (folder / "rules" / "team" / "extra.dl").write_text("#predicate extra.\nextra.\n")
    (folder / "rules" / "other.dl").write_text('#include "team/extra".\n#include "authority".\n')

    subject = read_subject(folder / "rules" / "other.dl", short)

    names = [source.name for source in subject.rule_set.sources]
    assert names[-1] == "rules/other.dl"
    assert set(names) >= {"request.dl", "verdict.dl", "authority.dl", "team/extra.dl"}
    assert stock_sources(subject.rule_set) == {"request.dl", "verdict.dl", "authority.dl"}


def test_a_rule_file_that_no_folder_decides_by_has_no_settings(
    folder: Path, tmp_path: Path
) -> None:
    """A draft beside the rules, or a file anywhere else, is nobody's policy."""
    draft = folder / "rules" / "draft.dl"
    elsewhere = tmp_path / "main.dl"
    for path in (draft, elsewhere):
        shutil.copyfile(folder / "rules" / "main.dl", path)

    assert read_subject(draft, short).settings is None
    assert read_subject(elsewhere, short).settings is None


def test_a_stock_file_keeps_its_name() -> None:
    """A file that ships is known as such when it is the main one."""
    subject = read_subject(stock_rules() / "authority.dl", short)

    assert subject.rule_set.sources[-1].name == "authority.dl"


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """A folder without helm.toml, and rules that do not load."""
    with pytest.raises(PolicyError, match=r"holds no helm\.toml"):
        read_subject(tmp_path, short)
    broken = tmp_path / "main.dl"
    broken.write_text("p(X) :- not q(X).\n")
    with pytest.raises(RuleError) as refusal:
        read_subject(broken, short)
    assert f"{tmp_path.name}/main.dl:1" in str(refusal.value)
