"""No pickle is trusted, nothing listens beyond this machine, --help imports nothing heavy."""

import ast
import subprocess
import sys
from functools import cache

import pytest

from stages import ui
from tests.conftest import ROOT

SOURCES = [*sorted((ROOT / "src").rglob("*.py")), *sorted((ROOT / "stages").glob("*.py"))]
STAGES = [path.stem for path in sorted((ROOT / "stages").glob("[a-z]*.py"))]
HEAVY = ("torch", "mlflow", "pandas", "numpy", "matplotlib", "facenet_pytorch", "scipy")


@cache
def every_call() -> list[tuple[str, str, ast.Call]]:
    """Path, name of what is called, and the call."""
    return [
        (str(path.relative_to(ROOT)), ast.unparse(node.func), node)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]


def calls(name: str) -> list[tuple[str, ast.Call]]:
    return [(path, call) for path, called, call in every_call() if called == name]


def test_torch_load_reads_weights_only():
    for path, call in calls("torch.load"):
        options = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert options.get("weights_only") == "True", path


def test_numpy_load_refuses_pickles():
    assert calls("np.load")
    for path, call in calls("np.load"):
        options = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert options.get("allow_pickle") == "False", path


@pytest.mark.parametrize("module", ["pickle", "joblib", "cloudpickle", "dill", "pandas", "pd"])
def test_nothing_unpickles(module):
    loaders = ("load", "loads", "Unpickler", "read_pickle")
    assert [call for loader in loaders for call in calls(f"{module}.{loader}")] == []


def test_the_user_interface_listens_on_this_machine_only():
    assert ui.HOST == "127.0.0.1"
    assert '"--host", HOST' in (ROOT / "stages/ui.py").read_text()
    assert "0.0.0.0" not in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("stage", STAGES)
def test_help_imports_nothing_heavy(stage):
    script = (
        "import sys, runpy\n"
        f"sys.argv = ['{stage}', '--help']\n"
        f"try: runpy.run_module('stages.{stage}', run_name='__main__')\n"
        "except SystemExit as end: assert end.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "[]"
