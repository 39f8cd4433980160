"""A recognizer learns from labelled photos of people who wear the designs: its head trains again.

The photos were protected and passed its frozen trunk before; here are their features.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from faceveil.params.adapt import Adapt
from faceveil.params.errors import FaceveilError
from faceveil.protection.designs.folders import training_folders
from faceveil.protection.designs.losses import head_penalty
from faceveil.recognition.recognizer import Recognizer
from faceveil.runtime.atomic import atomic_directory
from faceveil.runtime.progress import progress
from faceveil.runtime.seeding import generator_for
from faceveil.store.embeddings import read_embeddings
from faceveil.store.photos import LEARN
from faceveil.store.weights import HEAD_WEIGHTS, read_weights, write_weights


@dataclass(frozen=True)
class Labelled:
    """Photos to learn from, in the order in which they are given.

    Attributes:
        features: float32 ``[k, F]``.
        labels: int64 ``[k]``, each one's row in the gallery.
    """

    features: Tensor
    labels: Tensor

    def first(self, count: int) -> "Labelled":
        """Return the first ``count`` photos.

        Raises:
            ValueError: if there are fewer.
        """
        if count > len(self.labels):
            raise ValueError(f"{count} photos asked for, there are {len(self.labels)}")
        return Labelled(self.features[:count], self.labels[:count])


def adapt_head(head: nn.Module, gallery: Tensor, photos: Labelled, settings: Adapt) -> nn.Module:
    """Return a copy of the head that learned to name the people in the photos.

    Only ``head.weight`` learns, by Adam on the cross-entropy of ``logit_scale * cosine`` with the
    gallery, which is computed with the same head in every step.

    Args:
        head: from features ``[B, F]`` to unit embeddings; it stays as it is.
        gallery: float32 ``[G, F]``, features of the training people's unmasked photos; held-out
            people stay unknown.
        photos: labelled with rows of the gallery.
        settings: how it learns.
    """
    adapted = deepcopy(head).eval().requires_grad_(False)
    weight = adapted.get_parameter("weight").requires_grad_(True)
    initial, rule, clean = weight.detach().clone(), settings.penalty, settings.clean_share
    optimizer = torch.optim.Adam([weight], lr=settings.learning_rate, fused=True)
    enrolled = _batches(len(gallery), settings, "enrolled")
    for worn, bare in zip(_batches(len(photos.labels), settings, "worn"), enrolled, strict=True):
        templates = adapted(gallery)
        # Photos in designs: learn who wears them.
        cosines = adapted(photos.features[worn]) @ templates.T
        named = cross_entropy(settings.logit_scale * cosines, photos.labels[worn])
        # Bare faces: stay who they are.
        own = bare.to(gallery.device)
        kept = cross_entropy(settings.logit_scale * (templates[own] @ templates.T), own)
        penalty = head_penalty(weight, initial, rule.reduction, rule.anchor)
        optimizer.zero_grad()
        loss = (1 - clean) * named + clean * kept + rule.weight * penalty
        torch.autograd.backward(loss, inputs=[weight])
        optimizer.step()
    return adapted.requires_grad_(False)


def _batches(count: int, settings: Adapt, name: str) -> Iterator[Tensor]:
    """Yield ``count`` rows in random order, again and again, a batch for each step."""
    stream = generator_for(settings.seed, "adapt", name)
    size, order = min(settings.batch_size, count), torch.empty(0, dtype=torch.int64)
    for _ in range(settings.steps):
        while len(order) < size:
            order = torch.cat([order, torch.randperm(count, generator=stream)])
        yield order[:size]
        order = order[size:]


def _labels(shown: pd.DataFrame, people: Sequence[str]) -> Tensor:
    """Return each photo's row in the gallery, joined by id, int64 ``[k]``."""
    labels = pd.Index(people).get_indexer(pd.Index(shown["subject_id"]))
    if (labels < 0).any():
        stranger = str(shown["subject_id"][labels < 0].iloc[0])
        raise FaceveilError(
            f"a recognizer is to learn from a photo of {stranger!r}, who is no training person; "
            "run `dvc repro -f protect_designs`"
        )
    return torch.from_numpy(labels.astype(np.int64))


def adapt_experiment(
    experiment: Path,
    recognizer: Recognizer,
    embeddings: tuple[Path, Path],
    people: Sequence[str],
    settings: Adapt,
    out: Path,
) -> None:
    """Write ``<training>/<photos>.safetensors``: heads that learned from photos of the designs.

    Args:
        experiment: folder of its trainings; each head starts where the training ended.
        recognizer: the target.
        embeddings: what it saw of unmasked photos, and of people in the experiment's designs.
        people: who trains, sorted; nobody else is learned.
        settings: how many photos, and how it learns.
        out: folder to write, whole or not at all.

    Raises:
        FaceveilError: if another recognizer saw the photos, or somebody else is on them.
        ValueError: if there are fewer photos than the settings want.
    """
    bare, worn = (read_embeddings(folder, recognizer.fingerprint) for folder in embeddings)
    gallery, rows = torch.from_numpy(bare.features[bare.rows_of(people)]), worn.rows
    with atomic_directory(out) as folder:
        for place in progress(f"adapt {out.name}", training_folders(experiment), unit="training"):
            own = rows[(rows["use"] == LEARN) & (rows["training"] == int(place.name))]
            own = own.sort_values("order")
            photos = Labelled(
                torch.from_numpy(worn.features[own.index.to_numpy()]), _labels(own, people)
            )
            head = deepcopy(recognizer.head)
            read_weights(place / HEAD_WEIGHTS, head)
            (folder / place.name).mkdir()
            for count in settings.photos:
                learned = adapt_head(head, gallery, photos.first(count), settings)
                write_weights(folder / place.name / f"{count}.safetensors", learned, {})
