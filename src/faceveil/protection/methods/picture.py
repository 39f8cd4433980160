"""A design of one's own: pictures, printed on the cloth."""

from pathlib import Path

import torch
from pydantic import Field
from torch import Tensor

from faceveil.params.errors import FaceveilError
from faceveil.params.section import Section
from faceveil.protection.base import Placement, Worn
from faceveil.store.texture_file import read_texture


class Picture(Worn):
    """Textures in files: drawn by hand, found by another program, or read back from a print."""

    placement: Placement = "mask"

    class Settings(Section):
        """Which files."""

        files: tuple[Path, ...] = Field(
            min_length=1, description="PNG or safetensors, 7 high by 8 wide; dealt to people"
        )

    def __init__(self, settings: Settings) -> None:
        """Read the files at once: a missing one is no surprise in the middle of a run.

        Raises:
            FaceveilError: if one is missing or holds no texture, or two differ in size.
        """
        super().__init__(settings)
        self.textures = [torch.from_numpy(read_texture(file)) for file in settings.files]
        first = self.textures[0].shape
        for file, texture in zip(settings.files, self.textures, strict=True):
            if texture.shape != first:
                raise FaceveilError(
                    f"{file}: its shape is {list(texture.shape)}, but that of {settings.files[0]} "
                    f"is {list(first)}; give all pictures of an entry one size"
                )

    @property
    def variants(self) -> int:
        """One per file."""
        return len(self.textures)

    def pattern(self, variant: int, size: int, seed: int) -> Tensor:  # noqa: ARG002
        """Return the texture of a file."""
        return self.textures[variant]
