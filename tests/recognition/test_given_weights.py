"""Digests of given weights: of files alone, and kept where a file is not here."""

import hashlib
import json
from pathlib import Path

from faceveil.params.recognizers import PACKAGED, RecognizerSettings
from faceveil.recognition.given_weights import write_given_weights
from tests.recognition.recognizer_sections import judge

OUT = Path("given")


def written(**weights):
    onnx = {"role": "judge", "architecture": "onnx", "input_size": 32}
    sections = {name: RecognizerSettings(weights=path, **onnx) for name, path in weights.items()}
    packaged = RecognizerSettings(role="judge", weights="dlib", **PACKAGED["dlib"])
    write_given_weights(OUT, {**sections, "learned": judge(), "dlib": packaged})
    return {path.stem: json.loads(path.read_text()) for path in OUT.iterdir()}


def test_files_have_a_digest_and_a_replaced_one_has_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one, other = Path("one.onnx"), Path("other.onnx")
    for number, path in enumerate((one, other)):
        path.write_bytes(bytes([number]))
    before = written(one="one.onnx", other="other.onnx")
    assert before["one"]["sha256"] == hashlib.sha256(b"\0").hexdigest()
    assert before["learned"] == {"weights": "scratch"}
    assert before["dlib"] == {"weights": "dlib"}
    one.write_bytes(b"new")
    after = written(one="one.onnx", other="other.onnx")
    assert after["one"]["sha256"] == hashlib.sha256(b"new").hexdigest()
    assert {name for name in before if before[name] != after[name]} == {"one"}


def test_a_file_that_is_not_here_is_as_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("one.onnx").write_bytes(b"1")
    before = written(one="one.onnx")
    Path("one.onnx").unlink()
    assert written(one="one.onnx") == before
    assert written(one="renamed.onnx")["one"] == {"weights": "renamed.onnx"}
    assert written(one="renamed.onnx")["one"] == {"weights": "renamed.onnx"}
