"""Gallery, walks, diversity and groups."""

from dataclasses import replace

import pytest

from faceveil.report.contents import Pictures
from faceveil.report.designs import diversity_block, gallery, groups_block, walks
from faceveil.report.documents import Evaluation
from tests.report.documents import evaluation


def test_people_wear_plain_masks_and_then_each_experiments_designs(contents):
    strips = gallery(contents)
    assert [strip.label for strip in strips[:3]] == ["plain mask", "exp0", "exp0, the designs"]
    assert len(strips) == 1 + 2 * 4
    assert [strip.experiment for strip in strips[:3]] == ["", "exp0", "exp0"]
    assert strips[1].pictures[2].alt == "Person 00002, wearing a design of exp0"
    assert strips[0].pictures[2].caption == "00002"
    assert strips[2].pictures[1].caption == "named 5 %"


def test_each_walk_belongs_to_its_experiment(contents):
    found = walks(contents)
    assert [strip.experiment for strip in found] == contents.metrics.experiments
    assert found[1].pictures[4].alt == "Design of exp1, step 5 of 5 between latents"


def test_photos_and_people_must_fit(contents):
    fewer = replace(contents.pictures, subject_ids=["00000"])
    with pytest.raises(ValueError, match="zip"):
        gallery(replace(contents, pictures=fewer))


def test_without_pictures_there_are_no_strips(contents):
    bare = replace(contents, pictures=Pictures())
    assert gallery(bare) == walks(bare) == ()


def test_diversity_and_groups_are_tables_with_their_counts(metrics):
    assert diversity_block(metrics).tables[0].rows[0].cells == (
        "generated",
        "exp0",
        "mlp",
        "0.2",
        "0.1",
        "120",
    )
    block = groups_block(metrics)
    assert [panel.protocol for panel in block.panels] == ["other_photo"]
    row = block.tables[0].rows[2]
    assert row.cells[:4] == ("skin tone: dark", "exp0", "Other photo", "17")


def test_the_spread_between_groups_is_most_minus_least(metrics):
    rows = [row.cells for row in groups_block(metrics).tables[1].rows]
    assert len(rows) == 2 * 4  # two attributes, four experiments
    attribute, name, _, spread, most, least = rows[0]
    assert (attribute, name, spread) == ("skin tone", "exp0", "20.0")
    assert most.startswith("light +70.0") and least.startswith("dark +50.0")


def test_without_groups_the_figure_says_why(metrics):
    document = {**evaluation(0), "groups": [], "diversity": []}
    bare = replace(metrics, evaluations={"exp0": Evaluation.model_validate(document)})
    assert "rendered people only" in groups_block(bare).empty
    assert diversity_block(bare).empty
