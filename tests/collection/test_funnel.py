"""The funnel loses nothing on the way down."""

from faceveil.collection.funnel import count_funnel, flat
from faceveil.collection.index import read_index


def test_counts_add_up(curated):
    counts = count_funnel(read_index(curated[0] / "index.parquet"))
    files = counts["files"]
    assert files["found"] == files["kept"] + files["rejected"] + files["accompanies"]
    assert files["found"] == sum(counts["found"].values())
    assert files["kept"] == sum(counts["kept"].values())
    assert sum(counts["reasons"].values()) >= files["rejected"]
    people = counts["people"]
    assert people["found"] >= people["paired"] >= people["kept"]
    assert people["kept"] >= people["train"] + people["test"] > 0
    masked = counts["found"]["masked"] + counts["found"]["further_masked"]
    assert sum(counts["worn"].values()) == masked


def test_flat_names():
    assert flat({"a": {"b": 1, "c": 2.5}}) == {"a/b": 1, "a/c": 2.5}
