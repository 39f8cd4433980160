"""Rates, counts and intervals against plain loops and SciPy."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import roc_curve

from faceveil.evaluation.calibration import Threshold
from faceveil.evaluation.matching import det_curve, equal_error_rate, false_matches, rate_of
from faceveil.evaluation.measure import (
    BY_CONSTRUCTION,
    Judge,
    measure,
    measure_all,
    nonmated_of,
    worst_rate,
)
from faceveil.evaluation.rows import PLAIN, ROWS, Row
from faceveil.evaluation.search import BINS, EDGES, counted, steps
from faceveil.evaluation.trials import NO_DESIGN, Log
from faceveil.metrics.intervals import wilson_interval
from faceveil.params.errors import FaceveilError

GENERATED = Row("generated", "test")


AT = Threshold(0.25, 0.5, 90, None)


def _log(wears: str, protocol: str = "same_photo", people: int = 10, designs: int = 1):
    rng = np.random.default_rng([people, designs])
    first = NO_DESIGN if wears in ("plain", "no_mask") else 0
    rows = []
    for person in range(people):
        for design in range(designs):
            rank = int(rng.integers(1, 4))
            rows.append(
                {
                    "wears": wears,
                    "protocol": protocol,
                    "subject_id": f"{person:05d}",
                    "image_id": f"{person:05d}_Mask",
                    "split": "train" if person < people / 2 else "test",
                    "design": first + design,
                    "hit": rank == 1,
                    "rank": rank * rank,
                    "mated": round(rng.uniform(0.2, 0.9), 6),
                    "nearest": round(rng.uniform(0.1, 0.7), 6),
                    "nearest_id": f"{int(rng.integers(3)):05d}",
                }
            )
    return pd.DataFrame(rows)


def _as_log(trials: pd.DataFrame) -> Log:
    """Trials with made-up comparisons with others, ten for each."""
    rng = np.random.default_rng(0)
    keys = trials[["wears", "protocol", "split"]].drop_duplicates().itertuples(index=False)
    comparisons = {tuple(key): counted(steps(rng.uniform(-0.2, 0.6, 500))) for key in keys}
    return Log(trials, comparisons)


def _measured(trials: pd.DataFrame, row: Row, settings, others: tuple[str, ...] = ()):
    everything = pd.concat([trials, *(_log(wears, people=12) for wears in others)])
    return measure(_as_log(everything), row, "same_photo", Judge(settings, (AT,)))


@pytest.fixture
def judge(settings):
    return Judge(settings, (AT, Threshold(0.01, None, 90, 100)))


@pytest.fixture
def everything():
    kinds = [row.wears for row in ROWS if row.subjects == "test"]
    return pd.concat([_log(wears) for wears in kinds], ignore_index=True)


def test_counts_and_rates_equal_a_plain_loop(settings):
    log = _log("generated", people=12, designs=5)
    hits, missed, top_5, people, by_design = 0, 0, 0, set(), {number: [] for number in range(5)}
    held_out = log[log["split"] == "test"]
    for _, trial in held_out.iterrows():
        hits += trial["hit"]
        missed += trial["mated"] < AT.threshold
        top_5 += trial["rank"] <= 5
        people.add(trial["subject_id"])
        by_design[trial["design"]].append(trial["hit"])
    rates = [sum(one) / len(one) for one in by_design.values()]
    found = _measured(log, GENERATED, settings, others=PLAIN)
    assert (found.hits, found.trials, found.people, found.designs) == (hits, 30, len(people), 5)
    assert found.rank_1 == hits / 30
    assert found.rank_5.value == top_5 / 30
    assert found.fnmr[0].value == missed / 30
    assert found.per_design == pytest.approx(rates)
    assert found.worst == pytest.approx(max(rates))
    assert found.mean_similarity == pytest.approx(held_out["mated"].mean(), abs=5e-5)
    assert (found.mated, found.nonmated) == (30, 500)
    assert found.cmc[:9] == pytest.approx([(held_out["rank"] <= k).mean() for k in range(1, 10)])


def test_the_interval_is_over_people_and_not_over_trials(settings):
    log = _log("noise", people=40)
    once = _measured(log, Row("noise", "all"), settings)
    reference = binomtest(once.hits, 40).proportion_ci(0.95, method="wilson")
    assert (once.low, once.high) == pytest.approx((reference.low, reference.high))
    five_times = pd.concat([log.assign(design=number) for number in range(5)])
    again = _measured(five_times, Row("noise", "all"), settings)
    assert again.trials == 200
    assert (again.low, again.high) == pytest.approx((once.low, once.high))
    assert (again.fnmr[0].low, again.fnmr[0].high) == pytest.approx(
        (once.fnmr[0].low, once.fnmr[0].high)
    )


def test_people_with_many_photos_do_not_count_for_more_people():
    subjects = pd.Series(["a"] * 8 + ["b", "c"])
    outcome = pd.Series([True] * 8 + [False] * 2)
    found = rate_of(outcome, subjects, 0.95)
    effective = 10**2 / (8**2 + 1 + 1)
    assert found.value == pytest.approx(0.8)
    expected = wilson_interval(0.8 * effective, effective)
    assert (found.low, found.high) == pytest.approx(expected)
    equal = rate_of(pd.Series([True, False] * 3), pd.Series(list("aabbcc")), 0.95)
    assert (equal.low, equal.high) == pytest.approx(wilson_interval(1.5, 3))


def test_a_rate_between_two_counts_of_people_has_an_interval_around_it(settings):
    log = _log("noise", people=3, designs=2).assign(hit=[True] + [False] * 5)
    found = _measured(log, Row("noise", "all"), settings)
    assert 0 < found.low < found.rank_1 == 1 / 6 < found.high < 1


def test_the_equal_error_rate_and_the_det_curve_agree_with_scikit_learn():
    rng = np.random.default_rng(5)
    mated, other = (np.round(rng.normal(m, 0.2, n), 6) for m, n in ((0.5, 300), (0.1, 20_000)))
    mated, other = (np.clip(scores, -0.999, 0.999) for scores in (mated, other))
    counts = counted(steps(other))
    labels = np.r_[np.ones(len(mated)), np.zeros(len(other))]
    fmr, tmr, _ = roc_curve(labels, np.r_[mated, other], drop_intermediate=False)
    meeting = fmr[np.argmin(np.abs(fmr - (1 - tmr)))]
    assert equal_error_rate(mated, counts) == pytest.approx(meeting, abs=2e-3)
    curve = det_curve(mated, counts)
    assert curve[0][0] == pytest.approx(1e-4)
    for rate, fnmr in curve:
        assert fnmr == pytest.approx(1 - tmr[fmr <= rate + 1e-12].max(), abs=4e-3)


def test_rates_that_too_few_comparisons_reach_are_not_on_the_det_curve():
    counts = np.zeros(BINS, np.int64)
    counts[np.searchsorted(EDGES, [0.1, 0.2])] = 50
    assert min(rate for rate, _ in det_curve(np.array([0.3, 0.15]), counts)) >= 0.01


def test_false_matches_are_counted_by_wearer_and_victim(settings):
    log = _log("generated", people=12, designs=5)
    found = false_matches(log, AT, settings.confidence)
    taken = [one for one in log.itertuples() if one.nearest >= AT.threshold]
    victims = [one.nearest_id for one in taken]
    assert found.fpir.value == len(taken) / 60
    assert found.people == len({one.subject_id for one in taken})
    assert found.victims == len(set(victims))
    assert found.top_share == max(victims.count(v) for v in set(victims)) / len(victims)
    assert found.fpir.low < found.fpir.value < found.fpir.high


def test_an_unreachable_threshold_gives_no_rate_and_no_false_match(settings, judge, everything):
    found = measure(_as_log(everything), Row("black", "test"), "same_photo", judge)
    at, beyond = found.fnmr
    assert at.value is not None
    assert (beyond.value, beyond.lift, beyond.needed) == (None, None, 100)
    assert false_matches(everything, judge.thresholds[1], 0.95).fpir is None


def test_lift_in_fnmr_is_taken_over_the_best_plain_control(settings):
    log = pd.concat([_log(wears, people=12) for wears in ("generated", *PLAIN)])
    log.loc[log["wears"] == "generated", "mated"] = 0.3
    log.loc[log["wears"] != "generated", "mated"] = 0.6
    black = (log["wears"] == "black") & (log["subject_id"] == "00009")
    log.loc[black, "mated"] = 0.4
    found = measure(_as_log(log), GENERATED, "same_photo", Judge(settings, (AT,)))
    lift = found.fnmr[0].lift
    assert (lift.over, lift.people) == ("black", 6)
    assert lift.value == pytest.approx(1 - 1 / 6)


def test_the_headline_rate_must_be_one_that_was_calibrated(settings):
    with pytest.raises(FaceveilError, match=r"false_match_rates are 0\.01; name one of those"):
        Judge(settings, (Threshold(0.01, 0.3, 90, None),)).headline  # noqa: B018


def test_comparisons_of_a_row_are_those_of_its_people(everything):
    log = _as_log(everything)
    both = nonmated_of(log, Row("grey", "all"), "same_photo")
    one = [nonmated_of(log, Row("grey", who), "same_photo") for who in ("train", "test")]
    np.testing.assert_array_equal(both, sum(one))
    assert nonmated_of(log, Row("grey", "all"), "other_photo").sum() == 0


@pytest.mark.parametrize(("share", "expected"), [(0.1, 0.9), (0.5, 0.8), (0.51, 0.6), (1, 0.475)])
def test_worst_is_the_mean_of_the_share_rounded_up(share: float, expected: float):
    rates = pd.Series([0.1, 0.9, 0.2, 0.7])
    assert worst_rate(rates, share) == pytest.approx(expected)


def test_only_generated_designs_have_a_worst(settings):
    found = _measured(_log("noise"), Row("noise", "all"), settings)
    assert (found.worst, found.per_design, found.fnmr[0].worst) == (None, (), None)


def test_same_photo_is_named_beside_other_photo(judge, everything):
    other = everything.assign(protocol="other_photo")
    both = measure_all(_as_log(pd.concat([everything, other])), judge)
    keys = [(one.protocol, one.row) for one in both]
    assert len(keys) == len(set(keys)) == 2 * len(ROWS)
    notes = {(one.protocol, one.row) for one in both if one.note == BY_CONSTRUCTION}
    assert notes == {("same_photo", "no_mask"), ("same_photo", "no_mask_test")}


def test_without_further_photos_there_is_no_other_photo(judge, everything):
    assert {one.protocol for one in measure_all(_as_log(everything), judge)} == {"same_photo"}


def test_a_row_without_anybody_is_refused(judge, everything):
    nobody = everything[everything["split"] != "test"]
    with pytest.raises(FaceveilError, match="no photo for row 'generated_test'"):
        measure_all(_as_log(nobody), judge)


def test_row_order_changes_no_digit(judge, everything):
    shuffled = everything.sample(frac=1, random_state=3)
    log = _as_log(everything)
    assert measure_all(Log(shuffled, log.nonmated), judge) == measure_all(log, judge)
