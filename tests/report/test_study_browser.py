"""The study in a real browser, with keys and with fingers, from the disk to a score."""

import time

import pytest

from faceveil.params.unmasking import Study
from faceveil.report.study import score, write_study
from tests.report.browser import NEEDS_CHROMIUM
from tests.report.study_world import write_world

pytestmark = NEEDS_CHROMIUM

SETTINGS = Study(translation="mine", pictures=6)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp("study")
    write_study(*write_world(root), SETTINGS, root / "out")
    return root / "out"


def pressed(driver, key):
    for kind in ("keyDown", "keyUp"):
        code = {"Enter": 13, "ArrowLeft": 37, "ArrowRight": 39}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        driver.execute_cdp_cmd(
            "Input.dispatchKeyEvent",
            {"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, **text},
        )


def clicked(driver, name):
    driver.execute_script(f"document.getElementById('{name}').click()")


def saved(driver, before):
    for _ in range(100):
        found = [path for path in driver.saved.glob("*.json") if path not in before]
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(list(driver.saved.iterdir()))


def shown(driver, width, written):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.get((written / "study.html").as_uri())


def test_keys_lead_from_the_first_photo_to_a_file_that_can_be_scored(driver, written):
    shown(driver, 1280, written)
    before = set(driver.saved.glob("*.json"))
    pressed(driver, "Enter")
    for number in range(SETTINGS.pictures):
        place = driver.execute_script("return document.getElementById('place').textContent")
        assert place == f"Photo {number + 1} of 6"
        assert driver.execute_script("return document.getElementById('picture').naturalWidth") == 32
        pressed(driver, "ArrowRight")
    pressed(driver, "Enter")
    table = score(written / "key.json", [saved(driver, before)]).set_index("shown")
    assert table.loc["untouched", "share"] == 1  # all were said to be changed
    assert table.loc["changed", "share"] == 0
    assert driver.get_log("browser") == []


def test_fingers_on_a_phone_do_as_well(driver, written):
    shown(driver, 390, written)
    before = set(driver.saved.glob("*.json"))
    clicked(driver, "begin")
    for _ in range(SETTINGS.pictures):
        assert driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
        heights = driver.execute_script(
            "return ['untouched', 'changed'].map((id) => document.getElementById(id).offsetHeight)"
        )
        assert min(heights) >= 44
        clicked(driver, "untouched")
    clicked(driver, "save")
    table = score(written / "key.json", [saved(driver, before)]).set_index("shown")
    assert table.loc["untouched", "share"] == 0
    assert table.loc["all", "answers"] == 6
