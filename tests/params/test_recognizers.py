"""Recognizers refuse what cannot be, by name; one is the target, and only surrogates join it."""

from typing import Any

import pytest

from faceveil.params.errors import FaceveilError
from faceveil.params.read import merge, validate
from faceveil.params.recognizers import DEFAULTS, PACKAGED, surrogates_of, target_of
from faceveil.params.whole_file import Params, checked

SHIPPED: dict[str, Any] = Params().model_dump(mode="json")


SFACE = {"weights": "sface", **PACKAGED["sface"]}
DLIB = {"weights": "dlib", **PACKAGED["dlib"]}


RESNET18 = {"role": "surrogate", "architecture": "resnet18", "input_size": 80}
"""A surrogate that learns here, beside the shipped ones."""

SHIPPED["recognizers"]["resnet18"] = RESNET18


def params(name: str = "resnet18", **values: Any) -> Params:
    return validate(Params, merge(SHIPPED, {"recognizers": {name: values}}), "params.yaml")


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("resnet18", {"weights": "vggface2"}, r"resnet18.*'vggface2' do not fit.*'resnet18'"),
        ("resnet18", {"weights": "a.pt"}, r"resnet18.*'a\.pt' do not fit.*'resnet18'"),
        (
            "resnet18",
            {"weights": "a.h5"},
            r"resnet18.*scratch, .*dlib.*\.onnx, not 'a\.h5'",
        ),
        ("facenet", {"weights": "vggface3"}, r"facenet: weights are .*, not 'vggface3'"),
        ("facenet", {"input_size": 64}, "input_size is 64; inception_resnet_v1 needs 80"),
        (
            "resnet18",
            {"weights": "a.onnx", "architecture": "onnx"},
            "role surrogate needs gradients, and architecture 'onnx' gives none",
        ),
        ("mobilefacenet", {"weights": "a.onnx"}, "do not fit architecture 'mobilefacenet'"),
        ("mobilefacenet", {"architecture": "onnx"}, "'scratch' do not fit architecture 'onnx'"),
        ("mobilefacenet", {"input_size": 100}, r"mobilefacenet\.input_size.*multiple of 16"),
        ("mobilefacenet", {"crop": "box"}, r"mobilefacenet\.crop.*'frame', 'aligned' or 'chip'"),
        ("mobilefacenet", {"input_size": 150}, r"mobilefacenet\.input_size.*multiple of 16"),
        ("mobilefacenet", {"architecture": "sface"}, "'scratch' do not fit architecture 'sface'"),
        ("mobilefacenet", {"weights": "sface"}, "'sface' go with .*; architecture is mobilefacen"),
        ("mobilefacenet", SFACE | {"crop": "chip"}, "crop aligned; crop is chip"),
        ("mobilefacenet", DLIB | {"input_size": 160}, "input_size 150, mean 0.*size is 160"),
        ("mobilefacenet", DLIB | {"mean": 127.5}, "'dlib' go with .*; mean is 127.5"),
        ("facenet", SFACE, "role target needs a head that can learn, and weights 'sface' have"),
        ("mobilefacenet", {"similarity": "cosine"}, r"unknown key '.*mobilefacenet\.similarity'"),
    ],
)
def test_what_cannot_be_is_refused(name, values, message):
    with pytest.raises(FaceveilError, match=message) as refusal:
        params(name, **values)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["mtcnn", "yunet"])
def test_a_recognizer_is_not_called_as_a_detector(name):
    with pytest.raises(FaceveilError, match=f"'{name}' is the name of a detector; call the"):
        params(name, **RESNET18)


def test_a_name_that_is_no_folder_is_refused():
    values = merge(SHIPPED, {"recognizers": {"../up": SHIPPED["recognizers"]["resnet18"]}})
    with pytest.raises(FaceveilError, match=r"recognizers.*'../up' must be letters"):
        validate(Params, values, "params.yaml")


