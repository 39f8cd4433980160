"""Do designs work before recognizers they were not made against? The transfer table.

The first column is the recognizer that an experiment ended with, as its evaluation found; the
others are partners and black boxes, which look at the same people in the same designs.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from faceveil.evaluation.calibration import OTHERS, read_thresholds
from faceveil.evaluation.contenders import Contender, study_gallery_of
from faceveil.evaluation.documents import read_documents
from faceveil.evaluation.measure import Judge
from faceveil.evaluation.scene import Scene, Stage
from faceveil.evaluation.standing import HELD_OUT, standings
from faceveil.evaluation.trials import Gallery, joined, plain_trials, worn_trials
from faceveil.params.train_gan import OPPONENT
from faceveil.store.protocol import MASKED_PHOTOS

Document = dict[str, Any]


def transfer(
    stage: Stage, contenders: Sequence[Contender], evaluations: Path
) -> dict[str, Document]:
    """Measure the designs of every experiment before every recognizer.

    Args:
        stage: where scenes are set.
        contenders: partners and black boxes.
        evaluations: folder of the experiments' evaluations.

    Returns:
        By experiment: ``experiment``, ``trained_against`` and, for each of ``recognizers``: name,
        kind, whether the designs were trained against it, its check, why it is refused, its lifts.

    Raises:
        FaceveilError: if an artifact is missing or damaged.
    """
    names, curated = list(stage.params.experiments), stage.places.curated
    batch_size = stage.params.evaluate.batch_size
    galleries = {
        one.name: study_gallery_of(one.eye, curated, stage.roles, batch_size) for one in contenders
    }
    own = {name: _own(one) for name, one in _evaluated(evaluations, names).items()}
    documents = {}
    for name in names:
        scene, against = stage.scene(name), stage.params.game(name).trained_against
        others = [
            _row(one, one.name in against, _lifts(one, galleries[one.name], scene, stage))
            for one in contenders
        ]
        documents[name] = {
            "experiment": name,
            "trained_against": list(against),
            "false_match_rate": stage.params.evaluate.false_match_rate,
            "recognizers": [own[name], *others],
        }
    return documents


def shown_numbers(document: Document) -> dict[str, float]:
    """Return ``transfer/<recognizer>/<metric>_lift/<protocol>``, to be tracked."""
    return {
        f"transfer/{one['name']}/{at['metric']}_lift/{at['protocol']}": at["lift"]["value"]
        for one in document["recognizers"]
        for at in one["lifts"]
    }


def _evaluated(folder: Path, names: Sequence[str]) -> dict[str, Document]:
    return dict(zip(names, read_documents(folder, names), strict=True))


def _own(evaluation: Document) -> Document:
    """Return the recognizer that an experiment ended with, from its evaluation."""
    rows = {(one["row"], one["protocol"]): one for one in evaluation["measurements"]}
    fmr = evaluation["settings"][0]["false_match_rate"]
    lifts = []
    for (row, protocol), one in rows.items():
        if row == HELD_OUT.name:
            control = rows[f"{one['lift']['over']}_test", protocol]["rank_1"]
            about = {"protocol": protocol, "metric": "rank_1", "fmr": None}
            lifts.append(
                {**about, "lift": one["lift"], "design": one["rank_1"], "control": control}
            )
            at = _at(one, fmr)
            if at["lift"]:
                control = _at(rows[f"{at['lift']['over']}_test", protocol], fmr)["value"]
                about = {"protocol": protocol, "metric": "fnmr", "fmr": fmr}
                lifts.append(
                    {**about, "lift": at["lift"], "design": at["value"], "control": control}
                )
    row = {"name": OPPONENT, "kind": "facenet", "check": None, "refused": None}
    return {**row, "seen": True, "lifts": lifts}


def _at(one: Document, fmr: float) -> Document:
    found: Document = next(at for at in one["fnmr"] if at["fmr"] == fmr)
    return found


def _row(one: Contender, seen: bool, lifts: list[Document]) -> Document:
    about = {"name": one.name, "kind": one.kind, "check": one.check, "refused": one.refusal}
    return {**about, "seen": seen, "lifts": lifts}


def _lifts(one: Contender, gallery: Gallery, scene: Scene, stage: Stage) -> list[Document]:
    """Return the standings of the designs; none before a recognizer that failed its check."""
    if one.refusal is not None:
        return []
    settings = stage.params.evaluate
    thresholds = stage.places.protocol / "thresholds" / OTHERS
    judge = Judge(settings, read_thresholds(thresholds, one.name))
    logs = []
    for probes in scene.probes:
        see = one.eye.sight(MASKED_PHOTOS[probes.protocol])
        logs += worn_trials(see, [gallery], probes, scene.outfits, settings.batch_size)
        logs += plain_trials(see, [gallery], probes, "plain", settings.batch_size)
    return [asdict(at) for at in standings(joined(logs).trials, judge.headline, settings)]
