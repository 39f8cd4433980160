"""Searching the gallery: one trial is one probe photo, wearing one thing, looked for among all.

The gallery is the same for every row: everybody whom the protocol enrolls, each with the unmasked
photo, under the recognizer that is searched with. All is joined by ``subject_id``. A trial log is a
frame with the columns of :data:`COLUMNS`, and beside it the non-mated comparisons are counted.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from faceveil.evaluation.rows import Wears, assign_designs
from faceveil.evaluation.search import BINS, Counts, Found, counted, look_up
from faceveil.params.errors import FaceveilError
from faceveil.recognition.interface import Recognizer
from faceveil.store.embeddings import EmbeddingTable
from faceveil.store.faces import PackedFaces
from faceveil.wearing.composition import wear

COLUMNS = ("wears", "protocol", "subject_id", "image_id", "split", "design",
           "hit", "rank", "mated", "nearest", "nearest_id")  # fmt: skip
"""``design`` is the number of the design among those of its kind, -1 where none is worn; ``hit``
says that ``rank`` is 1; the others are explained at :class:`faceveil.evaluation.search.Found`."""

NO_DESIGN = -1

Key = tuple[str, str, str]
"""What is worn, protocol and split."""

See = Callable[[torch.Tensor, NDArray[np.int64]], torch.Tensor]
"""From photos ``[B, 3, S, S]`` in [0, 1] and their rows in the store to what a recognizer's gallery
is searched with, ``[B, F]``: trunk features of FaceNet, embeddings of a black box."""


@dataclass(frozen=True)
class Log:
    """Trials, and the non-mated comparisons behind them.

    Attributes:
        trials: the columns of :data:`COLUMNS`.
        nonmated: how many comparisons with somebody else's template lie in each step of similarity.
    """

    trials: pd.DataFrame
    nonmated: dict[Key, Counts]


@dataclass(frozen=True)
class Gallery:
    """Everybody enrolled, under one recognizer.

    Attributes:
        subject_ids: str ``[G]``, sorted, no two alike.
        similarity: from what is seen of probes ``[B, F]`` to float64 ``[B, G]``.
    """

    subject_ids: NDArray[np.str_]
    similarity: Callable[[torch.Tensor], NDArray[np.float64]]


@dataclass(frozen=True)
class Outfit:
    """Designs of one kind, and how many of them a person of each split wears.

    Attributes:
        wears: what the designs are.
        designs: float32 ``[K, 3, S, S]`` in [0, 1].
        per_subject: designs that each person wears, by split; a split that is missing wears none.
    """

    wears: Wears
    designs: torch.Tensor
    per_subject: dict[str, int]


@dataclass(frozen=True)
class Probes:
    """Photos that probe under one protocol.

    Attributes:
        protocol: its name.
        faces: photos, with their transparency where designs are worn on them.
        image_ids: those of them that probe.
    """

    protocol: str
    faces: PackedFaces
    image_ids: NDArray[np.str_]


def enroll(recognizer: Recognizer, unmasked: EmbeddingTable, device: torch.device) -> Gallery:
    """Enroll everybody in the table, by the stored trunk feature of the unmasked photo.

    Raises:
        FaceveilError: if nobody is there or a person has two enrolled photos.
    """
    ids, first, count = np.unique(unmasked.subject_ids, return_index=True, return_counts=True)
    if not len(ids) or count.max() > 1:
        found = f"{str(ids[count.argmax()])!r} has {count.max()}" if len(ids) else "there is nobody"
        raise FaceveilError(f"the gallery takes one unmasked photo per person, but {found}")
    templates = _embed(recognizer, torch.tensor(unmasked.features[first], device=device))
    return Gallery(ids, lambda seen: _embed(recognizer, seen) @ templates.T)


def trunk_sight(recognizer: Recognizer, device: torch.device) -> See:
    """Return what FaceNet sees of photos: its trunk features."""

    def see(images: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:  # noqa: ARG001
        # A GPU's shortened products would change some rates in their last digit.
        exact = torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
        with torch.inference_mode(), exact:
            return recognizer.trunk(images.to(device))

    return see


def remembering(see: See) -> See:
    """Return a sight that looks at no batch of photos a second time; it keeps what it saw."""
    seen: dict[bytes, torch.Tensor] = {}

    def remembered(images: torch.Tensor, rows: NDArray[np.int64]) -> torch.Tensor:
        key = hashlib.sha256(images.contiguous().numpy().tobytes()).digest()
        if key not in seen:
            seen[key] = see(images, rows)
        return seen[key]

    return remembered


def stored_trials(
    gallery: Gallery,
    table: EmbeddingTable,
    worn: tuple[Wears, str],
    batch_size: int,
    device: torch.device,
) -> Log:
    """Search with photos as they are, from their stored trunk features.

    Args:
        gallery: who is enrolled.
        table: the photos that probe.
        worn: what they wear, and the protocol.
        batch_size: photos per search; changes no result.
        device: where the recognizer is.
    """
    wears, protocol = worn
    words = {"subject_id": table.subject_ids, "image_id": table.image_ids, "split": table.splits}
    rows = pd.DataFrame({"wears": wears, "protocol": protocol, **words, "design": NO_DESIGN})
    tally = _Tally(rows)
    for part in _batches(len(table), batch_size, f"search {protocol}, {wears}"):
        seen = torch.tensor(table.features[part], device=device)
        similarity = gallery.similarity(seen)
        tally.add(part, look_up(similarity, table.subject_ids[part], gallery.subject_ids))
    return tally.log()


def worn_trials(
    see: See,
    galleries: Sequence[Gallery],
    probes: Probes,
    outfits: Sequence[Outfit],
    batch_size: int,
) -> list[Log]:
    """Search with photos whose mask is repainted with designs, in several galleries at once.

    Args:
        see: what all the galleries are searched with; computed once.
        galleries: who is enrolled, under each recognizer.
        probes: photos with their transparency, in any order.
        outfits: what is worn.
        batch_size: faces per pass through the trunk; changes no result.

    Returns:
        A log for each gallery.
    """
    trials = _planned(probes, outfits)
    first = np.cumsum([0, *(len(outfit.designs) for outfit in outfits)])
    designs = torch.cat([outfit.designs for outfit in outfits])
    number = torch.tensor((first[trials["outfit"]] + trials["design"]).tolist(), dtype=torch.int64)
    trials["wears"] = np.array([outfit.wears for outfit in outfits], dtype=object)[trials["outfit"]]

    def shown(part: slice) -> torch.Tensor:
        return _wearing(probes.faces, trials["row"].to_numpy()[part], designs[number[part]])

    return _searched(see, galleries, trials.assign(protocol=probes.protocol), shown, batch_size)


def plain_trials(
    see: See, galleries: Sequence[Gallery], probes: Probes, wears: Wears, batch_size: int
) -> list[Log]:
    """Search with photos as they are; arguments and result as those of :func:`worn_trials`."""
    photos = _probing(probes).sort_values("image_id", ignore_index=True)
    named = photos.assign(wears=wears, protocol=probes.protocol, design=NO_DESIGN)

    def shown(part: slice) -> torch.Tensor:
        return probes.faces.images(photos["row"].to_numpy()[part])

    return _searched(see, galleries, named, shown, batch_size)


def joined(logs: Sequence[Log]) -> Log:
    """Return several logs as one."""
    trials = pd.concat([log.trials for log in logs], ignore_index=True)
    nonmated: dict[Key, Counts] = {}
    for log in logs:
        for key, counts in log.nonmated.items():
            nonmated[key] = nonmated[key] + counts if key in nonmated else counts
    return Log(trials, nonmated)


class _Tally:
    """Fills a log batch by batch."""

    def __init__(self, trials: pd.DataFrame) -> None:
        self._trials = trials
        self._keys = list(trials[["wears", "protocol", "split"]].itertuples(index=False, name=None))
        self._counts: dict[Key, Counts] = {}
        self._found: list[Found] = []

    def add(self, part: slice, found: Found) -> None:
        keys = self._keys[part]
        for key in set(keys):
            rows = np.array([other == key for other in keys])
            counts = counted(found.step[rows])
            self._counts[key] = self._counts.get(key, np.zeros(BINS, np.int64)) + counts
        self._found.append(found)

    def log(self) -> Log:
        columns = {
            name: np.concatenate([getattr(found, name) for found in self._found] or [[]])
            for name in ("rank", "mated", "nearest", "nearest_id")
        }
        columns["hit"] = columns["rank"] == 1
        return Log(self._trials.assign(**columns)[list(COLUMNS)], self._counts)


def _searched(
    see: See,
    galleries: Sequence[Gallery],
    trials: pd.DataFrame,
    shown: Callable[[slice], torch.Tensor],
    batch_size: int,
) -> list[Log]:
    """Show every trial's photo once, and look for its person in each gallery."""
    rows, subjects = trials["row"].to_numpy(), trials["subject_id"].to_numpy(dtype=np.str_)
    tallies = [_Tally(trials) for _ in galleries]
    title = " ".join(["search", *trials["protocol"].unique()])
    for part in _batches(len(trials), batch_size, title):
        seen = see(shown(part), rows[part])
        for gallery, tally in zip(galleries, tallies, strict=True):
            found = look_up(gallery.similarity(seen), subjects[part], gallery.subject_ids)
            tally.add(part, found)
    return [tally.log() for tally in tallies]


