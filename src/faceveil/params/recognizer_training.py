"""What every training of a recognizer from scratch needs to know; part of several sections."""

from pydantic import Field

from faceveil.params.section import Precision, Section, Seed, Share


class RecognizerTraining(Section):
    """How a recognizer learns to name background people."""

    seed: Seed = Field(description="seed of initialization, batches and augmentation")
    epochs: int = Field(ge=1, le=1000, description="passes over the background photos")
    batch_size: int = Field(ge=2, le=4096, description="photos per step")
    max_learning_rate: float = Field(gt=0, le=1, description="peak of the one-cycle schedule")
    weight_decay: float = Field(ge=0, le=1, description="AdamW's weight decay")
    label_smoothing: float = Field(ge=0, lt=1, description="label smoothing of the cross-entropy")
    precision: Precision = Field(description="arithmetic of the training")
    masked_share: Share = Field(description="share of a batch that wears masks")
