"""Section ``protections``: what people may put on, by name, besides trained designs."""

from pydantic import BaseModel, ConfigDict, Field


class ProtectionSettings(BaseModel):
    """A method and its settings, which the method's own file describes."""

    model_config = ConfigDict(frozen=True, extra="allow")

    method: str = Field(min_length=1, description="name of a file in protection/methods")


PROTECTIONS = {
    "plain": ProtectionSettings(method="plain"),
    "surgical": ProtectionSettings(method="surgical"),
    "noise": ProtectionSettings(method="noise", patterns=8),
    "grey": ProtectionSettings(method="flat", value=0.5),
    "black": ProtectionSettings(method="flat", value=0.0),
    "white": ProtectionSettings(method="flat", value=1.0),
    "other_face": ProtectionSettings(method="other_face", faces=8),
    "gaiter": ProtectionSettings(method="gaiter", value=0.0),
    "blur": ProtectionSettings(method="blur", sigma_share=0.03),
    "grey_region": ProtectionSettings(method="grey_region"),
}
"""The entries of the default run."""
