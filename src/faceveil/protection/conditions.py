"""Under which conditions worn protections are judged besides flat, and on which photos."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from faceveil.params.conditions import NO_CONDITIONS
from faceveil.params.protect import Protect
from faceveil.store.photos import FLAT
from faceveil.wearing.conditions import Conditions, draw_conditions

ALONE = {"jpeg": ("jpeg_quality", 30.0), "blurred": ("blur", 0.015)}
"""Conditions that change one thing, which anybody may try on a photo: what, and its value."""


def repeated(photos: pd.DataFrame, draws: int) -> pd.DataFrame:
    """Repeat flat photos of held-out people for all conditions, which ``condition`` then names.

    They are those under the harder protocol that there is. Draws are ``0`` to ``draws - 1``. Of a
    photo that is worn flat in designs of T trainings, draw d is worn in that of training d modulo
    T; so each photo has ``draws`` draws, whatever T is. Conditions of :data:`ALONE` have them all.

    Args:
        photos: with ``role``, ``protocol``, ``image_id``, ``variant`` and ``training``; each photo
            once per variant.
        draws: how many; without any, nothing is repeated.
    """
    held_out = photos[photos["role"] == "test"]
    other = held_out[held_out["protocol"] == "other_photo"]
    flat = other if len(other) else held_out
    step = flat.sort_values("variant").groupby(["image_id", "training"]).cumcount()
    flat = flat.assign(step=step).sort_values(["image_id", "step", "training"])
    flat = flat.drop(columns="step")
    number = flat.groupby("image_id").cumcount()
    count = flat.groupby("image_id")["image_id"].transform("size")
    parts = [flat[number == draw % count].assign(condition=str(draw)) for draw in range(draws)]
    parts += [flat.assign(condition=name) for name in ALONE if draws]
    return pd.concat([flat[:0].assign(condition=FLAT), *parts], ignore_index=True)


def conditions_of(
    condition: str, image_ids: Sequence[str] | NDArray[np.str_], settings: Protect
) -> Conditions | None:
    """Return the condition of each photo, by its name; None where it is flat.

    A photo has the same one under every protection: what differs is what is worn.
    """
    if condition == FLAT:
        return None
    if condition not in ALONE:
        return draw_conditions(settings.conditions, image_ids, int(condition), settings.seed)
    what, value = ALONE[condition]
    neutral = draw_conditions(NO_CONDITIONS, image_ids, 0, settings.seed)
    changed = torch.full_like(getattr(neutral, what), value)
    return replace(neutral, **{what: changed})
