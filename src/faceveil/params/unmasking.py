"""All of pipelines/unmasking/params.yaml: masks put on and taken off by networks."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from faceveil.params.read import merge, read_section, read_yaml, validate
from faceveil.params.section import Section, Seed, Share, once
from faceveil.params.translation import TrainCyclegan, TrainPaired, Translating, Translation

PLAIN = "plain"
"""The protection of people in masks without a design."""


class Translate(Section):
    """Whose masks are taken off."""

    protections: Annotated[tuple[str, ...], once("a protection")] = Field(
        default=("plain", "exp0", "exp1", "exp2", "exp3", "universal"),
        description="protections and experiments of the main pipeline, flat photos",
    )
    photos_per_person: int = Field(
        default=1,
        ge=1,
        le=10_000,
        description="photos of each person, other than the enrolled one where there are any",
    )
    trainings: int = Field(
        default=1,
        ge=1,
        le=100,
        description="of an experiment's trainings, the first ones; each face in one design of each",
    )
    seed: Seed = Field(default=2021, description="seed of which design")


class EvaluateTranslation(Section):
    """How translated photos are measured."""

    resamples: int = Field(default=1000, ge=100, le=100_000, description="bootstrap draws")
    confidence: Share = Field(default=0.95, description="level of intervals")
    inception: str | None = Field(
        default=None,
        min_length=1,
        description="file of InceptionV3's weights, for FID and KID; null: neither",
    )
    people_shown: int = Field(default=8, ge=1, le=100, description="rows of the sheet")
    seed: Seed = Field(default=2021, description="seed of halves and draws")


class Study(Section):
    """What participants are asked."""

    translation: str = Field(default="cyclegan", description="an entry of translations")
    pictures: int = Field(
        default=22, ge=4, le=1000, multiple_of=2, description="half of them untouched"
    )
    real_people: bool = Field(
        default=False, description="whether people who exist may be shown, who must agree to it"
    )
    seed: Seed = Field(default=2021, description="seed of which pictures, in which order")


TRANSLATIONS = {
    "paired": Translation(method="paired"),
    "cyclegan": Translation(method="cyclegan"),
    "attacker": Translation(method="paired", train_paired={"wearing": ["exp1", "universal"]}),
}
"""The translations of a file that names none."""


class Unmasking(Section):
    """The whole file; a field is a section, named after the stage that reads it."""

    translations: dict[str, Translation] = Field(default=TRANSLATIONS, min_length=1)
    train_cyclegan: TrainCyclegan = TrainCyclegan()
    train_paired: TrainPaired = TrainPaired()
    translate: Translate = Translate()
    evaluate_translation: EvaluateTranslation = EvaluateTranslation()
    study: Study = Study()

    @field_validator("translate")
    @classmethod
    def _plain_masks_are_taken_off(cls, translate: Translate) -> Translate:
        if PLAIN not in translate.protections:
            raise ValueError(f"protections need {PLAIN!r}, which all others are compared with")
        return translate

    @field_validator("translations")
    @classmethod
    def _names_fit_files(cls, named: dict[str, Translation]) -> dict[str, Translation]:
        for name in named:
            if not (name.isidentifier() and name.isascii()):
                raise ValueError(f"name {name!r} must be letters, digits and '_', as in paired2")
        return named

    @model_validator(mode="after")
    def _the_study_is_of_one(self) -> "Unmasking":
        if self.study.translation not in self.translations:
            known = ", ".join(self.translations)
            raise ValueError(
                f"study.translation: no translation {self.study.translation!r}; there are {known}"
            )
        return self


def read_unmasking(path: Path) -> Unmasking:
    """Read and validate the file, each translation with its overrides.

    Raises:
        FaceveilError: names the file, the key, what was found and what is allowed.
    """
    return checked_unmasking(read_yaml(path), str(path))


def checked_unmasking(values: dict[str, Any], where: str) -> Unmasking:
    """Validate the values of a whole file, each translation with its overrides."""
    whole = validate(Unmasking, values, where)
    for name, one in whole.translations.items():
        base = whole.train_cyclegan if one.method == "cyclegan" else whole.train_paired
        _overridden(name, base, one, where)
    return whole


def read_translating(path: Path, name: str) -> Translating:
    """Read the section of a translation's method with its overrides.

    Raises:
        FaceveilError: if there is no such translation, or a value is not allowed.
    """
    chosen = read_section(path, f"translations.{name}", Translation)
    model = TrainCyclegan if chosen.method == "cyclegan" else TrainPaired
    return _overridden(name, read_section(path, chosen.section, model), chosen, str(path))


def _overridden(name: str, base: Translating, chosen: Translation, where: str) -> Translating:
    values = base.model_dump()
    architecture = chosen.overrides.get("generator", {}).get("architecture")
    if architecture and architecture != base.generator.architecture:
        values["generator"] = {}  # another one has other keys
    merged = merge(values, chosen.overrides)
    return validate(type(base), merged, f"{where}: translations.{name}.{chosen.section}")
