"""Copy the report's table and figures into the README: not a stage, the step before a release."""

from pathlib import Path

from stages._stage import stage

BEGIN, END = "<!-- accuracy table: begin -->", "<!-- accuracy table: end -->"
FIGURES = {
    "figures/contact_sheet.png": "docs/figures/contact_sheet.jpg",
    "figures/projector.png": "docs/figures/projector.jpg",
    "figures/report/people.png": "docs/figures/people.jpg",
    "figures/report/accuracy.png": "docs/figures/accuracy.png",
}


def update_readme() -> None:
    """Put metrics/accuracy_table.md into README.md, and the figures it shows into docs/figures."""
    from PIL import Image

    from faceveil.data.atomic import atomic_path

    readme = Path("README.md")
    table = Path("metrics/accuracy_table.md").read_text(encoding="utf-8")
    text = with_table(readme.read_text(encoding="utf-8"), table)
    for source, target in FIGURES.items():
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        # Photos as JPEG: a fifth of the bytes, each time that Git keeps another version.
        with Image.open(source) as picture, atomic_path(Path(target)) as temporary:
            picture.convert("RGB").save(temporary, quality=90, subsampling=0, optimize=True)
    with atomic_path(readme) as temporary:
        temporary.write_text(text, encoding="utf-8")


def with_table(readme: str, table: str) -> str:
    """Return the README's text with ``table`` between its two marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table.strip()}\n{END}{after}"


app = stage(update_readme)

if __name__ == "__main__":
    app()
