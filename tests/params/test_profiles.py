"""Profiles are merged whole, with their comments, or refused."""

import shutil

import pytest
from ruamel.yaml import YAML

from faceveil.params.errors import FaceveilError
from faceveil.params.file import read_params
from faceveil.params.profiles import merged_text, profile_path
from tests.conftest import ROOT

PROFILES = sorted((ROOT / "profiles").glob("*.yaml"))


def load(path):
    return YAML(typ="safe").load(path)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_every_profile_validates_when_merged(tmp_path, profile):
    merged = tmp_path / "params.yaml"
    merged.write_text(merged_text(ROOT / "params.yaml", profile))
    read_params(merged)


def test_the_small_profile_sets_every_key_so_that_it_undoes_any_other(tmp_path):
    params = tmp_path / "params.yaml"
    params.write_text(merged_text(ROOT / "params.yaml", ROOT / "profiles" / "paper.yaml"))
    assert load(params) != load(ROOT / "profiles" / "small.yaml")
    params.write_text(merged_text(params, ROOT / "profiles" / "small.yaml"))
    assert load(params) == load(ROOT / "profiles" / "small.yaml")


def test_comments_survive(tmp_path):
    params = tmp_path / "params.yaml"
    shutil.copy(ROOT / "params.yaml", params)
    text = merged_text(params, ROOT / "profiles" / "paper.yaml")
    comments = [line for line in params.read_text().splitlines() if line.startswith("#")]
    assert comments
    assert all(comment in text for comment in comments)


def test_an_unknown_key_in_a_profile_is_refused(tmp_path):
    profile = tmp_path / "odd.yaml"
    profile.write_text("train_gan: {epochz: 3}\n")
    with pytest.raises(FaceveilError, match=r"odd\.yaml.*train_gan\.epochz.*epochs"):
        merged_text(ROOT / "params.yaml", profile)


def test_an_unknown_profile_names_the_known(tmp_path):
    with pytest.raises(FaceveilError, match="no profile 'larg'; there are lfw, paper, small"):
        profile_path("larg", ROOT / "profiles")
