"""What a recognizer of the small world learns the designs from."""

from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from faceveil.evaluation.labelled_photos import LabelledPhotos, designs_to_learn, labelled_photos
from faceveil.params.strike_back import StrikeBack
from faceveil.protection.designs.generators import build_generator
from faceveil.runtime.seeding import seeded
from faceveil.store.faces import PackedFaces
from tests.protection.designs.small_world import SIZE, SUBJECTS, TRAINED, masked_photos

SETTINGS = StrikeBack.model_validate(
    {
        "photos": (0, 4, 30),
        "designs": 5,
        "steps": 60,
        "batch_size": 8,
        "learning_rate": 0.01,
        "clean_share": 0.3,
        "logit_scale": 10.0,
        "penalty": {"weight": 0.01, "reduction": "mean", "anchor": "initial"},
        "last_block": False,
        "seed": 5,
    }
)


def settings(**changes: Any) -> StrikeBack:
    """Return the settings with some changed."""
    return StrikeBack.model_validate({**SETTINGS.model_dump(), **changes})


def stores() -> tuple[PackedFaces, PackedFaces]:
    """Return two masked photos of each person, the second ones in another order."""
    first, second = masked_photos(), masked_photos(SUBJECTS[::-1])
    named = second.rows.assign(image_id=second.rows["subject_id"] + "_1_Mask")
    return first, replace(second, rows=named, pixels=255 - second.pixels)


def designs(rules: StrikeBack) -> Tensor:
    """Return what an untrained generator draws, spread out to bright colours."""
    with seeded(3, "generator"):
        generator = build_generator("mlp", 8, SIZE)
    return ((designs_to_learn(generator, rules) - 0.5) * 8).sigmoid()


def given(trunk: nn.Module, rules: StrikeBack = SETTINGS) -> LabelledPhotos:
    """Return labelled photos behind a trunk."""
    return labelled_photos(trunk, stores(), designs(rules), SUBJECTS[:TRAINED], rules)
