"""Optimising textures: from many starts to a few that hide whoever wears them.

Some starts are chosen by how little their wearers look like themselves, improved by gradient
descent through the photo, and the best are kept. A start that looks like a face and a recognizer's
own cosine as objective carry over to recognizers that took no part; free pixels from grey do not.
"""

from functools import partial

import torch
from torch import Tensor

from faceveil.params.train_texture import TrainTexture
from faceveil.protection.textures.files import FoundTextures
from faceveil.protection.textures.objectives import harm, own_cosine, total_variation
from faceveil.protection.textures.seen import Task, cosines, embeddings, tiled, worn_by_all
from faceveil.protection.textures.training import (
    Optimisation,
    StepPhotos,
    begin,
    blurred,
    improve,
    printable,
    ranking,
)
from faceveil.runtime.checkpoints import Checkpoint
from faceveil.runtime.progress import OnEpoch
from faceveil.runtime.ranks import present_ranks


def optimise(
    task: Task[TrainTexture],
    checkpoint: Checkpoint | None = None,
    report: OnEpoch = lambda *_: None,
) -> FoundTextures:
    """Choose starts, improve them, and keep the best.

    Where several ranks were joined, each takes its share of the photos of a step and all return the
    same textures. A checkpoint stays after success; steps that it holds are reported again.

    Raises:
        FaceveilError: if a texture is no longer finite.
    """
    settings, begun = task.settings, begin(task, task.settings.optimised, checkpoint)
    textures = begun.starts.clone().requires_grad_()
    state = texture_state(settings, textures, begun.numbers)
    improve(task, state, partial(take_step, task, textures, state), checkpoint, report)
    textures = textures.detach()
    likeness, wrong = worn_by_all(task, textures, begun.photos)
    kept = ranking(settings, likeness, wrong)[: settings.kept]
    return FoundTextures(
        textures=textures[kept].cpu(),
        starts=begun.starts[kept].cpu(),
        numbers=[begun.numbers[place] for place in kept],
        likeness=likeness[kept].tolist(),
        false_matches=wrong[kept].tolist(),
        curves=state.curves,
    )


def texture_state(settings: TrainTexture, textures: Tensor, numbers: list[int]) -> Optimisation:
    """Return Adam before its first step on textures."""
    groups = [{"params": [textures], "lr": settings.learning_rate}]
    return Optimisation({"textures": textures.detach()}, groups, numbers)


def take_step(
    task: Task[TrainTexture],
    textures: Tensor,
    state: Optimisation,
    photos: StepPhotos,
    step: int,
) -> dict[str, Tensor]:
    """Let all textures take one step on the same photos, each as if it were alone."""
    settings, ranks, task = task.settings, present_ranks(), task.of_step(step)

    # Photos: of different people, each under a physical condition of its own.
    everybody = tiled(photos.share, len(textures))
    labels = everybody.labels.to(textures.device)

    # Likeness: of everybody in every texture with who they are, the mean over recognizers.
    worn = textures.repeat_interleave(len(photos.share.images), 0)
    found = cosines(task, embeddings(task, worn, everybody, step))
    likeness = own_cosine(task.evaded, found, labels).view(len(textures), -1).mean(1)
    harmed = harm(task.evaded, found, labels, settings.harm_margin)
    harmed = harmed.view(len(textures), -1).mean(1)

    # Loss: a sum over textures, none of which changes another's gradient.
    roughness = total_variation(textures)
    loss = (likeness + settings.smoothness * roughness + settings.harm * harmed).sum()
    state.optimizer.zero_grad()
    torch.autograd.backward(loss, inputs=[textures])
    ranks.average([textures], photos.part)

    # Step: without detail that no printer shows, and back to colours that it prints.
    assert textures.grad is not None
    textures.grad = blurred(textures.grad, settings.blur)
    state.descend(step / settings.steps)
    with torch.no_grad():
        textures.copy_(printable(settings, textures))
    return {
        "generated_train_accuracy": (found[0].argmax(1) == labels).float().mean(),
        "likeness": likeness.mean(),
        # The least of all textures is known once all ranks' photos are.
        "best_likeness": ranks.total(likeness.detach() * photos.part).min(),
        "roughness": roughness.mean(),
        "harm": harmed.mean(),
    }
