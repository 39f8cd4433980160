"""The code stays small: the rules about modules, functions and arguments."""

import ast
from collections import defaultdict
from pathlib import Path
from statistics import median, quantiles

from tests.conftest import ROOT

MODULES = [*sorted((ROOT / "src").rglob("*.py")), *sorted((ROOT / "stages").glob("*.py"))]


def functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def length(function: ast.FunctionDef) -> int:
    """Lines of a function's body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


LENGTHS = {
    f"{path.relative_to(ROOT)}:{function.name}": length(function)
    for path in MODULES
    for function in functions(path)
}


def test_functions_are_short():
    lengths = list(LENGTHS.values())
    assert median(lengths) <= 10
    assert quantiles(lengths, n=10)[-1] <= 30
    assert {name: lines for name, lines in LENGTHS.items() if lines > 50} == {}


def test_modules_are_short():
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: count for name, count in lines.items() if count >= 400} == {}


def test_no_function_has_more_than_six_arguments():
    crowded = []
    for path in MODULES:
        for function in functions(path):
            arguments = [a.arg for a in (*function.args.args, *function.args.kwonlyargs)]
            own = [name for name in arguments if name not in ("self", "cls")]
            # A stage's arguments are its paths: what it reads and writes, in the order of dvc.yaml.
            if len(own) > 6 and path.parent != ROOT / "stages":
                crowded.append(f"{path.name}:{function.name}")
    assert crowded == []


def test_packages_hold_a_docstring_and_nothing_else():
    for path in (ROOT / "src").rglob("__init__.py"):
        body = ast.parse(path.read_text()).body
        assert len(body) == 1, path
        assert isinstance(body[0], ast.Expr), path


def test_no_drawer_for_odds_and_ends():
    odd = {"utils", "util", "common", "helpers", "core", "misc"}
    assert [
        path for path in MODULES if odd & {part.removesuffix(".py") for part in path.parts[-3:]}
    ] == []


ONCE_MORE = {"Item", "Result", "View"}
"""Types with two definitions: variables of the workers' types, and two ways to look."""


def test_a_type_is_defined_once():
    places = defaultdict(set)
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            alias = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            name = node.name if isinstance(node, ast.ClassDef) else alias and node.targets[0].id
            if name and name[0].isupper() and not name.isupper() and len(name) > 1:
                places[name].add(path)
    assert {name for name, found in places.items() if len(found) > 1} <= ONCE_MORE
