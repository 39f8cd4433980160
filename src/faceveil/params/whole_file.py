"""All of params.yaml at once: what no section can check by itself.

The shell of every stage reads it first of all: a wrong key ends the run in its first second,
wherever it stands. It refuses or passes and changes no output, so that no stage depends on it.
"""

from pathlib import Path

from pydantic import Field, field_validator, model_validator

from faceveil.params.black_boxes import BlackBox
from faceveil.params.calibrate import Calibrate
from faceveil.params.curate import Curate
from faceveil.params.embed import Embed
from faceveil.params.errors import FaceveilError
from faceveil.params.evaluate import Evaluate
from faceveil.params.experiments import Experiment, GanTraining, gan_training_of
from faceveil.params.partners import Partner
from faceveil.params.prepare_recognizer import PrepareRecognizer
from faceveil.params.protocol import Protocol
from faceveil.params.put_on_masks import PutOnMasks
from faceveil.params.read import read_yaml, validate
from faceveil.params.report import Report
from faceveil.params.section import Section
from faceveil.params.strike_back import StrikeBack
from faceveil.params.synthesize import Synthesize
from faceveil.params.train_gan import TrainGan
from faceveil.params.train_projector import TrainProjector

GUARD = "facenet"
"""What reports call the recognizer of ``prepare_recognizer``."""


class Params(Section):
    """All of params.yaml; a field is a section, named after the stage that reads it."""

    synthesize: Synthesize
    put_on_masks: PutOnMasks
    curate: Curate
    prepare_recognizer: PrepareRecognizer
    partners: dict[str, Partner]
    black_boxes: dict[str, BlackBox]
    train_projector: TrainProjector
    embed: Embed
    train_gan: TrainGan
    experiments: dict[str, Experiment] = Field(min_length=1)
    protocol: Protocol
    calibrate: Calibrate
    evaluate: Evaluate
    strike_back: StrikeBack
    report: Report

    @field_validator("experiments", "partners", "black_boxes")
    @classmethod
    def _names_fit_files(cls, named: dict[str, Section]) -> dict[str, Section]:
        for name in named:
            if not (name.isidentifier() and name.isascii()):
                raise ValueError(f"name {name!r} must be letters, digits and '_', as in exp4")
        return named

    @model_validator(mode="after")
    def _recognizers_have_names_of_their_own(self) -> "Params":
        taken = {GUARD, *self.partners} & {GUARD, *self.black_boxes}
        twice = [name for name in (*self.partners, *self.black_boxes) if name in taken]
        if twice:
            raise ValueError(
                f"two recognizers are called {twice[0]!r}; names in partners and black_boxes "
                f"differ, and {GUARD} is the one of prepare_recognizer"
            )
        return self

    def game(self, experiment: str) -> GanTraining:
        """Return ``train_gan`` as an experiment plays it."""
        return gan_training_of(experiment, self.train_gan, self.experiments[experiment])


def read_params(path: Path) -> Params:
    """Read and validate params.yaml.

    Raises:
        FaceveilError: names the file, the key, what was found and what is allowed.
    """
    return checked(read_yaml(path), str(path))


def checked(values: object, where: str) -> Params:
    """Validate the values of a whole file, and what each experiment makes of ``train_gan``.

    Raises:
        FaceveilError: names the key, what was found and what is allowed.
    """
    params = validate(Params, values, where)
    for name, experiment in params.experiments.items():
        for partner in gan_training_of(name, params.train_gan, experiment).ensemble:
            if partner not in params.partners:
                known = ", ".join(params.partners) or "none"
                raise FaceveilError(
                    f"params.yaml: no partner {partner!r}, which train_gan.ensemble of {name} "
                    f"names; there are {known}"
                )
    return params
