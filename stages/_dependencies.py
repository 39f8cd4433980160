"""Which library files each stage reaches, and writing them into dvc.yaml: ``make deps``.

DVC does not follow imports, so every file whose edit could change a result is a declared
dependency. Tracking is left out on purpose: an edit of what is recorded must not train again.
``__init__`` files are left out because they hold a docstring and nothing else.
"""

from pathlib import Path
from typing import Any

LIBRARY = ("faceveil", "stages")


def reached_files() -> dict[str, list[str]]:
    """Return, for each stage, the files of this repository that it imports, itself included."""
    import grimp

    graph = grimp.build_graph("faceveil", "stages", cache_dir=None)
    stages = [
        module for module in graph.find_children("stages") if not _name(module).startswith("_")
    ]
    return {_name(stage): _files(graph.find_upstream_modules(stage) | {stage}) for stage in stages}


def _name(module: str) -> str:
    return module.rpartition(".")[2]


def _files(modules: set[str]) -> list[str]:
    """Return the files of modules as paths in the repository, without tracking and packages."""
    kept = [module for module in modules if not module.startswith("faceveil.tracking")]
    paths = [
        Path("src" if module.startswith("faceveil") else "") / module.replace(".", "/")
        for module in kept
    ]
    return sorted(f"{path}.py" for path in paths if path.with_suffix(".py").is_file())


def declared_files(stage: dict[str, Any]) -> list[str]:
    """Return the library files among a stage's declared dependencies."""
    return [path for path in _body(stage)["deps"] if path.endswith(".py")]


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
    for name, stage in document["stages"].items():
        body = _body(stage)
        artifacts = [path for path in body["deps"] if not path.endswith(".py")]
        body["deps"] = artifacts + files[name]
    yaml.dump(document, pipeline)


if __name__ == "__main__":
    write_dependencies(Path("dvc.yaml"))
