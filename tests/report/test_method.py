"""Curation, projector, recognizer and provenance."""

from dataclasses import replace

from faceveil.report.method import curation_block, parts_block, provenance_table


def test_the_funnel_counts_people_photos_and_reasons(metrics):
    block = curation_block(metrics)
    assert [panel.title for panel in block.panels] == [
        "People",
        "Photos",
        "Photos rejected, by reason",
    ]
    cells = {row.cells[0]: row.cells[1] for row in block.tables[0].rows}
    assert cells["Photos: found"] == "2,821"
    assert cells["People: held out"] == "25"
    reasons = [name for name in cells if name.startswith("Photos rejected")]
    assert reasons[0].endswith("partner rejected")


def test_a_curation_that_counts_nothing_says_so(metrics):
    assert curation_block(replace(metrics, curation={})).empty


def test_projector_and_recognizer(metrics):
    projector, recognizer = parts_block(metrics).tables
    assert projector.rows[0].cells == ("unet", "17", "97.8 [97.2, 98.3]", "0.4")
    assert recognizer.rows[0].cells == ("other photo", "125", "95.2 [90.0, 98.0]", "99.90")


def test_what_is_not_known_is_said_to_be(contents):
    rows = {row.cells[0]: row.cells[1] for row in provenance_table(contents).rows}
    assert rows["MLflow run, exp0"] == "cafe"
    assert rows["torch"] == "2.15.0"
    bare = provenance_table(replace(contents, provenance={}))
    assert [row.cells[1] for row in bare.rows] == ["not known", "not known", "none recorded"]
