"""Who is enrolled, who probes and with which photo: written once, read by everything that measures.

Two galleries. ``study`` holds training people, held-out people, and distractors, who are enrolled
and never probe; ``dev`` holds other people, on whom thresholds are chosen before any design is
worn. Nobody is in both. A small collection may have nobody to spare for it: then the training
people stand in, and every threshold says so.

Curation's ``split`` becomes roles here, and later stages ask for roles alone. Only recognizers and
projectors, which no change of roles should train again, still ask for the split.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceveil.params.errors import FaceveilError, readable
from faceveil.params.protocol import Protocol
from faceveil.runtime.atomic import atomic_path
from faceveil.runtime.seeding import hash_order
from faceveil.store.content import OF_TWO_PEOPLE, compare, content_of
from faceveil.store.faces import open_faces

MASKED_PHOTOS = {"same_photo": "masked", "other_photo": "further_masked"}
"""Kind of photo, by protocol, that probes with a mask on, plain or repainted with a design."""

UNMASKED_PHOTOS = {"same_photo": "unmasked", "other_photo": "further_unmasked"}
"""Kind of photo, by protocol, that probes without a mask."""

STUDY, DEV = "study", "dev"

ROLES = ("train", "test", "distractor", "dev")
"""What a person is there for."""

ENROLLMENTS = ("gallery", "role", "subject_id", "image_id")
PROBES = ("gallery", "role", "protocol", "kind", "subject_id", "image_id")
"""Columns of the two files; all are text."""


@dataclass(frozen=True)
class Roles:
    """The two files, with the columns of :data:`ENROLLMENTS` and :data:`PROBES`."""

    enrollments: pd.DataFrame  # one row per enrolled person
    probes: pd.DataFrame  # one row per photo and protocol that it probes under

    @property
    def choosing(self) -> str:
        """Role of the people on whom thresholds are chosen: dev, or train where nobody is dev."""
        return "dev" if (self.enrollments["role"] == "dev").any() else "train"

    def of_role(self, role: str) -> list[str]:
        """Return the people of a role, sorted by id."""
        return sorted(self.enrollments.loc[self.enrollments["role"] == role, "subject_id"])

    def of_photos(self, photos: pd.DataFrame) -> "pd.Series[str]":
        """Return who is on each photo (``kind``, ``image_id``), by role; nothing if none probes."""
        key = ["kind", "image_id"]
        known = self.probes.drop_duplicates(key).set_index(key)["role"]
        found = known.reindex(pd.MultiIndex.from_frame(photos[key]))
        return found.set_axis(photos.index)

    def enrolled(self, gallery: str) -> NDArray[np.str_]:
        """Return the enrolled photos of a gallery: ``image_id``, ``[G]``, sorted."""
        chosen = self.enrollments[self._belongs(self.enrollments, gallery)]
        return np.sort(chosen["image_id"].to_numpy(dtype=np.str_))

    def probing(self, gallery: str, protocol: str, kind: str) -> NDArray[np.str_]:
        """Return the photos of a kind that probe under a protocol: ``image_id``, sorted."""
        keep = (self.probes["protocol"] == protocol) & (self.probes["kind"] == kind)
        chosen = self.probes[keep & self._belongs(self.probes, gallery)]
        return np.sort(chosen["image_id"].to_numpy(dtype=np.str_))

    def _belongs(self, table: pd.DataFrame, gallery: str) -> "pd.Series[bool]":
        """Say which rows belong to a gallery."""
        return table["role"] == self.choosing if gallery == DEV else table["gallery"] == gallery


def assign_roles(curated: Path, settings: Protocol) -> Roles:
    """Give every kept person a role: train and test as curated, spare people by a seed.

    Raises:
        FaceveilError: if there are fewer spare people than the settings want, or if a photo is
            there twice: another photo would be the same one, or two people one.
    """
    _refuse_repeats(curated)
    enrolled = open_faces(curated, "unmasked").rows
    role = _roles(enrolled, settings, curated)
    photos = [
        open_faces(curated, kind).rows.assign(protocol=protocol, kind=kind)
        for kinds in (MASKED_PHOTOS, UNMASKED_PHOTOS)
        for protocol, kind in kinds.items()
    ]
    probes = _with_role(pd.concat(photos), role)
    # Enrolled and never probing: distractors, and training people beyond a number.
    training = hash_order([who for who, what in role.items() if what == "train"], settings.seed)
    silent = {who for who, what in role.items() if what == "distractor"}
    probes = probes[~probes["subject_id"].isin(silent.union(training[settings.training_probes :]))]
    return Roles(_sorted(_with_role(enrolled, role), ENROLLMENTS), _sorted(probes, PROBES))


def _refuse_repeats(curated: Path) -> None:
    named = [
        (str(who), str(image_id), content_of(photo))
        for kind in UNMASKED_PHOTOS.values()
        for faces in [open_faces(curated, kind)]
        for who, image_id, photo in zip(
            faces.rows["subject_id"], faces.rows["image_id"], faces.pixels, strict=True
        )
    ]
    against = compare((who, content) for who, _, content in named)
    twice = [(one, why) for (_, one, _), why in zip(named, against, strict=True) if why]
    if twice:
        image_id, why = twice[0]
        whose = "somebody else" if why == OF_TWO_PEOPLE else "the same person"
        raise FaceveilError(
            f"{curated}: photo {image_id} is there again as one of {whose} ({len(twice)} such "
            "photos); each photo may be used once: take it out of the collection, or run "
            "`dvc repro -f curate`"
        )


def write_roles(roles: Roles, enrollments: Path, probes: Path) -> None:
    """Write both files as CSV, each whole or not at all."""
    for path, table in ((enrollments, roles.enrollments), (probes, roles.probes)):
        with atomic_path(path) as temporary:
            table.to_csv(temporary, index=False, lineterminator="\n")


def read_roles(folder: Path) -> Roles:
    """Read ``enrollments.csv`` and ``probes.csv``.

    Raises:
        FaceveilError: if a file is missing or holds something else, or somebody has two roles.
    """
    roles = Roles(
        _read(folder / "enrollments.csv", ENROLLMENTS), _read(folder / "probes.csv", PROBES)
    )
    if roles.enrollments["subject_id"].duplicated().any():
        raise FaceveilError(f"{folder}: somebody is enrolled twice; run `dvc repro -f protocol`")
    both = roles.probes.merge(roles.enrollments, on="subject_id", how="left", suffixes=("", "_in"))
    if (both["gallery"] != both["gallery_in"]).any():
        raise FaceveilError(
            f"{folder}: somebody probes who is not in that gallery; run `dvc repro -f protocol`"
        )
    return roles


def _roles(enrolled: pd.DataFrame, settings: Protocol, curated: Path) -> dict[str, str]:
    """Return each person's role by subject_id."""
    spare = hash_order(enrolled.loc[enrolled["split"] == "spare", "subject_id"], settings.seed)
    wanted = settings.dev_people + settings.distractors
    if len(spare) < wanted:
        raise FaceveilError(
            f"params.yaml: protocol.dev_people and protocol.distractors are {wanted} together, but "
            f"{curated} has {len(spare)} spare people; lower one or raise curate.spare_people"
        )
    order = ["dev"] * settings.dev_people + ["distractor"] * settings.distractors
    role = dict(zip(spare, order, strict=False))
    studied = enrolled[enrolled["split"].isin(["train", "test"])]
    return role | dict(zip(studied["subject_id"], studied["split"], strict=True))


def _with_role(rows: pd.DataFrame, role: dict[str, str]) -> pd.DataFrame:
    """Return photos of people who have a role, with it and with their gallery."""
    table = rows.assign(role=rows["subject_id"].map(role)).dropna(subset=["role"])
    return table.assign(gallery=np.where(table["role"] == "dev", DEV, STUDY))


def _sorted(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    return table[list(columns)].sort_values(list(columns), ignore_index=True)


def _read(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    if not path.is_file():
        raise FaceveilError(f"{path}: no protocol here; run `dvc repro protocol` first")
    with readable(path, "CSV table", "run `dvc repro -f protocol`"):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if list(table.columns) != list(columns):
        raise FaceveilError(f"{path}: expected the columns {', '.join(columns)}")
    if unknown := sorted(set(table["role"]) - set(ROLES)):
        raise FaceveilError(f"{path}: unknown role {unknown[0]!r}; allowed: {', '.join(ROLES)}")
    return table
