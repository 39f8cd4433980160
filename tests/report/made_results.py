"""A complete results table and all else that the report reads, made up, for tests."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from ruamel.yaml import YAML

from faceveil.collection.index import INDEX
from faceveil.evaluation.results import COLUMNS, write_results
from faceveil.report.selection import Results, open_results
from faceveil.store.photos import DESIGNS, write_photos
from tests.conftest import ROOT

LEARNED = ("exp1", "exp2", "exp3")
TEXTURES = ("universal",)
EXPERIMENTS = ("exp0", *LEARNED, *TEXTURES)
PLAIN = ("plain", "surgical", "noise", "grey", "black", "white")
OTHERS = ("other_face", "blur")
MADE = ("mean_colour", "shuffled", "untrained")
ROLES = {"facenet": "target", "sface": "surrogate", "dlib": "judge", "mobilefacenet": "judge"}
PHOTOS = (10, 100, 1000)
GROUPS = ("skin_tone=dark", "skin_tone=light", "age_lines=under_35", "age_lines=above_55")
RATES = ("0.01", "0.001")

Row = dict[str, Any]


def named(protection: str, recognizer: str) -> float:
    """How often somebody is named: made up so that the target alone is fooled, until it learns."""
    if protection in EXPERIMENTS:
        number = EXPERIMENTS.index(protection)
        if recognizer.endswith(":1000"):
            return 0.88 + 0.02 * number
        fooled = recognizer.startswith("facenet") and not recognizer.endswith(":100")
        return 0.02 + 0.03 * number if fooled else 0.55 + 0.03 * number
    return {"none": 0.94, "black": 0.72, "other_face": 0.88}.get(protection, 0.97)


def row(protection: str, recognizer: str, metric: str, value: float, **words: Any) -> Row:
    fixed = dict.fromkeys(COLUMNS, "") | {"low": np.nan, "high": np.nan, "people": 32, "trials": 96}
    designs = protection in EXPERIMENTS
    about = {
        "protection": protection,
        "variant_policy": "dealt" if designs else "one",
        "recognizer": recognizer,
        "recognizer_role": ROLES.get(recognizer, "adapted"),
        "protocol": "other_photo",
        "gallery_side": "bare",
        "probe_side": "bare" if protection == "none" else "protected",
        "group": "held_out",
        "metric": metric,
        "value": value,
    }
    return fixed | about | words


def ends(value: float, least: float = 0, wide: float = 0.12) -> Row:
    return {"low": max(least, value - wide), "high": min(1, value + wide)}


def rows_before(protection: str, recognizer: str, protocol: str, group: str) -> Iterator[Row]:
    share = named(protection, recognizer) if protocol == "other_photo" else 1.0
    where = {"protocol": protocol, "group": group}
    at = {"threshold_role": "dev"}
    yield row(protection, recognizer, "rank_1", share, **ends(share), **where)
    missed = 1 - share / 2
    for fmr in RATES:
        yield row(protection, recognizer, f"fnmr@{fmr}", missed, **ends(missed), **where, **at)
    if protection in ("none", *PLAIN):
        return
    over = "none" if protection == "blur" else "black"
    lift = named(over, recognizer) - named(protection, recognizer)
    for metric in ("lift_rank_1", "lift_fnmr@0.001"):
        words = {**ends(lift, -1), **where, "over": over}
        yield row(protection, recognizer, metric, lift, **words)


def curves(protection: str, recognizer: str) -> Iterator[Row]:
    share = named(protection, recognizer)
    yield row(protection, recognizer, "rank_5", share)
    yield row(protection, recognizer, "similarity", 0.5)
    yield row(protection, recognizer, "eer", 0.2)
    yield row(protection, recognizer, "fpir@0.001", 0.1, **ends(0.1))
    yield row(protection, recognizer, "victims@0.001", 3.0)
    yield row(protection, recognizer, "top_victim_share@0.001", 0.6)
    for k in range(1, 21):
        yield row(protection, recognizer, f"cmc@{k}", min(1.0, share + 0.02 * (k - 1)))
    for fmr in (0.001, 0.01, 0.1, 1.0):
        yield row(protection, recognizer, f"det@{fmr:g}", 0.5 * (1 - fmr))


def made_rows() -> Iterator[Row]:
    learned = [f"facenet:{e}" for e in LEARNED]
    for name in ROLES:
        check = {"group": "check", "protocol": "", "over": "0.95", "trials": 240}
        yield row("none", name, "check", 0.97, low=0.94, high=0.99, **check)
    for recognizer in [*ROLES, *learned]:
        yield from rows_of(recognizer)
    for experiment, count in product(EXPERIMENTS, PHOTOS):
        for protection in ("none", *PLAIN, experiment):
            adapted = f"facenet:{experiment}:{count}"
            yield from rows_before(protection, adapted, "other_photo", "held_out")
    for recognizer in ROLES:
        yield from opposed_rows(recognizer)
    for experiment in EXPERIMENTS:
        yield row(experiment, "", "diversity_pixels", 0.01, recognizer_role="", group="")
    words = {"over": "exp0", "recognizer_role": "adapted", "protocol": "", "low": -0.1, "high": 0.2}
    yield row("exp1+exp2+exp3", "facenet:*:1000", "claim@0.001", 0.05, **words)
    words = words | {"low": np.nan, "high": np.nan}
    yield row("exp1+exp2+exp3", "facenet:*:1000", "claim_p@0.001", 0.4, **words)


def opposed_rows(recognizer: str) -> Iterator[Row]:
    """Rows of opponents that train nothing, and of strangers who match each other."""
    words = {"recognizer_role": "opponent"}
    for number, experiment in enumerate(EXPERIMENTS):
        opponent, share = f"{recognizer}:mean_shift", 0.8 + 0.01 * number
        yield row(experiment, opponent, "rank_1", share, **ends(share), **words)
        found = {"over": "white", **ends(0.05, -1)}
        yield row(experiment, opponent, "lift_rank_1", 0.05, **found, **words)
        found = {"over": "grey", "low": 0.01, "high": 0.07}
        yield row(experiment, opponent, "lift_fnmr@0.001", 0.04, **found, **words)
    opponent = f"{recognizer}:grey_region"
    sides = {"gallery_side": "protected"}
    yield row("grey", opponent, "rank_1", 0.9, **ends(0.9), **sides, **words)
    for protection in ("none", *PLAIN, *EXPERIMENTS):
        share = 0.75 if protection in EXPERIMENTS else 0.01
        for policy in ("same", "different") if protection in EXPERIMENTS else ("same",):
            about = {"variant_policy": policy, "threshold_role": "dev", **ends(share)}
            yield row(protection, recognizer, "strangers@0.001", share, **about)
            share /= 3


def rows_of(recognizer: str) -> Iterator[Row]:
    """All rows before a recognizer that has not learned from labelled photos."""
    made = [f"{e}_{ending}" for e, ending in product(EXPERIMENTS, MADE)]
    for fmr, value in (("0.01", 0.4), ("0.001", 0.5), ("0.0001", np.nan)):
        words = {"group": "dev", "protocol": "", "threshold_role": "dev"}
        yield row("none", recognizer, f"threshold@{fmr}", value, **words)
    for protection in ["none", *PLAIN, *OTHERS, *EXPERIMENTS, *made]:
        if recognizer in ROLES:
            yield from curves(protection, recognizer)
        for protocol in ("same_photo", "other_photo"):
            yield from rows_before(protection, recognizer, protocol, "held_out")
    for experiment in EXPERIMENTS:
        yield from rows_before(experiment, recognizer, "other_photo", "training")
        yield from parts_of(experiment, recognizer)


def parts_of(experiment: str, recognizer: str) -> Iterator[Row]:
    """Rows of single trainings, and of groups of people."""
    for number in range(3):
        share = named(experiment, recognizer) + 0.01 * number
        policy = {"variant_policy": f"training {number}"}
        yield row(experiment, recognizer, "rank_1", share, **ends(share), **policy)
    for group in GROUPS if recognizer in ROLES else ():
        for metric, value in (("fnmr@0.001", 0.9), ("lift_fnmr@0.001", 0.3)):
            words = {"group": group, "people": 8, **ends(value, -1, 0.4)}
            yield row(experiment, recognizer, metric, value, over="black", **words)


def made_frame() -> pd.DataFrame:
    return pd.DataFrame(list(made_rows()), columns=list(COLUMNS))


def made_results(folder: Path, frame: pd.DataFrame | None = None) -> Results:
    """Write the table and read it again with the settings of this tree."""
    write_results(folder, made_frame() if frame is None else frame)
    YAML().dump(_params(), folder / "params.yaml")
    return open_results(folder, folder / "params.yaml")


def _params() -> dict[str, Any]:
    """Return the settings of this tree, with the experiments that the table is about."""
    params: dict[str, Any] = YAML(typ="safe").load(ROOT / "params.yaml")
    return params | {"experiments": {name: params["experiments"][name] for name in EXPERIMENTS}}


def write_run(root: Path) -> None:
    """Write all that the stage reads: table, photos, weights and settings."""
    write_results(root / "metrics", made_frame())
    (root / "metrics" / "curation.json").write_text('{"people": {"train": 128, "test": 32}}')
    (root / "data/curated").mkdir(parents=True)
    (root / "data/curated" / INDEX).write_bytes(b"index")
    YAML().dump(_params() | {"report": {"people_shown": 3}}, root / "params.yaml")
    write_protected(root / "data/protected")
    for name in EXPERIMENTS:
        file = "textures" if name in TEXTURES else "generator"
        weights = root / "models/gan" / name / "0" / f"{file}.safetensors"
        weights.parent.mkdir(parents=True)
        weights.write_bytes(name.encode())


def write_protected(folder: Path, side: int = 128) -> None:
    """Write photos of five invented people: a grey face, and a mask in a colour of its own."""
    rng = np.random.default_rng(1)
    for number, name in enumerate(("plain", *EXPERIMENTS)):
        trainings = 1 if name == "plain" else 3
        rows = pd.DataFrame(
            [
                {"subject_id": f"{who:05d}", "image_id": f"{who:05d}_1_Mask", "role": "test",
                 "kind": "further_masked", "protocol": "other_photo", "protection": name,
                 "variant": t, "training": t if trainings > 1 else -1, "condition": "",
                 "order": -1, "use": "judge"}
                for who in range(5) for t in range(trainings)
            ]
        )  # fmt: skip
        images = torch.full((len(rows), 3, side, side), 0.7)
        images[:, :, side // 2 :] = torch.tensor(rng.random((len(rows), 3, 1, 1)))
        designs = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(number))
        write_photos(folder / name, rows, side, [images], None if name == "plain" else designs)
        assert (folder / name / DESIGNS).exists() == (name != "plain")
