"""All of params.yaml at once: what no section can check by itself.

The shell of every stage reads it first of all: a wrong key ends the run in its first second,
wherever it stands. It refuses or passes and changes no output, so that no stage depends on it.
"""

from pathlib import Path

from pydantic import Field, field_validator, model_validator

from faceveil.params.adapt import Adapt
from faceveil.params.calibrate import Calibrate
from faceveil.params.curate import Curate
from faceveil.params.embed import Embed
from faceveil.params.errors import FaceveilError
from faceveil.params.evaluate import Evaluate
from faceveil.params.experiments import EXPERIMENTS, Experiment, overridden
from faceveil.params.gan_training import GanTraining, gan_training
from faceveil.params.project import Project
from faceveil.params.protect import Protect
from faceveil.params.protections import PROTECTIONS, ProtectionSettings
from faceveil.params.protocol import Protocol
from faceveil.params.put_on_masks import PutOnMasks
from faceveil.params.read import read_yaml, validate
from faceveil.params.recognizers import (
    CURATED,
    DEFAULTS,
    DETECTORS,
    PACKAGED,
    PUBLISHED,
    SCRATCH,
    RecognizerSettings,
    surrogates_of,
    target_of,
)
from faceveil.params.report import Report
from faceveil.params.section import Section
from faceveil.params.synthesize import Synthesize
from faceveil.params.train_gan import TrainGan
from faceveil.params.train_generator import TrainGenerator
from faceveil.params.train_projector import TrainProjector
from faceveil.params.train_texture import TrainTexture

NAMED = ("recognizers", "experiments", "protections")
"""Sections whose keys are names, each of an entry."""


RENDERED = "data/synthetic"
"""Where the stage synthesize writes its people."""

BARE, ENROLLED = "none", "bare"
"""What tables call a face without anything, and folders call the photos of such faces."""

ENDINGS = ("own", "untrained", "mean_colour", "shuffled")
"""How names of protections end that are made of an experiment's designs: ``exp0_untrained``."""


