"""The worn world, with a plain mask, thresholds, and what a small translation made of it."""

import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from faceveil.evaluation.thresholds import Threshold, write_thresholds
from faceveil.params.embed import Embed
from faceveil.params.protect import Protect
from faceveil.params.read import merge, read_section
from faceveil.protection.protect import protect_entry
from faceveil.protection.registry import build
from faceveil.protection.sources import Sources
from faceveil.recognition.embedding import embed_curated, embed_protected
from faceveil.recognition.recognizer import open_recognizer
from faceveil.store.groups import GROUPS, known_groups, write_groups
from faceveil.store.protocol import read_roles
from tests.conftest import ROOT
from tests.stages.worn_world import CPU, PEOPLE, RECOGNIZERS

PARAMS = Path("pipelines/unmasking/params.yaml")
NET = {"channels": 4, "norm": "instance"}
SHORT = {
    "discriminator": {"channels": 4, "layers": 1}, "epochs": 1, "decay_epochs": 1,
    "precision": "float32", "seed": 3,
}  # fmt: skip
TINY = {
    "train_cyclegan": {
        **SHORT, "generator": {"architecture": "resnet", "blocks": 1, **NET}, "pool": 2
    },
    "train_paired": {**SHORT, "generator": {"architecture": "unet", "depth": 2, **NET}},
    "translate": {"protections": ["plain", "exp1"]},
    "evaluate_translation": {"resamples": 100, "people_shown": 2},
}  # fmt: skip


def record(patch: pytest.MonkeyPatch) -> list[str]:
    """Let stages record here, and return the list of what they will have recorded."""
    told: list[str] = []

    class Recorder:
        def __getattr__(self, kind):
            return lambda *_, **__: told.append(kind)

    @contextmanager
    def track(stage, params, experiment=None):
        yield Recorder()

    patch.setattr("faceveil.tracking.run.track", track)
    return told


def change_unmasking(section: str, **values: object) -> None:
    """Change keys of a section of the second pipeline's params.yaml, in this folder."""
    params = YAML(typ="safe").load(PARAMS)
    params[section] |= values
    YAML().dump(params, PARAMS)


def write_world(worn: Path, root: Path) -> None:
    """Write what all stages of the main pipeline would have written, as far as it is looked at."""
    shutil.copytree(worn, root, dirs_exist_ok=True)
    params = YAML(typ="safe").load(root / "params.yaml")
    params["protections"] = {"plain": {"method": "plain"}}
    params["experiments"] = {"exp1": params["experiments"]["exp1"]}
    params["evaluate"] |= {"plain": ["plain"]}
    YAML().dump(params, root / "params.yaml")
    (root / PARAMS).parent.mkdir(parents=True)
    own = merge(YAML(typ="safe").load(ROOT / PARAMS), TINY)
    own["translations"] = {name: {"method": name} for name in ("paired", "cyclegan")}
    YAML().dump(own, root / PARAMS)
    write_groups(root / "data/curated" / GROUPS, known_groups(None, PEOPLE))
    for name in RECOGNIZERS:
        _say_it_passed(root / "models/recognizers" / name / "card.json")
    _write_plain(root)
    _write_embeddings(root)
    frozen = [Threshold(name, -1, 0.001, 0.9, 100, None, "dev", 2) for name in RECOGNIZERS]
    write_thresholds(root / "data/protocol/thresholds.csv", frozen)


def _say_it_passed(path: Path) -> None:
    check = {"passed": True, "accuracy": 1.0, "interval": [0.9, 1.0], "pairs": 4, "people": 4}
    check |= {"expected": 0.9, "collection": "curated"}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"check": check}))


def _write_plain(root: Path) -> None:
    roles = read_roles(root / "data/protocol")
    sources = Sources(root / "data/curated", root / "data/transparencies", roles)
    settings = read_section(root / "params.yaml", "protect", Protect)
    plain = build({"method": "plain"}, "plain")
    protect_entry("plain", plain, sources, settings, root / "data/protected/plain")


def _write_embeddings(root: Path) -> None:
    settings = read_section(root / "params.yaml", "embed", Embed)
    shutil.rmtree(root / "data/embeddings")
    curated, seen = root / "data/curated", []
    for name in RECOGNIZERS:
        stored = root / "models/recognizers" / name
        embed_curated(curated, stored, root / "data/embeddings/bare" / name, settings, CPU)
        seen.append(open_recognizer(stored, CPU))
    for name in ("plain", "exp1"):
        out = root / "data/embeddings" / name
        embed_protected(curated, root / "data/protected" / name, seen, out, settings.batch_size)
