"""Training a generator of textures: designs that hide their wearers, and differ in how they do.

Either many designs for anybody, drawn from random numbers around several starts, or one design for
everybody of their own, drawn from what the target stored of their bare face. The objective is that
of optimised textures, and that wearers of different designs do not look like each other: else they
match, and one shift of embeddings, subtracted, undoes all designs.
"""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from faceveil.params.train_generator import TrainGenerator
from faceveil.protection.textures.generator import Shape, TextureGenerator, TrainedGenerator
from faceveil.protection.textures.objectives import (
    harm,
    own_cosine,
    strangers_likeness,
    total_variation,
)
from faceveil.protection.textures.seen import (
    Task,
    cosines,
    embeddings,
    tiled,
    worn_by_all,
    worn_flat,
)
from faceveil.protection.textures.training import (
    Beginning,
    Optimisation,
    StepPhotos,
    begin,
    blurred,
    improve,
)
from faceveil.protection.textures.wearers import WornPhotos
from faceveil.runtime.checkpoints import Checkpoint
from faceveil.runtime.progress import OnEpoch
from faceveil.runtime.ranks import present_ranks
from faceveil.runtime.seeding import generator_for, seeded


def train_generator(
    task: Task[TrainGenerator],
    checkpoint: Checkpoint | None = None,
    report: OnEpoch = lambda *_: None,
) -> TrainedGenerator:
    """Choose starts, and train a generator around them.

    Ranks and checkpoints are as :func:`faceveil.protection.textures.optimise.optimise` says.

    Raises:
        FaceveilError: if a loss is no longer finite.
    """
    settings = task.settings
    begun = begin(task, settings.starts, checkpoint)
    with seeded(settings.seed, "generator"):
        generator = TextureGenerator(_shape(task)).to(task.device)
    generator.begin_from(begun.starts, task.features)
    network = [p for name, p in generator.named_parameters() if name != "corrections"]
    groups = [
        {"params": [generator.corrections], "lr": settings.learning_rate},
        {"params": network, "lr": settings.generator_learning_rate},
    ]
    state = Optimisation(generator.state_dict(), groups, begun.numbers)
    improve(task, state, partial(_step, task, generator, state), checkpoint, report)
    return _outcome(task, generator, begun, state.curves)


def _shape(task: Task[TrainGenerator]) -> Shape:
    settings = task.settings
    size = settings.latent_size
    return Shape(
        conditioned_on=settings.conditioned_on,
        numbers=size if task.features is None else task.features.shape[1],
        hidden=size,
        channels=settings.channels,
        starts=settings.starts,
        height=settings.height,
        width=settings.width,
        darkest=settings.conditions.darkest_ink,
        lightest=settings.conditions.lightest_ink,
    )


def _step(
    task: Task[TrainGenerator],
    generator: TextureGenerator,
    state: Optimisation,
    photos: StepPhotos,
    step: int,
) -> dict[str, Tensor]:
    """Take one step: new designs, on the same photos each, or everybody's own on their photo."""
    settings, wearers, task = task.settings, photos.share, task.of_step(step)

    # Photos: of different people, each under a physical condition of its own.
    # Designs: one for each wearer; or new ones in each step, the same on all ranks, for everybody.
    if task.features is None:
        stream = generator_for(settings.seed, "latents", step)
        # Where designs are fewer than starts, every start has its turn.
        textures = generator(*generator.latents(settings.designs_per_step, stream, step))
        wearers = tiled(photos.share, len(textures))
    else:
        textures = generator(*_features(task.features, wearers))
    designs = textures.detach().requires_grad_()
    worn = designs.repeat_interleave(len(wearers.images) // len(designs), 0)

    # Loss: how like themselves all look in their designs, how like each other, and roughness.
    seen, labels = embeddings(task, worn, wearers, step), wearers.labels.to(designs.device)
    found = cosines(task, seen)
    likeness, roughness = own_cosine(task.evaded, found, labels), total_variation(designs)
    alike = _alike(task, seen, labels, photos)
    harmed = harm(task.evaded, found, labels, settings.harm_margin).mean()
    loss = likeness.mean() + settings.smoothness * roughness.mean()
    loss = loss + settings.strangers * alike + settings.harm * harmed
    torch.autograd.backward(loss, inputs=[designs])

    # Step: without detail that no printer shows.
    assert designs.grad is not None
    state.optimizer.zero_grad()
    torch.autograd.backward([textures], [blurred(designs.grad, settings.blur)])
    present_ranks().average(generator.parameters(), photos.part)
    state.descend(step / settings.steps)
    return {
        "generated_train_accuracy": (found[0].argmax(1) == labels).float().mean(),
        "likeness": likeness.mean(),
        "strangers_likeness": alike,
        "roughness": roughness.mean(),
        "harm": harmed,
    }


def _features(features: Tensor, photos: WornPhotos) -> tuple[Tensor, Tensor]:
    """Return what the design of who is on each photo is drawn from: a feature, the one start."""
    labels = photos.labels.to(features.device)
    return features[labels], torch.zeros_like(labels)


def _alike(
    task: Task[TrainGenerator], seen: Sequence[Tensor], labels: Tensor, photos: StepPhotos
) -> Tensor:
    """Return how alike strangers look, the mean over this rank's photos; all others stay fixed."""
    batch, faces = len(photos.labels), len(photos.share.images)
    others = [
        present_ranks().gathered(one.detach().view(-1, faces, one.shape[1]), photos.taken, batch)
        for one in seen
    ]
    whose = photos.labels.to(labels).repeat(len(others[0]))
    flat = [one.flatten(0, 1) for one in others]
    return strangers_likeness(task.evaded, seen, labels, flat, whose).mean()


@torch.no_grad()
def _outcome(
    task: Task[TrainGenerator],
    generator: TextureGenerator,
    begun: Beginning,
    curves: list[dict[str, float]],
) -> TrainedGenerator:
    """Measure designs on the photos that starts were chosen on, worn flat."""
    kept = task.settings.kept
    if task.features is None:
        drawn = generator.latents(kept, generator_for(task.settings.seed, "kept"))
        textures = generator.textures(*drawn)
        likeness, wrong = worn_by_all(task, textures, begun.photos)
    else:
        drawn = _features(task.features, begun.photos)
        textures = generator.textures(*drawn)
        likeness, wrong = worn_flat(task, textures, begun.photos)
    starts = drawn[1][:kept]
    return TrainedGenerator(
        textures=textures[:kept].cpu(),
        starts=generator.starts[starts].cpu(),
        numbers=[begun.numbers[start] for start in starts.tolist()],
        likeness=likeness.reshape(-1).tolist(),
        false_matches=wrong.reshape(-1).tolist(),
        curves=curves,
        generator=generator.cpu().eval(),
        target=task.evaded[0].named,
    )
