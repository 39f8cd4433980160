"""The world of :mod:`tests.evaluation.world` with a params.yaml that a stage accepts as a whole."""

from pathlib import Path

import pandas as pd
from ruamel.yaml import YAML

from faceveil.store.found_faces import ABOUT, write_found
from tests.conftest import ROOT
from tests.evaluation import world

PROTECTIONS = {
    "plain": {"method": "plain"},
    "black": {"method": "flat", "value": 0.0},
    "blur": {"method": "blur", "sigma_share": 0.03},
}
RECOGNIZERS = {"facenet": "facenet", "poor": "sface", "mobilefacenet": "mobilefacenet"}
"""The recognizers of the world, and whose section of the shipped params.yaml each one has."""


def write_world(root: Path) -> None:
    """Write the artifacts of all stages before ``calibrate``, and params.yaml."""
    world.write_world(root)
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    sections = params["recognizers"]
    params["recognizers"] = {name: sections[shipped] for name, shipped in RECOGNIZERS.items()}
    params["protections"] = {name: PROTECTIONS[name] for name in world.PROTECTIONS}
    params["experiments"] = {
        name: {"method": "gan", "recognizer_learns_from": ["generated"] if learns else []}
        for name, learns in world.EXPERIMENTS.items()
    }
    params["adapt"] |= {"photos": list(world.PHOTOS)}
    params["calibrate"] = {"false_match_rates": list(world.RATES)}
    params["evaluate"] = world.SETTINGS.model_dump(mode="json")
    write_found(root / "data/faces_found.parquet", found_faces())
    YAML().dump(params, root / "params.yaml")


def found_faces() -> pd.DataFrame:
    """Return in which photos of two people a face was found: in all but one in black."""
    photos = [(who, who, worn, "same_photo", 0, -1, "", worn == "plain" or who == "00008")
              for worn in ("plain", "black") for who in ("00006", "00008")]  # fmt: skip
    return pd.DataFrame(photos, columns=[*ABOUT, "mtcnn"])