@pytest.mark.parametrize(
    ("name", "role", "message"),
    [
        ("facenet", "judge", r"recognizers: 0 have role target \(none\); one must"),
        ("resnet18", "target", r"recognizers: 2 have role target \(facenet, resnet18\)"),
    ],
)
def test_exactly_one_is_the_target(name, role, message):
    with pytest.raises(FaceveilError, match=message):
        params(name, role=role)


def test_an_entry_needs_what_has_no_default():
    values = merge(SHIPPED, {"recognizers": {"other": {"role": "judge"}}})
    with pytest.raises(FaceveilError, match=r"missing key 'recognizers\.other\.architecture'"):
        validate(Params, values, "params.yaml")


def test_target_and_surrogates_are_found_by_role():
    assert target_of(DEFAULTS) == params().target == "facenet"
    assert surrogates_of(DEFAULTS) == ["sface"]
    assert surrogates_of(params().recognizers) == ["sface", "resnet18"]


def ensemble(*names: str) -> Params:
    exp4 = {"method": "gan", "train_gan": {"ensemble": list(names)}}
    return checked(merge(SHIPPED, {"experiments": {"exp4": exp4}}), "params.yaml")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("mobilefacenet", "which is a judge"),
        ("dlib", "which is a judge"),
        ("facenet", "which is a target"),
        ("arcface", "which is not in recognizers"),
    ],
)
def test_only_a_surrogate_joins_an_ensemble(name, found):
    expected = (
        f"ensemble of exp4 names '{name}', {found}; allowed .* role surrogate: sface, resnet18"
    )
    with pytest.raises(FaceveilError, match=expected) as refusal:
        ensemble("resnet18", name)
    assert "\n" not in str(refusal.value)


def test_an_experiment_says_whom_it_is_trained_against():
    assert ensemble("resnet18").trained_against("exp4") == ("facenet", "resnet18")
    assert ensemble("resnet18").trained_against("exp0") == ("facenet",)
    assert Params().trained_against("universal") == ("facenet", "sface")


def texture(**values: Any) -> Params:
    own = {"method": "texture", **values}
    return checked(merge(SHIPPED, {"experiments": {"own": own}}), "params.yaml")


def test_a_texture_may_leave_the_target_out():
    both = texture(train_texture={"ensemble": ["sface"]})
    assert both.trained_against("own") == ("facenet", "sface")
    alone = texture(without_target=True, train_texture={"ensemble": ["sface"]})
    assert alone.trained_against("own") == ("sface",)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"method": "gan"},
            r"experiments\.own: method gan has no without_target; take it out",
        ),
        (
            {"method": "texture"},
            r"own\.without_target is true and train_texture\.ensemble is empty.* name a surrogate",
        ),
        (
            {"method": "texture", "train_texture": {"ensemble": ["mobilefacenet"]}},
            "ensemble of own names 'mobilefacenet', which is a judge",
        ),
    ],
)
def test_without_the_target_there_is_a_texture_and_a_surrogate(values, message):
    with pytest.raises(FaceveilError, match=message) as refusal:
        texture(without_target=True, **values)
    assert "\n" not in str(refusal.value)


def test_given_weights_fit_their_architecture():
    given = params(weights="vggface2", architecture="inception_resnet_v1", input_size=160)
    assert given.recognizers["resnet18"].weights == "vggface2"
    opened = params("mobilefacenet", weights="data/a.onnx", architecture="onnx")
    assert opened.recognizers["mobilefacenet"].weights == "data/a.onnx"
    for weights, view in PACKAGED.items():
        entry = params(weights=weights, **view).recognizers["resnet18"]
        assert (entry.role, entry.weights) == ("surrogate", weights)


@pytest.mark.parametrize("name", ["facenet", "resnet18"])
def test_what_is_trained_against_may_see_aligned_crops(name):
    assert params(name, crop="aligned").recognizers[name].crop == "aligned"
