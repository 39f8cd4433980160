"""From the protocol to protected photos: who is photographed under a protection, and how often."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from faceveil.collection.places import Places, read_places
from faceveil.params.errors import FaceveilError
from faceveil.params.protect import Protect
from faceveil.protection.base import Draw, Photos, Protection, Worn
from faceveil.protection.conditions import conditions_of, repeated
from faceveil.protection.deal import deal_variants
from faceveil.protection.sources import Sources
from faceveil.runtime.progress import progress
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.store.photos import FLAT, JUDGE, write_photos
from faceveil.store.protocol import MASKED_PHOTOS, UNMASKED_PHOTOS
from faceveil.wearing.texture import mask_coordinates

ENROLL = "enroll"
"""Use of a stored photo: to be enrolled."""

ENROLLED_KIND = UNMASKED_PHOTOS["same_photo"]
"""Kind of the photos that are enrolled."""


@dataclass(frozen=True)
class Job:
    """One protection of a store.

    Attributes:
        protection: the method, ready to be applied.
        rows: the photos it is applied to: the columns of
            :data:`faceveil.store.photos.COLUMNS`, and ``row`` in the store of their kind;
            flat where no ``condition`` is said, judged where no ``order`` is.
    """

    protection: Protection
    rows: pd.DataFrame


def protect_entry(
    name: str, protection: Protection, sources: Sources, settings: Protect, out: Path
) -> None:
    """Write what people look like under an entry of ``protections``.

    Held-out people are protected, and dev people where the method is plain: on them the best plain
    control is chosen. Held-out people also wear it under conditions, if it can be printed. What is
    done to enrolled photos is done to those of everybody.
    """
    protection.fit(sources.training_people(), settings.seed)
    if protection.enrolled:
        rows = enrolled_photos(sources).assign(protection=name)
        write_jobs([Job(protection, rows)], sources, settings, out)
        return
    roles = ("test", "train", "dev") if protection.plain else ("test",)
    photos = probing_photos(sources, protection, roles)
    rows = deal_variants(photos, protection.variants, 1, 1).assign(training=-1, use=JUDGE)
    jobs = [Job(protection, rows.assign(protection=name))]
    write_jobs([*jobs, *physical_jobs(jobs, settings.draws)], sources, settings, out)


def physical_jobs(jobs: Sequence[Job], draws: int) -> list[Job]:
    """Return the same protections under conditions, of those that can be printed and worn."""
    judged = [job for job in jobs if job.protection.physical and draws]
    return [Job(job.protection, repeated(job.rows, draws)) for job in judged]


def probing_photos(sources: Sources, protection: Protection, roles: Sequence[str]) -> pd.DataFrame:
    """Return the photos of people of some roles that probe: masked ones for what is worn.

    Thresholds and plain controls are chosen under the harder protocol that there is: dev people
    probe with other photos, where there are any.
    """
    kinds = MASKED_PHOTOS if protection.scope == "wearer" else UNMASKED_PHOTOS
    probes = sources.roles.probes
    chosen = probes[probes["role"].isin(roles) & probes["kind"].isin(list(kinds.values()))]
    dev, other = chosen["role"] == "dev", chosen["protocol"] == "other_photo"
    if (dev & other).any():
        chosen = chosen[~dev | other]
    return with_rows(chosen, sources)


def enrolled_photos(sources: Sources) -> pd.DataFrame:
    """Return the enrolled photos of both galleries; nobody is searched for with them."""
    photos = sources.roles.enrollments.assign(kind=ENROLLED_KIND, protocol="")
    return with_rows(photos, sources).assign(variant=0, training=-1, use=ENROLL)


def with_rows(photos: pd.DataFrame, sources: Sources) -> pd.DataFrame:
    """Add to each photo its row in the store of its kind, joined by id."""
    parts = []
    for kind, of_kind in photos.groupby("kind"):
        stored = open_faces(sources.curated, str(kind)).rows["image_id"]
        place = pd.Series(np.arange(len(stored)), index=stored)
        parts.append(of_kind.assign(row=place.loc[of_kind["image_id"]].to_numpy()))
    columns = ["subject_id", "image_id", "role", "kind", "protocol", "row"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts)[columns].sort_values(["image_id", "protocol"], ignore_index=True)


def write_jobs(
    jobs: Sequence[Job],
    sources: Sources,
    settings: Protect,
    out: Path,
    designs: Tensor | None = None,
) -> None:
    """Apply all protections of a store, and write it."""
    # Columns that neither a condition nor a learning recognizer has filled; parts as they are made.
    whole = [
        job.rows.assign(
            condition=job.rows.get("condition", FLAT),
            order=job.rows.get("order", -1),
        )
        for job in jobs
    ]
    jobs = [
        Job(job.protection, rows.sort_values(["kind", "condition", "image_id", "variant"]))
        for job, rows in zip(jobs, whole, strict=True)
    ]
    rows = pd.concat([job.rows for job in jobs], ignore_index=True)
    size = open_faces(sources.curated, "unmasked").image_size
    with progress(f"protect {out.name}", total=len(rows), unit="photo") as bar:
        write_photos(out, rows, size, _applied(jobs, sources, settings, bar), designs)


def _applied(
    jobs: Sequence[Job], sources: Sources, settings: Protect, bar: "tqdm[Any]"
) -> Iterator[Tensor]:
    for job in jobs:
        for (kind, _), rows in job.rows.groupby(["kind", "condition"], sort=False):
            faces, size = sources.faces(str(kind)), settings.batch_size
            places = read_places(sources.curated, str(kind)) if job.protection.enrolled else None
            if job.protection.scope == "set":
                size = len(rows)
            for start in range(0, len(rows), size):
                part = rows.iloc[start : start + size]
                yield _protected(job.protection, (faces, places), part, settings)
                bar.update(len(part))


def _protected(
    protection: Protection,
    source: tuple[PackedFaces, Places | None],
    part: pd.DataFrame,
    settings: Protect,
) -> Tensor:
    """Return a batch of photos, all of one kind and under one condition."""
    faces, places = source
    rows: NDArray[np.int64] = part["row"].to_numpy(dtype=np.int64)
    on_cloth = isinstance(protection, Worn) and protection.placement == "mask"
    transparency = None if faces.transparency is None else faces.transparencies(rows)
    if places is not None:
        transparency = _regions(places[rows], part["image_id"], faces.image_size)
    photos = Photos(
        images=faces.images(rows).contiguous(),
        subject_ids=part["subject_id"].to_numpy(dtype=np.str_),
        image_ids=part["image_id"].to_numpy(dtype=np.str_),
        transparency=transparency,
        coordinates=mask_coordinates(faces, rows) if on_cloth else None,
    )
    conditions = conditions_of(str(part["condition"].iloc[0]), photos.image_ids, settings)
    draw = Draw(settings.seed, part["variant"].to_numpy(dtype=np.int64), conditions)
    with torch.inference_mode():
        return protection.apply(photos, draw)


def _regions(places: Places, image_ids: "pd.Series[str]", size: int) -> Tensor:
    """Return where masks would be on photos of bare faces, float32 ``[B, 1, S, S]`` in [0, 1]."""
    from faceveil.masks.region import mask_region  # noqa: PLC0415  (scipy, for one method)

    if (without := image_ids[~places.found]).size:
        raise FaceveilError(
            f"photo {without.iloc[0]!r}: no face was found in it, so that nobody knows where a "
            "mask would be; leave such photos out of the collection and run `dvc repro curate`"
        )
    found = [
        mask_region(size, box, points)
        for box, points in zip(size * places.boxes, size * places.points, strict=True)
    ]
    return torch.from_numpy(np.stack(found))[:, None]
