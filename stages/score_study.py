"""A study's key and participants' answers in; the share of wrong ones out: not a stage."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import command


def score_study(
    key: Annotated[Path, typer.Argument(help="key.json, as written beside the page")],
    results: Annotated[list[Path], typer.Argument(help="files that participants saved")],
    out: Annotated[Path | None, typer.Option(help="CSV to write, besides what is printed")] = None,
) -> None:
    """Count wrong answers, with intervals over participants."""
    from faceveil.report.study import PUBLISHED, score
    from faceveil.runtime.atomic import atomic_path

    table = score(key, results)
    if out:
        with atomic_path(out) as temporary:
            table.to_csv(temporary, index=False, lineterminator="\n")
    for row in table.itertuples():
        print(
            f"{row.shown}: {row.share:.2%} wrong [{row.low:.2%}, {row.high:.2%}], {row.wrong} of "
            f"{row.answers} answers of {row.participants} participants"
        )
    wrong, answers = PUBLISHED
    print(f"published: {wrong / answers:.2%} wrong, {wrong} of {answers:,}")


app = command(score_study)

if __name__ == "__main__":
    app()
