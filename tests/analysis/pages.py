# SPDX-License-Identifier: Apache-2.0
"""The pages of finding codes as examples that run, and a way to write down what is said of them.

    python -m tests.analysis.pages

runs every example and puts its outcome under "What is said". `test_pages.py` compares.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import attrs
from click.testing import CliRunner

from helm_logic.analysis import codes
from helm_logic.cli.main import main

FOLDER = Path(codes.__file__).with_name("pages")
SAID = "What is said"
_BLOCK = re.compile(r"^## (?P<title>[^\n]+)\n\n```\w+\n(?P<text>.*?)```$", re.MULTILINE | re.DOTALL)
_PLACE = re.compile(r"\S+:\d+:\d+: ")


@attrs.frozen
class Page:
    """A page: its code, and its blocks of rules and output by title."""

    code: str
    blocks: Mapping[str, str]

    @classmethod
    def read(cls, path: Path) -> Page:
        """Return the page in the file *path*."""
        found = _BLOCK.finditer(path.read_text("utf-8"))
        return cls(path.stem, {each["title"]: each["text"] for each in found})

    def run(self, *, mended: bool = False) -> tuple[int, str]:
        """Return the exit code and output of the command that shows the finding, or does not."""
        match self.code[:3]:
            case "HL2":
                return _prove(self.blocks["Mended" if mended else "Rules that show it"])
            case "HL3":
                after = self.blocks["A change without effect" if mended else "After"]
                return _diff(self.blocks["Before"], after)
        return _lint(self.blocks["Mended" if mended else "Rules that show it"])


def pages() -> Iterator[Page]:
    """Yield every page, in the order of codes."""
    yield from map(Page.read, sorted(FOLDER.glob("*.md")))


def findings_of(output: str) -> str:
    """Return the findings in *output*, without what stands before and behind them."""
    blocks = [block for block in output.split("\n\n") if _PLACE.match(block)]
    return "\n\n".join(blocks).rstrip("\n") + "\n"


def _lint(rules: str) -> tuple[int, str]:
    with _folder({"main.dl": rules}):
        return helm("lint", "main.dl", "--all", "--no-cache")


def _prove(rules: str) -> tuple[int, str]:
    with _folder({"main.dl": rules}):
        return helm("prove", "attenuation", "main.dl")


def _diff(before: str, after: str) -> tuple[int, str]:
    with _folder({"before.dl": before, "after.dl": after}):
        return helm("diff", "before.dl", "after.dl", "--gate", "no-loosening")


def helm(*arguments: str) -> tuple[int, str]:
    """Return exit code and output of the command with *arguments*, colour left out."""
    result = CliRunner(env={"NO_COLOR": "1"}).invoke(main, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@contextmanager
def _folder(files: Mapping[str, str]) -> Iterator[None]:
    """Make a folder with *files* the current directory for a while."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        for path, text in files.items():
            Path(name, path).write_text(text, "utf-8")
        os.chdir(name)
        try:
            yield
        finally:
            os.chdir(before)


def _rewrite() -> None:
    for path in sorted(FOLDER.glob("*.md")):
        page = Page.read(path)
        if SAID in page.blocks:
            _, output = page.run()
            if not _PLACE.search(output):
                raise SystemExit(f"{page.code} shows nothing:\n{output}")
            old = f"## {SAID}\n\n```text\n{page.blocks[SAID]}```"
            new = f"## {SAID}\n\n```text\n{findings_of(output)}```"
            path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")


if __name__ == "__main__":
    _rewrite()
