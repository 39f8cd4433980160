"""The worlds of stages, each written once for all of them.

Stages get links to them, so that a test that changes a file of one copies it first; at the end it
is checked that none was changed, since the tests that come later would get the change.
"""

import hashlib

import pytest

from tests.stages import judged_world as judged
from tests.stages import translated_world as translated
from tests.stages.declared import run
from tests.stages.worn_world import write_world


@pytest.fixture(scope="session")
def worn_world(tmp_path_factory):
    root = tmp_path_factory.mktemp("worn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEVEIL_WORKERS", "1")
        patch.setenv("DVC_ROOT", str(root))
        write_world(root)
    written = digests(root)
    yield root
    assert digests(root) == written


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder, in which a stage runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FACEVEIL_DEVICE", "cpu")
    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return tmp_path


@pytest.fixture(scope="session")
def judged_world(tmp_path_factory):
    root = tmp_path_factory.mktemp("judged")
    judged.write_world(root)
    written = digests(root)
    yield root
    assert digests(root) == written


@pytest.fixture(scope="session")
def translated_world(worn_world, tmp_path_factory):
    """What all stages of pipelines/unmasking have written, by their own commands."""
    root = tmp_path_factory.mktemp("translated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEVEIL_WORKERS", "1")
        patch.setenv("FACEVEIL_DEVICE", "cpu")
        patch.delenv("DVC_ROOT", raising=False)
        patch.chdir(root)
        translated.record(patch)
        translated.write_world(worn_world, root)
        for stage in ("train_translation", "translate", "embed_translated", "find_translated"):
            for name in ("paired", "cyclegan"):
                result = run(stage, name)
                assert result.exit_code == 0, result.output
    written = digests(root)
    yield root
    assert digests(root) == written


def digests(root):
    """Return the SHA-256 of every file of a folder, by path."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
