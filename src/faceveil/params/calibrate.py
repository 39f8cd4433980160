"""Section ``calibrate``: at which false match rates thresholds are chosen."""

from typing import Annotated

from pydantic import Field, field_validator

from faceveil.params.section import Section

MatchRate = Annotated[float, Field(gt=0, lt=1)]


class Calibrate(Section):
    """The operating points of every recognizer."""

    false_match_rates: tuple[MatchRate, ...] = Field(
        default=(0.01, 0.001, 0.0001),
        min_length=1,
        description="false match rates (FMR) to choose a threshold for, falling",
    )

    @field_validator("false_match_rates")
    @classmethod
    def _falling(cls, rates: tuple[float, ...]) -> tuple[float, ...]:
        if list(rates) != sorted(set(rates), reverse=True):
            raise ValueError("rates fall from one to the next and none occurs twice")
        return rates
