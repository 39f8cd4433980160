"""Curated people in; a recognizer, trained or given, with its card and its check out."""

import sys
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
    """Train or read a recognizer, and check that it tells people apart."""
    import json

    from faceveil.params.read import read_section
    from faceveil.params.recognizers import RecognizerParams
    from faceveil.recognition.accuracy import shown_numbers
    from faceveil.recognition.obtain import obtain_recognizer
    from faceveil.recognition.recognizer import CARD, refusal, save_recognizer
    from faceveil.runtime.atomic import atomic_path
    from faceveil.runtime.device import pick_device
    from faceveil.tracking.run import track

    section = f"recognizers.{name}"
    params = read_section(PARAMS, section, RecognizerParams)
    with track(section, params) as run:

        def report(epoch: int, values: dict[str, float]) -> None:
            run.metrics({f"{name}/{key}": value for key, value in values.items()}, step=epoch)

        model, card = obtain_recognizer(name, curated, params, pick_device(), report)
        save_recognizer(out, model, card)
        with atomic_path(metrics) as temporary:
            measured = {"check": card["check"], "measured": card["measured"]}
            temporary.write_text(json.dumps(measured, indent=2) + "\n")
        numbers = {"check_accuracy": card["check"]["accuracy"], **shown_numbers(card["measured"])}
        run.metrics({f"{name}/{key}": value for key, value in numbers.items()})
        run.artifact(out / CARD, f"recognizers/{name}")
    if problem := refusal(card):
        print(f"prepare_recognizer: {problem}", file=sys.stderr)


app = stage(prepare_recognizer)

if __name__ == "__main__":
    app()
