# SPDX-License-Identifier: Apache-2.0
"""The figures in README.md: each benchmark's tables stand between two marker lines.

    <!-- figures of decision: written by `python -m benchmarks decision --write` -->
    ...
    <!-- end of figures -->

Everything outside the markers is written by people, the causes of missed targets among it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from benchmarks.table import Table

README = Path(__file__).parent / "README.md"

_BLOCK = "<!-- figures of {name}: written by `{command}` -->\n"
_END = "<!-- end of figures -->"


def with_figures(
    readme: str, name: str, tables: Iterable[Table], machine: str, command: str = ""
) -> str:
    """Return *readme* with the figures of the benchmark *name*, or of another *command*, replaced.

    Raises ValueError if it has no place for them.
    """
    start = _BLOCK.format(name=name, command=command or f"python -m benchmarks {name} --write")
    block = re.compile(f"{re.escape(start)}.*?{re.escape(_END)}", re.DOTALL)
    if block.search(readme) is None:
        raise ValueError(f"README.md: want the lines `{start.strip()}` and `{_END}`")
    figures = "\n".join(table.text() for table in tables)
    written = f"{start}\n{figures}\nMeasured on {machine}.\n\n{_END}"
    return block.sub(lambda _: written, readme, count=1)
