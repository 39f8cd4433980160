"""Learning from pairs: the same face with and without its mask; nothing outside of it changes."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from faceveil.metrics.photo_difference import ssim_map
from faceveil.params.translation import TrainPaired
from faceveil.protection.translation.losses import real_loss
from faceveil.protection.translation.networks import PatchGan
from faceveil.protection.translation.phases import Learning, Phase, StepShare
from faceveil.protection.translation.pool import Pool
from faceveil.protection.translation.translator import Translated, Translator, mixed, widened
from faceveil.recognition.recognizer import Recognizer
from faceveil.runtime.device import autocast


class Paired(Learning):
    """What is painted is like the true photo where the mask is, and like nothing else elsewhere."""

    settings: TrainPaired

    def __init__(
        self, settings: TrainPaired, recognizers: Sequence[Recognizer], device: torch.device
    ) -> None:
        super().__init__(settings, recognizers, device)
        self.phases = (Phase("translating", ("put_on", "take_off"), self.translating),)
        if settings.gan_weight:
            names = ("masked", "unmasked")
            self.pools = {name: Pool(0, settings.seed, name) for name in names}
            told = ("tell_masked", "tell_unmasked")
            self.phases = (*self.phases, Phase("telling", told, self.telling))

    def built(self) -> dict[str, nn.Module]:
        """Return two translators, and discriminators where there is a game."""
        settings = self.settings
        networks: dict[str, nn.Module] = {
            # On a bare face nobody knows where a mask would be: that is learned as well.
            "put_on": Translator(settings.generator, "predicted"),
            "take_off": Translator(settings.generator, settings.region, settings.rim),
        }
        if settings.gan_weight:
            for name in ("tell_masked", "tell_unmasked"):
                networks[name] = PatchGan(settings.discriminator)
        return networks

    def translating(self, share: StepShare) -> dict[str, Tensor]:
        """Return what the generators lose."""
        batch, settings = share.batch, self.settings
        unmasked, masked = batch.unmasked.to(self.device), batch.masked.to(self.device)
        region = batch.region.to(self.device)
        with autocast(self.dtype, self.device):
            worn = self.translator("put_on")(unmasked)
            bare = self.translator("take_off")(masked, region)
        self._made = {"masked": worn.photos.detach(), "unmasked": bare.photos.detach()}
        wide = widened(region, settings.rim)
        terms = {
            **self._inside("masked", worn, unmasked, masked, region),
            **self._inside("unmasked", bare, masked, unmasked, wide),
        }
        if settings.gan_weight:
            made = {"masked": worn.photos, "unmasked": bare.photos}
            for domain, photos in made.items():
                fooled = real_loss(self.tell(domain)(photos.float()), True, settings.gan_loss)
                terms[f"fooling_{domain}"] = settings.gan_weight * fooled
        if settings.likeness:
            places = batch.unmasked_places
            unlike = self.likeness(bare.photos.float(), places, unmasked, places)
            terms["likeness"] = settings.likeness * unlike
        return terms

    def _inside(
        self, domain: str, made: Translated, source: Tensor, truth: Tensor, region: Tensor
    ) -> dict[str, Tensor]:
        """Return the terms of one direction; a region that is found is learned from the true one.

        What is painted is compared as it would look in the true region, so that it is learned
        wherever that was found.
        """
        photos = mixed(made.painted.float(), source, region)
        settings, terms = self.settings, {}
        terms[f"pixels_{domain}"] = settings.pixels * inside((photos - truth).abs(), region)
        if settings.structure:
            terms[f"structure_{domain}"] = settings.structure * inside(
                1 - ssim_map(photos, truth), region
            )
        if made.logits is not None:
            found = F.binary_cross_entropy_with_logits(made.logits.float(), region)
            terms[f"region_{domain}"] = settings.finding * found
        return terms


def inside(values: Tensor, region: Tensor) -> Tensor:
    """Return the mean of values ``[B, C, S, S]`` in a region ``[B, 1, S, S]``, photo by photo."""
    weight = region.sum((1, 2, 3)).clamp(min=1) * values.shape[1]
    return ((values * region).sum((1, 2, 3)) / weight).mean()
