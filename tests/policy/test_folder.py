# SPDX-License-Identifier: Apache-2.0
"""Policy folders: found upwards, read whole, named by a digest that covers what decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_logic.errors import PolicyError, RuleError
from helm_logic.policy.folder import IncludeResolver, find_folder, read_bundle, stock_rules
from tests.guard.town import make_folder

RELATION = """
#include "authority".
#relation on_call(rota: string, who: principal).
known_action("deploy").
allow(on_call) :- authorized, on_call("release", _).
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the founder example."""
    return make_folder(tmp_path / "policy")


def test_a_folder_is_found_from_below(folder: Path) -> None:
    """The nearest folder upwards with helm.toml is the policy folder."""
    below = folder / "rules"

    assert folder == find_folder(below) == find_folder(folder)


def test_no_folder_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    """Without helm.toml anywhere above, the message names `init` and `--policy`."""
    with pytest.raises(PolicyError, match=r"helm-logic init DIR.*--policy DIR"):
        find_folder(tmp_path)


def test_the_digest_covers_rules_and_settings(folder: Path) -> None:
    """A changed comment in a rule file, or a changed limit, is another bundle."""
    first = read_bundle(folder)
    rules = folder / "rules" / "main.dl"
    rules.write_text(rules.read_text("utf-8") + "% a remark\n", "utf-8")
    remarked = read_bundle(folder)
    settings = folder / "helm.toml"
    settings.write_text(settings.read_text("utf-8") + "[limits]\nfacts = 9\n", "utf-8")
    limited = read_bundle(folder)

    assert len({first.digest, remarked.digest, limited.digest}) == 3
    assert first.program_digest == remarked.program_digest == limited.program_digest
    assert limited.digest == read_bundle(folder).digest


def test_relations_are_read_by_their_types(tmp_path: Path) -> None:
    """A relation's rows come from its file, each cell of its column's type."""
    table = '[relations]\non_call = "on_call.json"\n'
    folder = make_folder(tmp_path / "p", rules=RELATION, limits=table)
    (folder / "on_call.json").write_text('[["release", "user:ann"]]', "utf-8")

    assert read_bundle(folder).static["on_call"] == (("s:release", "s:user:ann"),)
    for wrong in ('[["release"]]', '[["release", 1]]', "{}", "["):
        (folder / "on_call.json").write_text(wrong, "utf-8")
        with pytest.raises(PolicyError, match=r"on_call"):
            read_bundle(folder)


@pytest.mark.parametrize("name", ["other", "anchor", "link"])
def test_only_declared_relations_have_files(tmp_path: Path, name: str) -> None:
    """A file may not give facts that requests, links or anchors give."""
    table = f'[relations]\n{name} = "facts.json"\n'
    folder = make_folder(tmp_path / "p", rules=RELATION, limits=table)
    (folder / "facts.json").write_text("[]", "utf-8")

    with pytest.raises(PolicyError, match=name):
        read_bundle(folder)


def test_rules_that_do_not_stratify_do_not_load(tmp_path: Path) -> None:
    """A cycle through `not` is reported as a cycle, and no bundle exists."""
    rules = '#include "authority".\n#predicate a.\n#predicate b.\na :- not b.\nb :- not a.\n'
    folder = make_folder(tmp_path / "p", rules=rules)

    with pytest.raises(RuleError, match=r"not"):
        read_bundle(folder)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a//b", "", "a.b"])
def test_an_include_cannot_leave_its_folders(tmp_path: Path, name: str) -> None:
    """Includes are plain names below the rules' folder or the stock."""
    (tmp_path / "secret.dl").write_text("p.", "utf-8")
    (tmp_path / "rules").mkdir()

    assert IncludeResolver(tmp_path / "rules")(name) is None


def test_own_rules_come_before_the_stock(tmp_path: Path) -> None:
    """A file beside the rules replaces the stock file of the same name."""
    (tmp_path / "authority.dl").write_text("% mine\n", "utf-8")
    own, stock = IncludeResolver(tmp_path)("authority"), IncludeResolver(stock_rules())("authority")

    assert own is not None
    assert stock is not None
    assert own.text == "% mine\n" != stock.text


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Rules that are not UTF-8 are a policy error that names the file."""
    folder = make_folder(tmp_path / "p")
    (folder / "rules" / "main.dl").write_bytes(b"\xff")

    with pytest.raises(PolicyError, match=r"main\.dl"):
        read_bundle(folder)
