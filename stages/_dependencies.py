"""Which library files each stage reaches, and writing them into dvc.yaml: ``make deps``.

DVC does not follow imports, so every file whose edit could change a byte of a result is a declared
dependency. What can change none is left out, as :data:`OUTSIDE` says. ``__init__`` files are left
out because they hold a docstring and nothing else.
"""

from pathlib import Path
from typing import Any

OUTSIDE = {
    "faceveil.tracking": "what is recorded of a result does not change it",
    "faceveil.report.figures": "how a picture looks changes no data; `report` alone draws it anew",
    "faceveil.params.whole_file": "it refuses or passes the settings of all sections",
    "faceveil.params.errors": "the class of messages; their words are no result",
    "faceveil.runtime.atomic": "how files are written whole, not what is in them",
    "faceveil.runtime.changes": "it refuses inputs that change while they are read",
    "faceveil.runtime.cluster": "where parts are computed; they are the same bytes on any engine",
    "stages._stage": "the shell: words of problems, statuses, signals",
    "stages._ranks": "the launcher of a stage in several processes",
}
"""Modules and packages that no stage depends on, each with the reason why none has to."""

PIPELINES = (Path("dvc.yaml"), Path("pipelines/unmasking/dvc.yaml"))
"""The pipelines, of which stages share nothing but the files that they declare."""

METHODS = "faceveil.protection.methods"
DESIGNS = "faceveil.protection.designs"

METHOD = "${item.method}"
"""What dvc.yaml writes in a name for the method of an experiment."""

DRAWS = "report"
"""The stage whose results are pictures: it depends on how they look."""


def reached_files() -> dict[str, list[str]]:
    """Return, for each stage, the files of this repository that it imports, itself included."""
    import grimp

    graph = grimp.build_graph("faceveil", "stages", cache_dir=None)
    stages = [
        module for module in graph.find_children("stages") if not _name(module).startswith("_")
    ]
    reached = {_name(stage): _reached(graph, stage) for stage in stages}
    reached["protect"] |= _reached_by_methods(graph)
    return {name: _files(modules) for name, modules in reached.items()}


def _reached_by_methods(graph: Any) -> set[str]:
    """Return what the methods of ``protections`` import: the stage finds them by name.

    An instance of the stage depends on the file of its own method, as dvc.yaml says, and not on
    those of others.
    """
    methods = graph.find_children(METHODS)
    entries = {one for one in methods if not _reached(graph, one) & {f"{DESIGNS}.drawn"}}
    return set().union(*(_reached(graph, one) for one in entries)) - methods


def _reached(graph: Any, stage: str) -> set[str]:
    """Return the modules that a stage reaches without passing through one that is outside."""
    reached, waiting = set[str](), [stage]
    while waiting:
        module = waiting.pop()
        if module not in reached and not _outside(module, stage):
            reached.add(module)
            waiting += graph.find_modules_directly_imported_by(module)
    return reached


def _outside(module: str, stage: str) -> bool:
    if _name(stage) == DRAWS and module.startswith("faceveil.report.figures"):
        return False
    return any(module == one or module.startswith(f"{one}.") for one in OUTSIDE)


def _name(module: str) -> str:
    return module.rpartition(".")[2]


def _files(modules: set[str]) -> list[str]:
    """Return the files of modules as paths in the repository, without packages."""
    paths = [
        Path("src" if module.startswith("faceveil") else "") / module.replace(".", "/")
        for module in modules
    ]
    return sorted(f"{path}.py" for path in paths if path.with_suffix(".py").is_file())


def declared_files(stage: dict[str, Any]) -> list[str]:
    """Return the library files among a stage's declared dependencies."""
    return [path for path in _body(stage)["deps"] if _is_library(path)]


def _is_library(path: str) -> bool:
    """Say whether a dependency is a library file, and not one that an entry names."""
    return path.endswith(".py") and "${" not in path


def stage_files(stage: dict[str, Any]) -> list[str]:
    """Return the names of the stage files that a stage of dvc.yaml runs: one, or one a method."""
    from typing import get_args

    from faceveil.params.experiments import Method

    command: str = _body(stage)["cmd"]
    name = command.split()[2].removeprefix("stages.")
    methods = get_args(Method) if METHOD in name else [""]
    return [name.replace(METHOD, method) for method in methods]


def _body(stage: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a stage that holds its dependencies, inside ``do`` for ``foreach``."""
    body: dict[str, Any] = stage.get("do", stage)
    return body


def write_dependencies(pipeline: Path) -> None:
    """Rewrite the library files among the dependencies of every stage in dvc.yaml."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 100
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(pipeline)
    files = reached_files()
    for stage in document["stages"].values():
        body = _body(stage)
        artifacts = [path for path in body["deps"] if not _is_library(path)]
        reached = set[str]().union(*(files[name] for name in stage_files(stage)))
        body["deps"] = artifacts + sorted(reached)
    yaml.dump(document, pipeline)


if __name__ == "__main__":
    for place in PIPELINES:
        write_dependencies(place)
