"""What people look like in the designs of an experiment, and in what is made of them."""

from pathlib import Path

import pandas as pd

from faceveil.params.errors import FaceveilError
from faceveil.params.protect import Protect
from faceveil.protection.base import method_name
from faceveil.protection.deal import deal_labelled, deal_variants
from faceveil.protection.designs.drawn import DrawnDesigns, Owners, read_owners
from faceveil.protection.designs.folders import OWN, design_weights, training_folders
from faceveil.protection.methods.design import Design
from faceveil.protection.methods.mean_colour import MeanColour
from faceveil.protection.methods.shuffled import Shuffled
from faceveil.protection.methods.untrained import Untrained
from faceveil.protection.protect import Job, physical_jobs, probing_photos, with_rows, write_jobs
from faceveil.protection.sources import Sources
from faceveil.protection.textures.generator import WEIGHTS as ON_CLOTH
from faceveil.store.faces import open_faces
from faceveil.store.photos import JUDGE, LEARN
from faceveil.store.protocol import MASKED_PHOTOS


class DesignsToLearn(DrawnDesigns):
    """Designs on photos that recognizers learn from.

    Of a ``gan`` and of wearers' features none of these is judged. Textures are few: recognizers
    learn from the very ones.
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
    generator draws them for each photo's frame, on the photos that recognizers learn from.

    Where a generator on the cloth draws designs for anybody, people also wear one of their own
    each, flat, under the name ``<name>_own``. Where designs are drawn from wearers' features, these
    are the only ones, and nobody is judged with the photo whose feature it was; photos to learn
    from show training people in those of some of them. ``bare`` is the folder of the recognizers'
    embeddings of bare faces, where the features are.

    Raises:
        FaceveilError: if designs are drawn from wearers' features, and nobody has another photo.
    """
    trainings = len(training_folders(models))
    each = _judged_photos(models, sources)
    held_out = each[each["role"] == "test"]
    design = _read(Design, models, settings, read_owners(models, bare, _people(each)))
    some = 1 if design.owners else settings.designs_per_subject
    worn = deal_variants(each, design.variants, trainings, some)
    jobs = [Job(design, worn.assign(protection=name, use=JUDGE))]
    for method in (MeanColour, Shuffled, Untrained):
        control = _read(method, models, settings, read_owners(models, bare, _people(held_out)))
        rows = deal_variants(held_out, control.variants, 1, 1).assign(training=-1, use=JUDGE)
        jobs.append(Job(control, rows.assign(protection=f"{name}_{method_name(method)}")))
    worn_anew = physical_jobs(jobs, settings.draws)
    if not design.owners and (models / "0" / ON_CLOTH).is_file():
        own = _read(Design, models, settings, Owners(_people(each)))
        rows = deal_variants(each, own.variants, trainings, 1)
        jobs.append(Job(own, rows.assign(protection=f"{name}_{OWN}", use=JUDGE)))
    lenders = sources.roles.of_role("train")[: settings.learn_designs]
    more = settings.model_copy(update={"designs": settings.learn_designs})
    learned = _read(DesignsToLearn, models, more, read_owners(models, bare, lenders))
    few = settings.model_copy(update={"learn_designs": learned.variants // trainings})
    labelled = deal_labelled(_training_photos(sources), trainings, few)
    jobs.append(Job(learned, labelled.assign(protection=name, use=LEARN)))
    write_jobs([*jobs, *worn_anew], sources, settings, out, design.pictures())


def _read(
    method: type[DrawnDesigns], models: Path, settings: Protect, owners: Owners | None
) -> DrawnDesigns:
    found = method(method.Settings(designs=settings.designs), owners)
    found.read(models, settings.seed)
    return found


def _people(photos: pd.DataFrame) -> tuple[str, ...]:
    """Return who is on photos, in the order in which variants are dealt: owner k gets the k-th."""
    return tuple(sorted(set(photos["subject_id"])))


def _judged_photos(models: Path, sources: Sources) -> pd.DataFrame:
    """Return the photos that probe; none that a design knows from its wearer's feature."""
    photos = probing_photos(sources, Design(Design.Settings()), ("test", "train"))
    if design_weights(training_folders(models)[0]).name != ON_CLOTH:
        return photos
    other = photos[photos["protocol"] != "same_photo"]
    if other.empty:
        raise FaceveilError(
            f"{models}: its designs are drawn from the photos that are enrolled, and nobody probes "
            "with another one; designs from wearers' features need people with several photos"
        )
    return other.reset_index(drop=True)


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
