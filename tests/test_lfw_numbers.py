"""What docs/data.md says of LFW is what was measured there: the numbers lie beside it."""

import pandas as pd
import pytest

from tests.conftest import ROOT

DATA = (ROOT / "docs/data.md").read_text(encoding="utf-8")
README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
MEASURED = pd.read_csv(ROOT / "docs/measured/lfw.csv", keep_default_na=False).set_index(
    ["protection", "recognizer", "metric", "condition"]
)
EXPERIMENTS = {
    "facenet and sface": "universal",
    "sface and dlib": "universal_sface_dlib",
    "facenet, sface and dlib, away from others": "universal_harmless",
    "sface alone, as drawn": "universal_sface",
}
RECOGNIZERS = ("facenet", "sface", "dlib", "mobilefacenet")


def lines(head: str) -> list[list[str]]:
    """The cells of the table that starts with a head, line by line."""
    table = DATA[DATA.index(head) :].split("\n\n", maxsplit=1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table]


def share(key: tuple[str, ...]) -> str:
    return f"{100 * float(MEASURED.loc[key]['value']):.1f}"


def said(key: tuple[str, ...], sign: str = "") -> str:
    """A value of the measured ones, in percent, with its interval; a dash where there is none."""
    if key not in MEASURED.index:
        return "\N{EN DASH}"
    one = MEASURED.loc[key]
    value, low, high = (f"{100 * float(one[name]):{sign}.1f}" for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


PROTECTED, BEATEN = lines("| trained against | who looks |"), lines("| what beats them |")


def test_every_experiment_is_asked_before_every_recognizer():
    assert [(line[0], line[1].split(" ")[0]) for line in PROTECTED] == [
        (trained, recognizer) for trained in EXPERIMENTS for recognizer in RECOGNIZERS
    ]


@pytest.mark.parametrize("line", PROTECTED, ids=lambda line: f"{line[0]}-{line[1]}")
def test_protection_is_what_was_measured(line):
    trained, looks, *cells = line
    worn, recognizer = EXPERIMENTS[trained], looks.split(" ")[0]
    assert looks == f"{recognizer} ({'met' if recognizer in trained else 'never met'})"
    best = MEASURED.loc[worn, recognizer, "lift_rank_1", ""]["over"]
    assert cells == [
        share(("none", recognizer, "rank_1", "")),
        f"{share((best, recognizer, 'rank_1', ''))} ({best})",
        share(("other_face", recognizer, "rank_1", "")),
        said((worn, recognizer, "rank_1", "")),
        said((worn, recognizer, "lift_rank_1", ""), "+"),
        said((worn, recognizer, "lift_rank_1", "drawn"), "+"),
        said((worn, recognizer, "fpir@0.001", "")),
    ]


def opponent(label: str, worn: str) -> tuple[str, ...]:
    """Where the value of a line of opponents lies."""
    recognizer, how = label.split(", ", maxsplit=1)
    if how == "mean shift subtracted":
        return worn, f"{recognizer}:mean_shift", "rank_1", ""
    if how == "mask's place grey in both photos":
        return "grey", f"{recognizer}:grey_region", "rank_1", ""
    if how == "strangers in one texture who match":
        return worn, recognizer, "strangers@0.001", ""
    photos = how.removeprefix("after ").removesuffix(" photos").replace(",", "")
    return worn, f"{recognizer}:after:{photos}", "rank_1", ""


@pytest.mark.parametrize("line", BEATEN, ids=lambda line: line[0])
def test_what_beats_them_is_what_was_measured(line):
    label, *cells = line
    assert cells == [said(opponent(label, worn)) for worn in EXPERIMENTS.values()]


def test_opponents_are_all_there():
    asked = {opponent(line[0], worn) for line in BEATEN for worn in EXPERIMENTS.values()}
    measured = [key for key in MEASURED.index if ":" in key[1] and key[2] == "rank_1"]
    assert set(measured) <= asked


def test_the_readme_says_what_was_measured():
    design, plain = ("universal", "mobilefacenet"), ("white", "mobilefacenet")
    best = MEASURED.loc[(*design, "lift_rank_1", "")]["over"]
    assert best == plain[0]
    people = MEASURED.loc[(*design, "rank_1", "")]["people"]
    assert f"On {people} held-out people of LFW" in README
    assert f"names {said((*design, 'rank_1', '')).replace(' [', ' % [')} of them" in README
    assert f"and {share((*plain, 'rank_1', ''))} % in the best plain mask" in README


def test_false_matches_stand_beside_those_of_who_wears_nothing_or_something_plain():
    def searches(*worn):
        found = [float(share((one, by, "fpir@0.001", ""))) for one in worn for by in RECOGNIZERS]
        return f"{min(found)} to {max(found)} %"

    words = " ".join(DATA.split())
    plain = searches("plain", "surgical", "noise", "grey", "black", "white")
    bare = searches("none")
    said_so = f"of bare faces, {bare} of the searches name somebody else, and {plain} of those in"
    assert said_so in words
    plainly = ("plain", "surgical", "noise", "grey", "black", "white")
    above = []
    for trained, looks, *_, told in PROTECTED:
        by = looks.split(" ")[0]
        most = max(float(share((one, by, "fpir@0.001", ""))) for one in plainly)
        value, low = (float(part.strip("[],")) for part in told.split(" ")[:2])
        above += [(trained, by, low > most)] if value > most else []
    assert (len(above), len(PROTECTED)) == (4, 16)
    assert "four of sixteen rows are above all six plain masks" in words
    assert not any(shown for *_, shown in above)


@pytest.mark.parametrize("worn", ["gaiter", "universal_harmless"])
def test_words_on_gaiters_and_on_faces_that_are_not_found_are_what_was_measured(worn):
    words = " ".join(DATA.split())
    for by in RECOGNIZERS if worn == "gaiter" else ():
        assert said((worn, by, "rank_1", "")).replace(" [", " % [") in words
    for by in ("mtcnn", "yunet"):
        assert said((worn, by, "face_not_found", "")).replace(" [", " % [") in words
        assert said(("black", by, "face_not_found", "")).replace(" [", " % [") in words


def test_words_on_textures_away_from_others_are_what_was_measured():
    (before, after), (named, then) = (
        [share((worn, "mobilefacenet", metric, "")) for worn in ("universal", "universal_harmless")]
        for metric in ("fpir@0.001", "rank_1")
    )
    words = " ".join(DATA.split())
    assert f"{after} % of the searches name somebody else in place of {before} %" in words
    assert f"{then} % are named in place of {named} %" in words