class Params(Section):
    """All of params.yaml; a field is a section, named after the stage that reads it."""

    synthesize: Synthesize = Synthesize()
    put_on_masks: PutOnMasks = PutOnMasks()
    curate: Curate = Curate()
    recognizers: dict[str, RecognizerSettings] = DEFAULTS
    train_projector: TrainProjector = TrainProjector()
    embed: Embed = Embed()
    train_gan: TrainGan = TrainGan()
    train_texture: TrainTexture = TrainTexture()
    train_generator: TrainGenerator = TrainGenerator()
    experiments: dict[str, Experiment] = Field(default=EXPERIMENTS, min_length=1)
    project: Project = Project()
    protections: dict[str, ProtectionSettings] = PROTECTIONS
    protect: Protect = Protect()
    protocol: Protocol = Protocol()
    calibrate: Calibrate = Calibrate()
    evaluate: Evaluate = Evaluate()
    adapt: Adapt = Adapt()
    report: Report = Report()

    @field_validator("experiments", "recognizers", "protections")
    @classmethod
    def _names_fit_files(cls, named: dict[str, Section]) -> dict[str, Section]:
        for name in named:
            if not (name.isidentifier() and name.isascii()):
                raise ValueError(f"name {name!r} must be letters, digits and '_', as in exp4")
        return named

    @field_validator("recognizers")
    @classmethod
    def _one_is_the_target(
        cls, recognizers: dict[str, RecognizerSettings]
    ) -> dict[str, RecognizerSettings]:
        if taken := sorted(recognizers.keys() & set(DETECTORS)):
            raise ValueError(
                f"{taken[0]!r} is the name of a detector; call the recognizer otherwise"
            )
        targets = [name for name, one in recognizers.items() if one.role == "target"]
        if len(targets) != 1:
            raise ValueError(
                f"{len(targets)} have role target ({', '.join(targets) or 'none'}); one must have "
                "it, the others are surrogate or judge"
            )
        return recognizers

    @model_validator(mode="after")
    def _protections_can_be_told_apart(self) -> "Params":
        both = set(self.protections) & {BARE, ENROLLED, *self.experiments}
        if both:
            raise ValueError(
                f"protections: {min(both)!r} is taken; {BARE} and {ENROLLED} are bare faces, and "
                "an experiment's designs have its name"
            )
        made = {f"{one}_{ending}": one for one in self.experiments for ending in ENDINGS}
        for name in (name for name in [*self.experiments, *self.protections] if name in made):
            raise ValueError(
                f"{name!r} is taken: designs of {made[name]!r} are judged so too; choose another"
            )
        unknown = [name for name in self.evaluate.plain if name not in self.protections]
        if unknown:
            known = ", ".join(self.protections)
            raise ValueError(f"evaluate.plain: no protection {unknown[0]!r}; there are {known}")
        most = max(self.adapt.photos)
        if most > self.protect.learn_photos:
            raise ValueError(
                f"adapt.photos asks for {most} photos, protect.learn_photos makes "
                f"{self.protect.learn_photos}; lower one or raise the other"
            )
        return self

    @property
    def given(self) -> dict[str, str]:
        """Folders of photos and files of weights that no stage writes, by the key that says so."""
        named = self.put_on_masks.collections
        written = {RENDERED, *(f"data/masked/{one}" for one in named)}
        given = {f"put_on_masks.collections names {one}": f"data/{one}" for one in named}
        if Path(self.curate.root).as_posix() not in written:
            given["curate.root"] = self.curate.root
        for name, one in self.recognizers.items():
            if one.weights not in (SCRATCH, *PUBLISHED, *PACKAGED):
                given[f"recognizers.{name}.weights"] = one.weights
            if one.check != CURATED:
                given[f"recognizers.{name}.check"] = one.check
        return {key: Path(path).as_posix() for key, path in given.items()}

    @property
    def target(self) -> str:
        """Name of the recognizer that all designs are trained against."""
        return target_of(self.recognizers)

    def trained_against(self, experiment: str) -> tuple[str, ...]:
        """Return the recognizers that an experiment's designs are trained against, by name."""
        ensemble = self.training(experiment).ensemble
        return self.experiments[experiment].trained_against(self.target, ensemble)

    def training(self, experiment: str) -> GanTraining | TrainTexture | TrainGenerator:
        """Return the section of an experiment's method, with the overrides of the experiment.

        Raises:
            FaceveilError: if there is no such experiment.
        """
        if experiment not in self.experiments:
            known = ", ".join(self.experiments)
            raise FaceveilError(f"params.yaml: no experiment {experiment!r}; there are {known}")
        chosen = self.experiments[experiment]
        if chosen.method == "texture":
            return overridden(experiment, self.train_texture, chosen)
        if chosen.method == "generator":
            return overridden(experiment, self.train_generator, chosen)
        gan = overridden(experiment, self.train_gan, chosen)
        return gan_training(gan, chosen.recognizer_learns_from)


def read_params(path: Path) -> Params:
    """Read and validate params.yaml.

    Raises:
        FaceveilError: names the file, the key, what was found and what is allowed.
    """
    return checked(read_yaml(path), str(path))


def checked(values: object, where: str) -> Params:
    """Validate the values of a whole file, and what each experiment makes of its section.

    Raises:
        FaceveilError: names the key, what was found and what is allowed.
    """
    params = validate(Params, values, where)
    allowed = surrogates_of(params.recognizers)
    for name, experiment in params.experiments.items():
        for one in params.training(name).ensemble:
            if one not in allowed:
                known = params.recognizers.get(one)
                found = f"which is a {known.role}" if known else "which is not in recognizers"
                raise FaceveilError(
                    f"{where}: train_{experiment.method}.ensemble of {name} names {one!r}, "
                    f"{found}; allowed are recognizers with role surrogate: "
                    f"{', '.join(allowed) or 'there are none'}"
                )
    return params
