"""Copy the last run's numbers and figures into the documents: the step before a release."""

from pathlib import Path

from stages._stage import PARAMS, UNMASKING, command

FIGURES = {
    "figures/contact_sheet.png": "docs/figures/contact_sheet.jpg",
    "figures/projector.png": "docs/figures/projector.jpg",
    "figures/report/people.png": "docs/figures/people.jpg",
    "figures/report/accuracy.png": "docs/figures/accuracy.png",
    "figures/report/lift.png": "docs/figures/lift.png",
}

TRANSLATED = Path("metrics/unmasking/results.parquet")
UNMASKED = {"figures/unmasking/people.png": "docs/figures/unmasked.jpg"}


def update_readme() -> None:
    """Put answers into README.md, tables into docs/results.md and unmasking.md, and figures."""
    from PIL import Image

    from faceveil.params.read import read_names, read_section
    from faceveil.params.unmasking import Translate
    from faceveil.report.answer import answer, answer_table
    from faceveil.report.page import results_markdown
    from faceveil.report.selection import open_results
    from faceveil.report.unmasked import Unmasked, unmasking_markdown
    from faceveil.report.unmasked import answer as unmasking_answer
    from faceveil.runtime.atomic import atomic_path

    results = open_results(Path("metrics"), PARAMS)
    texts = {
        Path("README.md"): f"{answer(results)}\n\n{answer_table(results).markdown()}",
        Path("docs/results.md"): results_markdown(results),
    }
    for path, content in texts.items():
        fill(path, "results", content)
    figures = FIGURES
    if all(one.is_file() for one in (TRANSLATED, *map(Path, UNMASKED))):  # by make unmask
        unmasked = Unmasked(
            open_results(TRANSLATED.parent, PARAMS),
            read_names(UNMASKING, "translations"),
            read_section(UNMASKING, "translate", Translate).protections,
        )
        fill(Path("README.md"), "unmasking", unmasking_answer(unmasked))
        fill(Path("docs/unmasking.md"), "unmasking", unmasking_markdown(unmasked))
        figures = FIGURES | UNMASKED
    for source, target in figures.items():
        # Photos as JPEG: a fifth of the bytes, or less, each time that Git keeps another version.
        with Image.open(source) as picture, atomic_path(Path(target)) as temporary:
            picture.convert("RGB").save(temporary, quality=82, optimize=True)


def fill(path: Path, name: str, content: str) -> None:
    """Put ``content`` between a document's two marks of a name."""
    from faceveil.runtime.atomic import atomic_path

    text = filled(path.read_text(encoding="utf-8"), content, name)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def filled(text: str, content: str, name: str = "results") -> str:
    """Return a document with ``content`` between its two marks of a name."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{content.strip()}\n{end}{after}"


app = command(update_readme)

if __name__ == "__main__":
    app()