def _probing(probes: Probes) -> pd.DataFrame:
    """Return the photos that probe, each with its ``row`` in the store."""
    photos = probes.faces.rows.reset_index(drop=True).rename_axis("row").reset_index()
    return photos[photos["image_id"].isin(probes.image_ids)]


def _wearing(faces: PackedFaces, rows: NDArray[np.int64], designs: torch.Tensor) -> torch.Tensor:
    return wear(faces.images(rows), faces.transparencies(rows), designs)


def _planned(probes: Probes, outfits: Sequence[Outfit]) -> pd.DataFrame:
    """List who wears which design on which photo, sorted by photo so that row order is nothing."""
    photos = _probing(probes)
    parts = [
        _dealt(of_split, outfit, outfit.per_subject[str(split)]).assign(outfit=number)
        for number, outfit in enumerate(outfits)
        for split, of_split in photos.groupby("split")
        if str(split) in outfit.per_subject
    ]
    return pd.concat(parts).sort_values(["image_id", "outfit", "design"], ignore_index=True)


def _dealt(photos: pd.DataFrame, outfit: Outfit, count: int) -> pd.DataFrame:
    """Repeat the photos of one split once for each design that their person wears."""
    subjects = photos["subject_id"].to_numpy(dtype=np.str_)
    dealt = assign_designs(subjects, len(outfit.designs), count)
    worn = photos.loc[photos.index.repeat(count)]
    return worn.assign(design=np.concatenate([dealt[subject] for subject in subjects]))


def _embed(recognizer: Recognizer, features: torch.Tensor) -> NDArray[np.float64]:
    with torch.inference_mode():
        return recognizer.head(features).double().cpu().numpy()


def _batches(count: int, size: int, title: str) -> Iterator[slice]:
    starts = tqdm(range(0, count, size), desc=title, unit="batch", disable=None)
    return (slice(start, start + size) for start in starts)
