"""What pipelines/unmasking/params.yaml may say."""

import pytest
from ruamel.yaml import YAML

from faceveil.params.errors import FaceveilError
from faceveil.params.unmasking import read_translating, read_unmasking
from tests.conftest import ROOT

SHIPPED = YAML(typ="safe").load(ROOT / "pipelines/unmasking/params.yaml")


@pytest.fixture
def written(tmp_path):
    def write(**sections):
        path = tmp_path / "params.yaml"
        YAML().dump(SHIPPED | sections, path)
        return path

    return write


def test_a_translation_may_have_another_network(written):
    own = {"generator": {"architecture": "unet", "depth": 3}, "epochs": 1}
    path = written(
        translations={"cyclegan": {"method": "cyclegan"},
                      "own": {"method": "cyclegan", "train_cyclegan": own}},
    )  # fmt: skip
    read_unmasking(path)
    found, plain = read_translating(path, "own"), read_translating(path, "cyclegan")
    assert (found.generator.architecture, found.generator.depth, found.epochs) == ("unet", 3, 1)
    assert plain.generator.architecture == "resnet"
    assert found.learning_rate == plain.learning_rate


@pytest.mark.parametrize(
    ("sections", "line"),
    [
        ({"translate": {"protections": ["exp0"]}}, "protections need 'plain', which all others"),
        ({"study": {"translation": "none"}}, "no translation 'none'; there are paired, cyclegan"),
        ({"study": {"pictures": 7}}, "pictures: input should be a multiple of 2"),
        (
            {"translations": {"cyclegan": {"method": "cyclegan", "train_paired": {"rim": 1}}}},
            "method cyclegan has no train_paired; take it out",
        ),
        (
            {"translations": {"cyclegan": {"method": "cyclegan", "train_cyclegan": {"rim": 1}}}},
            "translations.cyclegan.train_cyclegan: unknown key 'rim'",
        ),
        (
            {"translations": {"cyclegan": {"method": "cyclegan"}, "a-b": {"method": "paired"}}},
            "name 'a-b' must be letters, digits",
        ),
        ({"train_paired": {"before": ["facenet"]}}, "likeness is 0 and before names 1 recognizers"),
        ({"train_cyclegan": {"generator": {"architecture": "vit"}}}, "generator"),
    ],
)
def test_what_does_not_go_together_is_one_line(written, sections, line):
    with pytest.raises(FaceveilError, match=r"params\.yaml: ") as told:
        read_unmasking(written(**sections))
    assert line in str(told.value)
    assert "\n" not in str(told.value)
