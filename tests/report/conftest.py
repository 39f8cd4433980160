"""What was measured, written to disk and read again, once for all tests of the page."""

import pytest

from faceveil.report.contents import Contents, Metrics
from faceveil.report.page import render, write_page
from tests.report.documents import contents as read_contents


@pytest.fixture(scope="package")
def contents(tmp_path_factory) -> Contents:
    return read_contents(tmp_path_factory.mktemp("metrics"))


@pytest.fixture(scope="package")
def alone(tmp_path_factory) -> Contents:
    """Contents of a run in which no other recognizer was asked."""
    return read_contents(tmp_path_factory.mktemp("alone"), others=False)


@pytest.fixture(scope="package")
def metrics(contents) -> Metrics:
    return contents.metrics


@pytest.fixture(scope="package")
def page(contents) -> str:
    return render(contents)


@pytest.fixture(scope="package")
def written(contents, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "report"
    write_page(out, contents)
    return out
