"""Profiles are merged whole, with their comments, or refused."""

import shutil

import pytest
from ruamel.yaml import YAML

from faceveil.params.errors import FaceveilError
from faceveil.params.profiles import merged_text, merged_unmasking_text, profile_path
from faceveil.params.unmasking import Unmasking, read_translating, read_unmasking
from faceveil.params.whole_file import Params, read_params
from tests.conftest import ROOT

UNMASKING = "pipelines/unmasking/params.yaml"
PROFILES = sorted((ROOT / "profiles").glob("*.yaml"))


def load(path):
    return YAML(typ="safe").load(path)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_every_profile_validates_when_merged(tmp_path, profile):
    merged = tmp_path / "params.yaml"
    merged.write_text(merged_text(ROOT / "params.yaml", profile))
    read_params(merged)
    merged.write_text(merged_unmasking_text(ROOT / UNMASKING, profile))
    read_unmasking(merged)


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
    defaults["unmasking"] = Unmasking().model_dump(mode="json")
    assert same(load(profile), defaults) == []


def test_the_shipped_file_of_unmasking_holds_the_defaults():
    assert load(ROOT / UNMASKING) == YAML(typ="safe").load(
        merged_unmasking_text(ROOT / UNMASKING, None)
    )


def test_the_published_translation_has_its_size_and_course(tmp_path):
    merged = tmp_path / "params.yaml"
    text = merged_unmasking_text(ROOT / UNMASKING, ROOT / "profiles/unmasking_paper.yaml")
    merged.write_text(text)
    published = read_translating(merged, "cyclegan")
    assert (published.generator.channels, published.generator.blocks) == (64, 6)
    assert (published.generator.upsampling, published.change) == ("transposed", "whole")
    assert (published.epochs, published.decay_epochs, published.pool) == (100, 100, 50)
    assert (published.cycle_masked, published.cycle_unmasked, published.identity) == (10, 10, 0.5)
    assert (published.learning_rate, published.first_moment) == (0.0002, 0.5)
    assert (published.gan_loss, published.rate_policy, published.average) == ("lsgan", "linear", 0)
    assert round(128 * published.enlarged) == 134


def test_a_wrong_key_of_unmasking_names_the_profile(tmp_path):
    profile = tmp_path / "odd.yaml"
    profile.write_text("unmasking: {train_cyclegan: {pol: 3}}\n")
    with pytest.raises(FaceveilError, match=r"odd\.yaml: unmasking: unknown key 'train_cyclegan.p"):
        merged_unmasking_text(ROOT / UNMASKING, profile)


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
    with pytest.raises(
        FaceveilError, match="no profile 'larg'; there are default, lfw, paper, unm"
    ):
        profile_path("larg", ROOT / "profiles")
