"""CycleGAN: both directions at once, from unpaired photos.

Source: J.-Y. Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
Networks" (2017).
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from faceveil.params.translation import TrainCyclegan
from faceveil.protection.translation.losses import real_loss
from faceveil.protection.translation.networks import PatchGan
from faceveil.protection.translation.phases import Learning, Phase, StepShare
from faceveil.protection.translation.pool import Pool
from faceveil.protection.translation.translator import Translator
from faceveil.recognition.recognizer import Recognizer
from faceveil.runtime.device import autocast


class CycleGan(Learning):
    """Translated photos look like real ones of the other domain, and come back as they were."""

    settings: TrainCyclegan

    def __init__(
        self, settings: TrainCyclegan, recognizers: Sequence[Recognizer], device: torch.device
    ) -> None:
        super().__init__(settings, recognizers, device)
        names = ("masked", "unmasked")
        self.pools = {name: Pool(settings.pool, settings.seed, name) for name in names}
        self.phases = (
            Phase("translating", ("put_on", "take_off"), self.translating),
            Phase("telling", ("tell_masked", "tell_unmasked"), self.telling),
        )

    def built(self) -> dict[str, nn.Module]:
        """Return two translators, and a discriminator of each domain.

        A region that the generator finds, outside of which the photo stays, is as in Y. A. Mejjati
        et al., "Unsupervised Attention-guided Image-to-Image Translation" (2018).
        """
        settings = self.settings
        return {
            "put_on": Translator(settings.generator, settings.change),
            "take_off": Translator(settings.generator, settings.change),
            "tell_masked": PatchGan(settings.discriminator),
            "tell_unmasked": PatchGan(settings.discriminator),
        }

    def translating(self, share: StepShare) -> dict[str, Tensor]:
        """Return what the generators lose."""
        batch, settings = share.batch, self.settings
        unmasked, masked = batch.unmasked.to(self.device), batch.masked.to(self.device)
        put_on, take_off = (self._translate(name) for name in ("put_on", "take_off"))
        made_masked, made_unmasked = put_on(unmasked), take_off(masked)
        self._made = {"masked": made_masked.detach(), "unmasked": made_unmasked.detach()}
        # Published: photos in [-1, 1], where differences are twice those in [0, 1].
        weights = 2 * settings.cycle_masked, 2 * settings.cycle_unmasked
        terms = {
            "fooling_masked": settings.gan_weight * self._fooling("masked", made_masked),
            "fooling_unmasked": settings.gan_weight * self._fooling("unmasked", made_unmasked),
            "cycle_masked": weights[0] * F.l1_loss(put_on(made_unmasked), masked),
            "cycle_unmasked": weights[1] * F.l1_loss(take_off(made_masked), unmasked),
        }
        if settings.identity:
            # What is in a domain already needs no translation into it; colours stay.
            kept = (F.l1_loss(put_on(masked), masked), F.l1_loss(take_off(unmasked), unmasked))
            terms["identity_masked"] = settings.identity * weights[0] * kept[0]
            terms["identity_unmasked"] = settings.identity * weights[1] * kept[1]
        if settings.likeness:
            here, there = batch.unmasked_places, batch.masked_places
            unlike = self.likeness(made_masked, here, unmasked, here)
            unlike = (unlike + self.likeness(made_unmasked, there, masked, there)) / 2
            terms["likeness"] = settings.likeness * unlike
        return terms

    def _translate(self, direction: str) -> Callable[[Tensor], Tensor]:
        translator = self.translator(direction)

        def made(photos: Tensor) -> Tensor:
            with autocast(self.dtype, self.device):
                found: Tensor = translator(photos).photos
            return found.float()

        return made

    def _fooling(self, domain: str, made: Tensor) -> Tensor:
        return real_loss(self.tell(domain)(made), True, self.settings.gan_loss)
