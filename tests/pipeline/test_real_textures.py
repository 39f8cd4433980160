"""Textures on photos of real people, before recognizers that took no part: all stages, small."""

import json
import shlex
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from ruamel.yaml import YAML
from typer.testing import CliRunner

from faceveil.evaluation.results import read_results
from faceveil.params.experiments import read_training
from faceveil.params.profiles import merged_text
from faceveil.params.train_texture import TrainTexture
from faceveil.protection.textures.files import read_textures
from faceveil.protection.textures.starts import draw_starts
from faceveil.store.protocol import read_roles
from faceveil.store.texture_file import read_texture
from stages import read_print
from tests.conftest import ROOT
from tests.printing.printed_chart import Camera, photograph
from tests.stages.declared import PIPELINE

pytestmark = [pytest.mark.real, pytest.mark.slow]

TRAIN, JUDGED = 16, 16
PLAIN = ("plain", "black", "white")
UNSEEN = ("facenet", "mobilefacenet")


def settings(weights: Path) -> dict:
    """A profile: few people, two photos each, one short training against SFace alone."""
    judge = {
        "weights": str(weights / "mobilefacenet-112.onnx"), "architecture": "onnx",
        "input_size": 112, "mean": 0, "scale": 1,
    }  # fmt: skip
    facenet = {"weights": str(weights / "facenet-vggface2-fp16.safetensors"), "input_size": 128}
    people = TRAIN + JUDGED
    gone = ("surgical", "noise", "grey", "grey_region", "other_face", "blur")
    return {
        "put_on_masks": {"collections": ["people"], "photos_per_person": 2},
        "curate": {
            "root": "data/masked/people", "crop": "face", "people": people, "spare_people": 0,
            "test_share": JUDGED / people,
        },
        "protocol": {"dev_people": 0, "distractors": 0, "training_probes": TRAIN},
        "recognizers": {
            "facenet": facenet | {"expected_accuracy": 0.9, "check_pairs": 60},
            "sface": {"expected_accuracy": 0.9, "check_pairs": 60},
            "mobilefacenet": judge | {"expected_accuracy": 0.9, "check_pairs": 60},
            "dlib": None,
        },
        "project": {"transparency": "annotated"},
        "experiments": {
            **dict.fromkeys(("exp0", "exp1", "exp2", "exp3", "varied", "personal")),
            "universal": {"without_target": True},
        },
        "train_texture": {
            "trainings": 1, "candidates": 10, "optimised": 2, "kept": 1, "steps": 40,
            "photos_per_step": 4, "photos_to_choose": 12, "false_match_rate": 0.01,
        },
        "protections": dict.fromkeys(gone),
        "protect": {"designs": 1, "learn_photos": 10, "draws": 0},
        "adapt": {"photos": [10], "steps": 1},
        "calibrate": {"false_match_rates": [0.01]},
        "evaluate": {"plain": list(PLAIN), "false_match_rate": 0.01},
    }  # fmt: skip


def run(stage: str, key: str = "", **words: str) -> None:
    """Run a stage here with the words of dvc.yaml."""
    body = PIPELINE[stage].get("do", PIPELINE[stage])
    command = body["cmd"]
    for name, word in {"key": key, **words}.items():
        command = command.replace(f"${{{name.replace('_', '.')}}}", word)
    _, _, module, *arguments = shlex.split(command)
    result = CliRunner().invoke(import_module(module).app, arguments)
    assert result.exit_code == 0, f"{command}\n{result.output}"


@contextmanager
def no_tracking(*_, **__):
    """Tell nobody about a stage; what it would have told is dropped."""
    dropped = dict.fromkeys(
        ("metrics", "figure", "artifact", "tag", "dataset"), lambda *_, **__: None
    )
    yield SimpleNamespace(**dropped)


def run_pipeline() -> None:
    """Run all stages from a collection by person to the results table."""
    run("put_on_masks", item="people")
    run("curate", curate_root="data/masked/people")
    run("protocol")
    run("project")
    for name in ("sface", *UNSEEN):
        run("prepare_recognizer", name)
        run("embed", name)
    for name in (*PLAIN, "gaiter"):
        run("protect", name)
        run("embed_protected", name)
    run("train", "universal", item_method="texture")
    read_back(Path("models/gan/universal/0/textures.safetensors"))
    run("protect", "printed")
    run("embed_protected", "printed")
    run("protect_designs", "universal")
    run("embed_designs", "universal")
    run("adapt", "universal")
    run("find_faces")
    run("calibrate")
    run("evaluate")


