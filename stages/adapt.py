"""Photos of an experiment's designs in; recognizers that learned from them out."""

from pathlib import Path
from typing import Annotated

import typer

from stages._stage import PARAMS, stage


def adapt(
    protocol: Annotated[Path, typer.Option(help="who enrolls and who probes")],
    designs: Annotated[Path, typer.Option(help="the experiment's trainings")],
    recognizers: Annotated[Path, typer.Option(help="folder of the recognizers' folders")],
    bare: Annotated[Path, typer.Option(help="embeddings of bare faces")],
    worn: Annotated[Path, typer.Option(help="embeddings of people in the designs")],
    out: Annotated[Path, typer.Option(help="folder of heads to write")],
) -> None:
    """Give the target labelled photos of people in the designs, and let its head learn again."""
    from faceveil.evaluation.adaptation import adapt_experiment
    from faceveil.params.adapt import Adapt
    from faceveil.params.read import read_section
    from faceveil.params.recognizers import read_target
    from faceveil.recognition.recognizer import open_recognizer
    from faceveil.runtime.device import pick_device
    from faceveil.runtime.seeding import seed_everything
    from faceveil.store.protocol import read_roles

    settings, target = read_section(PARAMS, "adapt", Adapt), read_target(PARAMS)
    seed_everything(settings.seed)
    recognizer = open_recognizer(recognizers / target, pick_device())
    embeddings = (bare / target / "unmasked", worn / target)
    people = read_roles(protocol).of_role("train")
    adapt_experiment(designs, recognizer, embeddings, people, settings, out)


app = stage(adapt)

if __name__ == "__main__":
    app()
