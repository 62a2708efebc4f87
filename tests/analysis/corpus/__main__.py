# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.analysis.corpus plain|wild SEED`: one rule set, what is due, what is found."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from helm_logic.analysis.lint import lint
from tests.analysis.corpus.compare import differences, judge
from tests.analysis.corpus.generate import Corpus
from tests.analysis.corpus.samples import loaded, plain, untamed


def main() -> None:
    """Show the rule set that the command line names, and what is said about it."""
    parser = argparse.ArgumentParser(prog="python -m tests.analysis.corpus", description=__doc__)
    parser.add_argument("kind", choices=("plain", "wild"))
    parser.add_argument("seed", type=int)
    asked = parser.parse_args()
    corpus = plain(asked.seed) if asked.kind == "plain" else untamed(asked.seed)
    sys.stdout.writelines(f"{line}\n" for line in _lines(corpus))


def _lines(corpus: Corpus) -> Iterator[str]:
    yield corpus.text
    for name, text in corpus.files.items():
        yield f"% --- {name}.dl\n\n{text}"
    rule_set = loaded(corpus)
    report = lint(rule_set)
    for each in report.findings:
        yield f"{each.code} {each.severity} {each.rules}: {each.message}"
    yield "\nplanted:"
    yield from map(str, corpus.expected)
    yield "\ndifferences:"
    yield from differences(judge(rule_set), report.findings)


if __name__ == "__main__":
    main()
