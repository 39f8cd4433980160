from collections import Counter

import pytest

from faceveil.params.synthesize import Synthesize
from faceveil.rendering.plan import BACKGROUND, FURTHER, MAIN, plan, stream

PARAMS = Synthesize(
    seed=3, image_size=80, people=100, further_photos=2, annotated=20,
    incorrectly_worn_share=0.12, flawed_share=0.2, background_people=5, background_photos=6,
)  # fmt: skip


def test_shares_are_exact_and_disjoint():
    main = [shot for shot in plan(PARAMS) if shot.role == MAIN]
    assert [shot.subject for shot in main] == list(range(100))
    flaws = Counter(shot.flaw for shot in main)
    assert flaws == {"": 80, "two_faces": 5, "blurred": 5, "no_mask": 5, "out_of_frame": 5}
    worn = Counter(shot.worn for shot in main)
    assert worn == {"correct": 88, "nose_mouth": 4, "chin": 4, "mouth_chin": 4}
    assert not any(shot.flaw and shot.worn != "correct" for shot in main)


def test_the_first_sound_people_are_annotated():
    main = [shot for shot in plan(PARAMS) if shot.role == MAIN]
    sound = [shot for shot in main if not shot.flaw and shot.worn == "correct"]
    assert [shot.cut_out for shot in sound] == [True] * 20 + [False] * (len(sound) - 20)
    assert sum(shot.cut_out for shot in main) == 20


def test_further_and_background_photos():
    shots = plan(PARAMS)
    assert sum(shot.role == FURTHER for shot in shots) == 200
    background = [shot for shot in shots if shot.role == BACKGROUND]
    assert len(background) == 30
    assert sum(shot.worn == "correct" for shot in background) == 10
    assert {shot.number for shot in background} == set(range(1, 7))


def test_streams_are_their_own():
    first = stream(PARAMS, MAIN, 1).integers(2**40)
    assert first == stream(PARAMS, MAIN, 1).integers(2**40)
    assert first != stream(PARAMS, FURTHER, 1).integers(2**40)
    assert first != stream(PARAMS.model_copy(update={"seed": 4}), MAIN, 1).integers(2**40)


@pytest.mark.parametrize("people", [2, 3, 7])
def test_few_people_are_no_trouble(people):
    few = PARAMS.model_copy(update={"people": people, "annotated": 0})
    assert sum(shot.role == MAIN for shot in plan(few)) == people
