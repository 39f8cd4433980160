"""Block ``conditions``: how strongly a printed mask and its photo differ from the drawn ones."""

from typing import Any

from pydantic import Field, model_validator

from faceveil.params.section import Section, Share


class ConditionStrengths(Section):
    """How strongly physical conditions vary; zero is the design exactly as it is drawn.

    The word ``none`` in its place is :data:`NO_CONDITIONS`.
    """

    mask_moved: float = Field(
        default=0.04,
        ge=0,
        le=0.5,
        description="deviation of the mask's place, across and down, in its half-widths",
    )
    mask_turned_radians: float = Field(
        default=0.05, ge=0, le=0.5, description="deviation of the mask's turn in the photo"
    )
    mask_scaled: float = Field(
        default=0.04, ge=0, le=0.2, description="deviation of the mask's size, as a factor around 1"
    )
    ink_gain: float = Field(
        default=0.06, ge=0, le=0.3, description="deviation of a colour channel's gain in print"
    )
    ink_offset: float = Field(
        default=0.03, ge=0, le=0.3, description="deviation of a colour channel's offset in print"
    )
    dot_gain: float = Field(
        default=0.1,
        ge=0,
        le=0.2,
        description="most that mid-tones darken in print, as share of full range",
    )
    darkest_ink: float = Field(default=0.05, ge=0, le=0.4, description="darkest printable value")
    lightest_ink: float = Field(default=0.93, ge=0.6, le=1, description="lightest printable value")
    light_gain: float = Field(
        default=0.12, ge=0, le=0.3, description="deviation of the photo's contrast around 1"
    )
    light_offset: float = Field(
        default=0.04, ge=0, le=0.3, description="deviation of the photo's brightness"
    )
    white_balance: float = Field(
        default=0.03, ge=0, le=0.3, description="deviation of a colour channel's gain in the photo"
    )
    blur_share: float = Field(
        default=0.005,
        ge=0,
        le=0.05,
        description="most that the photo is blurred: deviation as share of its side",
    )
    resolution_probability: Share = Field(
        default=0.6, description="probability that a photo was taken with fewer pixels"
    )
    min_resolution: float = Field(
        default=0.55, ge=0.1, le=1, description="fewest pixels of those, as share of the photo's"
    )
    noise: float = Field(
        default=0.02, ge=0, le=0.2, description="deviation of the sensor's noise in each pixel"
    )
    jpeg_probability: Share = Field(
        default=0.1, description="probability that a photo was stored as JPEG"
    )
    min_jpeg_quality: float = Field(default=50, ge=5, le=100, description="lowest JPEG quality")
    max_jpeg_quality: float = Field(default=95, ge=5, le=100, description="highest JPEG quality")
    crop_moved_share: float = Field(
        default=0.0107,
        ge=0,
        le=0.2,
        description="deviation of the recognizer's crop, across and down, as share of its side;"
        " 0.0107 is 1.2 of 112 pixels",
    )
    crop_turned_radians: float = Field(
        default=0.03, ge=0, le=0.5, description="deviation of the turn of the recognizer's crop"
    )
    crop_scaled: float = Field(
        default=0.03, ge=0, le=0.2, description="deviation of the size of the recognizer's crop"
    )

    @model_validator(mode="before")
    @classmethod
    def _none_is_no_conditions(cls, values: Any) -> Any:
        return NO_CONDITIONS.model_dump() if values == "none" else values

    @model_validator(mode="after")
    def _qualities_are_in_order(self) -> "ConditionStrengths":
        if self.min_jpeg_quality > self.max_jpeg_quality:
            raise ValueError(
                f"min_jpeg_quality {self.min_jpeg_quality:g} is above max_jpeg_quality"
                f" {self.max_jpeg_quality:g}; lower the one or raise the other"
            )
        return self


NO_CONDITIONS = ConditionStrengths(
    mask_moved=0,
    mask_turned_radians=0,
    mask_scaled=0,
    ink_gain=0,
    ink_offset=0,
    dot_gain=0,
    darkest_ink=0,
    lightest_ink=1,
    light_gain=0,
    light_offset=0,
    white_balance=0,
    blur_share=0,
    resolution_probability=0,
    noise=0,
    jpeg_probability=0,
    crop_moved_share=0,
    crop_turned_radians=0,
    crop_scaled=0,
)
"""Strengths that change nothing: every printed colour, every photo is as it was drawn."""
