"""The accuracy table of the page is the accuracy table."""

import pytest

from faceveil.evaluation.published import PUBLISHED
from faceveil.evaluation.rows import HEADLINE, LABELS
from faceveil.report.accuracy import accuracy_block, published_note


@pytest.fixture(scope="module")
def tables(metrics):
    return {t.rows[0].protocol: t for t in accuracy_block(metrics).tables}


def test_every_row_and_experiment_has_its_cell(tables, metrics):
    for protocol, table in tables.items():
        rows = [row for row in table.rows if not row.minor]
        assert len(rows) == len(HEADLINE)
        measured = metrics.evaluations["exp2"].find("black_test", protocol)
        (black,) = [row for row in rows if row.cells[0].startswith(LABELS["black"])]
        expected = f"{100 * measured.rank_1:.1f} [{100 * measured.low:.1f}, "
        assert black.cells[4].startswith(expected)
        assert black.cells[1] == "50"


def test_published_numbers_stand_beside_ours_under_the_published_protocol_alone(tables):
    below = [row.cells[2:] for row in tables["same_photo"].rows if row.cells[0] == "published"]
    published = [f"{PUBLISHED[f'exp{n}']['generated_train']:.1f}" for n in range(4)]
    assert below[0] == tuple(published)
    assert len(below) == 4
    assert not [row for row in tables["other_photo"].rows if row.cells[0] == "published"]


def test_a_lift_says_what_it_is_over(tables):
    cells = [row.cells for row in tables["other_photo"].rows]
    place = [cell[0] for cell in cells].index("lift")
    assert cells[place][2] == "+70.0 [+61.0, +79.0]"
    assert cells[place + 1] == ("over", "", "black", "black", "black", "black")


def test_the_note_is_about_published_experiments_only(metrics):
    assert "18.5 training" in published_note(metrics)


def test_charts_have_the_published_crosses_where_there_are_any(metrics):
    other, same = accuracy_block(metrics).panels
    assert len(same.svg) > len(other.svg)
