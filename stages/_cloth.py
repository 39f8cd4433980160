"""What stages share that train designs on the cloth: inputs in; trainings and curves out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stages._stage import PARAMS

if TYPE_CHECKING:
    from faceveil.params.cloth_training import ClothTraining
    from faceveil.protection.textures.files import FoundTextures
    from faceveil.tracking.run import Recorder


@dataclass(frozen=True)
class ClothPaths:
    """The paths of such a stage, as its options say."""

    curated: Path
    transparencies: Path
    protocol: Path
    recognizers: Path
    embeddings: Path
    out: Path
    curves: Path
    figure: Path


def train_on_cloth(
    experiment: str, settings: "ClothTraining", paths: ClothPaths, train: Callable[..., Any]
) -> None:
    """Do all trainings of an experiment, and write and record what they found.

    ``train`` does one of them, and returns what
    :func:`faceveil.protection.textures.files.write_found` writes.
    """
    from contextlib import ExitStack

    from faceveil.params.experiments import Experiment
    from faceveil.params.read import read_section
    from faceveil.params.recognizers import read_target
    from faceveil.protection.sources import Sources
    from faceveil.protection.textures.files import write_found
    from faceveil.protection.textures.inputs import read_task
    from faceveil.protection.textures.training import trained
    from faceveil.recognition.recognizer import open_recognizer
    from faceveil.runtime.device import pick_device
    from faceveil.runtime.memory import keep_large_blocks
    from faceveil.runtime.ranks import joined, present_ranks
    from faceveil.runtime.seeding import seed_everything
    from faceveil.store.protocol import read_roles
    from faceveil.tracking.run import track

    keep_large_blocks()
    target, chosen = read_target(PARAMS), f"experiments.{experiment}"
    against = read_section(PARAMS, chosen, Experiment).trained_against(target, settings.ensemble)
    sources = Sources(paths.curated, paths.transparencies, read_roles(paths.protocol))
    with joined(pick_device()) as device, ExitStack() as opened:
        run = None  # all ranks train, the first alone records and writes
        if present_ranks().leads:
            run = opened.enter_context(track(settings.SECTION, settings, experiment=experiment))
        seed_everything(settings.seed)
        folders = (paths.recognizers, paths.embeddings)
        task, inputs = read_task(settings, against, sources, folders, device)
        report = run.metrics if run else lambda *_: None
        with trained(task, inputs, train, lambda step, values: report(values, step)) as found:
            if run is None:
                return
            card = {"experiment": experiment, "trained_against": against, "inputs": inputs}
            card |= {"settings": settings.model_dump(mode="json")}
            head = open_recognizer(paths.recognizers / target, device).head
            write_found(paths.out, found, head, card)
            _draw(found, settings.steps, paths, f"Textures of {experiment}")
        _record(run, paths)


def _draw(found: "Sequence[FoundTextures]", steps: int, paths: ClothPaths, title: str) -> None:
    """Write the curves of all trainings, and the first one's starts beside its textures."""
    from faceveil.protection.designs.state import write_curves
    from faceveil.protection.textures.files import as_pictures
    from faceveil.report.figures.evolution import draw_evolution

    write_curves(paths.curves, [one.curves for one in found])
    ends = {0: found[0].starts, steps: found[0].textures}
    sheets = {step: as_pictures(textures) for step, textures in ends.items()}
    draw_evolution(sheets, paths.figure, title, "step")


def _record(run: "Recorder", paths: ClothPaths) -> None:
    """Record what was read and what was written."""
    from faceveil.protection.designs.folders import design_weights
    from faceveil.store.weights import fingerprint
    from faceveil.tracking.restore import WEIGHTS_TAG

    run.dataset("curated", paths.curated / "masked" / "rows.parquet")
    run.figure(paths.figure)
    run.tag(WEIGHTS_TAG, fingerprint(design_weights(paths.out / "0")))
    for file in sorted(paths.out.glob("*/*")):
        run.artifact(file, file.parent.name)
