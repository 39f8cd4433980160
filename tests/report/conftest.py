"""A made results table and a page of it, once for all tests of the report."""

import pytest

from faceveil.report.page import Contents, write_page
from faceveil.report.photos import read_people
from tests.report.browser import CHROMIUM, DRIVER
from tests.report.made_results import EXPERIMENTS, LEARNED, made_results, write_protected


@pytest.fixture(scope="package")
def results(tmp_path_factory):
    return made_results(tmp_path_factory.mktemp("metrics"))


@pytest.fixture(scope="package")
def contents(results, tmp_path_factory):
    folder = tmp_path_factory.mktemp("protected")
    write_protected(folder)
    origin = {"revision": "abc", "params": "seed: 1 # <b>", "data_digest": "123", "mlflow": {},
              "versions": {"faceveil": "0"}}  # fmt: skip
    learns = {name: ("generated",) if name in LEARNED else () for name in EXPERIMENTS}
    people = read_people(folder, EXPERIMENTS, 4)
    return Contents(results, people, learns, origin, {"people": {"train": 128, "test": 32}})


@pytest.fixture(scope="package")
def written(contents, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "report"
    write_page(out, contents)
    return out


@pytest.fixture(scope="package")
def driver(tmp_path_factory):
    """Headless Chromium, which saves files where its ``saved`` says."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    saved = tmp_path_factory.mktemp("saved")
    options.add_experimental_option("prefs", {"download.default_directory": str(saved)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with webdriver.Chrome(options, webdriver.ChromeService(DRIVER)) as found:
        found.saved = saved
        yield found
