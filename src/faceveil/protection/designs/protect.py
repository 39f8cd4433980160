"""What people look like in the designs of an experiment, and in what is made of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from faceveil.params.protect import Protect
from faceveil.protection.base import method_name
from faceveil.protection.deal import deal_labelled, deal_variants
from faceveil.protection.designs.drawn import (
    DrawnDesigns,
    Owners,
    read_owners,
)
from faceveil.protection.designs.folders import OWN, training_folders
from faceveil.protection.methods.design import Design
from faceveil.protection.methods.mean_colour import MeanColour
from faceveil.protection.methods.shuffled import Shuffled
from faceveil.protection.methods.untrained import Untrained
from faceveil.protection.protect import Job, physical_jobs, probing_photos, with_rows, write_jobs
from faceveil.protection.sources import Sources
from faceveil.store.faces import open_faces
from faceveil.store.photos import JUDGE, LEARN
from faceveil.store.protocol import MASKED_PHOTOS


class DesignsToLearn(DrawnDesigns):
    """Designs on photos that recognizers learn from.

    Of generators none of these is judged. Textures are few: recognizers learn from the very ones.
    """

    STREAM = "learn"


def protect_designs(
    name: str,
    models: Path,
    sources: Sources,
    settings: Protect,
    out: Path,
    bare: Path | None = None,
) -> None:
    """Write what people look like in the designs of an experiment, and in what is made of them.

    Held-out and training people wear the designs that are judged, some of every training; held-out
    people also under conditions, if they can be printed. Training people also wear others, if a
    generator draws them, on the photos that recognizers learn from.

    Where a generator on the cloth draws designs for anybody, people also wear one of their own
    each, under the name ``<name>_own``. Where designs are drawn from wearers' features, these are
    the only ones; and photos to learn from show training people in those of some of them. ``bare``
    is the folder of the recognizers' embeddings of bare faces, where the features are.
    """
    trainings = len(training_folders(models))
    design = Design(Design.Settings(designs=settings.designs))
    each = probing_photos(sources, design, ("test", "train"))
    owners = read_owners(models, bare, sorted(set(each["subject_id"])))
    design.read_for(owners, models, settings.seed)
    worn = _dealt(each, design, trainings, settings.designs_per_subject)
    jobs = [Job(design, worn.assign(protection=name, use=JUDGE))]
    if design.for_anybody:
        jobs.append(_own(f"{name}_{OWN}", each, models, trainings, settings))
    for method in (MeanColour, Shuffled, Untrained):
        control = method(method.Settings(designs=settings.designs))
        control.read_for(owners, models, settings.seed)
        photos = probing_photos(sources, control, ("test",))
        rows = _dealt(photos, control, 1, 1).assign(training=-1, use=JUDGE)
        jobs.append(Job(control, rows.assign(protection=f"{name}_{method_name(method)}")))
    learned = DesignsToLearn(DesignsToLearn.Settings(designs=settings.learn_designs))
    lenders = read_owners(models, bare, sources.roles.of_role("train")[: settings.learn_designs])
    learned.read_for(lenders, models, settings.seed)
    few = settings.model_copy(update={"learn_designs": learned.variants // trainings})
    labelled = deal_labelled(_training_photos(sources), trainings, few)
    worn_anew = physical_jobs(jobs, settings.draws)
    jobs.append(Job(learned, labelled.assign(protection=name, use=LEARN)))
    write_jobs([*jobs, *worn_anew], sources, settings, out, design.pictures())


def deal_own(photos: pd.DataFrame, people: Sequence[str], trainings: int) -> pd.DataFrame:
    """Repeat each photo for its person's own variant of every training.

    Of P people, the k-th one's variant of training t is ``t * P + k``.

    Args:
        photos: with ``subject_id``.
        people: by number; everybody who is on a photo.
        trainings: how many variants each person has.

    Returns:
        The photos, with ``variant`` and ``training``.

    Raises:
        ValueError: if somebody on a photo has no number.
    """
    number = {who: k for k, who in enumerate(people)}
    if unknown := set(photos["subject_id"]) - set(number):
        raise ValueError(f"{min(unknown)!r} has no design of their own")
    place = photos["subject_id"].map(number).to_numpy(dtype=np.int64)
    parts = [
        photos.assign(variant=training * len(people) + place, training=training)
        for training in range(trainings)
    ]
    return pd.concat(parts, ignore_index=True)


def _own(
    protection: str, photos: pd.DataFrame, models: Path, trainings: int, settings: Protect
) -> Job:
    """Return everybody in a design that nobody else wears, drawn from numbers of their own."""
    owners = Owners(tuple(sorted(set(photos["subject_id"]))))
    design = Design(Design.Settings(designs=settings.designs))
    design.read_for(owners, models, settings.seed)
    rows = deal_own(photos, owners.subject_ids, trainings)
    return Job(design, rows.assign(protection=protection, use=JUDGE))


def _dealt(
    photos: pd.DataFrame, design: DrawnDesigns, trainings: int, per_subject: int
) -> pd.DataFrame:
    """Say who wears which variant: their own, or some that are dealt."""
    if design.owners is None:
        return deal_variants(photos, design.variants, trainings, per_subject)
    return deal_own(photos, design.owners.subject_ids, trainings)


def _training_photos(sources: Sources) -> pd.DataFrame:
    """Return all masked photos of training people."""
    train = sources.roles.of_role("train")
    photos = [
        (rows := open_faces(sources.curated, kind).rows)[rows["subject_id"].isin(train)].assign(
            protocol=protocol, kind=kind, role="train"
        )
        for protocol, kind in MASKED_PHOTOS.items()
    ]
    return with_rows(pd.concat(photos), sources)
