"""Documents as the stages write them: synthetic, plausible, the same each time."""

import json
from pathlib import Path

import numpy as np

from faceveil.evaluation.rows import PLAIN, PROTOCOLS, ROWS
from faceveil.report.contents import Contents, Pictures, read_metrics

EXPERIMENTS = ("exp0", "exp1", "exp2", "exp3")
LEARNS = ([], ["generated"], ["generated", "unmasked"], ["generated", "masked", "unmasked"])
FMRS = (0.01, 0.001, 0.0001)
PEOPLE = {"all": 250, "train": 100, "test": 50}


def lift(value: float, over: str = "black", people: int = 50, half: float = 0.09) -> dict:
    ends = {"low": max(-1.0, value - half), "high": min(1.0, value + half)}
    return {"over": over, "value": value, **ends, "people": people}


def rate(value: float) -> dict:
    return {"value": value, "low": max(0.0, value - 0.07), "high": min(1.0, value + 0.07)}


def fnmr(value: float, generated: bool) -> list[dict]:
    """Two thresholds that are known and one that too few comparisons stand for."""
    found = []
    for number, fmr in enumerate(FMRS[:2]):
        shown = min(1.0, value + 0.04 * number)
        gain = lift(shown - 0.2) if generated else None
        about = {"fmr": fmr, "threshold": 0.4 + 0.1 * number, **rate(shown)}
        found.append({**about, "worst": shown / 2, "lift": gain, "needed": None})
    unknown = dict.fromkeys(("threshold", "value", "low", "high", "worst", "lift"))
    return [*found, {"fmr": FMRS[2], **unknown, "needed": 30_000}]


def measurement(row, protocol: str, experiment: int) -> dict:
    """A row of an evaluation; designs protect, more so on another photo."""
    generated, control = row.wears == "generated", row.wears in PLAIN
    hit = 0.04 + 0.03 * experiment if generated else (0.84 if control else 0.95)
    hit = max(0.0, hit - 0.1 * (protocol == "other_photo" and not generated))
    ranks = np.arange(1, 21)
    cmc = 1 - (1 - hit) * np.exp(-(ranks - 1) / 12)
    fmr = np.geomspace(1e-3, 1, 30)
    people = PEOPLE[row.subjects]
    designs = 16 if generated else 0
    return {
        "row": row.name,
        "label": row.label,
        "protocol": protocol,
        "people": people,
        "trials": people * max(1, designs),
        "hits": int(hit * people * max(1, designs)),
        "rank_1": hit,
        "low": max(0.0, hit - 0.06),
        "high": min(1.0, hit + 0.06),
        "designs": designs,
        "worst": hit + 0.1 if generated else None,
        "per_design": [min(1.0, hit + 0.01 * n) for n in range(designs)],
        "note": "",
        "lift": lift(0.74 - hit) if generated else None,
        "rank_5": rate(float(cmc[4])),
        "fnmr": fnmr(1 - hit, generated),
        "eer": (1 - hit) / 2,
        "mean_similarity": hit * 0.8,
        "mated": people,
        "nonmated": people * (people - 1),
        "false_match": {
            "fmr": 0.001,
            "fpir": rate(0.1),
            "people": 7 if generated else 0,
            "victims": 3 if generated else 0,
            "top_share": 0.5 if generated else None,
        },
        "cmc": cmc.tolist(),
        "det": np.stack([fmr, (1 - hit) * (1 - fmr) ** 2], axis=1).tolist(),
    }


def evaluation(number: int) -> dict:
    measured = [measurement(row, protocol, number) for protocol in PROTOCOLS for row in ROWS]
    thresholds = [
        {"fmr": f, "threshold": t, "nonmated": 9_900, "needed": n}
        for f, t, n in zip(FMRS, (0.41, 0.52, None), (None, None, 30_000), strict=True)
    ]
    kinds = zip(("generated", "untrained", "published"), (0.1, 0.02, 0.3), strict=True)
    diversity = [
        {"designs": d, "pixels": 2 * v, "trunk": v, "pairs": 120, "generator": "mlp"}
        for d, v in kinds
    ]
    return {
        "experiment": EXPERIMENTS[number],
        "gallery_people": 250,
        "rows": {},
        "recognizer_learns_from": LEARNS[number],
        "trained_against": ["facenet"],
        "settings": [
            {"designs": 16, "worst_share": 0.1, "confidence": 0.95, "false_match_rate": 0.001}
        ],
        "measurements": measured,
        "thresholds": thresholds,
        "diversity": diversity,
        "groups": groups(number),
    }


def groups(number: int) -> list[dict]:
    values = {"skin_tone": ("light", "medium", "dark"), "sex_typed_shape": ("low", "high")}
    return [
        {
            "protocol": "other_photo",
            "attribute": attribute,
            "group": group,
            "people": 17,
            "fnmr_design": 0.9 - 0.1 * k,
            "fnmr_control": 0.2,
            "control": "black",
            "lift": lift(0.7 - 0.1 * k - 0.02 * number, people=17, half=0.2),
        }
        for attribute, names in values.items()
        for k, group in enumerate(names)
    ]


