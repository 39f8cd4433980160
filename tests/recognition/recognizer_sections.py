"""Sections of partners and black boxes for tests: the shipped ones, made short."""

from typing import Any

from ruamel.yaml import YAML

from faceveil.params.black_boxes import BlackBox
from faceveil.params.partners import Partner
from tests.conftest import ROOT

SHIPPED: dict[str, Any] = YAML(typ="safe").load(ROOT / "profiles" / "small.yaml")
SHORT = {
    "input_size": 32,
    "check_pairs": 8,
    "expected_accuracy": 0,
    "skip_people": 0,
    "people": 4,
    "seed": 0,
    "epochs": 2,
    "batch_size": 8,
    "max_learning_rate": 0.002,
    "weight_decay": 0.05,
    "label_smoothing": 0.1,
    "precision": "float32",
    "masked_share": 0.25,
}


def partner(**values: Any) -> Partner:
    return Partner(**{**SHIPPED["partners"]["partner1"], **SHORT, **values})


def black_box(**values: Any) -> BlackBox:
    return BlackBox(**{**SHIPPED["black_boxes"]["black_box1"], **SHORT, **values})
