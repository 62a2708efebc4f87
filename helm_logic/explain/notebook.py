# SPDX-License-Identifier: Apache-2.0
"""How a notebook shows a derivation when it is the value of a cell.

The page of `formats/html.py` in a frame of its own: without the origin of the notebook, and with
the policy that the page brings along. What shows no frames shows the text.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from html import escape
from types import MappingProxyType

from helm_logic.explain.derivation import ProofDag
from helm_logic.explain.formats.html import render as render_html
from helm_logic.explain.formats.text import render as render_text

_HEIGHT = 760  # pixels


def _framed(dag: ProofDag) -> str:
    return (
        f'<iframe sandbox="allow-scripts" title="Derivation" width="100%" height="{_HEIGHT}" '
        f'style="border: 0" srcdoc="{escape(render_html(dag))}"></iframe>'
    )


_FORMS: Mapping[str, Callable[[ProofDag], str]] = MappingProxyType(
    {"text/plain": render_text, "text/html": _framed}
)


def mimebundle(
    dag: ProofDag, include: Container[str] | None = None, exclude: Container[str] | None = None
) -> dict[str, str]:
    """Return *dag* in each media type that is in *include*, if given, and not in *exclude*."""
    return {
        kind: render(dag)
        for kind, render in _FORMS.items()
        if (include is None or kind in include) and (exclude is None or kind not in exclude)
    }
