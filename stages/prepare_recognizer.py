"""A section of ``recognizers`` in; the recognizer, its card and the outcome of its check out."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def prepare_recognizer(
    name: Annotated[str, typer.Argument(help="an entry of section recognizers")],
    curated: Annotated[Path, typer.Option(help="packed faces")],
    out: Annotated[Path, typer.Option(help="folder to write: weights and card")],
    metrics: Annotated[Path, typer.Option(help="JSON to write: check and accuracy")],
) -> None:
    """Train, read or open a recognizer and check that it tells people apart."""
    from faceveil.params.read import read_section
    from faceveil.params.recognizers import RecognizerSettings
    from faceveil.recognition.origins import obtain_recognizer, shown_numbers
    from faceveil.recognition.recognizer import (
        CARD,
        check_refusal,
        read_recognizer_card,
        save_recognizer,
    )
    from faceveil.runtime.atomic import write_json
    from faceveil.runtime.device import pick_device
    from faceveil.tracking.run import track

    settings = read_section(PARAMS, f"recognizers.{name}", RecognizerSettings)
    with track(f"recognizers.{name}", settings) as run:

        def report(epoch: int, values: Mapping[str, float]) -> None:
            run.metrics({f"{name}/{key}": value for key, value in values.items()}, step=epoch)

        weights, card = obtain_recognizer(name, curated, settings, pick_device(), report)
        save_recognizer(out, weights, card)
        found = {key: card[key] for key in ("origin", "origin_sha256", "check", "measured")
                 if key in card}  # fmt: skip
        found["sha256"] = read_recognizer_card(out)["sha256"]
        write_json(metrics, found)
        run.metrics({f"{name}/{key}": value for key, value in shown_numbers(card).items()})
        run.artifact(out / CARD, f"recognizers/{name}")
    if refusal := check_refusal(card):
        print(f"recognizers: {refusal}", file=sys.stderr)


app = stage(prepare_recognizer)

if __name__ == "__main__":
    app()
