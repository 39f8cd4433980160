"""One round of a mask GAN: per recognizer and face, one trunk forward and one gradient backward.

Photos that nobody repaints never pass the trunk again: their features are stored. The trunk pass of
the generator's step, detached, is what the recognizer learns of the generated masks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from faceveil.protection.designs.ensemble import Partner
from faceveil.protection.designs.identification import count_hits
from faceveil.protection.designs.objectives import build_objective, recognition_loss
from faceveil.protection.designs.penalty import head_penalty
from faceveil.protection.designs.state import Players
from faceveil.protection.designs.subjects import People
from faceveil.runtime.device import autocast
from faceveil.runtime.ranks import Ranks
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
        ranks: the processes that share every batch.
    """

    players: Players
    people: People
    trunk: Trunk
    partners: Sequence[Partner] = ()
    ranks: Ranks = field(default_factory=Ranks)


@dataclass(frozen=True)
class Batch:
    """What a round is played with, the same on every rank.

    Attributes:
        numbers: int64 ``[B]``, which training people.
        latents: ``[K, L]``, one per design; face ``i`` wears design ``i mod K``.
        others: int64 ``[O]``, further training people whom the losses are among; None is all.
        named: whether the faces are named among all people; without others they are anyway.
    """

    numbers: Tensor
    latents: Tensor
    others: Tensor | None = None
    named: bool = True


@dataclass(frozen=True)
class Hand:
    """What one rank holds of a batch of B faces.

    Attributes:
        numbers: int64 ``[b]``, its training people.
        latents: ``[k, L]``, of its designs; its face ``i`` wears design ``i mod k``.
        among: int64 ``[C]``, training people whom the losses are among; None is all.
        labels: int64 ``[b]``, the place of its people among those.
        faces: how many of its faces count.
        weight: their share of the batch.
    """

    numbers: Tensor
    latents: Tensor
    among: Tensor | None
    labels: Tensor
    faces: int
    weight: float


def play_round(match: Match, batch: Batch) -> Tensor:
    """Let the generator and then the recognizer take one step on a batch of people.

    Returns:
        Sums over this rank's faces, ``[4]``: the generator's loss, the recognizer's loss, the
        penalty, and the faces named correctly among all people.
    """
    players, people = match.players, match.people
    hand = _hand(match, batch)
    enrolled = people.gallery if hand.among is None else people.gallery[hand.among]
    gallery = players.head(enrolled)  # computed anew: it follows the head
    features, cosines, loss = _generator_step(match, hand, gallery.detach())
    hits = _hits(match, hand, features, cosines) if batch.named else torch.zeros_like(loss)
    learned = _recognizer_step(match, hand, features, gallery[: people.trained])
    return torch.stack([*(hand.faces * value for value in (loss, *learned)), hits])


def _hand(match: Match, batch: Batch) -> Hand:
    """Deal a rank its share of a batch: photos by position, and the designs of these positions."""
    device, size = match.players.device, len(batch.numbers)
    share = match.ranks.share(size)
    own = slice(share.start, share.stop)
    among, labels = None, batch.numbers
    if batch.others is not None:
        among = torch.cat([batch.numbers, batch.others]).to(device)
        labels = torch.arange(size)
    return Hand(
        numbers=batch.numbers[own],
        latents=batch.latents.roll(-share.start, 0)[: share.stop - share.start].to(device),
        among=among,
        labels=labels[own].to(device),
        faces=share.faces,
        weight=share.faces / size,
    )


def _hits(match: Match, hand: Hand, features: Tensor, cosines: Tensor) -> Tensor:
    """Return how many faces are named correctly among all people, with the head as it is."""
    count = hand.faces
    if hand.among is None:
        return (cosines.argmax(1) == hand.labels)[:count].sum()
    own, gallery = hand.numbers[:count].to(features.device), match.people.gallery
    hits = count_hits(match.players.head, features[:count], own, gallery)
    return torch.tensor(hits, device=features.device)


def _generator_step(match: Match, hand: Hand, gallery: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Improve the generator; return trunk features, cosines with everyone and the loss."""
    players, people, game = match.players, match.people, match.players.game
    worn = _worn(match, hand.numbers, players.generator(hand.latents))
    features = _features(match, match.trunk, worn)
    cosines = players.head(features) @ gallery.T
    objective = build_objective(game.objective, game.logit_scale, game.margin)
    # Held-out people are enrolled where accuracy is measured, never where a player learns.
    among = [cosines[:, : people.trained]]
    for partner in match.partners:
        among.append(_enrolled(partner, hand).cosines(_features(match, partner.trunk, worn)))
    loss = torch.stack([objective(found, hand.labels) for found in among]).mean()
    players.generator_optimizer.zero_grad()
    learning = list(players.generator.parameters())
    torch.autograd.backward(loss, inputs=learning)
    match.ranks.average(learning, hand.weight)
    players.generator_optimizer.step()
    return features.detach(), cosines.detach(), loss.detach()


def _enrolled(partner: Partner, hand: Hand) -> Partner:
    """Return a partner with those people enrolled whom the losses are among."""
    if hand.among is None:
        return partner
    return replace(partner, gallery=partner.gallery[hand.among])


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
    match: Match, hand: Hand, generated: Tensor, gallery: Tensor
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
    rows = hand.numbers.to(players.device)
    probes = [stored[s] if s == "generated" else stored[s][rows] for s in sources]
    cosines = players.head(torch.cat(probes)) @ gallery.T
    labels = hand.labels.repeat(len(sources))
    loss = len(sources) * recognition_loss(cosines, labels, players.game.logit_scale)
    players.head_optimizer.zero_grad()
    torch.autograd.backward(loss + rule.weight * penalty, inputs=[weight])
    match.ranks.average([weight], hand.weight)
    players.head_optimizer.step()
    return loss.detach(), penalty.detach()
