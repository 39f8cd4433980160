"""Section ``protect``: how many designs are judged and learned from, and on which photos."""

from pydantic import Field, field_validator

from faceveil.params.conditions import ConditionStrengths
from faceveil.params.section import Section, Seed

CROP = "crop_"
"""How strengths begin that act on a recognizer's crop."""


class Protect(Section):
    """What people look like under the protections."""

    designs: int = Field(
        default=8, ge=1, le=100_000, description="designs of each training that are judged"
    )
    designs_per_subject: int = Field(
        default=1, ge=1, description="how many of them, of each training, a person wears"
    )
    draws: int = Field(
        default=8,
        ge=0,
        le=64,
        description="physical conditions under which each photo of held-out people is judged"
        " besides flat; 0: flat only, neither stored as JPEG nor blurred",
    )
    conditions: ConditionStrengths = ConditionStrengths()
    learn_photos: int = Field(
        default=1000,
        ge=0,
        le=1_000_000,
        description="labelled photos per training to learn from",
    )
    learn_designs: int = Field(
        default=64,
        ge=1,
        le=100_000,
        description="designs on these photos, none of them judged; of textures it is all there are",
    )
    batch_size: int = Field(default=64, ge=1, le=65_536, description="photos at once")
    seed: Seed = Field(default=2021, description="seed of designs, patterns and labelled photos")

    @field_validator("conditions")
    @classmethod
    def _crops_stay(cls, conditions: ConditionStrengths) -> ConditionStrengths:
        usual = ConditionStrengths()
        given = [
            name
            for name in sorted(conditions.model_fields_set)
            if name.startswith(CROP) and getattr(conditions, name) != getattr(usual, name)
        ]
        if given:
            raise ValueError(
                f"{given[0]} has no effect here, since photos are judged as they are stored, "
                "before any recognizer crops them; leave it out"
            )
        return conditions
