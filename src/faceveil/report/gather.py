"""All that the page shows, gathered from what the other stages left."""

import json
from pathlib import Path

from faceveil.params.errors import FaceveilError
from faceveil.params.experiments import Experiment
from faceveil.params.read import read_section
from faceveil.report.page import Contents
from faceveil.report.photos import read_people
from faceveil.report.provenance import provenance
from faceveil.report.selection import Results


def gather(
    results: Results, metrics: Path, photos: tuple[Path, Path], params: Path, people: int
) -> Contents:
    """Read photos, counts and settings.

    Args:
        results: the numbers.
        metrics: folder of ``curation.json``.
        photos: folders of the packed faces and of the protected photos.
        params: params.yaml.
        people: how many are shown at most.

    Raises:
        FaceveilError: if something is missing or damaged.
    """
    curated, protected = photos
    counts = metrics / "curation.json"
    try:
        curation = json.loads(counts.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise FaceveilError(f"{counts}: no counts here; run `dvc repro -f curate`") from None
    learns = {
        name: read_section(params, f"experiments.{name}", Experiment).recognizer_learns_from
        for name in results.experiments
    }
    origin = provenance(curated, params.read_text(encoding="utf-8"), {})
    return Contents(
        results, read_people(protected, results.experiments, people), learns, origin, curation
    )
