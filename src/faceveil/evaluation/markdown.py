"""The accuracy table in Markdown whose columns are aligned, so that a terminal shows it as well."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from faceveil.evaluation.documents import Document
from faceveil.evaluation.published import PROTOCOL, PUBLISHED, RELABELLED, SOURCE
from faceveil.evaluation.rows import HEADLINE, PROTOCOLS

_TITLES = {
    "same_photo": "**Same photo**: the probe is the enrolled photo itself with something on it, as "
    "published (image matching).",
    "other_photo": "**Other photo**: the probe is another photo of the person.",
}


def as_markdown(table: pd.DataFrame, documents: Sequence[Document]) -> str:
    """Render the accuracy table: four published rows, held-out comparisons, published numbers.

    Args:
        table: with the columns of :data:`faceveil.evaluation.accuracy_table.COLUMNS`.
        documents: the documents that it was made from, at least one.
    """
    settings = documents[0]["settings"][0]
    blocks = [
        "Rank-1 identification accuracy in % (lower protects the wearer better), in brackets the "
        f"{settings['confidence']:.0%} interval over people. Gallery: "
        f"{documents[0]['gallery_people']} people, one unmasked photo each. Lift: how many points "
        "fewer than when the same people wear something plain, with its interval over people."
    ]
    for protocol in PROTOCOLS:
        chosen = table[table["protocol"] == protocol]
        if len(chosen):
            lines = _lines(chosen, settings["worst_share"])
            blocks.append(f"{_TITLES[protocol]}\n\n{_aligned(lines)}")
    return "\n\n".join([*blocks, _legend(documents)]) + "\n"


def _lines(table: pd.DataFrame, worst_share: float) -> list[list[str]]:
    """Return the cells of one protocol's table, its head first."""
    experiments = list(dict.fromkeys(table["experiment"]))
    lines = [["what the probe wears, who probes", "people", *experiments]]
    for row in [name for name in HEADLINE if name in set(table["row"])]:
        of_row = table[table["row"] == row].set_index("experiment").loc[experiments]
        people = str(of_row["people"].iloc[0])
        lines.append([of_row["label"].iloc[0], people, *map(_cell, of_row.itertuples())])
        if of_row["published"].notna().any():
            lines.append(["- published", "", *map(_percent, of_row["published"])])
        if of_row["worst"].notna().any() and row == "generated_test":
            worst = [_percent(value) for value in of_row["worst"]]
            lines.append([f"- mean of the worst {worst_share:.0%} of designs", "", *worst])
        chosen = row.startswith("generated")
        if of_row["lift"].notna().any():
            lines.append(_lift_line(of_row, "lift", chosen))
        if chosen and of_row["fnmr"].notna().any():
            lines.append(
                [
                    f"- FNMR at FMR {of_row['fmr'].iloc[0]:g}%",
                    "",
                    *map(_missed, of_row.itertuples()),
                ]
            )
            lines.append(_lift_line(of_row, "fnmr_lift", chosen))
    return lines


def _cell(line: Any) -> str:
    return f"{line.accuracy:.1f} [{line.low:.1f}, {line.high:.1f}]"


def _missed(line: Any) -> str:
    return f"{line.fnmr:.1f} [{line.fnmr_low:.1f}, {line.fnmr_high:.1f}]"


def _lift_line(of_row: pd.DataFrame, name: str, chosen: bool) -> list[str]:
    """Return the lifts of a row, each with its control where that was chosen and may differ."""
    columns = of_row[[name, f"{name}_low", f"{name}_high", f"{name}_over"]]
    cells = [
        f"{value:+.1f} [{low:+.1f}, {high:+.1f}]" + (f" {over}" if chosen else "")
        for value, low, high, over in columns.itertuples(index=False)
    ]
    over = "the best plain control" if chosen else of_row[f"{name}_over"].iloc[0]
    words = "lift in FNMR" if name == "fnmr_lift" else "lift"
    return [f"- {words} over {over}", "", *cells]


def _percent(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.1f}"


def _aligned(lines: list[list[str]]) -> str:
    """Join cells with pipes, the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    padded = [
        [line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))]
        for line in (lines[0], *lines[1:])
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in (padded[0], rule, *padded[1:]))


def _legend(documents: Sequence[Document]) -> str:
    """Say what the experiments are and where the published numbers come from."""
    games = [f"{one['experiment']}: {_learning(one)}" for one in documents]
    lines = [f"The recognizer, {'; '.join(games)}.", *_diversity(documents)]
    if any(one["experiment"] in PUBLISHED for one in documents):
        train, test, plain, bare = RELABELLED.values()
        lines.append(
            f"Published: {SOURCE}; {PROTOCOL}. Measured again there for 1,000 people with labels "
            f"fixed: designs {train} training, {test} held-out, plain mask {plain}, no mask {bare}."
        )
    return "\n\n".join(lines)


def _diversity(documents: Sequence[Document]) -> list[str]:
    """Say how far the judged designs are from one another, if that was measured."""
    apart = [
        {one["designs"]: one for one in document.get("diversity", ())} for document in documents
    ]
    if not all("generated" in one and "untrained" in one for one in apart):
        return []
    distances = ", ".join(
        f"{document['experiment']} {one['generated']['trunk']:.2g} (untrained "
        f"{one['untrained']['trunk']:.2g})"
        for document, one in zip(documents, apart, strict=True)
    )
    return [
        "How far two judged designs are from each other, one minus the cosine of their trunk "
        f"features, mean over {apart[0]['generated']['pairs']} pairs: {distances}. Near 0, a "
        "generator has drawn one design, whatever its latent."
    ]


def _learning(document: Document) -> str:
    sources = document["recognizer_learns_from"]
    return f"learns from {' + '.join(sources)}" if sources else "fixed"
