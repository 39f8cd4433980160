"""What a message tells people to run is a stage of a dvc.yaml."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from faceveil.params.errors import WRITERS, FaceveilError, reason_of, run_again
from faceveil.params.experiments import Experiment
from faceveil.params.read import validate
from stages._dependencies import PIPELINES
from tests.conftest import ROOT

PIPELINE = {
    name: stage
    for place in PIPELINES
    for name, stage in YAML(typ="safe").load(ROOT / place)["stages"].items()
}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("models/recognizers/facenet/card.json", "run `dvc repro prepare_recognizer@facenet`"),
        ("models/projector/projector.safetensors", "run `dvc repro train_projector`"),
        ("models/gan/exp0/0/head.safetensors", "run `dvc repro train@exp0`"),
        ("/a/folder/models/adapted/exp1/2/10.safetensors", "run `dvc repro adapt@exp1`"),
        ("data/embeddings/bare/facenet", "run `dvc repro embed@facenet`"),
        (
            "data/embeddings/exp0/facenet",
            "run `dvc repro embed_protected@exp0` or `dvc repro embed_designs@exp0`",
        ),
        (
            "models/translation/paired/put_on.safetensors",
            "run `dvc repro pipelines/unmasking/dvc.yaml:train_translation@paired`",
        ),
        ("elsewhere/net.safetensors", "put it there, or run `dvc repro`"),
    ],
)
def test_the_stage_that_writes_a_file_is_named(path, said):
    assert run_again(Path(path)) == said
    assert run_again(Path(path), "dvc repro -f") == said.replace("repro", "repro -f")


@pytest.mark.parametrize("folder", WRITERS)
def test_each_stage_named_writes_into_the_folder(folder):
    for named in WRITERS[folder]:
        stage, _, key = named.rpartition(":")[2].partition("@")
        body = PIPELINE[stage].get("do", PIPELINE[stage])
        assert bool(key) == ("foreach" in PIPELINE[stage])
        assert any(f"{out}/".startswith(folder) for out in body["outs"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:a@b/c@host/x?y=1", "http://***@host/x?y=1"),
        ("https:/me:secret@host is no folder", "https:/***@host is no folder"),
        ("postgresql://host/db?password=x&sslmode=require", "postgresql://host/db?password=***&ss"),
        ("s3://host/a?AccessKey=x and http://host:80/", "s3://host/a?AccessKey=*** and http://hos"),
        ("me@host, C:/photos, a/b?c=d", "me@host, C:/photos, a/b?c=d"),
    ],
)
def test_a_message_holds_no_login(text, shown):
    assert str(FaceveilError(text)).startswith(shown)
    assert reason_of(OSError(f"long\n{text}" + "x" * 300)).startswith(f"long {shown[:-1]}")


def test_a_wrong_value_is_shown_without_its_login():
    with pytest.raises(FaceveilError, match="found 'http://\\*\\*\\*@host'") as refusal:
        validate(Experiment, {"method": "http://me:" + "secret" * 20 + "@host"}, "params.yaml")
    assert "secret" not in str(refusal.value)
