"""What the report writes beside its page: figures, the accuracy table, numbers for MLflow."""

from pathlib import Path

import numpy as np

from faceveil.report.charts import accuracy_chart, lift_chart, write_png
from faceveil.report.figures.people import people_figure
from faceveil.report.page import Contents
from faceveil.report.selection import Results
from faceveil.report.tables import Table
from faceveil.runtime.atomic import atomic_directory, atomic_path


def write_figures(folder: Path, contents: Contents) -> None:
    """Write ``people.png``, ``lift.png`` and ``accuracy.png``, all or nothing."""
    people, results = contents.people, contents.results
    with atomic_directory(folder) as temporary:
        worn = {name: (pictures / 255).astype(np.float32) for name, pictures in people.worn.items()}
        people_figure(temporary / "people.png", worn, people.subject_ids)
        charts = {"lift": lift_chart(results), "accuracy": accuracy_chart(results)}
        for name, chart in charts.items():
            if chart:
                write_png(chart, temporary / f"{name}.png")


def write_table(path: Path, table: Table) -> str:
    """Write a table as ``path.md`` and ``path.csv``, and return it in Markdown."""
    text = table.markdown() + "\n"
    with atomic_path(path.with_suffix(".md")) as temporary:
        temporary.write_text(text, encoding="utf-8")
    with atomic_path(path.with_suffix(".csv")) as temporary:
        table.frame().to_csv(temporary, index=False, lineterminator="\n")
    return text


def headline_numbers(results: Results, experiment: str) -> dict[str, float]:
    """Return the numbers of an experiment's designs that MLflow compares, by name.

    They are ``<metric>/<recognizer>``, as ``lift_rank_1/mobilefacenet``: held-out people under the
    harder protocol. Names have ``_at_`` for ``@``, and the experiment's own name left out, so that
    experiments have the same names.
    """
    shown = {"rank_1", "lift_rank_1", results.missed, f"lift_{results.missed}",
             f"fpir@{results.fmr:g}"}  # fmt: skip
    rows = results.rows(protection=experiment)
    rows = rows[rows["metric"].isin(shown)].dropna(subset=["value"])
    numbers = {}
    for metric, recognizer, value in zip(
        rows["metric"], rows["recognizer"], rows["value"], strict=True
    ):
        parts = [part if part != experiment else "trained" for part in recognizer.split(":")]
        numbers[f"{metric.replace('@', '_at_')}/{'.'.join(parts)}"] = float(value)
    return numbers
