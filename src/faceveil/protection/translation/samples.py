"""A few people as translators see them by now, to be looked at while these learn."""

from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from faceveil.protection.translation.domains import FacePairs, as_photos, as_region
from faceveil.protection.translation.training import Training

PEOPLE = 4


class Samples:
    """The first faces of people who neither train nor are judged, where there are any."""

    def __init__(self, faces: FacePairs) -> None:
        _, first = np.unique(faces.subject_ids, return_index=True)
        rows = first[:PEOPLE]
        self._unmasked, self._masked = (
            as_photos(one[rows]) for one in (faces.unmasked, faces.masked)
        )
        self._region = as_region(faces.transparency[rows])

    def sources(self) -> NDArray[np.uint8]:
        """Return bare faces, and below them faces in masks, uint8 ``[2 K, S, S, 3]``."""
        return _pixels(torch.cat([self._unmasked, self._masked]))

    @torch.inference_mode()
    def translated(self, training: Training) -> NDArray[np.uint8]:
        """Return the same with a mask put on, and with theirs taken off."""
        made = []
        photos = {"put_on": self._unmasked, "take_off": self._masked}
        for direction, one in photos.items():
            translator = deepcopy(training.learning.translator(direction)).eval()
            translator.load_state_dict(training.weights(direction))
            device = training.learning.device
            made.append(translator(one.to(device), self._region.to(device)).photos.cpu())
        return _pixels(torch.cat(made))


def _pixels(photos: Tensor) -> NDArray[np.uint8]:
    pixels = photos.clamp(0, 1).mul(255).round().to(torch.uint8).permute(0, 2, 3, 1)
    return np.ascontiguousarray(pixels.numpy())
