"""README and documents: what they show was measured, links lead somewhere, sentences are short."""

import re
import subprocess

import pytest

from faceveil.report.answer import answer, answer_table
from faceveil.report.page import results_markdown
from faceveil.report.selection import open_results
from stages.update_readme import filled
from tests.conftest import ROOT

README = ROOT / "README.md"
DOCUMENTS = [README, *sorted((ROOT / "docs").glob("*.md"))]
MOST_WORDS = 40
LINKS = [
    (path, link)
    for path in DOCUMENTS
    for link in sorted(set(re.findall(r"\]\(((?!http)[^)#]+)", path.read_text(encoding="utf-8"))))
]


def prose(text: str) -> list[str]:
    """The sentences of a document without its code, tables, headings and marks."""
    text = re.sub(r"```.*?```|<!--.*?-->", "\n\n", text, flags=re.S)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    # A row of a table, a heading or an entry of a list ends what stood before it.
    text = re.sub(r"^\s*(\|.*|#.*)$", "\n\n", text, flags=re.M)
    text = re.sub(r"^\s*([-*]|\d+\.) ", "\n\n", text, flags=re.M)
    parts = [part.replace("\n", " ") for part in re.split(r"\n\s*\n", text)]
    return [one for part in parts for one in re.split(r"(?<=[.!?])[\"*)]*\s+(?=\S)", part)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_sentence_is_long(path):
    sentences = prose(path.read_text(encoding="utf-8"))
    long = [text for text in sentences if len(re.findall(r"\w[\w.,%-]*", text)) > MOST_WORDS]
    assert long == []


@pytest.mark.parametrize(("path", "link"), LINKS, ids=lambda one: getattr(one, "name", one))
def test_every_link_leads_somewhere(path, link):
    assert (path.parent / link).exists()


def test_the_readme_is_short_and_has_no_placeholder():
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    assert not re.search(r"PLACEHOLDER|TODO|TBD", text)


def test_every_module_is_in_the_glossary():
    glossary = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    package = ROOT / "src/faceveil"
    modules = [path for path in package.rglob("*.py") if path.stem != "__init__"]
    named = {f"`{path.relative_to(package).with_suffix('')}`" for path in modules}
    assert sorted(name for name in named if name not in glossary) == []


@pytest.fixture
def committed(tmp_path):
    """Files as they are committed: what a machine measured since is its own."""
    names = ("README.md", "docs/results.md", "params.yaml", "metrics/results.parquet")
    for name in names:
        shown = subprocess.run(
            ("git", "show", f"HEAD:{name}"), cwd=ROOT, capture_output=True, check=False
        )
        if shown.returncode:
            pytest.skip(f"{name} is not committed here: {shown.stderr.decode().strip()}")
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(shown.stdout)
    return tmp_path


def test_documents_show_what_was_measured(committed):
    results = open_results(committed / "metrics", committed / "params.yaml")
    shown = f"{answer(results)}\n\n{answer_table(results).markdown()}"
    for name, content in (("README.md", shown), ("docs/results.md", results_markdown(results))):
        text = (committed / name).read_text(encoding="utf-8")
        assert filled(text, content) == text, f"{name}: run `make readme`"
