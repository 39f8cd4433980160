"""One round of a mask GAN: per recognizer and face, one trunk forward and one gradient backward.

Photos that nobody repaints never pass the trunk again: their features are stored. The trunk pass of
the generator's step, detached, is what the recognizer learns of the generated masks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from faceveil.losses.objectives import build_objective, recognition_loss
from faceveil.losses.penalty import head_penalty
from faceveil.training.device import autocast
from faceveil.training.ensemble import Partner
from faceveil.training.people import People
from faceveil.training.players import Players
from faceveil.wearing.composition import deal, wear

Trunk = Callable[[Tensor], Tensor]
"""From photos ``[B, 3, S, S]`` in [0, 1] to features ``[B, F]``; frozen, in eval mode."""


@dataclass(frozen=True)
class Match:
    """What a game is played on.

    Attributes:
        players: the two players.
        people: whose photos and features are used.
        trunk: the frozen part of the recognizer.
        partners: further recognizers that the generator must evade; they never learn.
    """

    players: Players
    people: People
    trunk: Trunk
    partners: Sequence[Partner] = ()


def play_round(match: Match, numbers: Tensor, latents: Tensor) -> Tensor:
    """Let the generator and then the recognizer take one step on a batch of people.

    Args:
        match: players and people.
        numbers: int64 ``[B]``, which training people; they are their own labels.
        latents: ``[K, L]``, one per design.

    Returns:
        Sums over the batch, ``[4]``: the generator's loss, the recognizer's loss, the penalty, and
        the faces named correctly among all people.
    """
    players, people = match.players, match.people
    labels = numbers.to(players.device)
    gallery = players.head(people.gallery)  # computed anew: it follows the head
    features, cosines, loss = _generator_step(match, numbers, latents, gallery.detach())
    learned = _recognizer_step(match, features, gallery[: people.trained], labels)
    hits = (cosines.argmax(1) == labels).sum()
    return torch.stack([*(len(numbers) * value for value in (loss, *learned)), hits])


def _generator_step(
    match: Match, numbers: Tensor, latents: Tensor, gallery: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Improve the generator; return trunk features, cosines with everyone and the loss."""
    players, people, game = match.players, match.people, match.players.game
    worn = _worn(match, numbers, players.generator(latents.to(players.device)))
    features = _features(match, match.trunk, worn)
    cosines = players.head(features) @ gallery.T
    objective = build_objective(game.objective, game.logit_scale, game.margin)
    # Held-out people are enrolled where accuracy is measured, never where a player learns.
    among = [cosines[:, : people.trained]]
    among += [p.cosines(_features(match, p.trunk, worn)) for p in match.partners]
    labels = numbers.to(players.device)
    loss = torch.stack([objective(found, labels) for found in among]).mean()
    players.generator_optimizer.zero_grad()
    torch.autograd.backward(loss, inputs=list(players.generator.parameters()))
    players.generator_optimizer.step()
    return features.detach(), cosines.detach(), loss.detach()


def _worn(match: Match, numbers: Tensor, designs: Tensor) -> Tensor:
    """Return photos ``[B, 3, S, S]`` of the people wearing the designs in turn."""
    people, device = match.people, match.players.device
    rows = people.rows[numbers.numpy()]
    faces = people.faces.images(rows).to(device, memory_format=torch.channels_last)
    transparency = people.faces.transparencies(rows).to(device)
    worn = wear(faces, transparency, deal(designs, len(rows)))
    return worn.contiguous(memory_format=torch.channels_last)


def _features(match: Match, trunk: Trunk, worn: Tensor) -> Tensor:
    """Return a trunk's features ``[B, F]``, computed with the game's arithmetic."""
    with autocast(match.players.arithmetic, match.players.device):
        features = trunk(worn)
    return features.float()


def _recognizer_step(
    match: Match, generated: Tensor, gallery: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    """Improve the head on its sources, through probes and gallery; return its loss and penalty.

    The loss is the sum over the sources of their mean cross-entropy, and 0 without sources.
    """
    players, people, rule = match.players, match.people, match.players.game.penalty
    weight = players.head.get_parameter("weight")
    penalty = head_penalty(weight, players.initial, rule.reduction, rule.anchor)
    if not players.learns:
        return torch.zeros_like(penalty), penalty
    stored = {"generated": generated, "masked": people.masked, "unmasked": people.gallery}
    sources = players.game.recognizer_learns_from
    probes = [stored[s] if s == "generated" else stored[s][labels] for s in sources]
    cosines = players.head(torch.cat(probes)) @ gallery.T
    named = recognition_loss(cosines, labels.repeat(len(sources)), players.game.logit_scale)
    loss = len(sources) * named
    players.head_optimizer.zero_grad()
    torch.autograd.backward(loss + rule.weight * penalty, inputs=[weight])
    players.head_optimizer.step()
    return loss.detach(), penalty.detach()
