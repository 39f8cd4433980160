"""How far translated photos are from real ones, as sets of features: rows of the results table.

In features of the target recognizer it is called FD-recognizer, never FID; that is the distance in
features of InceptionV3, where its weights are given.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from faceveil.evaluation.evaluate import row_of
from faceveil.evaluation.table import BARE, Row
from faceveil.evaluation.translations import Translations, same_faces, same_worn
from faceveil.evaluation.trials import Seen
from faceveil.metrics.distributions import frechet_distance, kernel_distance
from faceveil.metrics.inception import Inception
from faceveil.params.unmasking import PLAIN, EvaluateTranslation
from faceveil.protection.translation.translate import matched
from faceveil.recognition.recognizer import Recognizer
from faceveil.runtime.device import pick_device
from faceveil.store.photos import open_photos
from faceveil.store.protocol import MASKED_PHOTOS, UNMASKED_PHOTOS
from faceveil.store.translated import PUT_ON, TAKE_OFF

FEWEST = 2
"""Photos without which there is no distance, as between halves of very few people."""

HALF = "half"
"""What stands in place of a protection where real photos are compared with real ones."""

MASKED, UNMASKED = "masked", "unmasked"
STORES: Mapping[str, str] = {MASKED: PUT_ON, UNMASKED: PLAIN}
"""Whose translated photos are to look as if they were of a domain."""


class SeenBy(Protocol):
    """A network's features of the same faces, translated and as they are.

    Attributes:
        name: of the network.
        metrics: names of the Fréchet and of the kernel distance in its features.
    """

    name: str
    metrics: tuple[str, str]

    def translated(self, translation: str, domain: str) -> Seen:
        """Return what it sees of photos that a translation made for a domain."""

    def real(self, translation: str, domain: str) -> Seen:
        """Return what it sees of the photos of a domain of the same faces."""


class SeenByTarget:
    """Features of the target recognizer, which all photos have been embedded with."""

    metrics = ("fd_recognizer", "kd_recognizer")

    def __init__(self, inputs: Translations, target: Recognizer) -> None:
        self.name, self._inputs, self._target = target.name, inputs, target

    def translated(self, translation: str, domain: str) -> Seen:
        """Return the stored features."""
        return self._inputs.seen(self._target, translation, [STORES[domain]])

    def real(self, translation: str, domain: str) -> Seen:
        """Return the stored features."""
        rows = self.translated(translation, UNMASKED).rows
        if domain == MASKED:
            return same_worn(rows)(self._inputs.main.protected(self._target, [PLAIN]))
        return same_faces(rows)(self._inputs.main.bare_probes(self._target))


class SeenByInception:
    """Features of InceptionV3, computed here: each real photo once."""

    name, metrics = "inception_v3", ("fid", "kid")

    def __init__(self, inputs: Translations, weights: Path) -> None:
        self._inputs, self._network = inputs, Inception(weights, pick_device())
        self._real: dict[str, Seen] = {}

    def translated(self, translation: str, domain: str) -> Seen:
        """Return features of all photos of a store."""
        photos = open_photos(self._inputs.photos / translation / STORES[domain])
        title = f"InceptionV3 looks at {translation}, {domain}"
        return Seen(photos.rows, self._network.features(photos.pixels, title))

    def real(self, translation: str, domain: str) -> Seen:
        """Return features of curated photos; the same faces are translated by all translations."""
        if domain not in self._real:
            rows = open_photos(self._inputs.photos / translation / PLAIN).rows
            kinds = MASKED_PHOTOS if domain == MASKED else UNMASKED_PHOTOS
            # All translated photos are of one protocol: the harder one that there is.
            photos = matched(self._inputs.sources.faces(kinds[str(rows["protocol"].iloc[0])]), rows)
            title = f"InceptionV3 looks at {domain} photos"
            self._real[domain] = Seen(rows, self._network.features(photos.pixels, title))
        return self._real[domain]


def distance_rows(
    inputs: Translations, seen: SeenBy, settings: EvaluateTranslation
) -> Iterator[Row]:
    """Yield distances between translated photos and real ones, and what they are to be read by.

    ``over`` is the real photos; ``none`` are those of the other domain, untranslated; ``half`` are
    real photos as well. All Fréchet distances are between one half of the people and the other: the
    same people on both sides, or more of them, would look nearer than real photos do.
    """
    for name in inputs.names:
        for domain, other in ((MASKED, UNMASKED), (UNMASKED, MASKED)):
            real = seen.real(name, domain)
            made = f"{PUT_ON}_{name}" if domain == MASKED else f"{TAKE_OFF}_{name}"
            compared = {made: seen.translated(name, domain)}
            if name == inputs.names[0]:
                compared |= {BARE: seen.real(name, other), HALF: real}
            for protection, photos in compared.items():
                yield from _distances(photos, real, settings, (protection, domain, seen))


def _halves(seen: Seen, seed: int) -> tuple[Seen, Seen]:
    """Return the photos of two halves of the people."""
    people = np.random.default_rng(seed).permutation(np.unique(seen.rows["subject_id"]))
    first = seen.rows["subject_id"].isin(people[: len(people) // 2]).to_numpy()
    return seen.where(first), seen.where(~first)


def _distances(
    made: Seen, real: Seen, settings: EvaluateTranslation, about: tuple[str, str, SeenBy]
) -> Iterator[Row]:
    protection, domain, network = about
    words = {
        "protection": protection,
        "recognizer": network.name,
        "recognizer_role": "features",
        "probe_side": "translated",
        "group": "held_out",
        "over": domain,
    }
    frechet, kernel = network.metrics
    first, second = _halves(made, settings.seed)[0], _halves(real, settings.seed)[1]
    if min(len(first.rows), len(second.rows)) >= FEWEST:
        value = frechet_distance(first.features, second.features)
        yield row_of(metric=frechet, value=value, **words | _counted(first))
    people = made.rows["subject_id"].to_numpy(np.str_), real.rows["subject_id"].to_numpy(np.str_)
    if protection != HALF and min(len(set(one)) for one in people) >= FEWEST:
        value, ends = kernel_distance(
            made.features,
            real.features,
            people,
            settings.confidence,
            settings.resamples,
            settings.seed,
        )
        interval = {"low": min(ends.low, value), "high": max(ends.high, value)}
        yield row_of(metric=kernel, value=value, **interval, **words | _counted(made))


def _counted(seen: Seen) -> dict[str, int]:
    return {"people": int(seen.rows["subject_id"].nunique()), "trials": len(seen.rows)}
