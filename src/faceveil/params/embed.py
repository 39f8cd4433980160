"""Section ``embed``: trunk features and embeddings of every kept photo."""

from pydantic import Field

from faceveil.params.section import Section


class Embed(Section):
    """How the stored embeddings are computed; none of it changes their values."""

    batch_size: int = Field(default=64, ge=1, le=65_536, description="photos per forward pass")
    part_size: int = Field(default=4096, ge=1, description="rows per Parquet part")
