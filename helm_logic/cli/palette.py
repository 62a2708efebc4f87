# SPDX-License-Identifier: Apache-2.0
"""Colour as decoration, and text that is safe to print.

What a command prints reads the same without colour; click leaves colour out where the output is no
terminal. Text from outside is printed through `plain`, so that it cannot steer a terminal.
"""

from __future__ import annotations

import click

_VERDICTS = {"ALLOW": "green", "DENY": "red", "ESCALATE": "yellow"}


def plain(text: object) -> str:
    """Return *text* with every character replaced that a terminal would act on."""
    return "".join(c if c.isprintable() else "\ufffd" for c in str(text))


def verdict_style(verdict: str) -> str:
    """Return *verdict* in its colour."""
    return click.style(verdict, fg=_VERDICTS.get(verdict), bold=True)


def dim(text: str) -> str:
    """Return *text* as what may be skipped at first reading."""
    return click.style(text, dim=True)


def good(text: str) -> str:
    """Return *text* as good news."""
    return click.style(text, fg="green")


def bad(text: str) -> str:
    """Return *text* as bad news."""
    return click.style(text, fg="red", bold=True)
