"""Section ``protect``: how many designs are judged and learned from, and on which photos."""

from pydantic import Field

from faceveil.params.section import Section, Seed


class Protect(Section):
    """What people look like under the protections."""

    designs: int = Field(
        default=8, ge=1, le=100_000, description="designs of each training that are judged"
    )
    designs_per_subject: int = Field(
        default=1, ge=1, description="how many of them, of each training, a person wears"
    )
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
