"""Do designs work before recognizers they were not made against? One row of the transfer table."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from faceveil.data.faces import open_faces
from faceveil.evaluation.calibration import read_thresholds
from faceveil.evaluation.contenders import Cast, Contender, TorchEye, study_gallery_of
from faceveil.evaluation.controls import fill_wardrobe
from faceveil.evaluation.experiment import adapted_recognizer, masked_probes
from faceveil.evaluation.measure import Judge
from faceveil.evaluation.projection import Projection
from faceveil.evaluation.protocol import MASKED_PHOTOS
from faceveil.evaluation.roles import Roles, read_roles
from faceveil.evaluation.standing import standings
from faceveil.evaluation.trials import Log, Outfit, Probes, joined, plain_trials, worn_trials
from faceveil.models.generators import load_generator
from faceveil.params.evaluate import Evaluate
from faceveil.params.experiments import Game

Document = dict[str, Any]

ADAPTED = "facenet_adapted"
"""FaceNet with the head that the experiment ended with."""

OTHERS = "others.json"
"""Name of the file that holds the thresholds of all contenders but the adapted ones."""


@dataclass(frozen=True)
class Stage:
    """What is needed to let designs meet recognizers.

    Attributes:
        cast: where the recognizers are.
        projector: folder of the projector.
        gan: folder of the experiment's generator and head.
        protocol: folder of roles and, below it, ``thresholds``.
    """

    cast: Cast
    projector: Path
    gan: Path
    protocol: Path

    def thresholds(self, file: str) -> Path:
        """Return the path of a file of thresholds."""
        return self.protocol / "thresholds" / file


@dataclass(frozen=True)
class Scene:
    """What every contender is shown: the same people, in the same designs.

    Attributes:
        roles: who enrolls and who probes.
        probes: masked photos with their transparency, by protocol.
        outfits: designs and what is plain, worn by held-out people.
    """

    roles: Roles
    probes: list[Probes]
    outfits: list[Outfit]


def transfer(
    experiment: str,
    stage: Stage,
    game: Game,
    names: tuple[Sequence[str], Sequence[str]],
    settings: Evaluate,
    device: torch.device,
) -> Document:
    """Measure the designs of an experiment before every recognizer.

    Args:
        experiment: its name.
        stage: where everything is.
        game: how it was played.
        names: of the partners, and of the black boxes.
        settings: designs, intervals, batch size.
        device: where networks run.

    Returns:
        ``experiment``, ``trained_against`` and, for each of ``recognizers``: name, kind, whether
        the designs were trained against it, its check, why it is refused, and its lifts.

    Raises:
        FaceveilError: if an artifact is missing or damaged.
    """
    scene = set_scene(stage, game, settings, device)
    contenders = stage.cast.load(*names, device)
    if game.recognizer_learns_from:
        adapted = adapted_recognizer(stage.cast.recognizer, stage.gan, device)
        contenders.insert(1, Contender(ADAPTED, "facenet", TorchEye(adapted, device)))
    rows = []
    for contender in contenders:
        own = contender.name == ADAPTED
        file, name = (f"{experiment}.json", experiment) if own else (OTHERS, contender.name)
        judge = Judge(settings, read_thresholds(stage.thresholds(file), name))
        seen = own or contender.name in game.trained_against
        lifts = _lifts(contender, scene, stage, judge)
        rows.append({**_about(contender), "seen": seen, "lifts": lifts})
    return {
        "experiment": experiment,
        "trained_against": list(game.trained_against),
        "false_match_rate": settings.false_match_rate,
        "recognizers": rows,
    }


def set_scene(stage: Stage, game: Game, settings: Evaluate, device: torch.device) -> Scene:
    """Prepare what held-out people wear, and on which photos."""
    roles = read_roles(stage.protocol)
    curated = stage.cast.curated
    projection = Projection(curated, stage.projector, game, device)
    wardrobe = fill_wardrobe(
        load_generator(stage.gan), game.generator, open_faces(curated, "unmasked"), settings
    )
    return Scene(roles, masked_probes(projection, roles), wardrobe.for_held_out())


def shown_numbers(document: Document) -> dict[str, float]:
    """Return ``transfer/<recognizer>/<metric>_lift/<protocol>``, to be tracked."""
    return {
        f"transfer/{one['name']}/{lift['metric']}_lift/{lift['protocol']}": lift["lift"]["value"]
        for one in document["recognizers"]
        for lift in one["lifts"]
    }


def _about(contender: Contender) -> Document:
    return {
        "name": contender.name,
        "kind": contender.kind,
        "check": contender.check,
        "refused": contender.refusal,
    }


def _lifts(contender: Contender, scene: Scene, stage: Stage, judge: Judge) -> list[Document]:
    """Return the standings of the designs; none before a recognizer that failed its check."""
    if contender.refusal is not None:
        return []
    log = _log(contender, scene, stage, judge.settings.batch_size)
    held_out = log.trials[log.trials["split"] == "test"]
    return [asdict(one) for one in standings(held_out, judge.headline, judge.settings)]


def _log(contender: Contender, scene: Scene, stage: Stage, batch_size: int) -> Log:
    """Search with all that held-out people wear, under both protocols."""
    gallery = study_gallery_of(contender.eye, stage.cast.curated, scene.roles, batch_size)
    logs = []
    for probes in scene.probes:
        see = contender.eye.sight(MASKED_PHOTOS[probes.protocol])
        logs += worn_trials(see, [gallery], probes, scene.outfits, batch_size)
        logs += plain_trials(see, [gallery], probes, "plain", batch_size)
    return joined(logs)
