"""Partners and black boxes refuse what cannot be, by name."""

from typing import Any

import pytest
from ruamel.yaml import YAML

from faceveil.params.errors import FaceveilError
from faceveil.params.file import Params, merge, validate
from tests.conftest import ROOT

SHIPPED: dict[str, Any] = YAML(typ="safe").load(ROOT / "profiles" / "small.yaml")
PARTNER, BLACK_BOX = ("partners", "partner1"), ("black_boxes", "black_box1")


def params(place: tuple[str, str] = PARTNER, **values: Any) -> Params:
    section, name = place
    return validate(Params, merge(SHIPPED, {section: {name: values}}), "params.yaml")


@pytest.mark.parametrize(
    ("place", "values", "message"),
    [
        (PARTNER, {"weights": "vggface2"}, r"partner1.*'vggface2' do not fit.*'resnet18'"),
        (PARTNER, {"architecture": "facenet"}, r"partner1.*'scratch' do not fit.*'facenet'"),
        (
            PARTNER,
            {"weights": "vggface2", "architecture": "facenet", "input_size": 64},
            "input_size is 64; facenet needs 80",
        ),
        (PARTNER, {"crop": "box"}, r"unknown key 'partners\.partner1\.crop'"),
        (BLACK_BOX, {"weights": "a.pt"}, r"black_box1.*scratch or a path ending in \.onnx.*a\.pt"),
        (BLACK_BOX, {"weights": "a.onnx"}, "do not fit architecture 'mobilefacenet'"),
        (BLACK_BOX, {"architecture": "onnx"}, "do not fit architecture 'onnx'"),
        (BLACK_BOX, {"input_size": 100}, r"black_box1\.input_size.*multiple of 16"),
        (BLACK_BOX, {"input_size": 16}, r"black_box1\.input_size.*32"),
        (BLACK_BOX, {"input_size": 1024}, r"black_box1\.input_size.*512"),
    ],
)
def test_what_cannot_be_is_refused(place, values, message):
    with pytest.raises(FaceveilError, match=message):
        params(place, **values)


@pytest.mark.parametrize("section", ["partners", "black_boxes"])
def test_a_name_that_is_no_folder_is_refused(section):
    values = merge(SHIPPED, {section: {"../up": next(iter(SHIPPED[section].values()))}})
    with pytest.raises(FaceveilError, match=f"{section}.*'../up' must be letters"):
        validate(Params, values, "params.yaml")


@pytest.mark.parametrize(
    ("section", "name"), [("partners", "black_box1"), ("black_boxes", "facenet")]
)
def test_two_recognizers_of_one_name_are_refused(section, name):
    values = merge(SHIPPED, {section: {name: next(iter(SHIPPED[section].values()))}})
    with pytest.raises(FaceveilError, match=f"two recognizers are called '{name}'"):
        validate(Params, values, "params.yaml")


def test_sections_are_found_by_name_and_an_unknown_one_names_the_known():
    there = params()
    assert there.partner("partner1").architecture == "resnet18"
    assert there.black_box("black_box1").architecture == "mobilefacenet"
    with pytest.raises(FaceveilError, match="no partner 'partner9'; there are partner1"):
        there.partner("partner9")
    with pytest.raises(FaceveilError, match="no black box 'x'; there are black_box1"):
        there.black_box("x")


def test_there_may_be_none():
    values = SHIPPED | {"partners": {}, "black_boxes": {}}
    with pytest.raises(FaceveilError, match="no black box 'x'; there are none"):
        validate(Params, values, "params.yaml").black_box("x")


def test_given_weights_fit_their_architecture():
    given = params(PARTNER, weights="vggface2", architecture="facenet", input_size=160)
    assert given.partner("partner1").weights == "vggface2"
    opened = params(BLACK_BOX, weights="data/a.onnx", architecture="onnx")
    assert opened.black_box("black_box1").weights == "data/a.onnx"
