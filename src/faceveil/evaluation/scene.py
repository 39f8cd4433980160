"""What held-out people wear before any recognizer: the same scene for everybody who looks at it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from faceveil.evaluation.controls import fill_wardrobe
from faceveil.evaluation.experiment import masked_probes
from faceveil.evaluation.projection import Projection
from faceveil.evaluation.trials import Outfit, Probes
from faceveil.params.file import Params
from faceveil.protection.designs.generators import load_generator
from faceveil.store.faces import open_faces
from faceveil.store.protocol import Roles, read_roles


@dataclass(frozen=True)
class Scene:
    """One experiment's designs, and all that is plain, on held-out people.

    Attributes:
        probes: masked photos of held-out people, with their transparency, by protocol.
        outfits: what they wear.
    """

    probes: list[Probes]
    outfits: list[Outfit]


@dataclass(frozen=True)
class Places:
    """Folders of what scenes are made of.

    Attributes:
        curated: packed faces.
        projector: the projector.
        gans: a folder of generator and head for each experiment.
        protocol: roles and, below it, ``thresholds``.
    """

    curated: Path
    projector: Path
    gans: Path
    protocol: Path


class Stage:
    """Where scenes are set; photos get their transparency once for all experiments.

    Attributes:
        places: where everything is.
        params: all settings.
        device: where networks run.
        roles: who enrolls and who probes.
    """

    def __init__(
        self, places: Places, params: Params, device: torch.device, everybody: bool = False
    ) -> None:
        """Read the roles.

        Args:
            places: where everything is.
            params: all settings.
            device: where networks run.
            everybody: whether people who do not probe get their transparency as well.

        Raises:
            FaceveilError: if the protocol's files are missing or damaged.
        """
        self.places = places
        self.params = params
        self.device = device
        self.roles: Roles = read_roles(places.protocol)
        self._everybody = everybody
        self._probes: dict[str, list[Probes]] = {}

    def scene(self, experiment: str) -> Scene:
        """Return the scene of an experiment.

        Raises:
            FaceveilError: if an artifact is missing or damaged.
        """
        game, settings = self.params.game(experiment), self.params.evaluate
        curated = self.places.curated
        if game.transparency not in self._probes:
            projection = Projection(curated, self.places.projector, game, self.device)
            probes = masked_probes(projection, self.roles, self._everybody)
            self._probes[game.transparency] = [_held_out(one) for one in probes]
        generator = load_generator(self.places.gans / experiment)
        unmasked = open_faces(curated, "unmasked")
        wardrobe = fill_wardrobe(generator, game.generator, unmasked, settings)
        return Scene(self._probes[game.transparency], wardrobe.for_held_out())


def _held_out(probes: Probes) -> Probes:
    rows = probes.faces.rows
    tested = rows.loc[rows["split"] == "test", "image_id"].to_numpy(dtype=np.str_)
    return Probes(probes.protocol, probes.faces, np.intersect1d(probes.image_ids, tested))
