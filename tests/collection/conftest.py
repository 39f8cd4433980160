"""A small rendered collection with every flaw and every way to wear a mask, and its curation."""

import pytest

from faceveil.collection.curate import curate_collection, measure_collection
from faceveil.collection.layouts import find_images
from faceveil.collection.verdicts import judge
from faceveil.params.curate import Curate
from faceveil.params.synthesize import Synthesize
from faceveil.rendering.collection import write_collection

PARAMS = Curate(
    root="data/synthetic", image_size=96, crop="frame", crop_margin=0.125,
    people=6, spare_people=2, test_share=0.34, seed=1,
    min_face_probability=0.9, min_face_share=0.15, min_inside_share=0.5, min_sharpness=0.22,
    min_nose_covered=0.5, min_mouth_covered=0.6, min_chin_covered=0.2, min_realism=0.5,
)  # fmt: skip


@pytest.fixture(scope="session")
def params() -> Curate:
    return PARAMS


@pytest.fixture(scope="session")
def collection(tmp_path_factory):
    """18 people: four flawed, three with the mask worn wrongly, a further photo of each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEVEIL_WORKERS", "1")
        root = tmp_path_factory.mktemp("rendered") / "collection"
        settings = {"seed": 4, "image_size": 128, "people": 18, "further_photos": 1, "annotated": 4,
                    "incorrectly_worn_share": 3 / 18, "flawed_share": 4 / 18,
                    "background_people": 2, "background_photos": 3}  # fmt: skip
        write_collection(root, Synthesize(**settings))
    return root


@pytest.fixture(scope="session")
def curated(collection, tmp_path_factory):
    """The curated collection and what its curation counted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEVEIL_WORKERS", "1")
        directory = tmp_path_factory.mktemp("data") / "curated"
        return directory, curate_collection(collection, directory, PARAMS)


@pytest.fixture(autouse=True)
def scratch(monkeypatch, tmp_path_factory):
    """Where the measures of finished chunks are kept."""
    root = tmp_path_factory.mktemp("root")
    monkeypatch.setenv("DVC_ROOT", str(root))
    return root / ".scratch"


@pytest.fixture
def judge_files(params, tmp_path_factory):
    """Measure and judge every file of a collection; the index."""

    def judge_all(root):
        entries = find_images(root)
        rows = measure_collection(root, entries, tmp_path_factory.mktemp("scratch"))
        return judge(entries, rows, params)

    return judge_all


@pytest.fixture
def judged(monkeypatch, judge_files):
    """Judge a folder of a few photos in this process; rows of the index by path."""
    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    return lambda root: judge_files(root).set_index("path")
