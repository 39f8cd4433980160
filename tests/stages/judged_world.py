"""The world of :mod:`tests.evaluation.world` with a params.yaml that a stage accepts as a whole."""

from pathlib import Path

from ruamel.yaml import YAML

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
    YAML().dump(params, root / "params.yaml")
