"""Every section refuses what it does not allow, and says what it does."""

import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from annotated_types import Ge, Gt, Le, Lt, MinLen, MultipleOf
from pydantic import BaseModel
from ruamel.yaml import YAML

from faceveil.params.embed import Embed
from faceveil.params.errors import FaceveilError
from faceveil.params.experiments import Experiment
from faceveil.params.read import merge, read_section, validate
from faceveil.params.recognizers import LEARNING_KEYS, PACKAGED
from faceveil.params.whole_file import Params, checked, read_params
from faceveil.protection.registry import check_protections
from tests.conftest import ROOT

SHIPPED: dict[str, Any] = YAML(typ="safe").load(ROOT / "params.yaml")


def models(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple, type]]:
    """Yield every nested section with its place in params.yaml."""
    yield path, model
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from models(field.annotation, (*path, name))
        elif not path and get_origin(field.annotation) is dict:
            yield from models(get_args(field.annotation)[1], (name, next(iter(SHIPPED[name]))))


def outside(bound: object) -> Any:
    """Return a value just outside of a bound."""
    match bound:
        case Ge(ge=limit):
            return limit - 1
        case Gt(gt=limit):
            return limit
        case Le(le=limit):
            return limit + 1
        case Lt(lt=limit):
            return limit
        case MinLen():
            return ""
        case MultipleOf(multiple_of=step):
            return 10 * step + 1
    return None


def refusals() -> Iterator[Any]:
    """Yield one wrong value for every bound and every closed choice of every section."""
    for path, model in models(Params):
        for name, field in model.model_fields.items():
            place = (*path, name)
            for bound in field.metadata:
                if (value := outside(bound)) is not None and place != ("experiments",):
                    yield pytest.param(place, value, id=f"{'.'.join(place)}={value!r}")
            if get_origin(field.annotation) is Literal:
                yield pytest.param(place, "nonsense", id=f"{'.'.join(place)}=nonsense")


def with_value(place: tuple[str, ...], value: Any) -> dict[str, Any]:
    override: Any = value
    for key in reversed(place):
        override = {key: override}
    return merge(SHIPPED, override)


