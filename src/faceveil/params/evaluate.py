"""Section ``evaluate``: what protections are compared with, and how sure the judgement is."""

from typing import Annotated

from pydantic import Field

from faceveil.params.section import Section, Seed, once


class Evaluate(Section):
    """The measurement of all protections."""

    plain: Annotated[tuple[str, ...], once("a protection")] = Field(
        default=("plain", "surgical", "noise", "grey", "black", "white"),
        min_length=1,
        description="protections that anybody can wear; the best of them on dev people is what"
        " others are compared with",
    )
    false_match_rate: float = Field(
        default=0.001,
        gt=0,
        lt=1,
        description="operating point of lifts and of harm; one that calibrate chose",
    )
    confidence: float = Field(default=0.95, gt=0, lt=1, description="level of every interval")
    batch_size: int = Field(default=256, ge=1, le=65_536, description="photos searched at once")
    seed: Seed = Field(default=2021, description="seed of the intervals' resamples")
