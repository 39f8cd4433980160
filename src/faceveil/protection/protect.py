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
    control is chosen. Held-out people also wear it under conditions, if it can be printed.
    """
    protection.fit(sources.training_people(), settings.seed)
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
    empty: dict[str, Any] = {"condition": FLAT, "order": -1}
    whole = [job.rows.assign(**{n: job.rows.get(n, v) for n, v in empty.items()}) for job in jobs]
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
            if job.protection.scope == "set":
                size = len(rows)
            for start in range(0, len(rows), size):
                part = rows.iloc[start : start + size]
                yield _protected(job.protection, faces, part, settings)
                bar.update(len(part))


def _protected(
    protection: Protection, faces: PackedFaces, part: pd.DataFrame, settings: Protect
) -> Tensor:
    """Return a batch of photos, all of one kind and under one condition."""
    rows: NDArray[np.int64] = part["row"].to_numpy(dtype=np.int64)
    on_cloth = isinstance(protection, Worn) and protection.placement == "mask"
    photos = Photos(
        images=faces.images(rows).contiguous(),
        subject_ids=part["subject_id"].to_numpy(dtype=np.str_),
        image_ids=part["image_id"].to_numpy(dtype=np.str_),
        transparency=None if faces.transparency is None else faces.transparencies(rows),
        coordinates=mask_coordinates(faces, rows) if on_cloth else None,
    )
    conditions = conditions_of(str(part["condition"].iloc[0]), photos.image_ids, settings)
    draw = Draw(settings.seed, part["variant"].to_numpy(dtype=np.int64), conditions)
    with torch.inference_mode():
        return protection.apply(photos, draw)