def read_back(textures: Path) -> None:
    """Print the best texture, photograph the chart, and let what is seen be worn: ``printed``."""
    photo = photograph(Camera(), read_texture(textures))
    Image.fromarray(np.round(255 * photo).astype(np.uint8)).save("photo.png")
    words = ["photo.png", "--out", "table.json", "--design", "printed.png"]
    assert CliRunner().invoke(read_print.app, words).exit_code == 0
    params = YAML(typ="safe").load(Path("params.yaml"))
    params["protections"]["printed"] = {"method": "picture", "files": ["printed.png"]}
    YAML().dump(params, Path("params.yaml"))


def written() -> set[Path]:
    """Return what lies where stages write, were they run in this tree."""
    return {path for name in ("data", "models", "metrics", "figures", "report")
            for path in (ROOT / name).rglob("*")}  # fmt: skip


@pytest.fixture(scope="module")
def folder(real_data, tmp_path_factory):
    """A folder with all that the stages wrote, photos included: a temporary one, and no other."""
    folder = tmp_path_factory.mktemp("people")
    (folder / "data/people").mkdir(parents=True)
    for person in sorted((real_data / "lfw").glob("*/"))[: TRAIN + JUDGED]:
        (folder / "data/people" / person.name).symlink_to(person)
    profile = folder / "small.yaml"
    YAML().dump(settings(real_data / "weights"), profile)
    (folder / "params.yaml").write_text(merged_text(ROOT / "params.yaml", profile))
    before = written()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("faceveil.tracking.run.track", no_tracking)
        patch.setenv("FACEVEIL_WORKERS", "1")
        patch.delenv("DVC_ROOT", raising=False)
        run_pipeline()
        yield folder
    assert written() == before  # no photo of anybody leaves the temporary folder


@pytest.fixture(scope="module")
def value(folder):
    """Return the one value asked for, of held-out people on other photos than the enrolled."""
    results = read_results(folder / "metrics")

    def find(metric, protection, recognizer):
        rows = results[(results["group"] == "held_out") & (results["protocol"] == "other_photo")]
        words = {"metric": metric, "protection": protection, "recognizer": recognizer}
        for column, word in words.items():
            rows = rows[rows[column] == word]
        assert len(rows) == 1, words
        # Curation may leave out somebody's second photo.
        assert rows.iloc[0]["people"] >= JUDGED - 2
        return rows.iloc[0]["value"]

    return find


def trained(folder: Path) -> dict:
    """Return the card of the only training."""
    return json.loads((folder / "models/gan/universal/0/card.json").read_text())


@pytest.mark.parametrize("recognizer", ["sface", *UNSEEN])
def test_bare_faces_are_known(value, recognizer):
    assert value("rank_1", "none", recognizer) >= 0.9


@pytest.mark.parametrize("recognizer", UNSEEN)
def test_a_texture_hides_people_from_who_took_no_part_better_than_anything_plain(value, recognizer):
    best = min(value("rank_1", name, recognizer) for name in PLAIN)
    assert value("rank_1", "universal", recognizer) < best
    best = min(value("similarity", name, recognizer) for name in PLAIN)
    assert value("similarity", "universal", recognizer) < best - 0.05


@pytest.mark.parametrize("recognizer", ["sface", *UNSEEN])
def test_a_print_protects_nearly_as_well_as_the_texture(value, recognizer):
    lost = value("rank_1", "printed", recognizer) - value("rank_1", "universal", recognizer)
    assert lost <= 2.5 / JUDGED  # two people; of so few, each is more than five points
    alike = {
        name: value("similarity", name, recognizer) for name in (*PLAIN, "universal", "printed")
    }
    best = min(alike[name] for name in PLAIN)
    assert best - alike["printed"] > 0.7 * (best - alike["universal"])


def test_people_in_a_texture_look_less_like_themselves_to_the_surrogate(value):
    best = min(value("similarity", name, "sface") for name in PLAIN)
    assert value("similarity", "universal", "sface") < best - 0.1


def test_only_the_surrogate_took_part(folder):
    card = trained(folder)
    assert card["trained_against"] == ["sface"]
    assert not any(name in used for name in UNSEEN for used in card["inputs"])


def test_who_lends_a_face_is_enrolled_nowhere(folder):
    """Starts are drawn from the settings alone: of people who are only rendered."""
    own = read_training(folder / "params.yaml", "universal", TrainTexture)
    card = trained(folder)
    drawn = draw_starts(own, card["starts"])
    conditions = own.conditions
    stored = read_textures(folder / "models/gan/universal/0")[1]
    assert torch.equal(stored, drawn.clamp(conditions.darkest_ink, conditions.lightest_ink))
    assert len(read_roles(folder / "data/protocol").enrollments) == TRAIN + JUDGED
