"""`make ui`: a port that is taken is one line, and what is opened is where runs are recorded."""

import os
import socket
import sys

import pytest
from typer.testing import CliRunner

from stages import ui


@pytest.fixture
def free():
    """A port that nobody has."""
    with socket.socket() as asked:
        asked.bind((ui.HOST, 0))
        return asked.getsockname()[1]


def test_a_port_that_is_taken_is_one_line_and_names_another(free):
    with socket.socket() as other:
        other.bind((ui.HOST, free))
        other.listen()
        result = CliRunner().invoke(ui.app, ["--port", str(free)])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"ui: port {free}: Address already in use; choose another one")
    assert "make ui PORT=5001" in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_pages_are_those_of_the_store_and_no_password_is_on_the_command_line(
    tmp_path, monkeypatch, free
):
    started = []
    monkeypatch.setattr(os, "execv", lambda *words: started.append(words))
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setenv("MLFLOW_BACKEND_STORE_URI", "")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///runs.db")
    assert CliRunner().invoke(ui.app, ["--port", str(free)]).exit_code == 0
    words = ["-m", "mlflow", "ui", "--workers", "1", "--host", "127.0.0.1", "--port", str(free)]
    assert started == [(sys.executable, [sys.executable, *words])]
    assert os.environ["MLFLOW_BACKEND_STORE_URI"].endswith(f"{tmp_path}/runs.db")
    assert (tmp_path / "runs.db").is_file()


def test_a_server_has_pages_of_its_own(monkeypatch, free):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://host:5000")
    result = CliRunner().invoke(ui.app, ["--port", str(free)])
    assert result.stderr == "ui: https://host:5000 has pages of its own; open it in a browser\n"
