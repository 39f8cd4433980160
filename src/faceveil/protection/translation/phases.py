"""What a way of learning is made of: networks, and the phases of a step.

A phase says what it changes and what it loses; how often, by which optimizer and on how many
machines is the trainer's matter.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from faceveil.collection.places import Places
from faceveil.params.translation import Translating
from faceveil.protection.translation.domains import Dealt
from faceveil.protection.translation.losses import Tell, gradient_penalty, telling_apart
from faceveil.protection.translation.pool import Pool
from faceveil.protection.translation.translator import Translator
from faceveil.recognition.recognizer import Recognizer
from faceveil.runtime.device import arithmetic, autocast
from faceveil.runtime.ranks import RankShare, present_ranks
from faceveil.runtime.seeding import generator_for


@dataclass(frozen=True)
class StepShare:
    """What a process sees of a step.

    Attributes:
        batch: its own rows.
        taken: which rows of the whole step these are.
        size: rows of the whole step.
        step: its number.
    """

    batch: Dealt
    taken: RankShare
    size: int
    step: int


@dataclass(frozen=True)
class Phase:
    """A part of a step.

    Attributes:
        name: of its optimizer.
        changes: names of the networks whose weights it changes; all others are frozen.
        loss: its terms by name, whose sum falls; means over the rows of a share.
    """

    name: str
    changes: tuple[str, ...]
    loss: Callable[[StepShare], dict[str, Tensor]]


class Learning(ABC):
    """A way of learning to translate.

    Attributes:
        networks: by name; ``put_on`` and ``take_off`` are what is wanted.
        pools: of translated photos, by the domain that they are made for.
        phases: of a step, in their order.
    """

    networks: dict[str, nn.Module]
    pools: dict[str, Pool]
    phases: tuple[Phase, ...]

    def __init__(
        self, settings: Translating, recognizers: Sequence[Recognizer], device: torch.device
    ) -> None:
        self.settings, self.recognizers, self.device = settings, recognizers, device
        self.dtype = arithmetic(settings.precision, device)
        self.networks, self.pools = self.built(), {}
        for network in self.networks.values():
            network.to(device)
        self._made: dict[str, Tensor] = {}

    @abstractmethod
    def built(self) -> dict[str, nn.Module]:
        """Return all networks, untrained; PyTorch's global stream draws their weights."""

    def translator(self, direction: str) -> Translator:
        """Return one direction."""
        found = self.networks[direction]
        assert isinstance(found, Translator)
        return found

    def telling(self, share: StepShare) -> dict[str, Tensor]:
        """Return what discriminators lose: real photos are to be told from those made just now."""
        real = {"masked": share.batch.masked, "unmasked": share.batch.unmasked}
        terms: dict[str, Tensor] = {}
        for domain, pool in self.pools.items():
            made = pool.shown(whole(self._made[domain], share), share.step)
            made = made[share.taken.start : share.taken.stop]
            terms |= self._telling(domain, real[domain].to(self.device), made, share)
        return terms

    def _telling(
        self, domain: str, real: Tensor, made: Tensor, share: StepShare
    ) -> dict[str, Tensor]:
        settings, tell = self.settings, self.tell(domain)
        terms = {f"telling_{domain}": telling_apart(tell, real, made, settings.gan_loss)}
        if settings.gan_loss == "wgangp":
            draw = generator_for(settings.seed, "between", domain, share.step)
            mixing = torch.rand(share.size, 1, 1, 1, generator=draw)
            mixing = mixing[share.taken.start : share.taken.stop].to(self.device)
            slope = gradient_penalty(tell, real, made, mixing)
            terms[f"slope_{domain}"] = settings.gradient_penalty * slope
        return terms

    def tell(self, domain: str) -> Tell:
        """Return the discriminator of a domain, in the training's arithmetic."""
        network = self.networks[f"tell_{domain}"]

        def told(photos: Tensor) -> Tensor:
            with autocast(self.dtype, self.device):
                logits: Tensor = network(photos)
            return logits.float()

        return told

    def likeness(self, made: Tensor, made_places: Places, face: Tensor, places: Places) -> Tensor:
        """Return how unlike translated faces are to the faces that they are of, in [0, 2]."""
        unlike = []
        for recognizer in self.recognizers:
            with torch.no_grad():
                wanted = recognizer.embed(face, places)
            found = recognizer.embed(made, made_places)
            unlike.append(1 - (found * wanted).sum(1).mean())
        return torch.stack(unlike).mean()


def whole(part: Tensor, share: StepShare) -> Tensor:
    """Return what all ranks made in a step, ``[B, ...]``, in the order of the step's rows."""
    ranks = present_ranks()
    if ranks.count == 1:
        return part
    everything = part.new_zeros(share.size, *part.shape[1:])
    if share.taken.faces:
        everything[share.taken.start : share.taken.stop] = part
    return ranks.total(everything)


def summed(terms: Mapping[str, Tensor]) -> Tensor:
    """Return the sum of a phase's terms."""
    return torch.stack(list(terms.values())).sum()
