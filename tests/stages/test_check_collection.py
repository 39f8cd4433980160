"""The command ``check_collection``: tables, one last line, and a status; nothing is written."""

from pathlib import Path

import pytest
from PIL import Image
from ruamel.yaml import YAML
from typer.testing import CliRunner

from stages.check_collection import app
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def collection(tmp_path, monkeypatch) -> Path:
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    params["curate"] |= {"root": "data/ffhq", "people": 2, "spare_people": 1, "test_share": 0.5}
    YAML().dump(params, tmp_path / "params.yaml")
    root = tmp_path / "data/ffhq"
    root.mkdir(parents=True)
    for number in range(3):
        for name in (f"0000{number}.png", f"0000{number}_Mask.jpg"):
            Image.effect_noise((48, 48), 40).convert("RGB").save(root / name)
    monkeypatch.chdir(tmp_path)
    return root


def check(*arguments: str, status: int = 0) -> list[str]:
    """Return the lines of the tables and, last, the one that decides."""
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == status, result.output
    assert result.stderr.count("\n") == (1 if status else 0)
    return [*result.stdout.splitlines(), *result.stderr.splitlines()]


def test_the_root_of_the_params_is_checked_and_found_to_do(collection):
    lines = check()
    assert lines[0].startswith("data/ffhq: 6 files")
    assert lines[-1].startswith("enough: 3 people have a pair, 3 are wanted")
    assert sorted(path.name for path in Path().iterdir()) == ["data", "params.yaml"]


def test_another_root_may_be_named_and_too_few_pairs_are_status_1(collection, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other/00000.png").symlink_to(collection / "00000.png")
    (tmp_path / "other/00000_Mask.jpg").symlink_to(collection / "00000_Mask.jpg")
    lines = check("other", status=1)
    assert lines[0].startswith("other: 2 files")
    assert lines[-1].startswith("check_collection: other: 1 people have a pair, but 3 are wanted")


def test_a_broken_file_costs_its_pair(collection):
    (collection / "00001.png").write_bytes(b"not a photo")
    lines = check(status=1)
    assert any(line.startswith("unreadable: not_an_image") for line in lines)
    assert "2 people have a pair" in lines[-1]


def test_all_pixels_are_read_if_asked(collection):
    content = bytearray((collection / "00001.png").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = bytes(40)
    (collection / "00001.png").write_bytes(content)
    assert check()[-1].startswith("enough")
    assert "2 people have a pair" in check("--whole", status=1)[-1]


def test_an_empty_root_is_status_1(tmp_path):
    (tmp_path / "empty").mkdir()
    assert check("empty", status=1)[-1].startswith("check_collection: empty: empty;")


def test_a_missing_root_is_one_line():
    [line] = check("nowhere", status=1)
    assert line.startswith("check_collection: nowhere: expected the folder of a collection")


def test_wrong_params_are_one_line():
    Path("params.yaml").write_text("curate: 3\n")
    [line] = check(status=1)
    assert "params.yaml" in line
