"""What all sections of params.yaml share: they are frozen and refuse keys they do not know."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
"""A fraction in [0, 1]."""

Seed = Annotated[int, Field(ge=0, lt=2**32)]
"""A seed for every random draw of a stage."""

ImageSize = Annotated[int, Field(ge=80, le=1024, multiple_of=16)]
"""Height and width of the square photos, in pixels; the recognizer's trunk needs at least 80."""


Precision = Literal["float32", "bfloat16", "auto"]
"""Arithmetic of a network; auto is bfloat16 where the device computes it natively."""


def once(what: str) -> AfterValidator:
    """Refuse names of which two are alike; ``what`` they name is said in the error."""

    def check(names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) != len(names):
            raise ValueError(f"names {what} twice; name each at most once")
        return names

    return AfterValidator(check)


class Section(BaseModel):
    """Base of every section: immutable after validation, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
