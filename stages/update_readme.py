"""Copy the last run's numbers and figures into the documents: the step before a release."""

from pathlib import Path

from stages._stage import PARAMS, command

FIGURES = {
    "figures/contact_sheet.png": "docs/figures/contact_sheet.jpg",
    "figures/projector.png": "docs/figures/projector.jpg",
    "figures/report/people.png": "docs/figures/people.jpg",
    "figures/report/accuracy.png": "docs/figures/accuracy.png",
    "figures/report/lift.png": "docs/figures/lift.png",
}


def update_readme() -> None:
    """Put the answer into README.md, all tables into docs/results.md, figures into docs/figures."""
    from PIL import Image

    from faceveil.report.answer import answer, answer_table
    from faceveil.report.page import results_markdown
    from faceveil.report.selection import open_results
    from faceveil.runtime.atomic import atomic_path

    results = open_results(Path("metrics"), PARAMS)
    texts = {
        Path("README.md"): f"{answer(results)}\n\n{answer_table(results).markdown()}",
        Path("docs/results.md"): results_markdown(results),
    }
    for path, content in texts.items():
        text = filled(path.read_text(encoding="utf-8"), content)
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    for source, target in FIGURES.items():
        # Photos as JPEG: a fifth of the bytes, or less, each time that Git keeps another version.
        with Image.open(source) as picture, atomic_path(Path(target)) as temporary:
            picture.convert("RGB").save(temporary, quality=82, optimize=True)


def filled(text: str, content: str) -> str:
    """Return a document with ``content`` between its two marks."""
    begin, end = "<!-- results: begin -->", "<!-- results: end -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{content.strip()}\n{end}{after}"


app = command(update_readme)

if __name__ == "__main__":
    app()
