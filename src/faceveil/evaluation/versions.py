"""The recognizers that are searched with: as they were made, and as the target became later.

A version is a recognizer with one head. The target has more of them than others: each training of
an experiment whose recognizer learns leaves a head, and each adaptation to labelled photos another.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from faceveil.protection.designs.folders import training_folders
from faceveil.recognition.recognizer import Recognizer
from faceveil.store.weights import HEAD_WEIGHTS, read_weights

ADAPTED = "adapted"
"""Role of a version of the target that learned."""

OPPONENT = "opponent"
"""Role of a recognizer that learned nothing and searches in another way."""


@dataclass(frozen=True)
class Version:
    """A recognizer as it is asked.

    Attributes:
        name: ``facenet``, ``facenet:exp1`` as an experiment left it, or ``facenet:exp1:1000`` after
            it then learned from so many photos; ``facenet:mean_shift`` for an opponent.
        role: ``target``, ``surrogate``, ``judge``, ``adapted`` or ``opponent``.
        recognizer: whose trunk it has.
        training: of the experiment; -1 for a recognizer as it was made.
        learned: experiment whose designs it learned from afterwards; empty if none.
        head: in place of the recognizer's own; None for that.
    """

    name: str
    role: str
    recognizer: Recognizer
    training: int = -1
    learned: str = ""
    head: nn.Module | None = None

    @property
    def as_made(self) -> bool:
        """Whether it is a recognizer as it was made, searched with as it is meant to be."""
        return self.role not in (ADAPTED, OPPONENT)

    def templates(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return unit embeddings ``[B, E]`` of what the trunk saw, ``[B, F]``."""
        return self.recognizer.templates(features, self.head)


@dataclass(frozen=True)
class Heads:
    """Where the target's heads are.

    Attributes:
        experiments: names in their order, and whether the recognizer learns in them: None where
            there are no generators, so that the published claim is not about them.
        gans: folder of the experiments' trainings.
        adapted: folder of the heads that learned from photos; by experiment, training and number.
        photos: these numbers.
    """

    experiments: dict[str, bool | None]
    gans: Path
    adapted: Path
    photos: Sequence[int]


def versions_of(recognizer: Recognizer, heads: Heads) -> Iterator[list[Version]]:
    """Yield the versions of a recognizer, those of all trainings together."""
    yield [Version(recognizer.name, recognizer.role, recognizer)]
    if recognizer.role != "target":
        return
    for name, learns in heads.experiments.items():
        if learns:
            yield [
                _with_head(recognizer, f"{recognizer.name}:{name}", folder / HEAD_WEIGHTS)
                for folder in training_folders(heads.gans / name)
            ]
    for name in heads.experiments:
        for count in heads.photos:
            yield [
                _with_head(
                    recognizer,
                    f"{recognizer.name}:{name}:{count}",
                    heads.adapted / name / folder.name / f"{count}.safetensors",
                    learned=name,
                )
                for folder in training_folders(heads.gans / name)
            ]


def _with_head(recognizer: Recognizer, name: str, path: Path, learned: str = "") -> Version:
    head = deepcopy(recognizer.head)
    read_weights(path, head)
    training = int(path.parent.name)
    return Version(name, ADAPTED, recognizer, training, learned, head.eval())