@pytest.mark.parametrize(("place", "value"), list(refusals()))
def test_a_value_outside_of_its_bound_is_refused_by_name(place, value):
    with pytest.raises(FaceveilError) as refusal:
        validate(Params, with_value(place, value), "params.yaml")
    assert ".".join(place) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def places(values: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every key of params.yaml and every section with its place."""
    if place:
        yield place
    if isinstance(values, dict):
        for key, value in values.items():
            yield from places(value, (*place, key))


def replaced(values: dict[str, Any], place: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return values with another one at a place, also where both are sections."""
    key, *rest = place
    return {**values, key: replaced(values[key], tuple(rest), value) if rest else value}


NUMBERS = [
    *(0, 1, -1, 2, 7, 0.5, -0.5, 3.0, -0.0, 1e-320, 1e-300, 1e308, -1e308),
    *(math.nan, math.inf, -math.inf, 10**9, 10**30, -(10**30), 2**32, 2**63, 2**64),
]
WORDS = [
    *("", " ", "0", "1", "-1", "nan", "inf", "1e3", "true", "null", "~", "x", "x" * 5000, "\n"),
    *("a\nb", "\t", "\0", "../..", "/", "a/b", "a b", "a-b", "é", "😀", "\u202e", "0x10"),
    *("${x}", "%s", "{}", "none", "auto", "rendered", "scratch", "curated", "target", "gan"),
    *("plain", "sface", "dlib", "float32", "a.onnx", "a.pt", "frame", b"x", b"\xff"),
]
OTHERS = [
    *(None, True, False, [], [[]], [None], [{}], [0], [1], [-1], ["x"], ["x", "x"], [1, 1]),
    *([True], [math.nan], [1e308], list(range(200)), ["exp0"], {1, 2}, (1, 2), date(2020, 1, 1)),
    *({}, {"x": 1}, {"x": []}, {"x": {"x": {"x": 1}}}, {1: 2}, {None: None}, {"": 0}, {True: 1}),
    *({"method": "gan"}, {"method": None}, {"weight": 0.1}, {"exp0": None}, {1.5: 1}),
]
ODD = [*NUMBERS, *WORDS, *OTHERS]


def take_odd(place: tuple[str, ...], value: Any) -> None:
    try:
        params = checked(replaced(SHIPPED, place, value), "params.yaml")
        check_protections({name: one.model_dump() for name, one in params.protections.items()})
    except FaceveilError as refusal:
        line = str(refusal)
        assert "\n" not in line
        assert len(line) < 1000


def test_each_setting_takes_an_odd_value_or_refuses_it_in_one_line():
    for number, place in enumerate(places(SHIPPED)):
        for turn in range(5):  # of the values, each setting has others
            take_odd(place, ODD[(5 * number + turn) % len(ODD)])


@pytest.mark.slow
@pytest.mark.parametrize("section", SHIPPED)
def test_each_setting_takes_100_odd_values_or_refuses_them_in_one_line(section):
    assert len(ODD) >= 100
    for place in places({section: SHIPPED[section]}):
        for value in ODD:
            take_odd(place, value)


def test_every_numeric_key_has_a_bound():
    unbounded = [
        ".".join((*path, name))
        for path, model in models(Params)
        for name, field in model.model_fields.items()
        if field.annotation in (int, float)
        and not any(outside(b) is not None for b in field.metadata)
    ]
    assert unbounded == []


def test_every_key_says_what_it_means():
    silent = [
        ".".join((*path, name))
        for path, model in models(Params)
        for name, field in model.model_fields.items()
        if path and not field.description and not hasattr(field.annotation, "model_fields")
    ]
    assert silent == []


def test_a_misspelt_key_is_named_with_its_neighbour():
    values = with_value(("train_gan", "learning_rat"), 0.1)
    with pytest.raises(
        FaceveilError, match=r"train_gan\.learning_rat.*did you mean 'learning_rate'"
    ):
        validate(Params, values, "params.yaml")


def test_a_misspelt_key_is_named_before_the_one_that_is_missing_for_it():
    values = with_value(("curate", "min_sharpnes"), 0.22)
    del values["curate"]["min_sharpness"]
    with pytest.raises(
        FaceveilError, match=r"'curate\.min_sharpnes'; did you mean 'min_sharpness'"
    ):
        validate(Params, values, "params.yaml")


@pytest.mark.parametrize(("people", "share"), [(4, 0.01), (4, 0.99), (2, 0.2)])
def test_a_test_share_that_leaves_a_split_empty_is_refused(people, share):
    values = merge(SHIPPED, {"curate": {"people": people, "test_share": share}})
    with pytest.raises(FaceveilError, match=rf"curate: test_share {share} of {people} people"):
        validate(Params, values, "params.yaml")


@pytest.mark.parametrize(("flawed", "worn"), [(1.0, 0.0), (1.0, 1.0), (0.5, 0.5), (0.9, 0.0)])
def test_a_collection_in_which_everybody_is_flawed_is_refused(flawed, worn):
    shares = {"flawed_share": flawed, "incorrectly_worn_share": worn, "people": 2, "annotated": 0}
    with pytest.raises(FaceveilError, match=rf"flawed_share {flawed} and incor\w+ {worn} spoil"):
        validate(Params, merge(SHIPPED, {"synthesize": shares}), "params.yaml")


def test_a_misspelt_key_deep_in_a_section_is_named():
    values = with_value(("train_gan", "penalty", "anker"), "zero")
    with pytest.raises(FaceveilError, match=r"train_gan\.penalty\.anker.*allowed: .*anchor"):
        validate(Params, values, "params.yaml")


def test_a_missing_key_is_named():
    values = {**SHIPPED, "experiments": {"exp0": {}}}
    with pytest.raises(FaceveilError, match=r"missing key 'experiments\.exp0\.method'"):
        validate(Params, values, "params.yaml")


def test_params_yaml_shows_the_defaults_and_every_key(tmp_path):
    assert read_params(ROOT / "params.yaml") == validate(Params, {}, "nothing")

    def keys(values: dict[str, Any]) -> dict[str, Any]:
        return {k: keys(v) if isinstance(v, dict) else None for k, v in values.items()}

    shown = Params().model_dump(mode="json")
    others = {
        "gan": ("train_gan", "train_texture", "train_generator"),
        "texture": ("train_gan", "train_generator", "recognizer_learns_from"),
        "generator": ("train_gan", "train_texture", "recognizer_learns_from"),
    }  # fmt: skip
    for experiment in shown["experiments"].values():
        for key in ("without_target", *others[experiment["method"]]):
            assert not experiment.pop(key)  # nothing is overridden
    for recognizer in shown["recognizers"].values():
        for key in LEARNING_KEYS if recognizer["weights"] in PACKAGED else ():
            del recognizer[key]  # it learns nothing
    for section in ("protect", "train_generator"):
        shown[section]["conditions"] = {}  # as train_texture shows them
    assert keys(SHIPPED) == keys(shown)


def test_a_section_that_is_not_there_has_its_defaults(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("report: {people_shown: 3}\n")
    assert read_section(path, "embed", Embed) == Embed()
    with pytest.raises(FaceveilError, match="no 'experiments' in sections; there are report"):
        read_section(path, "experiments.exp0", Experiment)


@pytest.mark.parametrize("ending", ["own", "untrained", "mean_colour", "shuffled"])
def test_a_name_of_what_is_made_of_another_experiments_designs_is_refused(ending):
    name = f"exp0_{ending}"
    line = f"{name!r} is taken: designs of 'exp0' are judged so too; choose another"
    for section, entry in (
        ("experiments", {"method": "gan"}),
        ("protections", {"method": "plain"}),
    ):
        with pytest.raises(FaceveilError, match=line):
            validate(Params, with_value((section, name), entry), "params.yaml")
    validate(Params, with_value(("experiments", f"exp9_{ending}"), {"method": "gan"}), "x")


def test_an_unknown_source_is_refused():
    exp9 = {"method": "gan", "recognizer_learns_from": ["generatd"]}
    values = with_value(("experiments", "exp9"), exp9)
    with pytest.raises(
        FaceveilError, match=r"experiments\.exp9.*'generated', 'masked' or 'unmasked'"
    ):
        validate(Params, values, "params.yaml")


def test_a_source_named_twice_is_refused():
    exp9 = {"method": "gan", "recognizer_learns_from": ["masked", "masked"]}
    values = with_value(("experiments", "exp9"), exp9)
    with pytest.raises(FaceveilError, match="names a source twice"):
        validate(Params, values, "params.yaml")


def test_a_recognizer_named_twice_is_refused():
    for section in ("train_gan", "train_texture"):
        values = with_value((section, "ensemble"), ["sface", "sface"])
        with pytest.raises(FaceveilError, match=rf"{section}\.ensemble: names a recognizer twice"):
            validate(Params, values, "params.yaml")


@pytest.mark.parametrize("rates", [[0.001, 0.01], [0.01, 0.01], [0.0], [1.0], []])
def test_false_match_rates_that_do_not_fall_are_refused(rates):
    with pytest.raises(FaceveilError, match=r"calibrate\.false_match_rates"):
        validate(Params, with_value(("calibrate", "false_match_rates"), rates), "params.yaml")


@pytest.mark.parametrize("photos", [[10, 0], [0, 10, 10], [-1], []])
def test_numbers_of_photos_that_do_not_increase_are_refused(photos):
    with pytest.raises(FaceveilError, match=r"adapt\.photos"):
        validate(Params, with_value(("adapt", "photos"), photos), "params.yaml")


def test_an_experiment_name_that_is_no_file_name_is_refused():
    values = with_value(("experiments", "../up"), {"method": "gan"})
    with pytest.raises(FaceveilError, match="letters, digits"):
        validate(Params, values, "params.yaml")


def test_more_cut_outs_than_correct_masks_are_refused():
    made = SHIPPED["synthesize"]
    spoilt = [
        round(made["people"] * made[f"{flaw}_share"]) for flaw in ("flawed", "incorrectly_worn")
    ]
    left = made["people"] - sum(spoilt)
    validate(Params, with_value(("synthesize", "annotated"), left), "params.yaml")
    with pytest.raises(FaceveilError, match=f"annotated is {left + 1}, but only {left} of"):
        validate(Params, with_value(("synthesize", "annotated"), left + 1), "params.yaml")


@pytest.mark.parametrize("name", ["none", "bare", "exp0"])
def test_a_protection_of_a_name_that_is_taken_is_refused(name):
    values = with_value(("protections", name), {"method": "plain"})
    with pytest.raises(FaceveilError, match=f"protections: '{name}' is taken"):
        validate(Params, values, "params.yaml")


@pytest.mark.parametrize("section", ["protections", "recognizers"])
def test_a_name_that_is_no_file_name_is_refused(section):
    entry = next(iter(SHIPPED[section].values()))
    with pytest.raises(FaceveilError, match=r"name 'a-b' must be letters, digits and '_'"):
        validate(Params, with_value((section, "a-b"), entry), "params.yaml")


def test_a_plain_control_that_is_no_protection_is_refused():
    values = with_value(("evaluate", "plain"), ["plain", "red"])
    with pytest.raises(FaceveilError, match=r"evaluate\.plain: no protection 'red'; there are pl"):
        validate(Params, values, "params.yaml")


def test_a_plain_control_named_twice_is_refused():
    with pytest.raises(FaceveilError, match=r"evaluate\.plain: names a protection twice"):
        validate(Params, with_value(("evaluate", "plain"), ["plain", "plain"]), "params.yaml")


def test_more_photos_to_adapt_to_than_are_made_are_refused():
    most = max(SHIPPED["adapt"]["photos"])
    validate(Params, with_value(("protect", "learn_photos"), most), "params.yaml")
    with pytest.raises(
        FaceveilError, match=rf"asks for {most} photos, .*learn_photos makes {most - 1}"
    ):
        validate(Params, with_value(("protect", "learn_photos"), most - 1), "params.yaml")


def write(tmp_path: Path, values: dict[str, Any]) -> Path:
    path = tmp_path / "params.yaml"
    YAML().dump(values, path)
    return path


def test_an_experiment_overrides_keys_of_train_gan(tmp_path):
    exp4 = {
        "method": "gan",
        "train_gan": {"epochs": 3, "penalty": {"weight": 0.5}},
    }
    params = read_params(write(tmp_path, with_value(("experiments", "exp4"), exp4)))
    assert params.training("exp4").epochs == 3
    assert params.training("exp4").penalty.weight == 0.5
    assert params.training("exp4").penalty.anchor == params.train_gan.penalty.anchor
    assert params.training("exp0").epochs == params.train_gan.epochs


def test_an_override_that_train_gan_does_not_know_is_refused(tmp_path):
    exp4 = {"method": "gan", "train_gan": {"generatr": 3}}
    with pytest.raises(FaceveilError, match=r"experiments\.exp4\.train_gan.*generatr"):
        read_params(write(tmp_path, with_value(("experiments", "exp4"), exp4)))


def test_an_experiment_overrides_keys_of_train_texture(tmp_path):
    coarse = {"method": "texture", "train_texture": {"width": 18, "conditions": {"noise": 0.1}}}
    params = read_params(write(tmp_path, with_value(("experiments", "coarse"), coarse)))
    assert (params.training("coarse").width, params.training("coarse").height) == (18, 126)
    assert params.training("coarse").conditions.noise == 0.1
    assert params.training("coarse").conditions.blur_share == 0.005
    assert params.training("universal").width == params.train_texture.width


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"method": "cloak"},
            r"experiments\.exp9\.method: input should be 'gan', 'texture' or 'generator'",
        ),
        ({"method": "gan", "train_texture": {"width": 18}}, "gan has no train_texture; take it"),
        (
            {"method": "texture", "train_gan": {"epochs": 3}},
            "texture has no train_gan; take it out",
        ),
        ({"method": "texture", "recognizer_learns_from": ["masked"]}, "no recognizer_learns_from"),
        ({"method": "texture", "train_texture": {"widht": 1}}, r"exp9\.train_texture.*'width'"),
    ],
)
def test_an_experiment_that_does_not_fit_its_method_is_refused(tmp_path, values, message):
    with pytest.raises(FaceveilError, match=message) as refusal:
        read_params(write(tmp_path, with_value(("experiments", "exp9"), values)))
    assert "\n" not in str(refusal.value)


def test_an_unknown_experiment_names_the_known():
    params = validate(Params, SHIPPED, "params.yaml")
    with pytest.raises(FaceveilError, match="no experiment 'exp9'; there are exp0"):
        params.training("exp9")


@pytest.mark.parametrize(
    ("text", "message"),
    [("a: [1", "not YAML"), ("- 1", "expected sections"), ("", "expected sections")],
)
def test_a_file_that_is_no_mapping_is_refused(tmp_path, text, message):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(FaceveilError, match=message):
        read_params(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FaceveilError, match="no such file"):
        read_params(tmp_path / "params.yaml")


def test_sections_are_frozen():
    params = validate(Params, SHIPPED, "params.yaml")
    with pytest.raises(ValueError, match="frozen"):
        params.embed.batch_size = 1


def test_a_section_has_one_model_and_a_model_one_section():
    assert set(SHIPPED) == set(Params.model_fields)
    used = [field.annotation for field in Params.model_fields.values()]
    sections = [kind for annotation in used for kind in (annotation, *get_args(annotation))]
    sections = [kind for kind in sections if hasattr(kind, "model_fields")]
    assert len(sections) == len(set(sections)) == len(SHIPPED)
