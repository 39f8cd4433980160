"""Profiles are merged whole, with their comments, or refused."""

import shutil

import pytest
from ruamel.yaml import YAML

from faceveil.params.errors import FaceveilError
from faceveil.params.profiles import merged_text, profile_path
from faceveil.params.whole_file import Params, read_params
from tests.conftest import ROOT

PROFILES = sorted((ROOT / "profiles").glob("*.yaml"))


def load(path):
    return YAML(typ="safe").load(path)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_every_profile_validates_when_merged(tmp_path, profile):
    merged = tmp_path / "params.yaml"
    merged.write_text(merged_text(ROOT / "params.yaml", profile))
    read_params(merged)


def apply(params, name, folder=ROOT / "profiles"):
    params.write_text(merged_text(params, profile_path(name, folder)))
    return load(params)


@pytest.fixture
def params(tmp_path):
    path = tmp_path / "params.yaml"
    shutil.copy(ROOT / "params.yaml", path)
    return path


def test_a_profile_leaves_nothing_behind(params):
    alone = apply(params, "paper")
    assert alone != load(ROOT / "params.yaml")
    apply(params, "lfw")
    assert apply(params, "paper") == alone
    assert apply(params, "default") == load(ROOT / "params.yaml")


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_a_profile_holds_only_what_differs(profile):
    def same(values, defaults):
        pairs = [(value, defaults.get(key, {})) for key, value in values.items()]
        nested = [same(*pair) for pair in pairs if isinstance(pair[0], dict)]
        return sum(nested, [pair[0] for pair in pairs if pair[0] == pair[1]])

    defaults = Params().model_dump(mode="json")
    assert same(load(profile), defaults) == []


def test_an_entry_is_merged_added_or_removed(params, tmp_path):
    (tmp_path / "own.yaml").write_text(
        "recognizers:\n  facenet: {weights: vggface2}\n  dlib: null\n"
        "  third: {role: judge, architecture: resnet18, input_size: 64}\n"
        "experiments: {exp1: null, exp9: {method: gan, recognizer_learns_from: [masked]}}\n"
    )
    found = apply(params, "own", tmp_path)["recognizers"]
    assert list(found) == ["facenet", "sface", "mobilefacenet", "third"]
    assert (found["facenet"]["weights"], found["facenet"]["input_size"]) == ("vggface2", 96)
    assert found["third"].keys() == found["facenet"].keys()
    assert list(load(params)["experiments"]) == [
        "exp0", "exp2", "exp3", "universal", "varied", "personal", "exp9",
    ]  # fmt: skip


def test_packaged_weights_and_textures_show_no_key_that_is_not_theirs(params, tmp_path):
    (tmp_path / "own.yaml").write_text(
        "recognizers: {facenet: null, sface: {seed: 7}, own: {role: target, "
        "architecture: resnet18, input_size: 64}}\n"
        "experiments: {coarse: {method: texture, train_texture: {width: 18}}}\n"
    )
    found = apply(params, "own", tmp_path)
    shown = load(ROOT / "params.yaml")["recognizers"]["sface"]
    assert found["recognizers"]["sface"] == shown | {"seed": 7}
    assert found["experiments"]["coarse"] == {"method": "texture", "train_texture": {"width": 18}}
    assert found["experiments"]["exp0"] == {"method": "gan", "recognizer_learns_from": []}
    assert read_params(params).recognizers["sface"].seed == 7


def test_an_entry_that_is_none_is_not_removed(params, tmp_path):
    (tmp_path / "own.yaml").write_text("recognizers: {arcface: null}\n")
    with pytest.raises(FaceveilError, match="recognizers has no 'arcface' to remove; it has fac"):
        apply(params, "own", tmp_path)


def test_the_name_default_is_reserved(tmp_path):
    (tmp_path / "default.yaml").write_text("{}\n")
    with pytest.raises(FaceveilError, match="the name default is reserved"):
        profile_path("paper", tmp_path)


def test_comments_survive(params):
    comments = [line for line in params.read_text().splitlines() if line.startswith("#")]
    assert comments
    for name in ("paper", "lfw", "default"):
        apply(params, name)
        assert all(comment in params.read_text() for comment in comments)


def test_an_unknown_key_in_a_profile_is_refused(tmp_path):
    profile = tmp_path / "odd.yaml"
    profile.write_text("train_gan: {epochz: 3}\n")
    with pytest.raises(FaceveilError, match=r"odd\.yaml.*train_gan\.epochz.*epochs"):
        merged_text(ROOT / "params.yaml", profile)


def test_an_unknown_profile_names_the_known(tmp_path):
    with pytest.raises(FaceveilError, match="no profile 'larg'; there are default, lfw, paper"):
        profile_path("larg", ROOT / "profiles")
