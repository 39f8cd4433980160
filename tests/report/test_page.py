"""The page as text: whole, self-contained, the same each time, everything escaped."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from faceveil.params.errors import FaceveilError
from faceveil.report import page as module
from faceveil.report.contents import Pictures
from faceveil.report.page import render, write_page

VOID = {"meta", "link", "img", "input", "br"}


class Outline(HTMLParser):
    """Checks that elements nest, and keeps ids, links and what names what."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.named: list[str] = []
        self.tags: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs):
        about = dict(attrs)
        self.tags.append((tag, about))
        self.ids += [about["id"]] if "id" in about else []
        self.links += [about["href"]] if tag == "a" else []
        self.named += about.get("aria-labelledby", "").split()
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        about = dict(attrs)
        self.tags.append((tag, about))
        self.ids += [about["id"]] if "id" in about else []

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def outline(page) -> Outline:
    found = Outline()
    found.feed(page)
    assert found.open == []
    return found


def test_ids_are_unique_and_every_reference_finds_its_element(outline, page):
    assert len(outline.ids) == len(set(outline.ids))
    inner = {link[1:] for link in outline.links if link.startswith("#")}
    referred = set(re.findall(r'(?:url\(|href=")#([^")]+)', page))
    assert inner | referred | set(outline.named) <= set(outline.ids)


def test_nothing_is_loaded_from_elsewhere(outline, page):
    for tag, about in outline.tags:
        if tag == "img":
            assert about["src"].startswith("data:image/jpeg;base64,")
            assert about["alt"]
        assert tag != "script" or "src" not in about
    outside = [link for link in outline.links if not link.startswith("#")]
    assert all(re.fullmatch(r"cards/\w+\.json", link) for link in outside)
    assert not re.search(r"@import|url\((?!#)", page)
    assert "default-src 'none'" in page


def test_links_beside_the_page_lead_to_files(outline, written):
    for link in outline.links:
        assert link.startswith("#") or (written / link).is_file()


def test_every_chart_has_its_numbers_and_a_description(outline, page):
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    with_charts = [figure for figure in figures if "<svg" in figure]
    assert len(with_charts) >= 10
    for figure in with_charts:
        assert "<table>" in figure
        assert "<figcaption>" in figure
        assert re.search(r'<svg role="img" aria-label="[^"]+"', figure)
    scopes = [about for tag, about in outline.tags if tag == "th"]
    assert all(about.get("scope") in ("row", "col") for about in scopes)


def test_tables_scroll_by_keyboard_inside_themselves(page):
    tables = page.count("<table>")
    assert page.count('<div class="scroll" role="region" tabindex="0"') == tables


def test_rows_of_a_table_are_as_long_as_its_head(page):
    for table in re.findall(r"<table>.*?</table>", page, re.DOTALL):
        head, *rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
        assert rows
        for row in rows:
            cells = len(re.findall(r"<t[hd]", row))
            assert cells == len(re.findall(r"<th", head)), row


def test_the_same_contents_make_the_same_bytes(contents, page, written):
    assert render(contents) == page == (written / "index.html").read_text()


def test_words_from_outside_are_escaped(contents):
    evil = '<script>alert("x")</script>'
    pictures = replace(contents.pictures, subject_ids=[evil, "b", "c"])
    provenance = {**contents.provenance, "revision": evil, "params": evil}
    text = render(replace(contents, pictures=pictures, provenance=provenance))
    assert "<script>alert" not in text
    assert text.count("&lt;script&gt;alert") >= 3


def test_without_other_recognizers_sections_say_why_they_are_empty(alone):
    text = render(alone)
    assert text.count('class="empty"') == 3
    assert "there is no <code>metrics/transfer</code>" in text
    assert "nothing is known: none judged them" in text


def test_without_pictures_the_page_is_still_whole(contents):
    text = render(replace(contents, pictures=Pictures()))
    assert "No photo was handed to this page." in text
    assert "<img" not in text


def test_a_page_too_heavy_is_refused_and_nothing_is_written(contents, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    with pytest.raises(FaceveilError, match=r"bytes, at most 1,000; lower report.people_shown"):
        write_page(tmp_path / "report", contents)
    assert list(tmp_path.iterdir()) == []


def test_a_former_report_is_replaced_whole(contents, tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report/old.txt").write_text("old")
    write_page(tmp_path / "report", contents)
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["cards", "index.html"]
