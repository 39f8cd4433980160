"""What the other files of a person say about a photo: duplicates, pairs, further photos."""

from collections import defaultdict
from collections.abc import Sequence

from faceveil.collection.images import REASONS
from faceveil.collection.layouts import Entry
from faceveil.collection.looks import READERS

Reasons = Sequence[set[str]]


def add_company_reasons(entries: Sequence[Entry], reasons: Reasons) -> None:
    """Add to each file's own reasons those that lie in the other files of its person.

    - ``duplicate``: an earlier path that can be read has the same kind and name.
    - ``no_partner``, ``partner_rejected``: a pair is kept or left as a whole; further photos are
      kept only of people whose pair is.
    - ``another_kept``: of several masks with nothing against them on one photo, the first is kept.

    Args:
        entries: the files, sorted by path.
        reasons: what speaks against each by itself; added to in place.
    """
    _add_duplicates(entries, reasons)
    people: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, entry in enumerate(entries):
        people[entry.subject_id][entry.kind].append(row)
    for of_kind in people.values():
        kept = _add_pair_reasons(entries, reasons, of_kind)
        _keep_one_mask_each(entries, reasons, of_kind["further_masked"])
        if not kept:
            for row in of_kind["further_unmasked"] + of_kind["further_masked"]:
                reasons[row].add("partner_rejected")


def _add_duplicates(entries: Sequence[Entry], reasons: Reasons) -> None:
    seen: set[tuple[str, str]] = set()
    for entry, against in zip(entries, reasons, strict=True):
        name = (entry.kind, entry.image_id)
        if entry.kind not in READERS or not against.isdisjoint(REASONS):
            continue
        if name in seen:
            against.add("duplicate")
        seen.add(name)


def _add_pair_reasons(
    entries: Sequence[Entry], reasons: Reasons, of_kind: dict[str, list[int]]
) -> bool:
    """Judge a person's pair as a whole; return whether it is kept."""
    sound = {
        kind: sorted(
            (row for row in of_kind[kind] if not reasons[row]),
            key=lambda row: entries[row].image_id,
        )
        for kind in ("unmasked", "masked")
    }
    if sound["unmasked"] and sound["masked"]:
        _keep_one_mask_each(entries, reasons, sound["masked"])
        return True
    for kind, other in (("unmasked", "masked"), ("masked", "unmasked")):
        for row in sound[kind]:
            reasons[row].add("partner_rejected" if of_kind[other] else "no_partner")
    return False


def _keep_one_mask_each(entries: Sequence[Entry], reasons: Reasons, rows: Sequence[int]) -> None:
    """Of the sound masked copies of one photo, keep the first by image_id."""
    seen: set[str] = set()
    for row in sorted(rows, key=lambda row: entries[row].image_id):
        if reasons[row]:
            continue
        if entries[row].partner_id in seen:
            reasons[row].add("another_kept")
        seen.add(entries[row].partner_id)
