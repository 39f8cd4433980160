"""What taking masks off is worth, in words and tables, for README.md and docs/unmasking.md."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from faceveil.evaluation.translation_distances import HALF
from faceveil.params.unmasking import PLAIN
from faceveil.report.selection import (
    BARE,
    DASH,
    PROTOCOLS,
    Number,
    Results,
    label,
    number_of,
    rate,
)
from faceveil.report.tables import Table
from faceveil.store.translated import PUT_ON, TAKE_OFF

UNTRANSLATED = "photos of the other domain, untranslated"
OFFERED = (
    "A second pipeline, `make unmask`, puts masks on and takes them off by networks: "
    "[docs/unmasking.md](docs/unmasking.md)."
)

HALVES = "real photos of one half of the people, beside the other"
DOMAINS = {"masked": ("masks put on", PUT_ON), "unmasked": ("masks taken off", TAKE_OFF)}


@dataclass(frozen=True)
class Unmasked:
    """The table of pipelines/unmasking, and what it is about.

    Attributes:
        results: its numbers.
        translations: names, the first one is spoken of.
        protections: whose masks were taken off.
    """

    results: Results
    translations: Sequence[str]
    protections: Sequence[str]

    @property
    def recognizers(self) -> list[str]:
        """Recognizers that look at photos, those first that translations may have met."""
        return self.results.recognizers("target", "surrogate", "judge")

    def off(self, recognizer: str, protection: str, translation: str) -> Number | None:
        """Return how often wearers are named once masks are taken off."""
        return self.results.number("rank_1", protection, f"{recognizer}:{translation}")

    def about(self, metric: str, protection: str, **words: str) -> Number | None:
        """Return a number about photos, which no recognizer judges."""
        rows = self.results.rows(metric=metric, protection=protection, protocol="*", **words)
        return number_of(rows.iloc[0]) if len(rows) else None


def answer(unmasked: Unmasked) -> str:
    """Return what the first translation gives back to each judge, and how alike its faces are."""
    results, name = unmasked.results, unmasked.translations[0]
    told = [_told(unmasked, judge, name) for judge in results.recognizers("judge")]
    inside = unmasked.about("ssim_inside", f"{TAKE_OFF}_{name}")
    sentences = [OFFERED]
    if told := [one for one in told if one]:
        people = results.rows(metric="rank_1", protection=PLAIN)["people"].max()
        sentences += [
            f"Once `{name}` has taken a plain mask off ({people} people whose photos trained "
            f"nothing, each looked for with {PROTOCOLS[results.protocol]}):",
            *told,
        ]
    if inside:
        sentences.append(
            f"What it paints has an SSIM of {_plain(inside)} with the face that was there."
        )
    return " ".join(sentences)


def _told(unmasked: Unmasked, judge: str, name: str) -> str:
    results = unmasked.results
    bare, worn = (results.number("rank_1", one, judge) for one in (BARE, PLAIN))
    off, back = (
        unmasked.off(judge, PLAIN, name),
        results.number("recovered_rank_1", PLAIN, f"{judge}:{name}"),
    )
    if not (bare and worn and off):
        return ""
    given = f", {rate(back)} % of what the mask took," if back else ""
    return (
        f"**{judge}** names {rate(off)} % of the wearers{given} in place of {rate(worn)} % in the "
        f"mask and {rate(bare)} % bare."
    )


def named_table(unmasked: Unmasked) -> Table:
    """Return who is named: bare, in what is worn, and once each translation took it off."""
    rows = []
    for recognizer in unmasked.recognizers:
        number = unmasked.results.number
        for protection in unmasked.protections:
            bare = rate(number("rank_1", BARE, recognizer)) if protection == PLAIN else ""
            worn = rate(number("rank_1", protection, recognizer))
            off = [rate(unmasked.off(recognizer, protection, one)) for one in unmasked.translations]
            rows.append((recognizer, label(protection), bare, worn, *off))
    columns = ("recognizer", "worn", "bare face", "as worn")
    heads = (f"taken off by {name}" for name in unmasked.translations)
    return Table("Who is named", "", (*columns, *heads), rows)


def recovered_table(unmasked: Unmasked) -> Table:
    """Return what share of the identifications that a plain mask took each translation gives."""
    rows = [
        (recognizer, *(
            rate(unmasked.results.number("recovered_rank_1", PLAIN, f"{recognizer}:{name}"))
            for name in unmasked.translations
        ))
        for recognizer in unmasked.recognizers
    ]  # fmt: skip
    return Table("What is given back", "", ("recognizer", *unmasked.translations), rows)


def photo_table(unmasked: Unmasked) -> Table:
    """Return how far photos are from real ones, and from the true photo of the same face."""
    rows: list[tuple[str, ...]] = []
    for domain, (words, way) in DOMAINS.items():
        compared = {UNTRANSLATED: BARE, HALVES: HALF}
        compared |= {name: f"{way}_{name}" for name in unmasked.translations}
        for shown, protection in compared.items():
            distance = unmasked.about("fd_recognizer", protection, over=domain)
            many = str(distance.people) if distance else DASH
            far = [
                _plain(unmasked.about(metric, protection, over=domain))
                for metric in ("fd_recognizer", "kd_recognizer")
            ]
            alike = [
                _plain(unmasked.about(f"{measure}_{side}", protection))
                for side, measure in (
                    ("inside", "ssim"),
                    ("inside", "delta_e"),
                    ("outside", "psnr"),
                )
            ]
            missed = rate(unmasked.about("face_not_found", protection))
            rows.append((words, shown, many, *far, *alike, missed))
    columns = (
        "", "photos", "people behind FD", "FD-recognizer", "KD-recognizer", "SSIM inside",
        "ΔE00 inside", "PSNR outside, dB", "no face found, %",
    )  # fmt: skip
    return Table("How real photos are", "", columns, rows)


def unmasking_markdown(unmasked: Unmasked) -> str:
    """Return all tables in Markdown."""
    results = unmasked.results
    people = results.rows(metric="rank_1", protection=PLAIN)["people"].max()
    level = f"{100 * results.confidence:g} % intervals over people"
    tables = (
        (
            f"Share of {people} held-out people, in %, whose photo is named rightly (rank 1, "
            f"probing with {PROTOCOLS[results.protocol]}), with {level}:",
            named_table(unmasked),
        ),
        (
            f"Of the identifications that a plain mask took, unmasking gives back, in %, {level}:",
            recovered_table(unmasked),
        ),
        (
            f"Distances from real photos, likeness to the true photo of the same face ({people} "
            f"people), and photos in which MTCNN finds no face, with {level}. A Fréchet distance "
            "(FD) of few people is far too large, and has no interval: read it beside the others.",
            photo_table(unmasked),
        ),
    )
    return "\n\n".join(f"{words}\n\n{table.markdown()}" for words, table in tables)


def _plain(number: Number | None) -> str:
    """Return a value as it is, with its interval where it has one."""
    if number is None:
        return DASH
    if pd.isna(number.low):
        return f"{number.value:.3g}"
    return f"{number.value:.3g} [{number.low:.3g}, {number.high:.3g}]"
