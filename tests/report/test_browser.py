"""The page in a real browser, at desktop and phone width, light and dark."""

from itertools import product

import pytest

from tests.report.browser import NEEDS_CHROMIUM

SIZES = list(product((1280, 390), ("light", "dark")))

pytestmark = NEEDS_CHROMIUM

STICKING_OUT = """return [...document.querySelectorAll('body *')]
  .filter((one) => !one.closest('.scroll, pre, svg')
    && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((one) => one.outerHTML.slice(0, 80))"""

EMPTY_CHARTS = """return [...document.querySelectorAll('.chart')]
  .filter((one) => one.querySelectorAll('svg path').length < 5
    || one.getBoundingClientRect().width < 250).map((one) => one.id)"""

REQUESTS = "return performance.getEntriesByType('resource').map((one) => one.name)"


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}-{size[1]}")
def shown(request, driver, written):
    width, scheme = request.param
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    scheme = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", scheme)
    driver.get((written / "index.html").as_uri())
    driver.set_script_timeout(60)
    problem = driver.execute_async_script(
        "window.drawn.then(() => arguments[0](''), (error) => arguments[0](String(error)))"
    )
    assert problem == ""
    return driver


def test_it_is_drawn_without_errors_requests_and_overflow(shown):
    assert shown.execute_script(EMPTY_CHARTS) == []
    shown.execute_script("document.querySelectorAll('details').forEach((one) => one.open = true)")
    assert shown.execute_script(STICKING_OUT) == []
    assert shown.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    assert shown.execute_script("return [...document.images].every((one) => one.naturalWidth)")
    outside = [name for name in shown.execute_script(REQUESTS) if not name.startswith("data:")]
    assert outside == []
    assert shown.get_log("browser") == []


def test_words_stand_out_from_the_paper(shown):
    script = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    paper = luminance(shown.execute_script(script, "body", "backgroundColor"))
    for what, style in (("h1", "color"), (".note", "color"), ("a", "color"), ("svg text", "fill")):
        ink = luminance(shown.execute_script(script, what, style))
        assert (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05) >= 4.5, what


def luminance(colour: str) -> float:
    """WCAG's relative luminance of a computed colour, ``rgb(r, g, b)``."""
    levels = [int(level) / 255 for level in colour[4:-1].split(",")[:3]]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in levels]
    return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
