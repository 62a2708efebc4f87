# SPDX-License-Identifier: Apache-2.0
"""A policy folder as `helm-logic init` makes it, once, and a copy of it for each test."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from helm_logic.cli.new_folder import write_folder


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a policy folder that nobody has used; not to be changed."""
    folder = tmp_path_factory.mktemp("pristine") / "policy"
    write_folder(folder, int(time.time()) - 60, 30 * 86400)  # noqa: TID251 - commands run now
    return folder


@pytest.fixture
def policy(pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a policy folder of one's own, and make it the current directory."""
    folder = tmp_path / "policy"
    shutil.copytree(pristine, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return folder
