"""A study: what is shown, that the page tells nothing, and how answers are counted."""

import base64
import io
import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from faceveil.params.errors import FaceveilError
from faceveil.params.unmasking import Study
from faceveil.report.study import PUBLISHED, checksum, score, write_study
from tests.report.study_world import LIGHT, PEOPLE, write_world

SETTINGS = Study(translation="mine", pictures=6)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp("study")
    write_study(*write_world(root), SETTINGS, root / "out")
    return root / "out"


def key_of(folder):
    return json.loads((folder / "key.json").read_text())


def page_pictures(folder):
    page = (folder / "study.html").read_text()
    return json.loads(re.search(r"pictures = (\[.*?\]);", page).group(1))


def answered(key, participant, say):
    answers = {name: say(about) for name, about in key["pictures"].items()}
    total = checksum(key["study"], participant, answers)
    return {"study": key["study"], "participant": participant, "answers": answers, "sum": total}


def truly(about):
    return "changed" if about["changed"] else "untouched"


def stored(folder, *results):
    paths = [folder / f"{number}.json" for number in range(len(results))]
    for path, result in zip(paths, results, strict=True):
        path.write_text(json.dumps(result))
    return paths


def test_half_are_untouched_and_nobody_is_shown_twice(written):
    about = list(key_of(written)["pictures"].values())
    assert sum(one["changed"] for one in about) == 3
    assert sum(one["direction"] == "put_on" for one in about) == 3
    assert len({one["image_id"][:5] for one in about}) == len(PEOPLE)


def test_pictures_are_what_the_key_says(written):
    about = key_of(written)["pictures"]
    for picture in page_pictures(written):
        data = base64.b64decode(picture["source"].split(",")[1])
        light = np.asarray(Image.open(io.BytesIO(data))).mean() > LIGHT / 2
        assert light == about[picture["id"]]["changed"]


def test_the_page_tells_no_answer_and_asks_nobody_else(written):
    page = (written / "study.html").read_text()
    shown = re.sub(r'"data:[^"]*"', "", page)
    assert not re.search(r"https?:|put_on|take_off|image_id|0000\d", shown)
    assert set(page_pictures(written)[0]) == {"id", "source"}


def test_the_same_seed_asks_the_same(written, tmp_path):
    write_study(*write_world(tmp_path), SETTINGS, tmp_path / "again")
    assert key_of(tmp_path / "again") == key_of(written)
    other = SETTINGS.model_copy(update={"seed": 1})
    shutil.rmtree(tmp_path / "again")
    (tmp_path / "other").mkdir()
    write_study(*write_world(tmp_path / "other"), other, tmp_path / "again")
    assert key_of(tmp_path / "again") != key_of(written)


@pytest.mark.parametrize("rendered", [0, 5], ids=["all exist", "one exists"])
def test_people_who_exist_are_shown_only_if_they_agreed(tmp_path, rendered):
    world = write_world(tmp_path, rendered)
    everybody = SETTINGS.model_copy(update={"pictures": 6})
    with pytest.raises(
        FaceveilError,
        match=r"people of this collection exist; .*study.real_people: true once they have",
    ):
        write_study(*world, everybody, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    write_study(*world, everybody.model_copy(update={"real_people": True}), tmp_path / "out")


def test_more_pictures_than_people_are_refused(tmp_path):
    many = SETTINGS.model_copy(update={"pictures": 8})
    with pytest.raises(FaceveilError, match=r"study.pictures is 8, and 6 people are judged"):
        write_study(*write_world(tmp_path), many, tmp_path / "out")


def test_wrong_answers_are_counted_by_what_was_shown(written, tmp_path):
    key = key_of(written)
    fooled = answered(key, "b", lambda about: "untouched")
    paths = stored(tmp_path, answered(key, "a", truly), fooled)
    table = score(written / "key.json", paths).set_index("shown")
    assert table.loc["all", ["wrong", "answers", "participants"]].tolist() == [3, 12, 2]
    assert table.loc["all", "share"] == 0.25
    assert table.loc["changed", ["wrong", "answers"]].tolist() == [3, 6]
    assert table.loc["untouched", "wrong"] == 0
    assert table.loc[["put_on", "take_off"], "answers"].tolist() == [6, 6]
    assert table.loc["all", "low"] <= 0.25 <= table.loc["all", "high"]


def test_who_guesses_is_wrong_half_of_the_time_within_the_interval(written, tmp_path):
    key, draw = key_of(written), np.random.default_rng(4)
    guesses = [
        answered(key, str(number), lambda _: draw.choice(["untouched", "changed"]))
        for number in range(60)
    ]
    table = score(written / "key.json", stored(tmp_path, *guesses)).set_index("shown")
    assert table.loc["all", "low"] < 0.5 < table.loc["all", "high"]
    assert table.loc["all", "high"] - table.loc["all", "low"] < 0.15


def test_the_published_share_is_that_of_its_counts():
    assert PUBLISHED[0] / PUBLISHED[1] == pytest.approx(0.4005, abs=5e-5)


def spoiled(result, **changes):
    return {**result, **changes}


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda one: spoiled(one, study="other"), "of study 'other', the key is of"),
        (lambda one: spoiled(one, answers={**one["answers"], "000": "x"}), "it was edited; take"),
        (lambda one: spoiled(one, participant="c"), "it was edited; take the file that the page"),
        (lambda one: spoiled(one, answers=[]), "a result has 'answers' and a 'participant'"),
        (lambda one: {}, "of study None, the key is of"),
        (lambda one: [1], "no result of a study"),
    ],
)
def test_a_result_that_is_none_is_one_line(written, tmp_path, spoil, line):
    paths = stored(tmp_path, spoil(answered(key_of(written), "a", truly)))
    with pytest.raises(FaceveilError, match=line) as told:
        score(written / "key.json", paths)
    assert str(told.value).startswith(str(paths[0]))


def test_too_few_answers_are_refused(written, tmp_path):
    key = key_of(written)
    few = {**key, "pictures": dict(list(key["pictures"].items())[:4])}
    paths = stored(tmp_path, answered(few, "a", truly))
    with pytest.raises(FaceveilError, match="4 answers to 6 pictures; take the file"):
        score(written / "key.json", paths)


def test_a_result_that_is_there_twice_is_refused(written, tmp_path):
    one = answered(key_of(written), "a", truly)
    paths = stored(tmp_path, one, one)
    with pytest.raises(FaceveilError, match=rf"{paths[1]}: of the same participant as {paths[0]}"):
        score(written / "key.json", paths)


def test_an_edited_key_and_none_are_refused(written, tmp_path):
    key = key_of(written)
    key["pictures"]["000"]["changed"] = not key["pictures"]["000"]["changed"]
    path = tmp_path / "key.json"
    with pytest.raises(FaceveilError, match="no key here; run `dvc repro"):
        score(path, [])
    path.write_text(json.dumps(key))
    with pytest.raises(FaceveilError, match="it was edited; take the one that was written"):
        score(path, [])
    path.write_text("{")
    with pytest.raises(FaceveilError, match=r"key\.json"):
        score(path, [])
