"""How translation is learned, from pairs or without: networks, their game, a training's course."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from faceveil.params.section import Precision, Section, Seed, once

Norm = Literal["instance", "batch"]
Upsampling = Literal["transposed", "resized"]
GanLoss = Literal["lsgan", "vanilla", "wgangp"]
RatePolicy = Literal["linear", "step", "plateau", "cosine"]


class ResNetShape(Section):
    """Generator of J. Johnson et al. (2016), as CycleGAN has it: down by 4, residual blocks, up."""

    architecture: Literal["resnet"] = Field(default="resnet", description="residual blocks")
    channels: int = Field(default=16, ge=1, le=1024, description="channels; published: 64")
    blocks: int = Field(default=6, ge=1, le=64, description="published: 6 at 128 px, 9 at 256 px")
    norm: Norm = Field(default="instance", description="instance or batch")
    upsampling: Upsampling = Field(
        default="resized",
        description="transposed convolutions, as published, or resized: they leave no checkerboard",
    )


class UNetShape(Section):
    """Generator with skips: down by 2 to the power of ``depth`` and up again."""

    architecture: Literal["unet"] = Field(default="unet", description="skips at each resolution")
    channels: int = Field(default=16, ge=1, le=1024, description="channels at full resolution")
    depth: int = Field(default=4, ge=1, le=10, description="how often the side is halved")
    norm: Norm = Field(default="instance", description="instance or batch")
    upsampling: Upsampling = Field(default="resized", description="transposed or resized")


GeneratorSettings = Annotated[ResNetShape | UNetShape, Field(discriminator="architecture")]


class Discriminator(Section):
    """PatchGAN of P. Isola et al. (2017): says of each patch whether it is of a real photo."""

    channels: int = Field(default=32, ge=1, le=1024, description="channels; published: 64")
    layers: int = Field(default=3, ge=1, le=6, description="strided layers; 3: patches of 70 px")
    norm: Norm = Field(default="instance", description="instance or batch")


class Translating(Section):
    """How translators learn.

    Attributes:
        SECTION: its name in params.yaml.
    """

    SECTION: ClassVar[str]

    generator: GeneratorSettings = ResNetShape()
    discriminator: Discriminator = Discriminator()
    gan_loss: GanLoss = Field(default="lsgan", description="lsgan, vanilla or wgangp")
    gan_weight: float = Field(default=1.0, ge=0, le=1000, description="weight of the game")
    gradient_penalty: float = Field(
        default=10.0, ge=0, le=1000, description="wgangp: weight of the gradient penalty"
    )
    epochs: int = Field(default=6, ge=1, le=100_000, description="at the full rate; published: 100")
    decay_epochs: int = Field(
        default=4, ge=0, le=100_000, description="in which it falls; published: 100"
    )
    rate_policy: RatePolicy = Field(
        default="linear", description="how it falls: linear, step, plateau or cosine"
    )
    rate_step_epochs: int = Field(
        default=50, ge=1, le=100_000, description="step: epochs after which the rate is a tenth"
    )
    learning_rate: float = Field(
        default=0.0004, gt=0, le=1, description="Adam's, at first; published: 0.0002"
    )
    first_moment: float = Field(default=0.5, ge=0, lt=1, description="Adam's first beta")
    batch_size: int = Field(default=1, ge=1, le=4096, description="photos of each domain per step")
    enlarged: float = Field(
        default=1.0469,
        ge=1,
        le=2,
        description="side before a random crop of the photo's own size; published: 134 of 128",
    )
    mirrored: bool = Field(default=True, description="whether half of the photos are mirrored")
    average: float = Field(
        default=0.99,
        ge=0,
        lt=1,
        description="share of the past in the running mean of weights that is stored; 0: none",
    )
    likeness: float = Field(
        default=0.0,
        ge=0,
        le=1000,
        description="weight of 1 - cosine between a translated face and the face itself",
    )
    before: Annotated[tuple[str, ...], once("a recognizer")] = Field(
        default=(), description="recognizers of that likeness, no judges; [] with likeness 0"
    )
    wearing: Annotated[tuple[str, ...], once("an experiment")] = Field(
        default=(),
        description="experiments of the main pipeline whose designs the people who train wear too",
    )
    precision: Precision = Field(default="auto", description="arithmetic of the networks")
    checkpoint_steps: int = Field(default=100, ge=1, description="steps between two checkpoints")
    seed: Seed = Field(default=2021, description="seed of weights, photos and draws")

    @model_validator(mode="after")
    def _keys_go_together(self) -> "Translating":
        if bool(self.likeness) != bool(self.before):
            raise ValueError(
                f"likeness is {self.likeness:g} and before names {len(self.before)} recognizers; "
                "give both, or 0 and []"
            )
        return self

    @property
    def all_epochs(self) -> int:
        """Epochs at the full rate and while it falls."""
        return self.epochs + self.decay_epochs


class TrainCyclegan(Translating):
    """Both directions at once, from photos of other people in each domain."""

    SECTION: ClassVar[str] = "train_cyclegan"

    change: Literal["whole", "predicted"] = Field(
        default="predicted",
        description="what is made anew: the whole photo, as published, or a region of it, found by "
        "the generator itself",
    )
    cycle_masked: float = Field(
        default=10.0, ge=0, le=1000, description="weight of a masked photo that comes back"
    )
    cycle_unmasked: float = Field(
        default=10.0, ge=0, le=1000, description="weight of an unmasked photo that comes back"
    )
    identity: float = Field(
        default=0.5, ge=0, le=100, description="share of these for what needs no translation"
    )
    pool: int = Field(default=50, ge=0, le=100_000, description="translated photos remembered")


class TrainPaired(Translating):
    """Each direction from photos of one face with and without mask; nothing outside changes."""

    SECTION: ClassVar[str] = "train_paired"

    generator: GeneratorSettings = UNetShape()
    enlarged: float = Field(default=1.0, ge=1, le=2, description="as in train_cyclegan")
    learning_rate: float = Field(default=0.001, gt=0, le=1, description="Adam's, at first")
    first_moment: float = Field(default=0.9, ge=0, lt=1, description="Adam's first beta")
    batch_size: int = Field(default=4, ge=1, le=4096, description="faces per step")
    gan_weight: float = Field(default=0.0, ge=0, le=1000, description="weight of the game; 0: none")
    pixels: float = Field(
        default=100.0, ge=0, le=10_000, description="weight of the mean difference inside the mask"
    )
    structure: float = Field(
        default=10.0, ge=0, le=10_000, description="weight of 1 - SSIM inside the mask"
    )
    finding: float = Field(
        default=10.0, ge=0, le=10_000, description="weight of how well a region is found"
    )
    region: Literal["known", "predicted"] = Field(
        default="known",
        description="where a mask is taken off: the projector's transparency, or its own",
    )
    rim: int = Field(
        default=2, ge=0, le=64, description="pixels that a known region is widened by on each side"
    )


class Translation(Section):
    """One entry: its method, and what it changes of the method's section."""

    method: Literal["cyclegan", "paired"] = Field(
        description="cyclegan or paired: the section train_cyclegan, train_paired"
    )
    train_cyclegan: dict[str, Any] = Field(
        default={}, description="keys of train_cyclegan that it overrides"
    )
    train_paired: dict[str, Any] = Field(
        default={}, description="keys of train_paired that it overrides"
    )

    @model_validator(mode="after")
    def _keys_fit_the_method(self) -> "Translation":
        other = "train_paired" if self.method == "cyclegan" else "train_cyclegan"
        if getattr(self, other):
            raise ValueError(f"method {self.method} has no {other}; take it out")
        return self

    @property
    def section(self) -> str:
        """The section of its method."""
        return f"train_{self.method}"

    @property
    def overrides(self) -> dict[str, Any]:
        """What it changes of that section."""
        found: dict[str, Any] = getattr(self, self.section)
        return found
