# SPDX-License-Identifier: Apache-2.0
"""`python -m benchmarks [--write] [--tiny] [NAME...]`: measure, print, and note the figures."""

from __future__ import annotations

import argparse
from importlib import import_module

from benchmarks.readme import README, with_figures
from benchmarks.table import Table
from benchmarks.timing import machine, stay_on_one_core

NAMES = (
    "evaluation",
    "decision",
    "adapters",
    "durable",
    "growth",
    "startup",
    "replay",
    "analysis",
    "explain",
    "explain_html",
)


def main() -> None:
    """Run the benchmarks that the command line names, one after another."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all")
    parser.add_argument("--write", action="store_true", help="put the figures into README.md")
    parser.add_argument("--tiny", action="store_true", help="measure hardly anything: does it run?")
    asked = parser.parse_args()
    names = asked.names or NAMES
    if unknown := [name for name in names if name not in NAMES]:
        parser.error(f"got `{unknown[0]}`, want one of {', '.join(NAMES)}")
    stay_on_one_core()
    for name in names:
        tables: tuple[Table, ...] = tuple(import_module(f"benchmarks.{name}").run(tiny=asked.tiny))
        print(f"## {name}\n")
        for table in tables:
            print(table.text())
        if asked.write:
            _write(name, tables)
    print(f"Measured on {machine()}.")


def _write(name: str, tables: tuple[Table, ...]) -> None:
    text = with_figures(README.read_text("utf-8"), name, tables, machine())
    README.write_text(text, "utf-8")
    plotted = [table for table in tables if table.plot]
    if plotted:
        import_module("benchmarks.plots").draw(plotted)


if __name__ == "__main__":
    main()
