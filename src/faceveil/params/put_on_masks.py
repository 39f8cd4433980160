"""Section ``put_on_masks``: which collections by person get masks, and which masks."""

from typing import Annotated

from pydantic import Field, field_validator

from faceveil.params.section import Section, Seed, Share

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
"""Name of a folder, of which a stage can be named too."""

OUTPUTS = ("synthetic", "masked", "curated", "embeddings", "protocol")
"""Folders below data/ that the pipeline writes."""


class PutOnMasks(Section):
    """Masks that are put on photos of people who wear none."""

    collections: list[Name] = Field(
        default=[],
        description="folders below data/ that hold one folder per person; data/<name> becomes"
        " data/masked/<name>",
    )
    templates: str = Field(
        default="rendered",
        min_length=1,
        description="rendered, or a folder of masks cut out as PNG with transparency",
    )
    seed: Seed = Field(default=2021, description="seed of which mask a photo gets")
    photos_per_person: int = Field(
        default=100, ge=1, le=100, description="most photos of a person, the first ones by name"
    )
    min_face_probability: Share = Field(
        default=0.75, description="least probability of a face that a mask is put on"
    )

    @field_validator("collections")
    @classmethod
    def _are_sources_and_differ(cls, names: list[str]) -> list[str]:
        if len(set(names)) < len(names):
            raise ValueError("names a collection twice")
        if taken := sorted(set(names) & set(OUTPUTS)):
            raise ValueError(f"the pipeline writes data/{taken[0]} itself; name another folder")
        return names
