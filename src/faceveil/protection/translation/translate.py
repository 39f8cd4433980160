"""What held-out people look like with a mask put on by a network, and with theirs taken off."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from faceveil.params.errors import FaceveilError
from faceveil.params.unmasking import Translate
from faceveil.protection.base import Draw, Photos
from faceveil.protection.sources import Sources
from faceveil.protection.translation.domains import MASKED
from faceveil.protection.translation.put_on import PutOn
from faceveil.protection.translation.translator import (
    Translator,
    read_translator,
    translate_each,
)
from faceveil.runtime.atomic import atomic_directory
from faceveil.runtime.progress import progress
from faceveil.runtime.seeding import stream_seed
from faceveil.store.faces import PackedFaces
from faceveil.store.photos import COLUMNS, FLAT, JUDGE, open_photos, write_photos
from faceveil.store.protocol import MASKED_PHOTOS, UNMASKED_PHOTOS
from faceveil.store.translated import BACK, PUT_ON

AT_ONCE = 64
"""Photos that are in memory at a time."""

JUDGED = "test"
"""Role of people whose photos are translated: nobody who trained."""


def translate(
    translation: Path,
    sources: Sources,
    protected: Path,
    settings: Translate,
    out: Path,
    device: torch.device,
) -> None:
    """Write all stores of one translation.

    Args:
        translation: folder of its weights, of its name.
        sources: curated photos, and where masks are on them.
        protected: folder of the main pipeline's protected photos.
        settings: whose masks are taken off.
        out: folder of stores to write: ``put_on``, ``back``, and one of each protection's name.
        device: where the networks compute.
    """
    put_on = PutOn(PutOn.Settings())
    put_on.read(translation, seed=0)
    put_on.translator.to(device)
    take_off = read_translator(translation, "take_off")[0].to(device)
    size, faces = sources.faces("unmasked").image_size, _chosen(sources, settings)
    rows = _bare_rows(sources, faces).assign(protection=f"{PUT_ON}_{translation.name}")
    bare = _Stored(sources, rows)
    with atomic_directory(out) as folder:
        write_photos(folder / PUT_ON, rows, size, _worn(put_on, bare, rows))
        write_photos(folder / BACK, rows, size, _back(put_on.translator, take_off, bare))
        for protection in settings.protections:
            photos = open_photos(protected / protection)
            words = _judged_rows(photos.rows, protection, faces, settings)
            if words.empty:
                raise FaceveilError(
                    f"{protected / protection}: nobody who is judged wears it; take it out of "
                    "translate.protections"
                )
            numbers = words.index.to_numpy(dtype=np.int64)
            words = words.reset_index(drop=True)
            made = _taken_off(take_off, photos.images, numbers, _Stored(sources, words))
            write_photos(folder / protection, words, size, made)


def matched(faces: PackedFaces, rows: pd.DataFrame) -> PackedFaces:
    """Return the photos of the same faces, in the order of rows."""
    place = pd.Series(np.arange(len(faces)), index=face_of(faces.rows["image_id"]))
    numbers = place.loc[face_of(rows["image_id"])].to_numpy(dtype=np.int64)
    known = None if faces.transparency is None else faces.transparency[numbers]
    words = faces.rows.iloc[numbers].reset_index(drop=True)
    return replace(
        faces, pixels=faces.pixels[numbers], rows=words, transparency=known, coordinates=None
    )


def face_of(image_ids: "pd.Series[str]") -> "pd.Series[str]":
    """Return which photo of a person each is, with or without a mask."""
    return image_ids.str.removesuffix(MASKED)


class _Stored:
    """Curated photos that rows of words speak of, in their order."""

    def __init__(self, sources: Sources, rows: pd.DataFrame) -> None:
        self.faces: dict[str, PackedFaces] = {}
        self.kinds = rows["kind"].to_numpy(dtype=np.str_)
        self.numbers = np.zeros(len(rows), np.int64)
        for kind in np.unique(self.kinds):
            self.faces[kind] = faces = sources.faces(str(kind))
            place = pd.Series(np.arange(len(faces)), index=faces.rows["image_id"])
            own = self.kinds == kind
            self.numbers[own] = place.loc[rows["image_id"][own]].to_numpy(dtype=np.int64)

    def __len__(self) -> int:
        return len(self.numbers)

    def images(self, part: slice) -> Tensor:
        """Return photos, float32 ``[B, 3, S, S]`` in [0, 1]."""
        return torch.cat([self.faces[k].images([n]) for k, n in self._of(part)])

    def transparencies(self, part: slice) -> Tensor:
        """Return where masks are on them, float32 ``[B, 1, S, S]`` in [0, 1]."""
        return torch.cat([self.faces[k].transparencies([n]) for k, n in self._of(part)])

    def _of(self, part: slice) -> Iterator[tuple[str, int]]:
        yield from zip(self.kinds[part].tolist(), self.numbers[part].tolist(), strict=True)


def _chosen(sources: Sources, settings: Translate) -> frozenset[str]:
    """Return some faces of each held-out person, under the harder protocol that there is.

    They are photos that probe both bare and masked, and the same ones in all stores.
    """
    probes = sources.roles.probes
    probes = probes[probes["role"] == JUDGED].assign(face=face_of(probes["image_id"]))
    bare = probes[probes["kind"].isin(UNMASKED_PHOTOS.values())]
    masked = probes[probes["kind"].isin(MASKED_PHOTOS.values())]
    both = bare.merge(masked[["protocol", "face"]], on=["protocol", "face"])
    other = both[both["protocol"] == "other_photo"]
    both = (other if len(other) else both).sort_values("face")
    return frozenset(
        both.loc[both.groupby("subject_id").cumcount() < settings.photos_per_person, "face"]
    )


def _bare_rows(sources: Sources, faces: frozenset[str]) -> pd.DataFrame:
    """Return words of the bare photos of faces."""
    probes = sources.roles.probes
    rows = probes[probes["image_id"].isin(faces) & probes["kind"].isin(UNMASKED_PHOTOS.values())]
    rows = rows.assign(variant=0, training=-1, condition=FLAT, order=-1, use=JUDGE, protection="")
    columns = [one for one in COLUMNS if one in rows]
    return rows[columns].sort_values("image_id", ignore_index=True)


def _judged_rows(
    rows: pd.DataFrame, protection: str, faces: frozenset[str], settings: Translate
) -> pd.DataFrame:
    """Return words of the flat photos in which faces wear a protection, each face one design."""
    keep = (rows["role"] == JUDGED) & (rows["use"] == JUDGE) & (rows["condition"] == FLAT)
    keep &= (rows["protection"] == protection) & (rows["training"] < settings.trainings)
    worn = rows[keep & face_of(rows["image_id"]).isin(faces)]
    # Which design is drawn: the first ones of all faces would be few.
    drawn = np.random.default_rng(stream_seed(settings.seed, "worn", protection))
    worn = worn.sort_values(["image_id", "training", "variant"])
    one = worn.iloc[drawn.permutation(len(worn))].drop_duplicates(["image_id", "training"])
    return one.sort_values(["image_id", "training"])


def _worn(put_on: PutOn, bare: _Stored, rows: pd.DataFrame) -> Iterator[Tensor]:
    for part in _parts(len(bare), "masks put on"):
        words = rows.iloc[part]
        photos = Photos(
            images=bare.images(part),
            subject_ids=words["subject_id"].to_numpy(dtype=np.str_),
            image_ids=words["image_id"].to_numpy(dtype=np.str_),
        )
        yield put_on.apply(photos, Draw(0, words["variant"].to_numpy(dtype=np.int64)))


def _back(put_on: Translator, take_off: Translator, bare: _Stored) -> Iterator[Tensor]:
    """Take off again what was put on, before it was stored: what cycle consistency is about."""
    for part in _parts(len(bare), "masks put on and taken off"):
        yield translate_each(take_off, *translate_each(put_on, bare.images(part)))[0]


def _taken_off(
    take_off: Translator,
    images: Callable[[NDArray[np.int64]], Tensor],
    numbers: NDArray[np.int64],
    masks: _Stored,
) -> Iterator[Tensor]:
    for part in _parts(len(numbers), "masks taken off"):
        yield translate_each(take_off, images(numbers[part]), masks.transparencies(part))[0]


def _parts(count: int, title: str) -> Iterator[slice]:
    for start in progress(title, range(0, count, AT_ONCE), unit="batch"):
        yield slice(start, start + AT_ONCE)
