"""Copy the report's table and figures into the README: not a stage, the step before a release."""

from pathlib import Path

from stages._stage import PARAMS, command

MARKS = ("accuracy table", "result")
"""What stands between two marks in the README."""

FIGURES = {
    "figures/contact_sheet.png": "docs/figures/contact_sheet.jpg",
    "figures/projector.png": "docs/figures/projector.jpg",
    "figures/report/people.png": "docs/figures/people.jpg",
    "figures/report/accuracy.png": "docs/figures/accuracy.png",
    "figures/report/lift.png": "docs/figures/lift.png",
}


def update_readme() -> None:
    """Put the result and the accuracy table into README.md, and its figures into docs/figures."""
    from PIL import Image

    from faceveil.params.file import read_params
    from faceveil.report.contents import read_metrics
    from faceveil.report.lead import lead_sentence
    from faceveil.runtime.atomic import atomic_path

    readme = Path("README.md")
    table = Path("metrics/accuracy_table.md").read_text(encoding="utf-8")
    metrics = read_metrics(Path("metrics"), list(read_params(PARAMS).experiments))
    text = readme.read_text(encoding="utf-8")
    for name, content in zip(MARKS, (table, f"**{lead_sentence(metrics)}**"), strict=True):
        text = replaced(text, name, content)
    for source, target in FIGURES.items():
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        # Photos as JPEG: a fifth of the bytes, each time that Git keeps another version.
        with Image.open(source) as picture, atomic_path(Path(target)) as temporary:
            picture.convert("RGB").save(temporary, quality=86, subsampling=0, optimize=True)
    with atomic_path(readme) as temporary:
        temporary.write_text(text, encoding="utf-8")


def replaced(readme: str, name: str, content: str) -> str:
    """Return the README's text with ``content`` between the two marks of a name."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = readme.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{content.strip()}\n{end}{after}"


app = command(update_readme)

if __name__ == "__main__":
    app()
