"""Where the trainings of an experiment lie, and what its protections are called."""

from pathlib import Path

from faceveil.params.errors import FaceveilError
from faceveil.store.weights import HEAD_WEIGHTS

OWN = "own"
"""How names of protections end under which everybody wears a design that nobody else wears."""


def training_folders(experiment: Path) -> list[Path]:
    """Return the folders of an experiment's trainings, in their order.

    Raises:
        FaceveilError: if there is none.
    """
    found = [path for path in experiment.glob("*") if path.name.isdecimal()]
    if not found:
        raise FaceveilError(
            f"{experiment}: no training here; run `dvc repro train@{experiment.name}` first"
        )
    return sorted(found, key=lambda path: int(path.name))


def design_weights(training: Path) -> Path:
    """Return the file that a training's designs come from: textures, or else a generator.

    It is beside the recognizer's head; without any, that of a ``gan``, which is missing.
    """
    made = [path for path in training.glob("*.safetensors") if path.name != HEAD_WEIGHTS]
    # By name: textures come after the generator that drew them.
    return max(made, default=training / "generator.safetensors")
