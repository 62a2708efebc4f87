# SPDX-License-Identifier: Apache-2.0
"""The page about explanations is a session that prints what it says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import helm_logic.explain

README = Path(helm_logic.explain.__file__).parent / "README.md"


def test_the_session_of_the_page_prints_what_it_says() -> None:
    """Every block of Python, run in order; what it prints stands behind `#>`, line by line."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert len(blocks) > 5
    names: dict[str, object] = {}
    for block in blocks:
        expected = [line[3:] for line in block.splitlines() if line.startswith("#> ")]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block, str(README), "exec"), names)  # noqa: S102 - the page's own text
        assert printed.getvalue().splitlines() == expected
