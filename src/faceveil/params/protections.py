"""Section ``protections``: what people may put on, by name, besides trained designs."""

from pydantic import BaseModel, ConfigDict, Field


class Entry(BaseModel):
    """A method and its settings, which the method's own file describes."""

    model_config = ConfigDict(frozen=True, extra="allow")

    method: str = Field(min_length=1, description="name of a file in protection/methods")


PROTECTIONS = {
    "plain": Entry(method="plain"),
    "surgical": Entry(method="surgical"),
    "noise": Entry(method="noise", patterns=8),
    "grey": Entry(method="flat", value=0.5),
    "black": Entry(method="flat", value=0.0),
    "white": Entry(method="flat", value=1.0),
    "other_face": Entry(method="other_face", faces=8),
    "blur": Entry(method="blur", sigma_share=0.03),
}
"""The entries of the default run."""
