"""The shell of a stage turns problems into one line and a status."""

import errno
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from faceveil.params.errors import FaceveilError
from faceveil.params.profiles import merged_text
from faceveil.runtime.atomic import atomic_directory
from stages._stage import command, stage
from tests.conftest import ROOT


def run(problem: BaseException | None, *options: str):
    def embed(folder: Path) -> None:
        """Say what it does."""
        if problem is not None:
            raise problem

    return CliRunner().invoke(stage(embed), ["data", *options])


def test_a_stage_that_ends_well_is_silent():
    result = run(None)
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("problem", "status", "line"),
    [
        (FaceveilError("params.yaml: no\nsuch key"), 1, "embed: params.yaml: no such key\n"),
        (OSError(errno.ENOSPC, "No space", "data/x"), 1, "embed: the disk is full (data/x)"),
        (OSError(errno.EROFS, "Read-only", "data/x"), 1, "embed: data/x: Read-only; allow it"),
        (MemoryError(), 1, "embed: out of memory"),
        (KeyboardInterrupt(), 130, "embed: interrupted"),
    ],
)
def test_a_problem_is_one_line_and_a_status(problem, status, line):
    result = run(problem)
    assert result.exit_code == status
    assert result.stderr.startswith(line)
    assert result.stderr.count("\n") == 1


def ended(function, *options: str):
    def embed() -> None:
        function()

    return CliRunner().invoke(command(embed), options)


@pytest.fixture
def own_process(monkeypatch):
    """SIGTERM and ranks as in a process of a stage's own, whatever ran in this one before."""
    monkeypatch.delenv("RANK", raising=False)
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def terminate():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)


@pytest.mark.usefixtures("own_process")
def test_sigterm_is_an_orderly_stop(tmp_path):
    def work():
        with atomic_directory(tmp_path / "out"):
            terminate()

    result = ended(work)
    assert result.exit_code == 143
    assert result.stderr.startswith("embed: ended by SIGTERM; nothing half-written was left")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.usefixtures("own_process")
def test_a_rank_keeps_what_sigterm_does_by_itself(monkeypatch):
    seen = []
    monkeypatch.setenv("RANK", "0")
    assert ended(lambda: seen.append(signal.getsignal(signal.SIGTERM))).exit_code == 0
    monkeypatch.delenv("RANK")
    assert ended(lambda: seen.append(signal.getsignal(signal.SIGTERM))).exit_code == 0
    assert seen[0] == signal.SIG_DFL != seen[1]


@pytest.mark.usefixtures("own_process")
def test_somebody_elses_handler_stays():
    def own(*_):
        return None

    signal.signal(signal.SIGTERM, own)
    assert ended(lambda: os.kill(os.getpid(), signal.SIGTERM)).exit_code == 0
    assert signal.getsignal(signal.SIGTERM) is own


def test_outside_of_the_main_thread_no_handler_is_installed():
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(ended, lambda: None).result().exit_code == 0


def test_debug_shows_the_traceback():
    result = run(FaceveilError("broken"), "--debug")
    assert isinstance(result.exception, FaceveilError)


def test_a_mistake_in_the_library_is_not_hidden():
    assert isinstance(run(ZeroDivisionError()).exception, ZeroDivisionError)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder to run in, with the settings of a profile."""
    monkeypatch.chdir(tmp_path)

    def profile(name: str) -> Path:
        text = merged_text(ROOT / "params.yaml", ROOT / "profiles" / f"{name}.yaml")
        (tmp_path / "params.yaml").write_text(text)
        return tmp_path

    return profile


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("paper", "embed: params.yaml: curate.root: data/ffhq is not there; put it there (docs"),
        ("lfw", "embed: params.yaml: put_on_masks.collections names lfw: data/lfw is not there;"),
    ],
)
def test_a_profile_without_its_data_ends_before_any_work(project, name, line):
    project(name)
    result = run(ZeroDivisionError())
    assert result.exit_code == 1
    assert result.stderr.startswith(line)
    assert "`make profile NAME=default`" in result.stderr
    assert result.stderr.count("\n") == 1


def test_data_that_is_there_or_was_read_before_is_not_missing(project):
    folder = project("lfw")
    (folder / "data/weights").mkdir(parents=True)
    (folder / "data/weights/mobilefacenet-112.onnx").touch()
    assert "data/lfw is not there" in run(None).stderr
    (folder / "dvc.lock").write_text("deps:\n- path: data/lfw\n  hash: md5\n")
    assert run(None).stderr == ""
    (folder / "data/weights/mobilefacenet-112.onnx").unlink()
    assert "mobilefacenet-112.onnx is not there" in run(None).stderr
    with (folder / "dvc.lock").open("a") as lock:
        lock.write("params:\n  weights: data/weights/mobilefacenet-112.onnx\n")
    assert run(None).stderr == ""


def test_a_folder_of_outputs_that_is_a_link_ends_before_any_work(project, tmp_path):
    folder = project("../tests/pipeline/tiny")
    (folder / "elsewhere").mkdir()
    (folder / "data").symlink_to("elsewhere")

    def embed(out: Path) -> None:
        raise ZeroDivisionError

    result = CliRunner().invoke(stage(embed), ["data/synthetic"])
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("embed: data: found a link, and DVC keeps nothing outside")
    assert "dvc cache dir" in result.stderr
    (folder / "data").unlink()
    (folder / "data").mkdir()
    (folder / "data/people").symlink_to("../elsewhere")
    assert isinstance(
        CliRunner().invoke(stage(embed), ["data/people"]).exception, ZeroDivisionError
    )


def test_an_error_of_the_system_holds_no_login():
    result = run(OSError(2, "No such file", "https:/me:secret@host/photos"))
    assert "secret" not in result.stderr


def test_help_shows_the_docstring_and_the_options():
    result = CliRunner().invoke(stage(lambda folder: None), ["--help"])
    assert "--debug" in result.stdout
