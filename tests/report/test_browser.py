"""The page in a real browser: it renders, complains of nothing, and its controls work."""

import pytest

from tests.report.browser import Browser, browser, find_browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium found (apt: chromium)"),
]

VISIBLE = """[...document.querySelectorAll('main tr[data-protocol]')]
  .filter((row) => getComputedStyle(row).display !== 'none').map((row) => row.dataset.protocol)"""

STICKING_OUT = """[...document.querySelectorAll('body *')]
  .filter((one) => !one.closest('.scroll, .skip, svg')
    && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((one) => one.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def shown(written):
    with browser(find_browser()) as page:
        page.open(written / "index.html", 1280)
        yield page


def reload(page: Browser, written, width: int) -> Browser:
    page.open(written / "index.html", width)
    return page


def test_no_complaints_no_requests_and_every_image_is_decoded(shown, written):
    page = reload(shown, written, 1280)
    page.run("Promise.all([...document.images].map((one) => one.decode()))")
    sizes = page.run("[...document.images].map((one) => one.naturalWidth)")
    assert len(sizes) == 3 * 5 + 3 * 4 + 5 * 4 + 4  # people, designs, walks, one large each
    assert min(sizes) > 0
    assert page.complaints == []
    assert set(page.requests) == {(written / "index.html").as_uri()}


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_sticks_out_at_any_width(shown, written, width, dark):
    shown.dark(dark)
    page = reload(shown, written, width)
    assert page.run("window.innerWidth") == width
    page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.run(STICKING_OUT) == []
    assert page.run("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_protocol_switch_hides_rows_and_charts(shown, written):
    page = reload(shown, written, 1280)
    assert set(page.run(VISIBLE)) == {"other_photo", "same_photo"}
    page.run("document.querySelector('input[value=same_photo]').click()")
    assert set(page.run(VISIBLE)) == {"same_photo"}
    charts = page.run("[...document.querySelectorAll('.panel')].map((one) => one.clientWidth)")
    assert 0 in charts
    assert max(charts) > 0
    assert page.run("document.getElementById('shown').textContent").startswith("Shown: same photo;")
    page.run("document.querySelector('input[value=both]').click()")
    assert set(page.run(VISIBLE)) == {"other_photo", "same_photo"}


def test_controls_work_by_keyboard(shown, written):
    page = reload(shown, written, 1280)
    page.press("Tab", 9)
    assert page.run("document.activeElement.className") == "skip"
    page.run("document.querySelector('input[value=both]').focus()")
    page.press("ArrowDown", 40)
    assert set(page.run(VISIBLE)) == {"other_photo"}
    page.run("document.querySelector('input[value=exp1]').focus()")
    page.press(" ", 32, " ")
    assert page.run("document.querySelector('input[value=exp1]').checked") is False
    marks = "document.querySelectorAll('#lift svg [data-experiment=exp1]:not(.off)').length"
    assert page.run(marks) == 0
    assert page.run(marks.replace("exp1", "exp2")) > 0
    cells = "getComputedStyle(document.querySelector('#accuracy td[data-experiment=exp1]')).display"
    assert page.run(cells) == "none"


def test_no_experiment_is_said_to_be_none(shown, written):
    page = reload(shown, written, 1280)
    page.run("document.querySelectorAll('[name=experiment]').forEach((box) => box.click())")
    assert "no experiment" in page.run("document.getElementById('shown').textContent")


def test_the_slider_walks(shown, written):
    page = reload(shown, written, 1280)
    page.run("document.querySelector('.walk input').focus()")
    before = page.run("document.querySelector('.walk .large').src")
    page.press("ArrowRight", 39)
    assert page.run("document.querySelector('.walk .large').src") != before
    text = page.run("document.querySelector('.walk input').getAttribute('aria-valuetext')")
    assert text == "step 2 of 5"


def test_dark_follows_the_system_until_a_reader_chooses(shown, written):
    background = "getComputedStyle(document.body).backgroundColor"
    ink = "getComputedStyle(document.querySelector('#lift svg text')).fill"
    shown.dark(False)
    page = reload(shown, written, 1280)
    light = page.run(background), page.run(ink)
    page.dark(True)
    dark = page.run(background), page.run(ink)
    assert light[0] != dark[0]
    assert light[1] != dark[1]
    page = reload(shown, written, 1280)
    page.run("document.getElementById('theme').click()")
    assert (page.run(background), page.run(ink)) == light
    pressed = page.run("document.getElementById('theme').getAttribute('aria-pressed')")
    assert pressed == "false"
    page.run("localStorage.clear()")
    page.dark(False)


def test_on_a_phone_contents_are_folded_and_close_when_used(shown, written):
    page = reload(shown, written, 390)
    assert page.run("document.getElementById('panel').open") is False
    page.run("document.querySelector('#panel > summary').click()")
    assert page.run("document.getElementById('panel').open") is True
    page.run("document.querySelector('aside nav a[href=\"#cards\"]').click()")
    assert page.run("document.getElementById('panel').open") is False
    assert page.run("location.hash") == "#cards"
    page.resize(1280)
    page.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.run("document.getElementById('panel').open") is True


def test_text_stands_out_from_its_background(shown, written):
    """WCAG's contrast of 4.5, of words and of the marks of the key, in both themes."""
    script = """(() => {
      const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      const luminance = (colour) => {
        pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
        const linear = [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map((level) => {
          const share = level / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
      };
      const paper = luminance(getComputedStyle(document.body).backgroundColor);
      return ['p', 'figcaption', 'summary', 'td', '.minor td', '.kind', 'aside nav a',
        '.series-0', '.series-1', '.series-2', '.series-3'].map((name) => {
        const ink = luminance(getComputedStyle(document.querySelector('main ' + name)
          || document.querySelector(name)).color);
        return [name, (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)];
      });
    })()"""
    for dark in (False, True):
        shown.dark(dark)
        for name, contrast in reload(shown, written, 1280).run(script):
            assert contrast >= (3 if name.startswith(".series") else 4.5), (name, dark)


def test_on_paper_tables_are_unfolded_and_controls_are_left_out(shown, written):
    page = reload(shown, written, 800)
    page.run("window.dispatchEvent(new Event('beforeprint'))")
    page.call("Emulation.setEmulatedMedia", media="print")
    hidden = (
        "[...document.querySelectorAll('main table')].filter((one) => !one.clientHeight).length"
    )
    assert page.run(hidden) == 0
    assert page.run("getComputedStyle(document.querySelector('aside')).display") == "none"
    assert page.run("[...document.querySelectorAll('pre')].every((one) => !one.clientHeight)")
    page.call("Emulation.setEmulatedMedia", media="")
