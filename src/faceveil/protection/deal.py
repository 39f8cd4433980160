"""Who wears which variant: dealt evenly, from ids and a seed alone."""

import numpy as np
import pandas as pd

from faceveil.params.errors import FaceveilError
from faceveil.params.protect import Protect
from faceveil.runtime.seeding import stream_seed


def deal_variants(
    photos: pd.DataFrame, variants: int, trainings: int, per_subject: int
) -> pd.DataFrame:
    """Repeat each photo for the variants that its person gets, some of every training.

    Of the ``K = variants / trainings`` variants of a training, the k-th person by id gets
    ``per_subject`` ones from number ``k * per_subject`` on, counted around: no two variants differ
    by more than one wearer, and the order of rows changes nothing.

    Args:
        photos: with ``subject_id``.
        variants: of all trainings together.
        trainings: how many trainings they come from.
        per_subject: variants of each training that a person gets.

    Returns:
        The photos, with ``variant`` and ``training``.

    Raises:
        FaceveilError: if a person is to get more variants than there are.
    """
    each = variants // trainings
    if per_subject > each:
        raise FaceveilError(
            f"params.yaml: protect.designs_per_subject is {per_subject}, but a training has {each} "
            "designs; lower it or raise protect.designs"
        )
    people = {who: k for k, who in enumerate(sorted(set(photos["subject_id"])))}
    place = photos["subject_id"].map(people).to_numpy(dtype=np.int64)
    parts = [
        photos.assign(
            variant=training * each + (place * per_subject + step) % each,
            training=training,
        )
        for training in range(trainings)
        for step in range(per_subject)
    ]
    return pd.concat(parts, ignore_index=True)


def deal_labelled(photos: pd.DataFrame, trainings: int, settings: Protect) -> pd.DataFrame:
    """Say who is shown on which photo in which design, for recognizers to learn from.

    In each round everybody is shown once, in an order of the round's own, until the number is
    reached; nobody is shown twice on the same photo in the same design. So the first 10 of 1,000
    photos are the 10; their place is ``order``.

    Args:
        photos: of training people.
        trainings: each has designs and photos of its own.
        settings: how many photos and designs, and the seed.

    Raises:
        FaceveilError: if there are not so many different photos of different designs.
    """
    wanted, designs = settings.learn_photos, settings.learn_designs
    photos = photos.sort_values("image_id", ignore_index=True)
    people = {str(who): of for who, of in photos.groupby("subject_id")}
    if (possible := len(photos) * designs) < wanted:
        raise FaceveilError(
            f"params.yaml: protect.learn_photos is {wanted}, but training people, their photos and "
            f"designs make {possible}; raise protect.learn_designs or ask for fewer"
        )
    parts = [_labelled(photos, people, training, settings) for training in range(trainings)]
    return pd.concat(parts, ignore_index=True)


def _labelled(
    photos: pd.DataFrame, people: dict[str, pd.DataFrame], training: int, settings: Protect
) -> pd.DataFrame:
    wanted, designs, seed = settings.learn_photos, settings.learn_designs, settings.seed
    choices = {}
    for who, of in people.items():
        pairs = [(row, design) for row in of.index for design in range(designs)]
        rng = np.random.default_rng(stream_seed(seed, "learn", "choices", training, who))
        choices[who] = [pairs[number] for number in rng.permutation(len(pairs))]
    dealt: list[tuple[int, int]] = []
    turn = 0
    while len(dealt) < wanted:
        rng = np.random.default_rng(stream_seed(seed, "learn", "people", training, turn))
        order = rng.permutation(sorted(choices)).tolist()
        dealt += [choices[who][turn] for who in order if turn < len(choices[who])]
        turn += 1
    shown = photos.loc[[row for row, _ in dealt[:wanted]]]
    numbers = np.array([design for _, design in dealt[:wanted]], dtype=np.int64)
    return shown.assign(
        variant=training * designs + numbers, training=training, order=np.arange(wanted)
    ).reset_index(drop=True)
