"""What make says where there is no repository, after a move, and at the end of a run."""

import os
import re
import shutil
import subprocess

import pytest

from tests.conftest import ROOT

UV = """#!/bin/sh
echo "uv $*" >> uv.log
[ "$1" != venv ] || { mkdir -p .venv; echo "relocatable = true" > .venv/pyvenv.cfg; }
"""
"""What make takes for uv: it writes down what it was asked."""


@pytest.fixture
def project(tmp_path):
    """A project with the Makefile, and with what it needs to say that a run has ended."""
    project = tmp_path / "it's 100% mine"
    (project / "metrics").mkdir(parents=True)
    (project / "metrics/accuracy_table.md").write_text("table\n")
    for name in ("pyproject.toml", "uv.lock"):
        (project / name).touch()
    shutil.copy(ROOT / "Makefile", project)
    (project / "uv").write_text(UV)
    (project / "uv").chmod(0o755)
    return project


def make(project, *words):
    environment = {key: v for key, v in os.environ.items() if not key.startswith(("MAKE", "GIT"))}
    environment["GIT_CEILING_DIRECTORIES"] = str(project.parent)
    command = ("make", "UV=./uv", *words)
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )


def asked(project):
    log = project / "uv.log"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return lines


def test_without_a_repository_nothing_is_done(project):
    result = make(project, "repro")
    assert result.returncode
    assert asked(project) == []
    first = result.stderr.splitlines()[0]
    assert first.startswith("make: no git repository here")
    assert "git init && git add -A && git commit" in first


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_the_end_of_a_run_is_read_by_any_shell(project, shell):
    subprocess.run(("git", "init", "-q"), cwd=project, check=True)
    result = make(project, "repro", f"SHELL={shell}")
    assert result.stdout.endswith(
        "\ntable\n\nReport: report/index.html   Numbers: metrics/   Compare runs: make ui\n"
    )


def test_an_environment_is_made_once_and_learns_where_it_was_moved(project):
    make(project, "setup")
    made = ["uv venv --quiet --clear --relocatable", "uv sync --frozen --extra real"]
    assert asked(project) == made
    make(project, "setup")
    assert asked(project) == []
    moved = project.rename(project.with_name("moved"))
    make(moved, "setup")
    assert asked(moved) == made[1:]
    make(moved, "setup")
    assert asked(moved) == []


def test_an_index_of_builds_for_cpus_is_instead_of_all_that_only_gpus_need(project):
    shutil.copy(ROOT / "uv.lock", project)
    make(project, "setup", "TORCH_INDEX=file:///my index")
    _, sync, install = asked(project)
    names = re.findall(r"--no-install-package (\S+)", sync)
    assert {"torch", "torchvision", "triton", "nvidia-cublas", "cuda-toolkit"} <= set(names)
    assert all(re.match("torch|triton|nvidia-|cuda-", name) for name in names)
    asks = r"uv pip install --no-deps --index-url file:///my index"
    assert re.fullmatch(rf"{asks} torch==[\d.]+ torchvision==[\d.]+", install)


def test_an_environment_that_is_not_relocatable_is_made_anew_after_a_move(project):
    make(project, "setup")
    (project / ".venv/pyvenv.cfg").write_text("home = /usr/bin\n")
    moved = project.rename(project.with_name("moved"))
    asked(moved)
    make(moved, "setup")
    assert asked(moved)[0] == "uv venv --quiet --clear --relocatable"


def test_files_have_the_same_line_ends_on_every_machine(tmp_path):
    subprocess.run(("git", "init", "-q"), cwd=tmp_path, check=True)
    shutil.copy(ROOT / ".gitattributes", tmp_path)
    (tmp_path / "run").write_bytes(b"a\nb\n")
    for words in (("add", "-A"), ("config", "core.autocrlf", "true")):
        subprocess.run(("git", *words), cwd=tmp_path, check=True)
    (tmp_path / "run").unlink()
    subprocess.run(("git", "checkout", "run"), cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "run").read_bytes() == b"a\nb\n"