def compared(protocol: str, value: float) -> dict:
    rates = {"design": 0.74 - value, "control": 0.74}
    return {"protocol": protocol, "metric": "rank_1", "fmr": None, "lift": lift(value), **rates}


def check(passed: bool = True) -> dict:
    about = {"collection": "curated", "pairs": 2000, "expected": 0.97, "passed": passed}
    return {**about, "accuracy": 0.981 if passed else 0.9, "interval": [0.974, 0.986]}


def transfer(number: int) -> dict:
    """The recognizer of training, a partner, a black box it fails on, one that is refused."""
    gains = {"facenet": 0.7 - 0.05 * number, "partner1": 0.21, "black_box1": 0.04 - 0.03 * number}
    asked = [
        {
            "name": name,
            "seen": name == "facenet",
            "refused": None,
            "check": check(),
            "lifts": [compared(protocol, gain) for protocol in PROTOCOLS],
        }
        for name, gain in gains.items()
    ]
    why = "its check found 90.0 % where 97.0 % are expected"
    refused = {"name": "black_box2", "seen": False, "refused": why, "check": check(passed=False)}
    name = EXPERIMENTS[number]
    recognizers = [*asked, {**refused, "lifts": []}]
    return {"experiment": name, "trained_against": ["facenet"], "recognizers": recognizers}


def curve(number: int) -> dict:
    points = [
        {
            **compared(protocol, (0.7 - 0.05 * number) / (1 + 0.6 * step * (4 - number) / 4)),
            "k": k,
            "clean_rank_1": 0.95 - 0.003 * step,
            "people": 50,
        }
        for protocol in PROTOCOLS
        for step, k in enumerate((0, 10, 100, 1000))
    ]
    return {"experiment": EXPERIMENTS[number], "points": points}


def strike_back() -> dict:
    cells = [
        {"designs": one, "recognizer": other, **compared(protocol, 0.6 - 0.12 * abs(i - j))}
        for protocol in PROTOCOLS
        for i, one in enumerate(EXPERIMENTS)
        for j, other in enumerate(EXPERIMENTS)
    ]
    difference = {"protocol": "other_photo", "metric": "rank_1", "between": "exp3 minus exp0"}
    claim = {
        "text": "The claim is not shown either way.",
        "holds": None,
        "differences": [{**difference, "value": 0.03, "low": -0.05, "high": 0.11, "people": 50}],
    }
    curves = [curve(number) for number in range(len(EXPERIMENTS))]
    about = {"experiments": list(EXPERIMENTS), "photos": [0, 10, 100, 1000]}
    return {**about, "curves": curves, "cells": cells, "claim": [claim]}


CURATION = {
    "files": {"found": 2821, "accompanies": 101, "kept": 2595, "rejected": 125},
    "reasons": {"blurred": 8, "no_face": 8, "nose_bare": 10, "partner_rejected": 81},
    "people": {"found": 200, "paired": 200, "kept": 169, "train": 100, "test": 25},
}
PROJECTOR = {
    "photos": {"training": 54, "held_out": 17},
    "unet": {"iou": 0.978, "iou_interval": [0.972, 0.983], "leak": 0.0045},
}
RECOGNIZER = {
    "gallery_people": 125,
    "other_photo": {"rank_1": 0.952, "probes": 125, "interval": [0.9, 0.98], "auc": 0.999},
}


def write_metrics(folder: Path, others: bool = True) -> Path:
    """Write all documents; without the others no recognizer but the game's was asked."""
    written = {"curation": CURATION, "projector": PROJECTOR, "recognizer": RECOGNIZER}
    for number, name in enumerate(EXPERIMENTS):
        written[f"evaluation/{name}"] = evaluation(number)
        if others:
            written[f"transfer/{name}"] = transfer(number)
    if others:
        written["strike_back"] = strike_back()
    for name, document in written.items():
        path = folder / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document))
    return folder


def pictures(people: int = 3, size: int = 32) -> Pictures:
    """Photos of noise, the same each time."""
    stream = np.random.default_rng(0)
    draw = lambda count: stream.random((count, size, size, 3), dtype=np.float32)  # noqa: E731
    rows = ("plain mask", *EXPERIMENTS)
    return Pictures(
        subject_ids=[f"{number:05d}" for number in range(people)],
        people={row: draw(people) for row in rows},
        designs={name: draw(people) for name in EXPERIMENTS},
        walks={name: draw(5) for name in EXPERIMENTS},
    )


PROVENANCE = {
    "revision": "0123456789abcdef0123456789abcdef01234567",
    "params": "evaluate:\n  designs: 16 # <none> is picked\n",
    "data_digest": "md5 89abcdef",
    "mlflow": {"parent": "f00d", "exp0": "cafe"},
    "versions": {"faceveil": "0.1.0", "torch": "2.15.0"},
}


def contents(folder: Path, others: bool = True) -> Contents:
    metrics = read_metrics(write_metrics(folder, others), EXPERIMENTS)
    return Contents(metrics, pictures(), PROVENANCE)
