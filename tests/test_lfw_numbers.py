"""What docs/data.md says of LFW is what was measured there: the numbers lie beside it."""

import pandas as pd

from tests.conftest import ROOT

DATA = (ROOT / "docs/data.md").read_text(encoding="utf-8")
MEASURED = pd.read_csv(ROOT / "docs/measured/lfw.csv", keep_default_na=False).set_index(
    ["designs_of", "recognizer", "row", "metric"]
)
ROWS = {
    "no mask": "no_mask",
    "plain mask": "plain",
    "plain mask, held out": "plain_test",
    "black, held out": "black_test",
    "another person's face, held out": "other_face_test",
    "untrained design, held out": "untrained_test",
    "design, training people": "generated_train",
    "design, held out": "generated_test",
}


def lines(head: str) -> list[list[str]]:
    """The cells of the table that starts with a head, line by line."""
    table = DATA[DATA.index(head) :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table]


def said(key: tuple[str, ...], sign: str = "", ends: bool = True) -> str:
    one = MEASURED.loc[key]
    names = ("value", "low", "high") if ends else ("value",)
    shares = [f"{100 * float(one[name]):{sign}.1f}" for name in names]
    text = f"{shares[0]} [{shares[1]}, {shares[2]}]" if ends else shares[0]
    return text.replace("100.0]", "100]")


def test_the_table_is_what_was_measured():
    table = {label: cells for label, *cells in lines("| | people | trials |")}
    assert table.pop("lift over the best plain control (black)")[2:] == [
        said((e, "facenet", "generated_test", metric), "+")
        for e in ("exp0", "exp3")
        for metric in ("lift_rank_1", "lift_fnmr@0.01")
    ]
    for label, (people, trials, *cells) in table.items():
        keys = [(e, "facenet", ROWS[label], m) for e in ("exp0", "exp3")
                for m in ("rank_1", "fnmr@0.01")]  # fmt: skip
        one = MEASURED.loc[keys[0]]
        assert (people, trials) == (f"{one['people']}", f"{int(one['trials']):,}")
        assert cells == [said(key) for key in keys]


def test_the_judge_says_what_was_measured():
    for number, (_, *cells) in enumerate(lines("| designs of | rank-1, % |")):
        expected = []
        for metric in ("rank_1", "fnmr@0.01"):
            key = (f"exp{number}", "black_box1")
            rates = [said((*key, row, metric), ends=False)
                     for row in ("generated_test", "white_test")]  # fmt: skip
            expected += [*rates, said((*key, "generated_test", f"lift_{metric}"), "+")]
        assert cells == expected
