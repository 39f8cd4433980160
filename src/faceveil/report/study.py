"""A study with people: which photos did a network change? One page that works from the disk.

The page holds pictures and no answers; these are in a key beside it, which is kept from
participants. A participant's answers are a file that the page makes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from numpy.typing import NDArray

from faceveil.metrics.intervals import Interval, bootstrap_interval
from faceveil.params.errors import FaceveilError, readable
from faceveil.params.unmasking import PLAIN, Study
from faceveil.protection.sources import Sources
from faceveil.protection.translation.translate import matched
from faceveil.report.photos import jpeg_uri
from faceveil.runtime.atomic import atomic_directory
from faceveil.runtime.seeding import stream_seed
from faceveil.store.groups import GROUPS, read_groups
from faceveil.store.photos import open_photos
from faceveil.store.protocol import MASKED_PHOTOS, UNMASKED_PHOTOS
from faceveil.store.translated import PUT_ON

PAGE, KEY = "study.html", "key.json"

DIRECTIONS = {"put_on": (PUT_ON, MASKED_PHOTOS), "take_off": (PLAIN, UNMASKED_PHOTOS)}
"""Store of the changed photos of each direction, and kinds of the untouched ones beside them."""

PUBLISHED = (881, 2200)
"""Wrong answers and all answers of 100 participants, of the study that began this."""

ANSWERS = ("untouched", "changed")


@dataclass(frozen=True)
class Question:
    """What is asked about.

    Attributes:
        subject_id: who is on it.
        about: ``changed``, ``direction``, ``translation`` and ``image_id``.
        pixels: uint8 ``[S, S, 3]``.
    """

    subject_id: str
    about: dict[str, Any]
    pixels: NDArray[np.uint8]


def write_study(sources: Sources, translated: Path, settings: Study, out: Path) -> None:
    """Write the page and its key.

    Half of the pictures are untouched and half changed, half of each shows masks; nobody is on two.

    Args:
        sources: curated photos.
        translated: folder of the stores of each translation.
        settings: of which translation, and how many.
        out: folder to write.

    Raises:
        FaceveilError: if people who exist would be shown and may not, or there are too few.
    """
    pictures = _drawn(sources, translated / settings.translation, settings)
    rendered = set(read_groups(sources.curated / GROUPS)["subject_id"])
    known = all(one.subject_id in rendered for one in pictures)
    if not known and not settings.real_people:
        raise FaceveilError(
            "study: people of this collection exist; show rendered ones, or set "
            "study.real_people: true once they have agreed to be shown"
        )
    about = {f"{number:03d}": one.about for number, one in enumerate(pictures)}
    key = {"study": study_id(about), "pictures": about}
    shown = [
        {"id": name, "source": jpeg_uri(one.pixels, 256)}
        for name, one in zip(about, pictures, strict=True)
    ]
    jinja = Environment(
        loader=PackageLoader("faceveil.report"), autoescape=True, undefined=StrictUndefined
    )
    page = jinja.get_template("study.html.j2").render(study=key["study"], pictures=shown)
    with atomic_directory(out) as folder:
        (folder / PAGE).write_text(page, encoding="utf-8")
        (folder / KEY).write_text(json.dumps(key, indent=2) + "\n", encoding="utf-8")


def study_id(about: Mapping[str, Any]) -> str:
    """Return what results are known by: it follows from pictures and answers."""
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]


def _drawn(sources: Sources, stores: Path, settings: Study) -> list[Question]:
    """Draw people, what each is shown as, and the order."""
    rng = np.random.default_rng(stream_seed(settings.seed, "study", settings.translation))
    photos = {name: open_photos(stores / store) for name, (store, _) in DIRECTIONS.items()}
    held_out = {
        name: one.rows[one.rows["role"] == "test"].drop_duplicates("subject_id")
        for name, one in photos.items()
    }
    everybody = sorted(set.intersection(*(set(one["subject_id"]) for one in held_out.values())))
    if len(everybody) < settings.pictures:
        raise FaceveilError(
            f"study.pictures is {settings.pictures}, and {len(everybody)} people are judged; "
            "nobody is shown twice: lower it, or raise curate.people"
        )
    people = rng.permutation(everybody)[: settings.pictures]
    pictures = []
    for number, who in enumerate(people):
        direction = list(DIRECTIONS)[number % 2]
        changed = number % 4 < 2 if number < settings.pictures // 4 * 4 else number % 2 == 0
        rows = held_out[direction]
        row = rows[rows["subject_id"] == who]
        if changed:
            pixels = photos[direction].pixels[int(row.index[0])]
        else:
            kind = DIRECTIONS[direction][1][str(row["protocol"].iloc[0])]
            pixels = matched(sources.faces(kind), row).pixels[0]
        about = {
            "changed": bool(changed),
            "direction": direction,
            "translation": settings.translation,
            "image_id": str(row["image_id"].iloc[0]),
        }
        pictures.append(Question(str(who), about, np.asarray(pixels)))
    return [pictures[place] for place in rng.permutation(len(pictures))]


def score(key: Path, results: Sequence[Path], confidence: float = 0.95) -> pd.DataFrame:
    """Return the share of wrong answers, over all and by what was shown, with people's intervals.

    Returns:
        ``shown``, ``wrong``, ``answers``, ``share``, ``low``, ``high``, ``participants``.

    Raises:
        FaceveilError: if the key or a result was edited, is of another study, or is there twice.
    """
    pictures, study = _read_key(key)
    answers = pd.concat([_read_result(path, pictures, study) for path in results])
    twice = answers.drop_duplicates(["file", "participant"])
    double = twice[twice["participant"].duplicated(keep=False)]
    if len(double):
        first, second, *_ = double["file"]
        raise FaceveilError(f"{second}: of the same participant as {first}; give one of them")
    parts = {"all": answers}
    for direction in DIRECTIONS:
        parts[direction] = answers[answers["direction"] == direction]
    parts["untouched"] = answers[~answers["changed"]]
    parts["changed"] = answers[answers["changed"]]
    return pd.DataFrame([_share(name, of, confidence) for name, of in parts.items() if len(of)])


def _share(shown: str, answers: pd.DataFrame, confidence: float) -> dict[str, Any]:
    wrong = answers["wrong"].to_numpy(np.float64)
    people = answers["participant"].to_numpy(np.str_)
    interval: Interval = bootstrap_interval(wrong, people, confidence, bounds=(0, 1))
    return {
        "shown": shown,
        "wrong": int(wrong.sum()),
        "answers": len(wrong),
        "share": float(wrong.mean()),
        "low": interval.low,
        "high": interval.high,
        "participants": len(set(people)),
    }


def _read_key(path: Path) -> tuple[dict[str, Any], str]:
    if not path.is_file():
        raise FaceveilError(
            f"{path}: no key here; run `dvc repro pipelines/unmasking/dvc.yaml:study`"
        )
    content = _read_json(path, "key")
    pictures, study = content.get("pictures"), content.get("study")
    if not isinstance(pictures, dict) or study_id(pictures) != study:
        raise FaceveilError(f"{path}: it was edited; take the one that was written with the page")
    return pictures, str(study)


def _read_result(path: Path, pictures: Mapping[str, Any], study: str) -> pd.DataFrame:
    """Return a row for each answer of a participant."""
    content = _read_json(path, "result")
    if content.get("study") != study:
        raise FaceveilError(
            f"{path}: of study {content.get('study')!r:.40}, the key is of {study!r}"
        )
    answers, participant = content.get("answers"), content.get("participant")
    if not isinstance(answers, dict) or not isinstance(participant, str):
        raise FaceveilError(f"{path}: a result has 'answers' and a 'participant'; take the page's")
    if content.get("sum") != checksum(study, participant, answers):
        raise FaceveilError(f"{path}: it was edited; take the file that the page made")
    if set(answers) != set(pictures) or set(answers.values()) - set(ANSWERS):
        raise FaceveilError(f"{path}: {len(answers)} answers to {len(pictures)} pictures; take the "
                            "file that the page made at its end")  # fmt: skip
    rows = [
        {
            **pictures[name],
            "wrong": (answer == "changed") != pictures[name]["changed"],
            "participant": participant,
            "file": str(path),
        }
        for name, answer in sorted(answers.items())
    ]
    return pd.DataFrame(rows)


def checksum(study: str, participant: str, answers: Mapping[str, str]) -> int:
    """Return Adler-32 of a result, as the page computes it: it tells slips, not lies."""
    words = [study, participant, *(f"{name}={answers[name]}" for name in sorted(answers))]
    low, high = 1, 0
    for byte in "/".join(words).encode():
        low = (low + byte) % 65521
        high = (high + low) % 65521
    return high * 65536 + low


def _read_json(path: Path, what: str) -> dict[str, Any]:
    with readable(path, f"JSON {what}", "take the file that was made"):
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise FaceveilError(f"{path}: no {what} of a study; it begins with another bracket")
    return content
