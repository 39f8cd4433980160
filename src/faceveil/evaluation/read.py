"""What is evaluated, read from the folders that earlier stages wrote."""

from dataclasses import dataclass
from pathlib import Path

import torch

from faceveil.evaluation.evaluate import Inputs
from faceveil.evaluation.versions import Heads
from faceveil.params.adapt import Adapt
from faceveil.params.experiments import Experiment
from faceveil.params.read import read_names, read_section
from faceveil.recognition.recognizer import open_recognizer
from faceveil.store.groups import GROUPS, read_groups
from faceveil.store.protocol import read_roles


@dataclass(frozen=True)
class Folders:
    """Where everything is.

    Attributes:
        curated: packed faces, for the groups of people.
        protocol: who enrolls and who probes.
        recognizers: a folder for each.
        embeddings: a folder for each protection, ``bare`` among them.
        designs: a folder for each experiment, of its trainings.
        adapted: a folder for each experiment, of heads that learned from photos.
    """

    curated: Path
    protocol: Path
    recognizers: Path
    embeddings: Path
    designs: Path
    adapted: Path


def read_inputs(folders: Folders, params: Path) -> Inputs:
    """Open all that params.yaml names."""
    cpu = torch.device("cpu")  # heads are small products: not worth the way to another device
    experiments = {
        name: read_section(params, f"experiments.{name}", Experiment)
        for name in read_names(params, "experiments")
    }
    learns = {
        name: bool(one.recognizer_learns_from) if one.method == "gan" else None
        for name, one in experiments.items()
    }
    photos = read_section(params, "adapt", Adapt).photos
    names = read_names(params, "recognizers")
    return Inputs(
        recognizers=[open_recognizer(folders.recognizers / name, cpu) for name in names],
        embeddings=folders.embeddings,
        protections=[*read_names(params, "protections"), *experiments],
        heads=Heads(learns, folders.designs, folders.adapted, photos),
        roles=read_roles(folders.protocol),
        groups=read_groups(folders.curated / GROUPS),
    )
