# SPDX-License-Identifier: Apache-2.0
"""How the whole test run behaves, whatever room a test belongs to.

- No test may pass or fail by how fast the machine is: hypothesis has no deadline, in any profile.
- In continuous integration (CI=true) examples are the same in every run, and a skip is a failure:
  what is skipped there would be skipped unseen, for as long as nobody looks.

Fixtures and strategies of one room stand in that room's folder; the PostgreSQL server is here
because several rooms share it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tests.postgres import Cluster

IN_CI = os.environ.get("CI", "").lower() in {"true", "1"}

# So many examples fit into `make test`; `make deep` asks for more of each property.
EXAMPLES = int(os.environ.get("EXAMPLES", "60"))
settings.register_profile("dev", deadline=None, max_examples=EXAMPLES)
settings.register_profile(
    "ci", deadline=None, derandomize=True, print_blob=True, max_examples=EXAMPLES
)
settings.load_profile("ci" if IN_CI else "dev")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """Yield a private PostgreSQL server, started with the first test that asks for it."""
    from tests.postgres import cluster  # noqa: PLC0415 - the mutants of the kernel go without it

    with cluster() as server:
        yield server


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Tell why something was skipped, from the (path, line, reason) that pytest keeps."""
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return str(report.longrepr)


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure that gives its reason; an expected failure is left alone."""
    if report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return
    report.longrepr = f"{report.nodeid}: skipped, and CI skips nothing: {_reason(report)}"
    report.outcome = "failed"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that is skipped in CI."""
    report = yield
    if IN_CI:
        _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that is skipped as a whole in CI."""
    report = yield
    if IN_CI:
        _refuse_skip(report)
    return report
